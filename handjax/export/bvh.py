"""A hand's motion as BVH, which animation programs read: a skeleton and its angles.

    save_bvh("motion.bvh", template, poses, fps=30.0)

x right, y up, z towards the viewer, as in glTF (`export.motion`). BVH says no unit:
metres, or what is asked for. The wrist is the root: its offset is 0, its channels say
where it is, then R = R_z R_x R_y; other joints turn by R_z R_x R_y about where they
stand in their parent. Tips are end sites.

Source: Meredith & Maddock, Motion capture file formats explained, 2001, Sec. 5.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import ArrayLike, Float

from handjax.export.motion import METRES, motion, offsets
from handjax.export.rigged import check_rate
from handjax.files import write
from handjax.geometry import rotations
from handjax.hands.articulate import Pose
from handjax.hands.skeleton import JOINT_PARENTS, JOINTS, POSED
from handjax.hands.template import Template

UNITS = {"m": 1.0, "cm": 100.0, "mm": 1.0 / METRES}
"""How many of each are in a metre."""

ORDER = "ZXY"
_TURNS = " ".join(f"{axis}rotation" for axis in ORDER)
_PLACES = "Xposition Yposition Zposition"


def save_bvh(
    path: str | Path,
    template: Template,
    poses: Pose,
    *,
    fps: float | int,
    **options: Any,
) -> Path:
    """Write `bvh`, whole or not at all; options are its own.

    Raises:
        ValueError: as `bvh` has it.
    """
    return write(path, bvh(template, poses, fps=fps, **options).encode())


def bvh(
    template: Template,
    poses: Pose,
    *,
    fps: float | int,
    left: bool = False,
    shape: Float[ArrayLike, "shape"] | None = None,
    unit: str = "m",
) -> str:
    """A sequence of poses as the content of a .bvh.

    Args:
        template: the hand at rest.
        poses: each of its fields with frames in front.
        fps: frames a second.
        left: whether the hand is a left one, to be mirrored back.
        shape: of the hand in all frames; None where the poses agree on it.
        unit: of all lengths: "m", "cm" or "mm".

    Raises:
        ValueError: poses differ in shape, there are none, or fps or unit is none.
    """
    check_rate(fps)
    if unit not in UNITS:
        raise ValueError(f"unit wants one of {', '.join(UNITS)}; got {unit!r}")
    moved = motion(template, poses, left=left, shape=shape)
    rest = UNITS[unit] * offsets(moved.rest)
    rest[0] = 0.0
    angles = _angles(moved.turns)
    rows = np.concatenate(
        [UNITS[unit] * moved.places, angles.reshape(len(angles), -1)], axis=1
    )
    lines = ["HIERARCHY", *_joint(0, rest, "")]
    lines += ["MOTION", f"Frames: {len(rows)}", f"Frame Time: {1.0 / fps:.9g}"]
    lines += [_numbers(row) for row in rows]
    return "\n".join(lines) + "\n"


def _angles(
    turns: Float[np.ndarray, "frames 17 3"],
) -> Float[np.ndarray, "frames 17 3"]:
    """Angles about z, x and y, degrees, that do not jump from frame to frame."""
    found = _euler(jnp.asarray(turns, jnp.float32))
    return np.rad2deg(np.unwrap(np.asarray(found, np.float64), axis=0))


@jax.jit
@partial(jnp.vectorize, signature="(3)->(3)")
def _euler(turn: Float[jax.Array, "3"]) -> Float[jax.Array, "3"]:
    R = rotations.matrix_from_axis_angle(turn)
    return rotations.euler_from_matrix(R, order=ORDER)


def _joint(joint: int, rest: Float[np.ndarray, "22 3"], indent: str) -> Iterator[str]:
    """The lines of a joint and of all that hangs on it."""
    tip = joint >= len(POSED)
    head = "ROOT" if joint == 0 else "JOINT"
    yield indent + ("End Site" if tip else f"{head} {JOINTS[joint]}")
    yield indent + "{"
    more = indent + "  "
    yield f"{more}OFFSET {_numbers(rest[joint])}"
    if joint == 0:
        yield f"{more}CHANNELS 6 {_PLACES} {_TURNS}"
    elif not tip:
        yield f"{more}CHANNELS 3 {_TURNS}"
    for child, parent in enumerate(JOINT_PARENTS):
        if parent == joint:
            yield from _joint(child, rest, more)
    yield indent + "}"


def _numbers(row: Float[np.ndarray, "n"]) -> str:
    return " ".join(f"{x:.6f}" for x in row)
