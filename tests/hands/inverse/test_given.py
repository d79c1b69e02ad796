"""What no fit could make sense of is refused, with what to give instead."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.geometry.cameras import Pinhole, project
from handjax.hands.inverse import given

CAMERA = Pinhole(jnp.full(2, 600.0), jnp.array([320.0, 240.0]))
ALL = jnp.ones(21)


@pytest.fixture(scope="module")
def points():
    """As far apart as a fist's key points, mm, from their mean."""
    x = np.random.default_rng(0).normal(scale=20.0, size=(21, 3))
    return jnp.asarray(x - x.mean(axis=0), jnp.float32)


@pytest.mark.parametrize("odd", [0.0, -3.0, np.nan, np.inf])
def test_what_must_be_above_zero_is_refused_below_it_and_where_it_is_no_number(odd):
    given.above_zero(jnp.array([2.0, 1.0]), "noise", "mm")
    with pytest.raises(ValueError, match=f"noise wants mm above 0; got {odd}"):
        given.above_zero(jnp.array([2.0, odd]), "noise", "mm")


@pytest.mark.parametrize("depth", [250.0, 9_000.0])
def test_a_hand_near_by_and_one_across_a_hall_are_looked_at(points, depth):
    uv = project(CAMERA, points + jnp.array([0.0, 0.0, depth]))
    given.check_seen(uv, ALL, CAMERA)


def test_shares_of_a_pictures_width_and_a_single_pixel_are_no_hand(points):
    uv = project(CAMERA, points + jnp.array([0.0, 0.0, 600.0]))
    for wrong in (uv / 640.0, jnp.full((21, 2), 100.0)):
        with pytest.raises(ValueError, match=r"uv wants pixels .* by its pixels"):
            given.check_seen(wrong, ALL, CAMERA)


def test_key_points_that_are_missing_have_no_say_in_a_hands_size(points):
    uv = project(CAMERA, points + jnp.array([0.0, 0.0, 600.0]))
    one = jnp.full((21, 2), 100.0).at[20].set(uv[20])
    with pytest.raises(ValueError, match="uv wants pixels"):
        given.check_seen(one, ALL.at[20].set(0.0), CAMERA)


def test_traced_values_are_not_looked_into(points):
    given.above_zero(1.0, "noise", "mm")

    def look(uv, noise):
        given.above_zero(noise, "noise", "mm")
        given.check_seen(uv, ALL, CAMERA)
        return noise

    assert jax.jit(look)(points[:, :2] * 0.0, -1.0) == -1.0
