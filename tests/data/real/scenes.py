"""Tiny downloads of NYU: hands that we know all about, as three Kinects see them."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import scipy.io

from handjax.data import nyu
from handjax.geometry.cameras import Pinhole
from handjax.hands import spheres
from handjax.hands.articulate import Pose, articulate, rotations_from_angles
from handjax.hands.poses import NAMED
from handjax.hands.template import load_template
from handjax.render.rasterize import rasterize
from tests.data.fixtures import FAR, coded, write

# Beside, and turned towards the hand: first_from_world is the identity.
RIGS = np.tile(np.eye(4), (3, 1, 1))
for _rig, _angle, _side in ((RIGS[1], 0.4, -250.0), (RIGS[2], -0.3, 200.0)):
    _sine, _cosine = np.sin(_angle), np.cos(_angle)
    _rig[0, [0, 2]], _rig[2, [0, 2]] = (_cosine, _sine), (-_sine, _cosine)
    _rig[:3, 3] = _side, 10.0, 30.0


@cache
def hand(number: int) -> tuple[np.ndarray, np.ndarray]:
    """Vertices and 36 joints in the first Kinect's frame; another hand each number."""
    name = list(NAMED)[number % len(NAMED)]
    turn = jnp.array([0.2, -0.15, 0.1 * number])
    place = jnp.array([-20.0 + 3.0 * number, 50.0, 700.0])
    one = _pose(jnp.asarray(NAMED[name]), turn, place)
    return np.asarray(one.vertices), np.asarray(spheres.nyu36(one.centres))


@jax.jit
def _pose(angles, turn, place):
    template = load_template("hand_790")
    turns = rotations_from_angles(template, angles)
    shape = jnp.zeros(len(template.shape_joints))
    return articulate(template, Pose(turns.at[0].set(turn), place, shape))


@jax.jit
def _draw(vertices, faces):
    """Faces are an argument: as constants they take XLA a quarter of a minute."""
    camera = Pinhole(jnp.asarray(nyu.FOCAL), jnp.asarray(nyu.CENTRE))
    height, width = nyu.SIZE
    return rasterize(camera, vertices, faces, height=height, width=width, far=FAR).depth


@cache
def depth(number: int, kinect: int) -> np.ndarray:
    """A hand as a Kinect, from 0, sees it: mm, 0 where there is nothing."""
    rig = RIGS[kinect]
    vertices = hand(number)[0] @ rig[:3, :3].T + rig[:3, 3]
    faces = load_template("hand_790").faces
    drawn = np.asarray(_draw(jnp.asarray(vertices, jnp.float32), faces))
    return np.where(drawn < FAR, drawn, 0.0)


def joints_of(number: int, kinect: int) -> np.ndarray:
    """The 36 joints of a hand in a Kinect's frame, y down, mm."""
    rig = RIGS[kinect]
    return hand(number)[1] @ rig[:3, :3].T + rig[:3, 3]


def encode(frame: np.ndarray) -> np.ndarray:
    """A depth frame as NYU writes it: nothing measured is 2001 mm."""
    mm = np.where(frame > 0, np.rint(frame), 2001).astype(np.uint16)
    return coded(mm >> 8, mm & 255, order="0hl")


def write_nyu(root, split: str, frames: int, *, kinects: int = 3) -> None:
    """A split of so many frames in the layout of the download."""
    xyz = np.zeros((3, frames, 36, 3))
    for number in range(frames):
        for kinect in range(3):
            xyz[kinect, number] = joints_of(number, kinect) * [1.0, -1.0, 1.0]
            if kinect < kinects:
                file = f"depth_{kinect + 1}_{number + 1:07d}.png"
                write(root / split / file, encode(depth(number, kinect)))
    names = np.array(["F1_KNU3_A"], dtype=object)
    scipy.io.savemat(
        root / split / "joint_data.mat", {"joint_xyz": xyz, "joint_names": names}
    )
