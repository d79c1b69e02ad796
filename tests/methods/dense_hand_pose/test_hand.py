"""The 63 numbers and the hand that they stand for."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.geometry import cameras
from handjax.methods.dense_hand_pose import hand
from handjax.methods.dense_hand_pose.hand import NUMBERS, ROOT, USUAL
from tests.methods.in_colour import PIXELS, TEMPLATE

CAMERA = cameras.Pinhole(jnp.full(2, 180.0), jnp.full(2, 31.5))
ASIDE = CAMERA._replace(centre=jnp.array([-50.0, 60.0]))


@pytest.fixture(scope="module")
def place():
    return jax.jit(lambda h, camera: hand.place(TEMPLATE, h, camera, PIXELS))


def test_the_numbers_are_pose_shape_quaternion_scale_and_translation():
    said = hand.parts(jnp.arange(63.0))
    assert [np.size(part) for part in said] == [45, 10, 4, 1, 3]
    assert said.scale == 59.0
    np.testing.assert_array_equal(said.translation, [60.0, 61.0, 62.0])


def test_zeros_stand_in_the_middle_as_far_as_they_look_large(place):
    found = place(jnp.zeros(NUMBERS), CAMERA)
    # 180 pixels of focal length are 5.625 halves of the edge.
    np.testing.assert_allclose(found.joints[ROOT], [0.0, 0.0, 5.625 / USUAL], atol=1e-3)
    at = cameras.project(CAMERA, found.joints[ROOT])
    np.testing.assert_allclose(at, 31.5, atol=1e-4)


def test_translation_is_where_the_root_appears(place):
    h = jnp.zeros(NUMBERS).at[60:62].set(jnp.array([0.25, -0.5]))
    for camera in (CAMERA, ASIDE):
        at = cameras.project(camera, place(h, camera).joints[ROOT])
        np.testing.assert_allclose(at, [31.5 + 8.0, 31.5 - 16.0], atol=1e-3)


def test_what_looks_half_as_large_is_twice_as_far_and_as_large(place):
    near = place(jnp.zeros(NUMBERS), CAMERA).joints
    c_s = 2.0 * jnp.arctanh(jnp.log(0.5) / 2.0)
    far = place(jnp.zeros(NUMBERS).at[59].set(c_s), CAMERA).joints
    assert far[ROOT, 2] == pytest.approx(2.0 * float(near[ROOT, 2]), rel=1e-4)
    size = np.linalg.norm(far - far[ROOT], axis=-1)
    np.testing.assert_allclose(size, np.linalg.norm(near - near[ROOT], axis=-1), 1e-3)


def test_a_hand_looks_the_same_wherever_the_crop_was(place, h):
    ahead, aside = (cameras.project(c, place(h[0], c).joints) for c in (CAMERA, ASIDE))
    # 28 degrees off the axis a picture is stretched by 1 / cos^2 at the most.
    assert jnp.linalg.norm(ahead - aside, axis=-1).max() < 0.3 * PIXELS / 2
    flat = ahead - ahead[ROOT]
    assert jnp.sum(flat * (aside - aside[ROOT])) > 0.97 * jnp.linalg.norm(
        flat
    ) * jnp.linalg.norm(aside - aside[ROOT])


def test_the_gradient_is_finite_at_rest_and_without_a_rotation():
    # The second has a quaternion of length 0.
    h = jnp.zeros((2, NUMBERS)).at[1, 55].set(-1.0)

    def total(h):
        return jnp.sum(hand.place(TEMPLATE, h, CAMERA, PIXELS).joints ** 2)

    assert jnp.isfinite(jax.jit(jax.vmap(jax.grad(total)))(h)).all()


def test_networks_read_a_skeleton_from_its_root(hands):
    found = hand.skeleton(hands).reshape(2, 21, 3)
    np.testing.assert_array_equal(found[:, ROOT], 0.0)
    assert 0.2 < float(jnp.linalg.norm(found[:, 0], axis=-1).mean()) < 2.0


def test_pixels_come_back_from_halves_of_the_edge():
    uv = jnp.array([[-0.5, 31.5], [63.5, 10.0]])
    at = hand.in_halves(uv, 64)
    np.testing.assert_allclose(at[:, 0], [-1.0, 1.0])
    np.testing.assert_allclose(hand.in_pixels(at, 64), uv, atol=1e-5)
