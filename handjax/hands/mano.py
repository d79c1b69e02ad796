"""MANO, the hand model of Romero et al., from its released files, as a Template.

    mano = load("MANO_RIGHT.pkl")
    fingers = fingers_from_components(mano, coefficients)
    pose = pose_from_official(mano, Parameters(turn, fingers, shape, translation))
    hand = articulate(mano.template, pose)

The template is a hand of the house: mm, our axes, a right hand, its wrist the origin.
What files, datasets and other libraries call MANO's parameters and points are metres
and radians in the file's own axes, here "official"; left hands are mirrored on the way
in and mirrored back on the way out. Nothing in a file is ever run.

Notation, shared by every function here and by the tests:
    M: house_from_file, rows and columns of one 1 or -1 each, (3, 3); det M is -1 for
        left hands.
    v: an axis-angle vector. It turns to (det M) M v, as R turns to M R M^T.
    J_0: the wrist at rest, from the file's origin.

Source: Romero, Tzionas & Black, Embodied Hands, ACM Trans. Graph. 36 (6), 2017.
"""

import warnings
from pathlib import Path
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, DTypeLike, Float

from handjax.geometry.precision import einsum, matmul
from handjax.hands import mano_files
from handjax.hands.articulate import Pose
from handjax.hands.borrowed import CARPAL, Rigged, between, borrow, has_bones
from handjax.hands.mano_files import ManoError, Released
from handjax.hands.parameters import (
    Parameters,
    parameters_from_pose,
    pose_from_parameters,
)
from handjax.hands.skeleton import JOINTS, MANO_POSED, POSED
from handjax.hands.template import Template

__all__ = [
    "TIPS",
    "Mano",
    "ManoError",
    "converted",
    "fingers_from_components",
    "load",
    "official_from_pose",
    "official_points",
    "pose_from_official",
]

TIPS = (744, 320, 443, 554, 671)
"""Vertices that count as finger tips, thumb to little; so smplx, vertex_ids.py."""

MM = 1000.0
"""In a metre."""

# Rows are our x, y, z: to the thumb, to the wrist, to the back of the hand.
_HOUSE_FROM_RIGHT = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
_MIRROR = np.diag([-1.0, 1.0, 1.0])
_FILE_JOINTS = (POSED.index("wrist"), *MANO_POSED)


class Mano(NamedTuple):
    """A file of MANO's in the terms of the house.

    Attributes:
        template: the hand at rest, a right one, flat, as the file has it.
        components: principal components of finger poses, rows; the file's axes.
        mean: their mean, radians; the file's axes.
        house_from_file: M, from the file's axes to ours.
        wrist: J_0 of the mean shape, mm, our axes.
        shape_wrist: its displacement for one standard deviation.
    """

    template: Template
    components: Float[Array, "45 45"]
    mean: Float[Array, "45"]
    house_from_file: Float[Array, "3 3"]
    wrist: Float[Array, "3"]
    shape_wrist: Float[Array, "shape 3"]


def load(
    path: str | Path,
    *,
    side: str | None = None,
    repair: bool | None = None,
    dtype: DTypeLike = np.float32,
) -> Mano:
    """A file of MANO's: .pkl as released, 1.0 or 1.2, or .npz.

    The latter is what `python -m handjax data mano` makes of the former.

    Args:
        path: of the file.
        side: of a released file, "right" or "left"; None to see by its fingers.
        repair: of a released left hand, whether its shape directions have the wrong
            sign along x, as before version 1.2; None to see by the shapes themselves,
            with a warning where it was wrong. True and False say so without one.
        dtype: of all numbers that are not whole.

    Raises:
        ManoError: the file holds something else.
        unpickle.UnpickleError: it is not there, is broken, or would run something.
    """
    if Path(path).suffix.lower() == ".npz":
        if side is not None or repair is not None:
            raise ManoError(f"{path} is settled; side and repair are of released files")
        return _mano(mano_files.read_stored(path), dtype)
    released = mano_files.read_released(path, side=side, repair=repair)
    if released.repaired and repair is None:
        warnings.warn(f"{path}: {REPAIRED}", stacklevel=2)
    return _mano(converted(released), dtype)


REPAIRED = (
    "the shape directions of this left hand had the wrong sign along x, as before "
    "version 1.2, and were put right: shapes that were fitted without that differ"
)


def fingers_from_components(
    mano: Mano, coefficients: Float[Array, "n"], *, flat: bool = False
) -> Float[Array, "45"]:
    """Official finger pose from its first principal components, any number of them.

        fingers = sum_i coefficients_i component_i + mean

    Args:
        mano: whose they are.
        coefficients: n of them, 0 to 45.
        flat: whether poses count from the flat hand, not from the mean one.

    Returns:
        Axis-angle of 15 joints, radians, the file's axes.
    """
    bent = einsum("i,ij->j", coefficients, mano.components[: len(coefficients)])
    return bent if flat else bent + mano.mean


