"""Template and pose to hand, against slow loops, mirrors and finite differences."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads
from scipy.spatial.transform import Rotation

from handjax.hands import poses
from handjax.hands.articulate import (
    Pose,
    angles_from_rotations,
    articulate,
    fingers_from_rotations,
    keypoints,
    rest_pose,
    rotations_from_angles,
    rotations_from_fingers,
)
from handjax.hands.skeleton import JOINT_PARENTS, JOINTS, KEYPOINTS, POSED
from handjax.hands.template import load_template, mirror

SHAPES = load_template("hand_790").shape_joints.shape[0]

# Compiled once for all tests.
move = jax.jit(articulate)
turn = jax.jit(rotations_from_angles)


@pytest.fixture(scope="module")
def template():
    return load_template("hand_790")


@pytest.fixture(scope="module")
def pose():
    bend, turn, form = jax.random.split(jax.random.key(3), 3)
    vectors = 0.6 * jax.random.normal(bend, (17, 3))
    translation = 50.0 * jax.random.normal(turn, (3,))
    return Pose(vectors, translation, jax.random.normal(form, (SHAPES,)))


@pytest.fixture(scope="module")
def hand(template, pose):
    return move(template, pose)


def bend(template, angles):
    """The hand with these angles."""
    turns = turn(template, jnp.asarray(angles))
    return move(template, rest_pose(template)._replace(rotations=turns))


def posed_by_loop(template, pose):
    """Every joint, vertex and centre moved one matrix at a time, in float64."""
    template = jax.tree.map(lambda x: np.asarray(x, np.float64), template)
    shape = np.asarray(pose.shape, np.float64)
    J = template.joints + np.tensordot(shape, template.shape_joints, 1)
    G = []
    for j, parent in enumerate(JOINT_PARENTS[: len(POSED)]):
        local = np.eye(4)
        local[:3, :3] = Rotation.from_rotvec(np.asarray(pose.rotations[j])).as_matrix()
        local[:3, 3] = J[j] - local[:3, :3] @ J[j]
        if parent < 0:
            local[:3, 3] += np.asarray(pose.translation)
        G.append(local if parent < 0 else G[parent] @ local)

    def carry(j, x):
        return G[j][:3, :3] @ x + G[j][:3, 3]

    own = [*range(len(POSED)), *JOINT_PARENTS[len(POSED) :]]
    joints = np.stack([carry(own[k], x) for k, x in enumerate(J)])
    rest = template.vertices + np.tensordot(shape, template.shape_vertices, 1)
    vertices = np.zeros_like(rest)
    for v, x in enumerate(rest):
        for j in np.flatnonzero(template.weights[v]):
            vertices[v] += template.weights[v, j] * carry(j, x)
    rest = template.sphere_centres + np.tensordot(shape, template.shape_centres, 1)
    carriers = template.sphere_joints.astype(int)
    centres = np.stack([carry(carriers[k], x) for k, x in enumerate(rest)])
    return joints, vertices, centres


def test_rest_pose_leaves_the_template_as_it_is(template):
    hand = move(template, rest_pose(template))
    for got, wanted in (
        (hand.joints, template.joints),
        (hand.vertices, template.vertices),
        (hand.centres, template.sphere_centres),
        (hand.radii, template.sphere_radii),
        (hand.transforms, jnp.broadcast_to(jnp.eye(4), (17, 4, 4))),
    ):
        np.testing.assert_allclose(got, wanted, atol=1e-4)


def test_articulate_equals_a_loop_over_joints_and_vertices(template, pose, hand):
    joints, vertices, centres = posed_by_loop(template, pose)
    np.testing.assert_allclose(hand.joints, joints, atol=1e-3)
    np.testing.assert_allclose(hand.vertices, vertices, atol=1e-3)
    np.testing.assert_allclose(hand.centres, centres, atol=1e-3)


def test_wrist_turns_the_whole_hand_about_itself_then_translates(template, pose, hand):
    straight = pose._replace(rotations=pose.rotations.at[0].set(0.0))
    still = move(template, straight._replace(translation=jnp.zeros(3)))
    R = Rotation.from_rotvec(np.asarray(pose.rotations[0])).as_matrix()
    wrist = np.asarray(still.joints[0])
    for part in ("joints", "vertices", "centres"):
        wanted = (np.asarray(getattr(still, part)) - wrist) @ R.T + wrist
        wanted = wanted + np.asarray(pose.translation)
        np.testing.assert_allclose(getattr(hand, part), wanted, atol=2e-3)


def test_posing_keeps_bones_as_long_as_shape_made_them(template, pose, hand):
    shaped = move(template, rest_pose(template)._replace(shape=pose.shape))
    parents = np.array(JOINT_PARENTS[1:])

    def lengths(hand):
        return np.linalg.norm(hand.joints[1:] - hand.joints[parents], axis=-1)

    np.testing.assert_allclose(lengths(hand), lengths(shaped), rtol=1e-4)


def test_shape_moves_joints_surface_and_spheres_linearly(template):
    rest = rest_pose(template)
    shape = jnp.linspace(-2.0, 2.0, SHAPES)
    once = move(template, rest._replace(shape=shape))
    twice = move(template, rest._replace(shape=2.0 * shape))
    still = move(template, rest)
    for part in ("joints", "vertices", "centres", "radii"):
        a, b, c = (np.asarray(getattr(hand, part)) for hand in (still, once, twice))
        np.testing.assert_allclose(c - a, 2.0 * (b - a), atol=1e-3)
        assert np.abs(b - a).max() > 0.1


def test_keypoints_are_named_joints(hand):
    points = keypoints(hand)
    for name in ("wrist", "thumb_cmc", "ring_dip", "little_tip"):
        at = points[KEYPOINTS.index(name)]
        np.testing.assert_array_equal(at, hand.joints[JOINTS.index(name)])


@pytest.mark.parametrize("finger", ["index", "middle", "ring", "little"])
def test_flexion_closes_a_finger_and_abduction_takes_it_to_the_thumb(template, finger):
    knuckle, tip = POSED.index(f"{finger}_mcp"), JOINTS.index(f"{finger}_tip")

    def moved(angle, axis):
        angles = jnp.zeros((17, 3)).at[knuckle, axis].set(angle)
        return bend(template, angles).joints[tip] - template.joints[tip]

    assert moved(0.5, 0)[2] < -20.0
    assert moved(0.3, 1)[0] > 15.0
    assert jnp.linalg.norm(moved(0.5, 2)) < 10.0


def test_a_bent_finger_spreads_sideways(template):
    knuckle, tip = POSED.index("index_mcp"), JOINTS.index("index_tip")
    bent = jnp.zeros((17, 3)).at[knuckle].set(jnp.array([jnp.pi / 2, 0.3, 0.0]))
    assert bend(template, bent).joints[tip, 0] > template.joints[knuckle, 0] + 15.0


def test_angles_come_back_from_rotations(template):
    angles = jnp.stack([jnp.asarray(named) for named in poses.NAMED.values()])
    angles = angles.at[:, 0].set(jnp.array([2.0, -1.2, 0.7]))
    back = jax.jit(
        jax.vmap(
            lambda a: angles_from_rotations(
                template, rotations_from_angles(template, a)
            )
        )
    )(angles)
    np.testing.assert_allclose(back, angles, atol=1e-4)


def test_angles_of_a_batch_are_those_of_the_loop(template, pose):
    def angles(vectors):
        return angles_from_rotations(template, vectors)

    batch = jnp.stack([pose.rotations, -pose.rotations, 0.0 * pose.rotations])
    together, alone = jax.jit(jax.vmap(angles))(batch), jax.jit(angles)
    for one, vectors in zip(together, batch, strict=True):
        np.testing.assert_allclose(one, alone(vectors), atol=1e-5)


def test_forty_five_numbers_are_fingers_in_the_order_of_mano():
    vectors = jnp.arange(51.0).reshape(17, 3)
    fingers = fingers_from_rotations(vectors)
    for place, joint in enumerate(
        ("index_mcp", "index_pip", "index_dip", "middle_mcp")
    ):
        wanted = vectors[POSED.index(joint)]
        np.testing.assert_array_equal(fingers[3 * place : 3 * place + 3], wanted)
    np.testing.assert_array_equal(fingers[18:21], vectors[POSED.index("little_mcp")])
    np.testing.assert_array_equal(fingers[-9:-6], vectors[POSED.index("thumb_cmc")])
    back = rotations_from_fingers(vectors[0], fingers)
    np.testing.assert_array_equal(
        back, vectors.at[POSED.index("thumb_carpal")].set(0.0)
    )


def test_a_mirrored_template_with_the_same_angles_is_the_mirrored_hand(template):
    hands = [bend(t, poses.NAMED["aokay"]) for t in (template, mirror(template))]
    flip = jnp.array([-1.0, 1.0, 1.0])
    np.testing.assert_allclose(hands[1].vertices, hands[0].vertices * flip, atol=1e-3)
    np.testing.assert_allclose(hands[1].centres, hands[0].centres * flip, atol=1e-3)


def test_vmap_under_jit_equals_the_loop(template, pose):
    batch = jax.tree.map(lambda x: jnp.stack([x, -x, 0.0 * x]), pose)
    together = jax.jit(jax.vmap(articulate, (None, 0)))(template, batch)
    for k in range(3):
        alone = move(template, jax.tree.map(lambda x, k=k: x[k], batch))
        jax.tree.map(
            lambda x, y, k=k: np.testing.assert_allclose(x[k], y, atol=1e-3),
            together,
            alone,
        )


def test_what_the_caller_leaves_unused_is_not_computed(template, pose):
    def flops(f):
        cost = jax.jit(f).lower(pose).compile().cost_analysis()
        return cost["flops"]

    whole = flops(lambda pose: articulate(template, pose))
    spheres = flops(lambda pose: articulate(template, pose).centres)
    assert spheres < whole / 5


def test_gradients_agree_with_finite_differences(x64, template, pose):
    template, pose = jax.tree.map(
        lambda x: x.astype(jnp.float64) if x.dtype == jnp.float32 else x,
        (template._replace(**few(template)), pose),
    )

    def f(pose):
        hand = articulate(template, jax.tree.map(jnp.asarray, pose))
        return hand.joints, hand.vertices, hand.centres

    check_grads(jax.jit(f), (pose,), order=1, modes=["rev"], atol=1e-5, rtol=1e-5)


def few(template):
    """Every hundredth vertex."""
    return {
        "vertices": template.vertices[::100],
        "weights": template.weights[::100],
        "shape_vertices": template.shape_vertices[:, ::100],
    }


def test_gradients_are_finite_at_rest_and_at_quarter_and_half_turns(template):
    template = template._replace(**few(template))

    def total(angles):
        turns = rotations_from_angles(template, angles)
        hand = articulate(template, rest_pose(template)._replace(rotations=turns))
        back = angles_from_rotations(template, turns)
        return jnp.sum(hand.vertices**2) + jnp.sum(hand.centres) + jnp.sum(back)

    each = np.array([0.0, np.pi / 2, np.pi])[:, None, None] * np.eye(3)
    angles = jnp.broadcast_to(each[:, :, None], (3, 3, 17, 3)).reshape(9, 17, 3)
    assert jnp.isfinite(jax.jit(jax.vmap(jax.grad(total)))(angles)).all()
