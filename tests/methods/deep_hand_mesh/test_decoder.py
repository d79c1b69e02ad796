"""The decoder against loops over joints, and against the hand that articulates."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.geometry import rotations, transforms
from handjax.hands import articulate
from handjax.hands.skeleton import JOINT_PARENTS, JOINTS, KEYPOINTS
from handjax.hands.template import load_template, mirror
from handjax.methods.deep_hand_mesh import correctives, decoder, pose_vector
from handjax.methods.deep_hand_mesh.correctives import Identity

TEMPLATE = load_template("hand_790")
NOTHING = Identity(jnp.zeros((22, 3)), jnp.zeros((790, 3)), None)
THETA = 0.4 * jax.random.normal(jax.random.key(0), (28,))
decode = jax.jit(decoder.decode)
align = jax.jit(decoder.world_from_model)
place = jax.jit(decoder.place)
POINTS = jax.random.normal(jax.random.key(5), (2, 790, 3))


@pytest.fixture(scope="module")
def own():
    """Some identity."""
    dS = 2.0 * jax.random.normal(jax.random.key(1), (22, 3))
    return Identity(dS, POINTS[0], None)


def by_hand(template, identity, theta, dM):
    """Joints one after the other, then every vertex as its joints carry it."""
    J = np.asarray(template.joints, np.float64)
    R = np.asarray(pose_vector.local_rotations(template, theta), np.float64)
    turn, place = np.zeros((22, 3, 3)), np.zeros((22, 3))
    for j, p in enumerate(JOINT_PARENTS):
        local = R[j] if j < 17 else np.eye(3)
        step = J[j] - (J[p] if p >= 0 else 0.0) + np.asarray(identity.skeleton[j])
        turn[j] = turn[p] @ local if p >= 0 else local
        place[j] = place[p] + turn[p] @ step if p >= 0 else step
    rest = np.asarray(template.vertices + dM + identity.vertices, np.float64)
    moved = np.zeros_like(rest)
    for j in range(17):
        carried = (rest - J[j]) @ turn[j].T + place[j]
        moved += np.asarray(template.weights)[:, j, None] * carried
    return place, moved


@pytest.mark.parametrize("theta", [THETA, jnp.zeros(28)], ids=["posed", "zero"])
def test_hand_is_that_of_loops_over_joints(own, theta):
    got = decode(TEMPLATE, own, theta, POINTS[1])
    joints, vertices = by_hand(TEMPLATE, own, theta, POINTS[1])
    np.testing.assert_allclose(got.posed.joints, joints, atol=1e-3)
    np.testing.assert_allclose(got.posed.vertices, vertices, atol=1e-3)
    joints, vertices = by_hand(TEMPLATE, own, jnp.zeros(28), POINTS[1])
    np.testing.assert_allclose(got.zero.joints, joints, atol=1e-3)
    np.testing.assert_allclose(got.zero.vertices, vertices, atol=1e-3)


def check_like_articulate(template):
    count = len(template.vertices)
    nothing = Identity(jnp.zeros((22, 3)), jnp.zeros((count, 3)), None)
    angles = pose_vector.angles(THETA)
    vectors = jax.jit(articulate.rotations_from_angles)(template, angles)
    pose = articulate.rest_pose(template)._replace(rotations=vectors)
    hand = jax.jit(articulate.articulate)(template, pose)
    got = decode(template, nothing, THETA, jnp.zeros((count, 3)))
    np.testing.assert_allclose(got.posed.joints, hand.joints, atol=2e-3)
    np.testing.assert_allclose(got.posed.vertices, hand.vertices, atol=2e-3)
    np.testing.assert_allclose(got.zero.vertices, template.vertices, atol=1e-3)
    found = decoder.keypoints(got.posed)
    np.testing.assert_allclose(found, articulate.keypoints(hand), atol=2e-3)


@pytest.mark.parametrize("level", ["hand_790", "hand_12553"])
def test_without_correctives_it_is_the_hand_that_articulates(level):
    check_like_articulate(load_template(level))


def test_left_hands_are_decoded_like_right_ones():
    check_like_articulate(mirror(TEMPLATE))


def test_a_longer_bone_takes_its_skin_along():
    j = JOINTS.index("index_tip")
    dip, tip = (JOINTS.index(f"index_{end}") for end in ("dip", "tip"))
    longer = NOTHING._replace(
        skeleton=NOTHING.skeleton.at[JOINTS.index("index_pip"), 1].set(-7.0)
    )
    zero = decode(TEMPLATE, longer, jnp.zeros(28), jnp.zeros((790, 3))).zero
    moved = zero.joints - TEMPLATE.joints
    np.testing.assert_allclose(
        moved[jnp.array([dip, tip])], [[0, -7, 0]] * 2, atol=1e-4
    )
    whole = np.asarray(TEMPLATE.weights[:, JOINT_PARENTS[j]]) > 0.999
    skin = (zero.vertices - TEMPLATE.vertices)[whole]
    np.testing.assert_allclose(skin, np.tile([0, -7, 0], (whole.sum(), 1)), atol=1e-3)


def test_joints_land_on_true_ones_that_a_rigid_motion_hides(own):
    posed = decode(TEMPLATE, own, THETA, POINTS[1]).posed
    R = rotations.matrix_from_axis_angle(jnp.array([0.4, -2.0, 1.0]))
    moved = transforms.make(R, jnp.array([30.0, -9.0, 700.0]))
    true = decoder.keypoints(place(moved, posed))
    # What fingers do beyond their roots has no say.
    far = true.at[KEYPOINTS.index("index_tip")].add(50.0)
    found = align(decoder.keypoints(posed), far)
    np.testing.assert_allclose(found, moved, atol=1e-3)
    placed = place(found, posed)
    wanted = transforms.apply(moved, posed.vertices)
    np.testing.assert_allclose(placed.vertices, wanted, atol=1e-2)


@jax.jit
@partial(jax.grad, has_aux=True)
def few(found, true, valid):
    T = decoder.world_from_model(found, true, valid)
    return jnp.sum(jnp.sin(T)), T


@pytest.mark.parametrize("known", [0, 1, 2, 3])
def test_few_or_no_known_roots_leave_a_finite_map_and_slope(known):
    posed = decode(TEMPLATE, NOTHING, THETA, jnp.zeros((790, 3))).posed
    found = decoder.keypoints(posed)
    rows = np.flatnonzero(decoder.ROOTS)[:known]
    valid = jnp.zeros(21, bool).at[rows].set(True)
    true = jnp.where(valid[:, None], found + 5.0, 0.0)
    slope, T = few(found, true, valid)
    assert jnp.all(jnp.isfinite(T))
    assert jnp.all(jnp.isfinite(slope))
    placed = transforms.apply(T, found)[rows]
    np.testing.assert_allclose(placed, true[rows], atol=1e-2)


def test_skinning_weights_are_corrected_before_they_carry_the_skin(own):
    rows, columns = correctives.nonzero(TEMPLATE)
    dW = 0.1 * jax.random.normal(jax.random.key(2), (len(rows),))
    wanted = np.asarray(TEMPLATE.weights, np.float64)
    wanted[rows, columns] = np.maximum(wanted[rows, columns] + dW, 0.0)
    wanted /= wanted.sum(-1, keepdims=True)
    # Which weights are not 0 is known on the host alone.
    decode_here = jax.jit(partial(decoder.decode, TEMPLATE))
    got = decode_here(own._replace(weights=dW), THETA, POINTS[1]).posed
    joints, vertices = by_hand(TEMPLATE._replace(weights=wanted), own, THETA, POINTS[1])
    np.testing.assert_allclose(got.joints, joints, atol=1e-3)
    np.testing.assert_allclose(got.vertices, vertices, atol=1e-3)
    plain = decode(TEMPLATE, own, THETA, POINTS[1]).posed
    assert jnp.abs(got.vertices - plain.vertices).max() > 1.0


def test_gradient_reaches_pose_and_skeleton_and_surface_and_weights(own):
    count = len(correctives.nonzero(TEMPLATE)[0])
    own = own._replace(weights=jnp.full(count, 0.01))

    def cost(theta, identity, dM):
        hand = decoder.decode(TEMPLATE, identity, theta, dM)
        return jnp.sum(jnp.sin(hand.posed.vertices)) + jnp.sum(hand.zero.joints**2)

    slopes = jax.jit(jax.grad(cost, argnums=(0, 1, 2)))(THETA, own, POINTS[1])
    for slope in jax.tree.leaves(slopes):
        assert jnp.all(jnp.isfinite(slope))
        assert jnp.any(slope != 0.0)


def test_bones_get_the_true_lengths_with_finite_slopes_where_there_are_none():
    found, true = np.random.default_rng(0).normal(0, 40, (2, 21, 3)).astype(np.float32)
    true[2], found[6] = true[1], found[5]

    @partial(jax.jit, static_argnums=2)
    def slope(found, true, of):
        def total(found, true):
            return jnp.sum(jnp.square(decoder.with_bones_of(found, true)))

        return jax.grad(total, of)(found, true)

    placed = np.asarray(jax.jit(decoder.with_bones_of)(found, true))
    for joint, parent in ((1, 0), (2, 1), (9, 0), (12, 11)):
        way, wanted = placed[joint] - placed[parent], true[joint] - true[parent]
        assert np.linalg.norm(way) == pytest.approx(np.linalg.norm(wanted), abs=1e-3)
    assert jnp.all(jnp.isfinite(slope(found, true, 0)))
    np.testing.assert_array_equal(slope(found, true, 1), 0.0)
    # An unknown joint says nothing of the bones that it ends.
    known = np.arange(21) != 2
    lost = np.where(known[:, None], true, 1e4)
    kept = np.asarray(jax.jit(decoder.with_bones_of)(found, lost, known))
    for joint in (2, 3):
        own = np.linalg.norm(found[joint] - found[joint - 1])
        assert np.linalg.norm(kept[joint] - kept[joint - 1]) == pytest.approx(own)
    np.testing.assert_allclose(kept[9:], placed[9:], atol=1e-4)
