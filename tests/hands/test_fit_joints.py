"""A posed hand is found again from its key points, whole or not, and stays a hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from handjax.geometry.cameras import Orthographic, Pinhole, project
from handjax.hands.articulate import Pose, articulate, keypoints, rotations_from_angles
from handjax.hands.fit_joints import fit_joints, fit_pixels
from handjax.hands.poses import NAMED, limits_violation, sample_angles, sample_shape
from handjax.hands.skeleton import KEYPOINTS, POSED
from handjax.hands.template import load_template, mirror

HANDS = 6
CAMERA = Pinhole(jnp.array([600.0, 610.0]), jnp.array([320.0, 240.0]))
TURNS = Rotation.random(HANDS, rng=np.random.default_rng(0))
KEPT = [("the tips", "tip"), ("the middle finger", "middle"), ("the thumb", "thumb")]


def without(part):
    """Weights of all key points but those of a name."""
    return np.array([float(part not in name) for name in KEYPOINTS], np.float32)


def beyond_limits(found):
    """How far an angle is beyond its limits at most, radians."""
    return np.max(jax.vmap(limits_violation)(found.angles))


def distances(one, other):
    return np.linalg.norm(np.asarray(one) - np.asarray(other), axis=-1)


@pytest.fixture(scope="module")
def template():
    return load_template("hand_790")


@pytest.fixture(scope="module")
def posed(template):
    """Hands of a batch of angles and shapes, each from a side of its own."""

    def one(angles, shape, turn):
        turns = rotations_from_angles(template, angles).at[0].set(turn)
        hand = articulate(template, Pose(turns, jnp.array([20.0, -9.0, 600.0]), shape))
        return keypoints(hand), hand.vertices

    both = jax.jit(jax.vmap(one))
    turns = jnp.asarray(TURNS.as_rotvec(), jnp.float32)
    return lambda angles, shapes: both(angles, shapes, turns)


@pytest.fixture(scope="module")
def random(posed):
    keys = jax.random.split(jax.random.key(0), HANDS)
    angles, shapes = jax.vmap(sample_angles)(keys), jax.vmap(sample_shape)(keys)
    return angles, shapes, *posed(angles, shapes)


@pytest.fixture(scope="module")
def fit(template):
    """All calls have the same shapes, so that they are compiled once."""

    def call(joints, weights=None, noise=1.0):
        weights = np.ones(21, np.float32) if weights is None else weights
        joints = np.asarray(joints, np.float32)
        return fit_joints(template, joints, weights=weights, noise=noise)

    return call


def test_a_random_hand_is_found_within_half_a_millimetre(random, fit):
    _, _, joints, vertices = random
    found = fit(joints)
    off = distances(found.joints, joints)
    assert off.mean() < 0.3
    assert off.max() < 1.0
    np.testing.assert_allclose(found.residual, off.mean(axis=-1), rtol=1e-3)
    assert distances(found.vertices, vertices).mean() < 1.0


def test_what_is_returned_is_one_hand(template, random, fit):
    found = fit(random[2])
    one = jax.tree.map(lambda leaf: leaf[1], found)
    again = articulate(template, one.pose)
    np.testing.assert_allclose(one.joints, keypoints(again), atol=1e-3)
    np.testing.assert_allclose(one.vertices, again.vertices, atol=1e-3)
    np.testing.assert_allclose(one.transforms, again.transforms, atol=1e-3)
    turns = rotations_from_angles(template, one.angles)
    np.testing.assert_allclose(one.pose.rotations[1:], turns[1:], atol=1e-5)
    assert not np.asarray(one.angles[0]).any()


def test_known_poses_have_their_angles_and_the_mean_shape(posed, fit):
    names = ("fist", "five count", "one count", "star trek", "claws", "thumb up normal")
    angles = jnp.stack([jnp.asarray(NAMED[name], jnp.float32) for name in names])
    found = fit(posed(angles, jnp.zeros((HANDS, 14)))[0])
    flexions = np.array(
        [k for k, name in enumerate(POSED) if "p" in name.split("_")[-1]]
    )
    off = np.asarray(found.angles - angles)[:, flexions, 0]
    assert np.rad2deg(np.abs(off).max()) < 6.0
    assert np.rad2deg(np.abs(off).mean()) < 1.5
    assert np.abs(found.pose.shape).max() < 0.4
    R = Rotation.from_rotvec(np.asarray(found.pose.rotations[:, 0]))
    assert np.rad2deg((R * TURNS.inv()).magnitude().max()) < 1.5


@pytest.mark.parametrize(("what", "part"), KEPT, ids=[what for what, _ in KEPT])
def test_missing_key_points_leave_the_others_in_place(random, fit, what, part):
    joints, weights = random[2], without(part)
    found = fit(joints, weights)
    off = distances(found.joints, joints)
    assert off[:, weights > 0.0].mean() < 0.3
    # Where nothing was seen the finger is that of a hand.
    assert off[:, weights == 0.0].mean() < (15.0 if part == "tip" else 60.0)
    assert beyond_limits(found) < 1e-6
    broken = np.where(weights[:, None] > 0.0, np.asarray(joints), np.nan)
    for same in (fit(broken), fit(joints * weights[:, None], weights)):
        np.testing.assert_array_equal(same.angles, found.angles)
        np.testing.assert_array_equal(same.residual, found.residual)


@pytest.mark.parametrize("told", [1.0, 5.0])
def test_noise_bends_no_joint_beyond_its_limits(random, fit, told):
    joints = np.asarray(random[2])
    noisy = joints + np.random.default_rng(0).normal(scale=5.0, size=joints.shape)
    found = fit(noisy, noise=told)
    assert beyond_limits(found) < 1e-6
    # The noise is 5 sqrt(8 / pi) = 8 mm long on average.
    assert distances(found.joints, joints).mean() < 7.0


def test_a_finger_bent_back_stops_at_the_limit(posed, fit):
    angles = jnp.zeros((HANDS, 17, 3))
    pip = POSED.index("index_pip")
    joints, _ = posed(angles.at[:, pip, 0].set(-0.8), jnp.zeros((HANDS, 14)))
    found = fit(joints)
    np.testing.assert_allclose(found.angles[:, pip, 0], 0.0, atol=1e-6)
    assert beyond_limits(found) < 1e-6
    assert np.min(found.residual) > 1.0


def test_any_axes_of_a_batch_and_one_hand_alone_are_the_same(template, random, fit):
    joints = np.asarray(random[2], np.float32)
    found = fit(joints)
    nested = fit_joints(template, joints.reshape(2, 3, 21, 3))
    assert nested.vertices.shape == (2, 3, 790, 3)
    np.testing.assert_allclose(nested.joints.reshape(6, 21, 3), found.joints, atol=0.02)

    def alone(y):
        one = fit_joints(template, y)
        assert one.residual.shape == ()
        return one.joints

    mapped = jax.jit(jax.vmap(alone))(joints)
    np.testing.assert_allclose(mapped, found.joints, atol=0.02)


def test_a_mirrored_hand_has_the_same_angles_on_the_mirrored_template(
    template, random, fit
):
    joints = np.asarray(random[2]) * np.array([-1.0, 1.0, 1.0], np.float32)
    found = fit_joints(mirror(template), joints, weights=np.ones(21, np.float32))
    np.testing.assert_allclose(found.angles, fit(random[2]).angles, atol=0.02)
    assert np.max(found.residual) < 0.5


def test_a_known_shape_is_kept(template, random):
    _, shapes, joints, vertices = random
    found = fit_joints(template, joints, shape=shapes)
    np.testing.assert_array_equal(found.pose.shape, shapes)
    assert np.max(found.residual) < 0.3
    assert distances(found.vertices, vertices).mean() < 0.6


def test_gradients_are_finite_and_none_for_missing_key_points(template, random):
    gone = without("index") == 0.0
    joints = np.where(gone[:, None], np.nan, np.asarray(random[2][0]))

    def far(y):
        return jnp.sum(fit_joints(template, y, steps=2).joints[:, 0])

    slopes = np.asarray(jax.grad(far)(jnp.asarray(joints, jnp.float32)))
    assert np.isfinite(slopes).all()
    assert not slopes[gone].any()
    # A hand that is moved is moved as far.
    assert np.sum(slopes[:, 0]) == pytest.approx(21.0, abs=0.1)


def test_pixels_and_the_depth_of_the_wrist_give_the_hand(template, random):
    _, _, joints, _ = random
    depth = joints[:, 0, 2]
    found = fit_pixels(template, project(CAMERA, joints), CAMERA, root_depth=depth)
    seen = distances(project(CAMERA, found.joints), project(CAMERA, joints))
    assert np.median(seen) < 0.5
    # A pixel is about a millimetre wide there.
    np.testing.assert_allclose(found.residual, seen.mean(axis=-1), rtol=0.2)
    np.testing.assert_allclose(found.joints[:, 0, 2], depth, atol=1.0)
    assert np.median(distances(found.joints, joints).mean(axis=-1)) < 8.0
    assert beyond_limits(found) < 1e-6


def test_pixels_alone_give_a_depth_that_the_known_shape_makes_sharp(template, random):
    _, shapes, joints, _ = random
    uv, depth = project(CAMERA, joints), np.asarray(joints[:, 0, 2])
    guessed = fit_pixels(template, uv, CAMERA)
    known = fit_pixels(template, uv, CAMERA, shape=shapes)
    far = np.abs(np.asarray(guessed.joints)[:, 0, 2] - depth)
    assert np.median(far) < 80.0
    sharp = np.abs(np.asarray(known.joints)[:, 0, 2] - depth)
    assert np.median(sharp) < 10.0
    np.testing.assert_array_equal(known.pose.shape, shapes)


def test_what_does_not_fit_is_refused(template, random):
    joints = np.asarray(random[2])
    with pytest.raises(ValueError, match=r"joints wants .*21, 3.* got \(6, 20, 3\)"):
        fit_joints(template, joints[:, :20])
    with pytest.raises(ValueError, match=r"uv wants .*21, 2.* got \(6, 21, 3\)"):
        fit_pixels(template, joints, CAMERA)
    with pytest.raises(ValueError, match=r"weights wants \(6, 21\).* got \(20,\)"):
        fit_joints(template, joints, weights=np.ones(20))
    with pytest.raises(ValueError, match=r"from 0; got -1\.0"):
        fit_joints(template, joints, weights=-np.ones(21))
    with pytest.raises(ValueError, match=r"shape wants \(6, 14\).* got \(3,\)"):
        fit_joints(template, joints, shape=np.zeros(3))
    with pytest.raises(ValueError, match=r"mm.* got 0\.0.*Metres come over .*1000"):
        fit_joints(template, joints / 1000.0)
    flat = Orthographic(*CAMERA)
    with pytest.raises(ValueError, match="Pinhole; got Orthographic"):
        fit_pixels(template, joints[..., :2], flat)


def test_too_little_of_the_palm_is_refused_and_named(template, random):
    joints = np.array(random[2])
    with pytest.raises(ValueError, match="got index_mcp, middle_mcp, ring_mcp, little"):
        fit_joints(template, joints[0], weights=without("wrist") * without("thumb"))
    joints[4, [0, 1, 5, 9]] = np.nan
    with pytest.raises(ValueError, match="got ring_mcp, little_mcp in hand 4"):
        fit_joints(template, joints)
    joints[4, 0] = 0.0
    with pytest.raises(ValueError, match="at least 4 key points"):
        fit_pixels(template, joints[..., :2], CAMERA)
