"""A hand's skeleton and how it moves, in the axes and units of glTF.

x right, y up, z towards the viewer, metres: a half turn about x from the house's axes.
Left hands, which the house holds mirrored, come out as left ones.

Notation, shared by every function here and by the tests:
    D: gltf_from_house, diag(1, -1, -1), or diag(-1, -1, -1) for left hands.
    v: an axis-angle vector. It turns to (det D) D v, as R turns to D R D.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import ArrayLike, Float

from handjax.hands.articulate import Pose
from handjax.hands.skeleton import JOINT_PARENTS
from handjax.hands.template import Template

METRES = 1e-3
"""In a mm."""

SAME_SHAPE = 1e-3
"""How far shapes of one sequence may be apart, standard deviations."""


class Motion(NamedTuple):
    """A skeleton and its frames.

    Attributes:
        rest: joints at rest, metres; the wrist's is where it is turned about.
        turns: local rotations, axis-angle, radians.
        places: of the wrist, metres.
        shape: of all frames, standard deviations.
    """

    rest: Float[np.ndarray, "22 3"]
    turns: Float[np.ndarray, "frames 17 3"]
    places: Float[np.ndarray, "frames 3"]
    shape: Float[np.ndarray, "shape"]


def gltf_from_house(*, left: bool) -> Float[np.ndarray, "3"]:
    """The diagonal of D."""
    return np.array([-1.0 if left else 1.0, -1.0, -1.0])


def motion(
    template: Template,
    poses: Pose,
    *,
    left: bool = False,
    shape: Float[ArrayLike, "shape"] | None = None,
) -> Motion:
    """The motion of a sequence of poses, or of one pose.

    Args:
        template: the hand at rest.
        poses: each of its fields with frames in front, or without: one frame.
        left: whether the hand is a left one, to be mirrored back.
        shape: of the hand in all frames; None where the poses agree on it.

    Raises:
        ValueError: they do not, or there are none.
    """
    if np.ndim(poses.translation) == 1:
        poses = jax.tree.map(lambda x: jnp.asarray(x)[None], poses)
    own = _one_shape(poses, shape)
    moved = np.einsum("s,sja->ja", own, np.asarray(template.shape_joints, np.float64))
    joints = np.asarray(template.joints, np.float64) + moved
    D = gltf_from_house(left=left)
    rest = METRES * joints * D
    return Motion(
        rest=rest,
        turns=np.asarray(poses.rotations, np.float64) * D * np.prod(D),
        places=rest[0] + METRES * np.asarray(poses.translation, np.float64) * D,
        shape=own,
    )


def _one_shape(
    poses: Pose, shape: Float[ArrayLike, "shape"] | None
) -> Float[np.ndarray, "shape"]:
    """The shape of all frames: a skin has one."""
    found = np.asarray(poses.shape, np.float64)
    if not len(found):
        raise ValueError("a motion wants one pose or more; got none")
    if shape is not None:
        return np.asarray(shape, np.float64)
    apart = float(np.ptp(found, axis=0).max(initial=0.0))
    if apart > SAME_SHAPE:
        raise ValueError(
            "a skeleton has one shape; those of these frames are up to "
            f"{apart:.3g} apart. Give one, such as shape=poses.shape.mean(axis=0)"
        )
    return found.mean(axis=0)


def offsets(rest: Float[np.ndarray, "22 3"]) -> Float[np.ndarray, "22 3"]:
    """Of each joint from its parent at rest; the wrist's from the origin."""
    above = rest[np.maximum(JOINT_PARENTS, 0)]
    above[0] = 0.0
    return rest - above
