"""A hand in its recovered texture looks as it did in the picture that showed it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.geometry import cameras
from handjax.hands.template import load_template
from handjax.methods.deep_hand_mesh import texture
from handjax.methods.deep_hand_mesh.portrait import filled, portrait
from handjax.render import textures

PIXELS, TEXELS = 64, 256
CAMERA = cameras.orthographic_crop(220.0, PIXELS)
EVERY = jnp.ones((TEXELS, TEXELS), bool)
SLOPES = jnp.linspace(0.0, 1.0, TEXELS) * jnp.ones((TEXELS, 1))
PLACES = jnp.stack([SLOPES, SLOPES.T, 1.0 - SLOPES], axis=-1)
"""A texture whose colours say where they are."""
WHITE = jnp.ones((PIXELS, PIXELS, 3))
take = jax.jit(portrait)


@pytest.fixture(scope="module")
def hand():
    return load_template("hand_790")


@pytest.fixture(scope="module")
def front(hand):
    """The palm's side, in view."""
    return hand.vertices + jnp.array([0.0, 90.0, 0.0])


@pytest.fixture(scope="module")
def seen(hand, front):
    return take(CAMERA, front, hand, PLACES, EVERY, WHITE)


@pytest.fixture(scope="module")
def recovered(hand, front, seen):
    """The texture that this one picture shows."""
    layout = hand.faces, hand.uv, hand.uv_faces
    size = {"height": TEXELS, "width": TEXELS}
    T, weights = textures.from_picture(seen.picture, CAMERA, front, *layout, **size)
    return texture.merge(T[None], weights[None])


def test_a_texture_read_off_a_picture_gives_the_picture_back(
    hand, front, seen, recovered
):
    again = take(CAMERA, front, hand, *recovered, WHITE)
    there = np.asarray(again.recovered)
    assert there.sum() > 0.9 * (np.asarray(seen.share) > 0).sum()
    # The first picture mixes the hand's outline with what is behind.
    inner = there & (np.asarray(seen.share) == 1.0)
    assert inner.sum() > 0.9 * there.sum()
    off = np.abs(np.asarray(again.picture - seen.picture))
    assert off[inner].mean() < 0.004
    assert np.quantile(off[inner], 0.99) < 0.01
    # Colours of the picture itself vary far more.
    assert np.asarray(seen.picture)[there].std() > 0.1
    np.testing.assert_array_equal(again.share, seen.share)


def test_no_light_is_added_and_the_background_shows_where_the_hand_is_not(hand, front):
    blue = jnp.broadcast_to(jnp.array([0.1, 0.2, 0.9]), (PIXELS, PIXELS, 3))
    flat = jnp.broadcast_to(jnp.array([0.8, 0.5, 0.3]), PLACES.shape)
    found = take(CAMERA, front, hand, flat, EVERY, blue)
    share = np.asarray(found.share)[..., None]
    mixed = share * np.array([0.8, 0.5, 0.3]) + (1 - share) * np.array([0.1, 0.2, 0.9])
    np.testing.assert_allclose(found.picture, mixed, atol=1e-5)
    assert {0.0, 1.0} < set(share.ravel())
    np.testing.assert_array_equal(found.recovered, share[..., 0] > 0)


def test_the_side_that_no_view_showed_is_filled_and_said_not_to_be_recovered(
    hand, front, recovered
):
    back = front * jnp.array([-1.0, 1.0, -1.0])
    found = take(CAMERA, back, hand, *recovered, WHITE)
    there, inner = np.asarray(found.recovered), np.asarray(found.share) == 1.0
    assert (there & inner).sum() < 0.1 * inner.sum()
    T, known = recovered
    mean = np.asarray(T)[np.asarray(known)].mean(axis=0)
    off = np.abs(np.asarray(found.picture) - mean).max(axis=-1)
    assert np.median(off[inner]) < 1e-4


def test_holes_take_colours_from_beside_and_from_afar_the_mean():
    known = jnp.zeros((1, 20), bool).at[0, :2].set(True)
    T = jnp.full((1, 20, 3), 9.0).at[0, 0].set(1.0).at[0, 1].set(3.0)
    reach = 2 + textures.GUTTER
    expected = [1.0, 3.0] + [3.0] * textures.GUTTER + [2.0] * (20 - reach)
    np.testing.assert_allclose(filled(T, known)[0, :, 0], expected)
    nothing = filled(T, jnp.zeros_like(known))
    np.testing.assert_array_equal(nothing, 0.0)
