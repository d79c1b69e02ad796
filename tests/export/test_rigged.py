"""Hands with skeleton and skin are drawn elsewhere where `articulate` puts them."""

import io

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import trimesh

from handjax.export import rigged
from handjax.hands import gltf, mano
from handjax.hands.articulate import Pose, articulate, rest_pose
from handjax.hands.skeleton import JOINT_PARENTS, JOINTS, POSED
from handjax.hands.template import load_template
from tests.export.gltf_player import Player
from tests.hands import gltf_model, mano_model

HUNDREDTH = 1e-5
"""Of a mm, in metres."""

move = jax.jit(jax.vmap(articulate, (None, 0)))


@pytest.fixture(scope="module")
def hand():
    return load_template("hand_790")


def sequence(hand, frames=4, seed=0):
    """Poses far apart, of one shape; the first turns by more than half a turn."""
    rng = np.random.default_rng(seed)
    turns = rng.normal(0.0, 0.6, (frames, len(POSED), 3))
    turns[:, 0] = rng.normal(0.0, 3.0, (frames, 3))
    return Pose(
        rotations=jnp.asarray(turns, jnp.float32),
        translation=jnp.asarray(rng.normal(0.0, 200.0, (frames, 3)), jnp.float32),
        shape=jnp.tile(
            jnp.asarray(rng.normal(0.0, 1.0, hand.shape_joints.shape[0]), jnp.float32),
            (frames, 1),
        ),
    )


def one(poses, frame):
    return jax.tree.map(lambda x: x[frame], poses)


def in_gltf(points, left):
    """From mm, x right, y down, z forward; mirrored back if it is a left hand's."""
    return np.asarray(points, float) * [-1e-3 if left else 1e-3, -1e-3, -1e-3]


@pytest.mark.parametrize("left", [False, True], ids=["right", "left"])
def test_a_posed_hand_is_drawn_where_articulate_has_it(hand, left):
    poses = sequence(hand)
    posed = move(hand, poses)
    for frame in range(2):
        player = Player(rigged.glb(hand, one(poses, frame), left=left))
        wanted = in_gltf(posed.vertices[frame], left)
        np.testing.assert_allclose(player.vertices(), wanted, atol=HUNDREDTH)
        wanted = in_gltf(posed.joints[frame], left)
        np.testing.assert_allclose(player.joints(), wanted, atol=HUNDREDTH)


@pytest.mark.parametrize("left", [False, True], ids=["right", "left"])
def test_a_moving_hand_is_drawn_where_articulate_has_it_at_each_key_frame(hand, left):
    poses = sequence(hand)
    posed = move(hand, poses)
    player = Player(rigged.animation(hand, poses, fps=25.0, left=left))
    np.testing.assert_allclose(player.times(), np.arange(4) / 25.0, atol=1e-7)
    for frame in range(4):
        wanted = in_gltf(posed.vertices[frame], left)
        np.testing.assert_allclose(player.vertices(frame), wanted, atol=HUNDREDTH)
        wanted = in_gltf(posed.joints[frame], left)
        np.testing.assert_allclose(player.joints(frame), wanted, atol=HUNDREDTH)
    # It opens in its first frame.
    np.testing.assert_allclose(player.vertices(), player.vertices(0), atol=1e-7)


def test_rotations_take_the_short_way_between_key_frames(hand):
    angles = np.linspace(0.0, 4.0 * np.pi, 17)
    turns = np.zeros((17, len(POSED), 3))
    turns[:, 0, 1] = np.mod(angles + np.pi, 2 * np.pi) - np.pi
    poses = Pose(jnp.asarray(turns), jnp.zeros((17, 3)), jnp.zeros((17, 14)))
    player = Player(rigged.animation(hand, poses, fps=30.0))
    q = player.numbers(player.animation()["samplers"][1]["output"])
    assert np.sum(q[1:] * q[:-1], axis=1).min() > 0.9


