"""Cameras find one another by points that they saw, though many are wrong."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from handjax.geometry.registration import register

COUNT = 200
WORLD = np.random.default_rng(0).normal([0.0, 0.0, 700.0], 60.0, (COUNT, 3))
RIGS = np.tile(np.eye(4), (3, 1, 1))
RIGS[1:, :3, :3] = Rotation.from_rotvec([[0.0, 0.8, 0.1], [0.5, 0.3, 0.0]]).as_matrix()
RIGS[1:, :3, 3] = [[-300.0, 20.0, 150.0], [-100.0, 400.0, 80.0]]


def seen(noise=0.0, wrong=0.0):
    """Points in each camera's frame, a share of which is anywhere about the hand."""
    y = np.einsum("cab,nb->cna", RIGS[:, :3, :3], WORLD) + RIGS[:, None, :3, 3]
    rng = np.random.default_rng(1)
    y += rng.normal(0.0, noise, y.shape)
    lost = rng.random(y.shape[:2]) < wrong
    y[lost] += rng.normal(0.0, 150.0, (lost.sum(), 3))
    return jnp.asarray(y, jnp.float32)


def off(found):
    """Turns, degrees, and shifts of the hand's middle, mm, of the second and third."""
    error = np.asarray(found.camera_from_world)[1:] @ np.linalg.inv(RIGS[1:])
    turns = Rotation.from_matrix(error[:, :3, :3]).magnitude()
    middle = np.append(WORLD.mean(axis=0), 1.0)
    apart = (np.asarray(found.camera_from_world)[1:] - RIGS[1:]) @ middle
    return np.rad2deg(turns), np.linalg.norm(apart[:, :3], axis=-1)


def test_exact_points_give_exact_cameras():
    found = register(seen(), jnp.ones((3, COUNT)))
    degrees, mm = off(found)
    assert degrees.max() < 0.02
    assert mm.max() < 0.1
    np.testing.assert_array_equal(found.camera_from_world[0], np.eye(4))
    assert found.residual < 0.05


def test_a_third_of_wrong_points_is_outvoted():
    found = register(seen(noise=5.0, wrong=0.3), jnp.ones((3, COUNT)))
    degrees, mm = off(found)
    # All points alike would be some 10 mm off.
    assert degrees.max() < 2.5
    assert mm.max() < 4.0


def test_points_without_weight_have_no_say_be_they_what_they_may():
    y = np.array(seen())
    weights = np.ones((3, COUNT), np.float32)
    y[1, :50], weights[1, :50] = np.nan, 0.0
    y[2, 50:90], weights[2, 50:90] = 1e4, 0.0
    degrees, mm = off(register(jnp.asarray(y), jnp.asarray(weights)))
    assert degrees.max() < 0.02
    assert mm.max() < 0.1


def test_cameras_that_share_points_with_one_another_help_those_that_do_with_the_first():
    y, weights = seen(noise=8.0), np.ones((3, COUNT), np.float32)
    # The first sees little of what the others see well of one another.
    weights[0, 12:] = 0.0

    def turned(refine):
        """How far the third is off as the second sees it, degrees."""
        found = register(y, jnp.asarray(weights), refine=refine).camera_from_world
        ours, true = (T[2] @ np.linalg.inv(T[1]) for T in (np.asarray(found), RIGS))
        error = Rotation.from_matrix((ours @ np.linalg.inv(true))[:3, :3])
        return np.rad2deg(error.magnitude())

    assert turned(refine=True) < min(2.0, 0.5 * turned(refine=False))


def test_no_common_point_leaves_cameras_where_the_first_is():
    found = register(seen(), jnp.zeros((3, COUNT)))
    eyes = np.tile(np.eye(4), (3, 1, 1))
    np.testing.assert_allclose(found.camera_from_world, eyes, atol=1e-6)


def test_one_camera_stands_to_no_other():
    with pytest.raises(ValueError, match="two cameras or more; got 1"):
        register(seen()[:1], jnp.ones((1, COUNT)))
