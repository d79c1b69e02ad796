"""Layouts of the hand in a square: what they keep, where they are cut, how made."""

import jax.numpy as jnp
import numpy as np
import pytest

from handjax.geometry.embedding import geodesic_distances, smacof, stress
from handjax.hands.build import grids
from handjax.hands.mesh_grid import (
    EMBEDDINGS,
    load_coordinates,
    load_sides,
    uncut_faces,
)
from handjax.hands.template import LEVELS, level_map, load_template

both = pytest.mark.parametrize("embedding", ["sheets", "atlas"])
every = pytest.mark.parametrize("embedding", EMBEDDINGS)


@pytest.fixture(scope="module")
def hand():
    return load_template()


@pytest.fixture(scope="module")
def rebuilt():
    """The layouts of the coarsest level, made roughly: paths along edges only."""
    return grids.layouts(load_template("hand_790"), steps=25, between=0)


@every
@pytest.mark.parametrize("level", LEVELS)
def test_coordinates_fill_the_unit_square_along_an_axis(level, embedding):
    places = np.asarray(load_coordinates(level, embedding))
    assert places.shape == (len(load_template(level).vertices), 2)
    assert places.min() >= 0.0
    assert places.max() <= 1.0
    assert np.ptp(places, axis=0).max() > 0.97


@every
def test_the_hand_stands_upright_with_the_palms_thumb_to_the_right(hand, embedding):
    places = np.asarray(load_coordinates("hand_1721", embedding))
    palm = np.asarray(load_sides("hand_1721")) == 0
    middle = places[palm].mean(axis=0)
    tips = np.asarray(hand.joints)[-5:]
    at = [np.argmin(np.where(palm, d, np.inf)) for d in distances(tips, hand.vertices)]
    thumb, index, middle_tip, ring, little = places[at]
    assert thumb[0] > index[0] > middle_tip[0] > ring[0]
    assert middle_tip[1] < min(ring[1], index[1]) < little[1] < middle[1] + 0.1


def distances(a, b):
    return np.linalg.norm(np.asarray(a)[:, None] - np.asarray(b), axis=-1)


@both
@pytest.mark.parametrize("level", LEVELS)
def test_palm_and_back_lie_on_either_side_of_a_gap(level, embedding):
    u = np.asarray(load_coordinates(level, embedding))[:, 0]
    palm = np.asarray(load_sides(level)) == 0
    assert 0.4 < palm.mean() < 0.6
    assert u[palm].max() <= 0.5 * (1.0 - grids.GAP) + 1e-6
    assert u[~palm].min() >= 0.5 * (1.0 + grids.GAP) - 1e-6


@both
def test_interpolating_on_uncut_faces_stays_on_a_sheet(embedding):
    faces = np.asarray(load_template().faces)
    uncut = np.asarray(uncut_faces("hand_1721", embedding))
    middles = np.asarray(load_coordinates("hand_1721", embedding))[faces].mean(axis=1)
    gap = np.abs(middles[:, 0] - 0.5) < 0.5 * grids.GAP
    assert not gap[uncut].any()
    assert 0.05 < np.mean(~uncut) < 0.2
    assert np.asarray(uncut_faces("hand_1721")).all()


def test_mds_of_another_level_is_read_between_vertices():
    at = level_map("hand_1721", "hand_790")
    own = load_coordinates("hand_1721")
    expected = jnp.einsum("vk,vkc->vc", at.weights, own[at.corners])
    np.testing.assert_allclose(load_coordinates("hand_790"), expected, atol=1e-6)


def test_embeddings_and_levels_that_there_are_not_are_refused():
    with pytest.raises(ValueError, match="choose one of mds, sheets, atlas"):
        load_coordinates("hand_1721", "uv")
    with pytest.raises(ValueError, match="choose one of hand_12553"):
        load_coordinates("hand_1722")


def test_what_is_stored_is_what_the_script_makes_of_a_coarser_hand(rebuilt):
    for name in EMBEDDINGS:
        stored = np.asarray(load_coordinates("hand_790", name))
        gaps = np.linalg.norm(rebuilt[name] - stored, axis=-1)
        same = rebuilt["side"] == np.asarray(load_sides("hand_790"))
        assert np.mean(gaps[same]) < 0.016, name
        assert np.mean(same) > 0.9


def test_the_stored_stress_is_the_one_that_was_measured():
    hand = load_template("hand_790")
    D = geodesic_distances(np.asarray(hand.vertices), np.asarray(hand.faces), between=1)
    places = np.asarray(load_coordinates("hand_790"), np.float64)
    d = distances(places, places)
    found = stress(D, np.sum(D * d) / np.sum(d**2) * places)
    # Of `hand_1721` with finer paths it is 0.128.
    assert found == pytest.approx(0.128, abs=0.005)
    fixed = smacof(D, np.sum(D * d) / np.sum(d**2) * places, 30)
    assert stress(D, fixed) > 0.98 * found