def pose_from_official(mano: Mano, official: Parameters) -> Pose:
    """The pose of official parameters.

        x = R_0 (v - J_0) + J_0 + translation

    Args:
        mano: whose they are.
        official: radians, metres, the file's axes. Finger poses count from the flat
            hand: `mean` must be in them already, where it is to be.

    Raises:
        ValueError: there are more coefficients of shape than in the file.
    """
    M = mano.house_from_file
    pose = pose_from_parameters(
        mano.template,
        Parameters(
            turn=_turned(M, official.turn),
            fingers=_turned(M, official.fingers),
            shape=official.shape,
            translation=MM * matmul(M, official.translation),
        ),
    )
    return pose._replace(translation=pose.translation + _wrist(mano, pose.shape))


def official_from_pose(mano: Mano, pose: Pose) -> Parameters:
    """Official parameters of a pose: the way back from `pose_from_official`.

    The thumb's carpal joint, which MANO lacks, is at rest in poses from there; of
    others see `parameters_from_pose`.
    """
    found, M = parameters_from_pose(pose), mano.house_from_file.T
    translation = pose.translation - _wrist(mano, pose.shape)
    return Parameters(
        turn=_turned(M, found.turn),
        fingers=_turned(M, found.fingers),
        shape=pose.shape,
        translation=matmul(M, translation) / MM,
    )


def official_points(mano: Mano, points: Float[Array, "*n 3"]) -> Float[Array, "*n 3"]:
    """Points of a posed hand, mm, in metres and the file's axes, on its own side."""
    return matmul(points, mano.house_from_file) / MM


def _turned(M: Float[Array, "3 3"], vectors: Float[Array, "n"]) -> Float[Array, "n"]:
    """Axis-angle vectors, one after the other, in other axes."""
    sign = jnp.sum(M[0] * jnp.cross(M[1], M[2]))
    return sign * matmul(vectors.reshape(-1, 3), M.T).reshape(-1)


def _wrist(mano: Mano, shape: Float[Array, "shape"]) -> Float[Array, "3"]:
    """J_0 of a shape, mm, our axes."""
    return mano.wrist + einsum("s,sa->a", shape, mano.shape_wrist)


def converted(released: Released) -> dict[str, np.ndarray]:
    """A released file in mm and our axes, as `mano_files.write_stored` takes it.

    Raises:
        ManoError: it is no hand, as joints of it coincide.
    """
    M = _HOUSE_FROM_RIGHT @ (_MIRROR if released.left else np.eye(3))
    vertices = MM * released.vertices @ M.T
    shapes = MM * np.einsum("ab,vbs->sva", M, released.shapes)
    joints, shape_joints = (_joints(x, released.regressor) for x in (vertices, shapes))
    wrist, shape_wrist = joints[0], shape_joints[:, 0]
    weights = np.zeros((len(vertices), len(POSED)))
    weights[:, _FILE_JOINTS] = released.weights
    hand = Rigged(
        vertices - wrist,
        released.faces[:, ::-1] if released.left else released.faces,
        weights,
        joints - wrist,
        shapes - shape_wrist[:, None],
    )
    if not has_bones(joints):
        raise ManoError("the file holds no hand: some of its joints coincide at rest")
    borrowed = borrow(hand)
    # MANO has no such joint, so it is none that may move.
    borrowed["limits"][CARPAL] = 0.0
    return {
        **hand._asdict(),
        **borrowed,
        "shape_joints": shape_joints - shape_wrist[:, None],
        "correctives": _correctives(released.correctives, M),
        "tips": np.array(TIPS),
        "components": released.components,
        "mean": released.mean,
        "house_from_file": M,
        "wrist": wrist,
        "shape_wrist": shape_wrist,
    }


def _joints(vertices: np.ndarray, regressor: np.ndarray) -> np.ndarray:
    """The 22 joints of vertices or of their displacements, (..., vertices, 3).

    The carpal joint of the thumb, which MANO lacks and to which no skin hangs, stands
    halfway between the wrist and the next.
    """
    joints = np.zeros((*vertices.shape[:-2], len(JOINTS), 3))
    joints[..., _FILE_JOINTS, :] = regressor @ vertices
    joints[..., len(POSED) :, :] = vertices[..., TIPS, :]
    joints[..., CARPAL, :] = between(joints)
    return joints


def _correctives(posedirs: np.ndarray, M: np.ndarray) -> np.ndarray:
    """Displacements, mm, by the entries of R - I in our axes, ours = M R M^T."""
    own = posedirs.reshape(-1, 3, 15, 3, 3)
    turned = MM * np.einsum("ca,db,ek,vkjab->jcdev", M, M, M, own, optimize=True)
    return turned.reshape(135, 3, -1)


def _mano(arrays: dict[str, np.ndarray], dtype: DTypeLike) -> Mano:
    made: dict[str, Any] = {
        name: jnp.asarray(array, np.int32 if array.dtype.kind in "iu" else dtype)
        for name, array in arrays.items()
    }
    template = Template(**{name: made[name] for name in Template._fields})
    return Mano(template, *(made[name] for name in Mano._fields[1:]))