@pytest.mark.parametrize("left", [False, True], ids=["right", "left"])
def test_our_own_reader_has_the_same_hand(hand, tmp_path, left):
    path = rigged.save_glb(tmp_path / "hand.glb", hand, left=left)
    back = gltf.load(path)
    assert back.side == ("left" if left else "right")
    assert back.names == JOINTS
    template = back.template
    np.testing.assert_allclose(template.joints, hand.joints, atol=1e-3)
    order = np.argsort(np.asarray(back.welded))
    np.testing.assert_allclose(template.vertices, hand.vertices[order], atol=1e-3)
    np.testing.assert_allclose(template.weights, hand.weights[order], atol=1e-5)
    poses = sequence(hand, 1)._replace(shape=jnp.zeros((1, 14)))
    one_, other = move(template, poses), move(hand, poses)
    np.testing.assert_allclose(one_.joints, other.joints, atol=0.01)
    np.testing.assert_allclose(one_.vertices[0], other.vertices[0][order], atol=0.01)


def test_a_posed_file_is_read_at_rest(hand, tmp_path):
    path = rigged.save_glb(tmp_path / "hand.glb", hand, one(sequence(hand), 0))
    shaped = one(sequence(hand), 0).shape
    rest = rest_pose(hand)._replace(shape=shaped)
    wanted = jax.jit(articulate)(hand, rest)
    # Where and how it stands is in the file's world; the rest is the hand's own.
    found = gltf.load(path).template.joints
    np.testing.assert_allclose(_apart(found), _apart(wanted.joints), atol=0.01)


def test_a_hand_with_odd_names_and_units_goes_on_as_a_plain_one(tmp_path):
    made = gltf_model.rig("mano", left=True)
    odd = made._replace(
        names=[f"Bone.{k:03d}" for k in range(len(made.names))],
        vertices=10.0 * made.vertices,
        bound=made.bound * np.array([1.0, 1.0, 1.0, 10.0]),
    )
    odd.bound[:, 3, 3] = 1.0
    names = dict(zip(made.ours, odd.names, strict=True))
    path = gltf_model.write(tmp_path / "odd.glb", odd)
    hand = gltf.load(path, names=names, metres=0.1)
    assert hand.side == "left"
    again = rigged.save_glb(tmp_path / "plain.glb", hand.template, left=True)
    plain = load_template(str(again))
    np.testing.assert_allclose(plain.joints, hand.template.joints, atol=1e-3)
    assert gltf.load(again).side == "left"


def _apart(points):
    points = np.asarray(points)
    return np.linalg.norm(points[:, None] - points, axis=-1)


@pytest.mark.parametrize("left", [False, True], ids=["right", "left"])
def test_other_programs_take_it(hand, left):
    colours = np.linspace(0.0, 1.0, 790 * 3).reshape(790, 3)
    raw = rigged.glb(hand, left=left, colours=colours)
    mesh = trimesh.load(io.BytesIO(raw), file_type="glb", force="mesh", process=False)
    np.testing.assert_allclose(mesh.vertices, in_gltf(hand.vertices, left), atol=1e-6)
    assert mesh.is_watertight
    assert mesh.volume > 0.0
    # Metres: a hand's volume is some 0.3 litres.
    assert 1e-4 < mesh.volume < 1e-3
    moving = rigged.animation(hand, sequence(hand), fps=30.0, left=left)
    scene = trimesh.load(io.BytesIO(moving), file_type="glb")
    assert len(scene.geometry) == 1


