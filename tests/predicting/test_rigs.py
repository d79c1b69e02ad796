"""Key points of frames as hands with a skeleton."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.hands.articulate import (
    Pose,
    articulate,
    keypoints,
    rotations_from_angles,
)
from handjax.hands.poses import NAMED
from handjax.hands.skeleton import JOINTS, KEYPOINTS
from handjax.hands.template import load_template
from handjax.predicting import rigs
from handjax.predicting.outputs import Row
from tests.export.gltf_player import Player

RIGS = ("glb", "bvh")
FOLLOWED = [k for k, name in enumerate(KEYPOINTS) if name in JOINTS]
"""Key points that are joints by the same name."""


@pytest.fixture(scope="module")
def template():
    return load_template("hand_790")


@pytest.fixture(scope="module")
def joints(template):
    """A hand that closes: key points of four frames."""

    @jax.jit
    @jax.vmap
    def pose(share):
        ends = (NAMED["finger spread relaxed"], NAMED["fist"])
        angles = (1.0 - share) * jnp.asarray(ends[0]) + share * jnp.asarray(ends[1])
        turns = rotations_from_angles(template, angles)
        shape = jnp.zeros(len(template.shape_joints)).at[0].set(1.0)
        place = jnp.array([-20.0, 30.0, 600.0])
        return keypoints(articulate(template, Pose(turns, place, shape)))

    return np.asarray(pose(jnp.linspace(0.0, 0.6, 4)))


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(rigs, "CHUNK", 4)


def row(number, joints, *, clip="clip", side="right"):
    place = np.zeros((21, 2))
    return Row(
        clip,
        f"f{number}",
        number,
        side,
        1.0,
        1.0,
        None,
        (0.0,) * 4,
        (1.0,) * 4,
        joints,
        place,
    )


def in_camera(player, frame=None):
    """Joints by the names that key points have, mm."""
    names = [node["name"] for node in player.content["nodes"]]
    world = player.world(frame)[:, :3, 3] * [1e3, -1e3, -1e3]
    return np.stack([world[names.index(KEYPOINTS[k])] for k in FOLLOWED])


def made(template, rows, fps):
    return dict(rigs.files_of(template, rigs.tracks_of(rows), {"clip": fps}))


def test_a_clip_is_one_hand_that_moves(template, joints):
    # Of the first frame and of the last but one nothing is known.
    rows = [row(n, joints[k]) for k, n in ((3, 4), (0, 1), (1, 2))]
    files = made(template, rows, 10.0)
    assert set(files) == {"clip.glb", "clip.bvh"}
    player = Player(files["clip.glb"])
    np.testing.assert_allclose(player.times(), [0.0, 0.1, 0.2, 0.3, 0.4], atol=1e-6)
    for frame, k in ((0, 0), (1, 0), (2, 1), (3, 1), (4, 3)):
        apart = np.linalg.norm(in_camera(player, frame) - joints[k, FOLLOWED], axis=-1)
        assert apart.mean() < 3.0
    assert b"Frames: 5" in files["clip.bvh"]


def test_pictures_that_do_not_follow_one_another_are_hands_of_their_own(
    template, joints
):
    files = made(template, [row(k, joints[k]) for k in range(2)], None)
    assert set(files) == {"f0.glb", "f1.glb"}
    found = in_camera(Player(files["f1.glb"]))
    assert np.linalg.norm(found - joints[1, FOLLOWED], axis=-1).mean() < 3.0


def test_key_points_of_no_hand_are_left_out(template, joints):
    rows = [row(0, joints[0]), row(1, 0.0 * joints[1]), row(2, np.nan * joints[1])]
    assert set(made(template, rows, None)) == {"f0.glb"}


def test_left_hands_come_out_as_left_ones(template, joints):
    mirrored = joints * rigs.MIRROR
    rows = [row(k, mirrored[k], side="left") for k in range(2)]
    player = Player(made(template, rows, 10.0)["clip.glb"])
    apart = np.linalg.norm(in_camera(player, 1) - mirrored[1, FOLLOWED], axis=-1)
    assert apart.mean() < 3.0


def test_hands_of_both_sides_in_a_clip_get_a_file_each(template, joints):
    rows = [row(k, joints[k]) for k in range(2)]
    rows += [row(k, joints[k] * rigs.MIRROR, side="left") for k in (2, 3)]
    names = {f"clip_{side}.{kind}" for side in ("left", "right") for kind in RIGS}
    assert set(made(template, rows, 10.0)) == names
