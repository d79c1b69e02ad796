"""Notation as in handjax.hands.inverse.start."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from handjax.geometry import cameras
from handjax.hands.inverse import aim, chain, start
from handjax.hands.skeleton import KEYPOINTS, POSED
from handjax.hands.template import load_template, mirror

TURN = jnp.asarray(Rotation.from_rotvec([0.4, -2.0, 1.1]).as_matrix(), jnp.float32)
ALL = jnp.ones(21)


@pytest.fixture(scope="module")
def template():
    return load_template("hand_790")


def bent(template):
    """Angles within limits, without what directions of bones don't tell."""
    low, high = np.asarray(chain.limits(template)).T
    angles = np.random.default_rng(0).uniform(low, high)
    told = (POSED.index("thumb_carpal") != chain.MOVED) & (chain.ABOUT != 2)
    return np.where(told, angles, 0.0).astype(np.float32), told


@pytest.mark.parametrize("side", ["right", "left"])
def test_directions_of_bones_give_flexion_and_abduction(template, side):
    """Twist and the carpal joint are 0 here, and so is the prior's mean."""
    hand = template if side == "right" else mirror(template)
    angles, told = bent(hand)
    shape = jnp.zeros(len(hand.shape_joints))
    at = chain.Variables(TURN, jnp.zeros(3), jnp.asarray(angles), shape)
    y, _ = chain.keypoints_and_slopes(hand, at)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(start.prior, "MEAN", np.zeros_like(angles))
        found = start.angles_from_bones(hand, hand.joints, TURN, y, ALL)
    # The template's bones lie along their axes to about a thousandth.
    np.testing.assert_allclose(found[told], angles[told], atol=5e-3)


def test_lengths_give_the_shape_that_they_depend_on(template):
    shape = np.random.default_rng(1).normal(size=len(template.shape_joints))
    rest = chain.shaped(template, jnp.asarray(shape, jnp.float32))
    y = rest[np.array(start.KEYPOINT_JOINTS)]
    found = start.shape_from_lengths(template, y, ALL)
    again = chain.shaped(template, found)[np.array(start.KEYPOINT_JOINTS)]
    parents = np.array(start.KEYPOINT_PARENTS)[1:]

    def lengths(x):
        return np.linalg.norm(np.asarray(x)[1:] - np.asarray(x)[parents], axis=-1)

    before = np.abs(
        lengths(template.joints[np.array(start.KEYPOINT_JOINTS)]) - lengths(y)
    )
    after = np.abs(lengths(again) - lengths(y))
    assert before.mean() > 1.5
    assert after.mean() < 0.3 * before.mean()


def test_start_has_finite_slopes_where_key_points_are_missing(template):
    y = template.joints[np.array(start.KEYPOINT_JOINTS)]
    gone = np.array([name.startswith("index") or "tip" in name for name in KEYPOINTS])
    y = jnp.where(gone[:, None], 0.0, y)

    def far(y):
        found = start.start(template, y, jnp.asarray(1.0 - gone))
        return sum(jnp.sum(leaf**2) for leaf in found)

    slopes = jax.grad(far)(y)
    assert np.isfinite(slopes).all()
    np.testing.assert_array_equal(np.asarray(slopes)[gone], 0.0)


@pytest.mark.parametrize("depth", [None, 450.0])
def test_one_of_the_starts_in_a_picture_looks_from_near_the_right_side(template, depth):
    camera = cameras.Pinhole(jnp.full(2, 500.0), jnp.array([160.0, 120.0]))
    shape = jnp.zeros(len(template.shape_joints))
    angles = jnp.clip(jnp.asarray(aim.prior.MEAN), *chain.limits(template).T)
    at = chain.Variables(TURN, jnp.array([30.0, -40.0, 450.0]), angles, shape)
    x, _ = chain.keypoints_and_slopes(template, at)
    uv = cameras.project(camera, x)
    known = None if depth is None else jnp.asarray(depth)
    found = aim.starts(template, uv, ALL, camera, None, known)
    off = Rotation.from_matrix(np.asarray(found.R)) * Rotation.from_matrix(TURN).inv()
    best = np.argmin(off.magnitude())
    assert np.rad2deg(off.magnitude()[best]) < 25.0
    np.testing.assert_allclose(found.translation[best], at.translation, atol=60.0)