def test_normals_colours_and_tree_are_there(hand):
    colours = np.linspace(-0.1, 1.1, 790 * 3).reshape(790, 3)
    player = Player(rigged.glb(hand, colours=colours))
    normals, vertices = player.attribute("NORMAL"), player.attribute("POSITION")
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1.0, atol=1e-6)
    a, b, c = vertices[player.faces()].swapaxes(0, 1)
    outwards = np.cross(b - a, c - a)
    assert np.mean(np.sum(outwards * normals[player.faces()[:, 0]], axis=1) > 0) > 0.95
    wanted = np.clip(colours, 0.0, 1.0)
    np.testing.assert_allclose(player.attribute("COLOR_0"), wanted, atol=1e-7)
    nodes = player.content["nodes"]
    assert [node["name"] for node in nodes[: len(JOINTS)]] == list(JOINTS)
    for child, parent in enumerate(JOINT_PARENTS):
        assert parent < 0 or child in nodes[parent]["children"]
    assert nodes[-1] == {"name": "right hand", "mesh": 0, "skin": 0}


def test_more_weights_than_four_come_in_more_sets(hand):
    mixed = 0.9 * hand.weights + 0.1 / len(POSED)
    hand = hand._replace(weights=mixed)
    poses = sequence(hand, 1)
    player = Player(rigged.glb(hand, one(poses, 0)))
    assert "JOINTS_4" in player.primitive["attributes"]
    assert "JOINTS_5" not in player.primitive["attributes"]
    first = player.attribute("WEIGHTS_0")
    assert (first.min(axis=1) >= player.attribute("WEIGHTS_1").max(axis=1)).all()
    wanted = in_gltf(move(hand, poses).vertices[0], False)
    np.testing.assert_allclose(player.vertices(), wanted, atol=HUNDREDTH)


def test_what_a_pose_corrects_is_in_a_still_hand_and_not_in_a_moving_one(tmp_path):
    path = tmp_path / "MANO_RIGHT.pkl"
    rng = np.random.default_rng(0)
    corrects = {"posedirs": rng.normal(0.0, 1e-3, (778, 3, 135))}
    path.write_bytes(mano_model.pickled(mano_model.human_model() | corrects))
    hand = mano.load(path).template
    poses = sequence(hand, 2)
    posed = move(hand, poses)
    still = Player(rigged.glb(hand, one(poses, 0)))
    wanted = in_gltf(posed.vertices[0], False)
    np.testing.assert_allclose(still.vertices(), wanted, atol=HUNDREDTH)
    moving = Player(rigged.animation(hand, poses, fps=30.0))
    plain = move(hand._replace(correctives=None), poses)
    corrected = np.linalg.norm(posed.vertices - plain.vertices, axis=-1)
    assert corrected.mean() > 1.0
    for frame in range(2):
        wanted = in_gltf(plain.vertices[frame], False)
        np.testing.assert_allclose(moving.vertices(frame), wanted, atol=HUNDREDTH)
        joints = in_gltf(posed.joints[frame, : len(POSED)], False)
        found = moving.joints(frame)[: len(POSED)]
        np.testing.assert_allclose(found, joints, atol=HUNDREDTH)


def test_wrong_arguments_are_named(hand, tmp_path):
    poses = sequence(hand)
    with pytest.raises(ValueError, match=r"fps wants frames a second, above 0; got 0"):
        rigged.animation(hand, poses, fps=0)
    with pytest.raises(ValueError, match=r"\.glb; got .*hand\.gltf"):
        rigged.save_glb(tmp_path / "hand.gltf", hand)
    with pytest.raises(ValueError, match=r"colours want \(790, 3\)"):
        rigged.glb(hand, colours=np.zeros((3, 3)))
    different = poses._replace(shape=poses.shape.at[0, 0].add(1.0))
    with pytest.raises(ValueError, match=r"one shape.*1 apart.*shape="):
        rigged.animation(hand, different, fps=30.0)
    given = rigged.animation(hand, different, fps=30.0, shape=poses.shape[0])
    assert given == rigged.animation(hand, poses, fps=30.0)
    none = jax.tree.map(lambda x: x[:0], poses)
    with pytest.raises(ValueError, match="one pose or more; got none"):
        rigged.animation(hand, none, fps=30.0)
    assert not list(tmp_path.iterdir())
