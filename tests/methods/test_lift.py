"""From the picture into space: with a scale and a root, and without."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.geometry import cameras
from handjax.hands.articulate import articulate, keypoints, rest_pose
from handjax.methods import lift
from tests.methods.in_colour import TEMPLATE, hand

CAMERA = cameras.Pinhole(jnp.array([200.0, 220.0]), jnp.array([30.0, 34.0]))


@pytest.fixture(scope="module")
def joints():
    return keypoints(hand(jax.random.split(jax.random.key(0))[0]))


@pytest.fixture(scope="module")
def relative(joints):
    """u and d of the key points."""
    scale, root = lift.given_by(joints)
    return cameras.project(CAMERA, joints), (joints[:, 2] - root) / scale


def test_what_is_given_is_the_middle_fingers_bone_and_the_wrists_depth():
    joints = np.zeros((21, 3), np.float32)
    joints[0] = [1.0, 2.0, 500.0]
    joints[9], joints[10] = [0.0, 0.0, 10.0], [3.0, 4.0, 10.0]
    assert lift.given_by(jnp.asarray(joints)) == (5.0, 500.0)


def test_points_come_back_from_pixels_and_relative_depth(joints, relative):
    found = lift.lift(CAMERA, *relative, lift.given_by(joints))
    np.testing.assert_allclose(found, joints, atol=1e-3)


def test_the_root_follows_from_the_length_of_the_bones(joints, relative):
    scale, root = lift.given_by(joints)
    found = lift.find_root(CAMERA, *relative, scale, lift.squared_bones(joints))
    assert found == pytest.approx(float(root), abs=0.1)


def test_a_hand_half_as_large_is_found_half_as_far(joints, relative):
    scale, root = lift.given_by(joints)
    u, d = relative
    found = lift.find_root(CAMERA, u, d, scale / 2, lift.squared_bones(joints) / 4)
    assert found == pytest.approx(float(root) / 2, abs=0.1)


def test_key_points_in_one_pixel_have_a_root_and_a_gradient():
    u, d = jnp.full((21, 2), 30.0), jnp.zeros(21)
    scale, length = jnp.array(40.0), jnp.array(9e4)
    found = jax.value_and_grad(lift.find_root, argnums=(1, 2))
    root, slopes = found(CAMERA, u, d, scale, length)
    assert lift.NEAREST <= root <= lift.FARTHEST
    assert all(np.isfinite(slope).all() for slope in slopes)


def test_a_shift_is_found_from_rays(joints):
    rest = keypoints(articulate(TEMPLATE, rest_pose(TEMPLATE)))
    shift = jnp.array([20.0, -35.0, 640.0]) - rest[0]
    u = cameras.project(CAMERA, rest + shift)
    np.testing.assert_allclose(lift.find_place(CAMERA, u, rest), shift, rtol=2e-3)


def test_a_hand_without_extent_has_a_scale_with_a_gradient():
    slope = jax.grad(lambda joints: lift.given_by(joints).scale)(jnp.zeros((21, 3)))
    np.testing.assert_array_equal(slope, 0.0)
