"""A hand by the numbers of MANO, whatever its template: 45 of pose, 10 of shape.

    pose = pose_from_parameters(template, parameters)

They are what [baek2019] regresses. Axes are those of the house; `hands.mano` turns the
numbers of files and datasets, whose axes are MANO's, into these and back.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from handjax.geometry import rotations
from handjax.geometry.precision import small_matmul
from handjax.hands.articulate import (
    Pose,
    fingers_from_rotations,
    rotations_from_fingers,
)
from handjax.hands.skeleton import POSED
from handjax.hands.template import Template

SHAPE = 10
"""How many coefficients of shape MANO has."""

_CARPAL, _CMC = POSED.index("thumb_carpal"), POSED.index("thumb_cmc")


class Parameters(NamedTuple):
    """What poses and shapes a hand.

    Attributes:
        turn: of the whole hand about its wrist, axis-angle, radians.
        fingers: axis-angle of 15 joints, in the order of `skeleton.MANO_POSED`.
        shape: coefficients, standard deviations; those that are left out are 0.
        translation: of the hand, in the units of who gives it.
    """

    turn: Float[Array, "3"]
    fingers: Float[Array, "45"]
    shape: Float[Array, "shape"]
    translation: Float[Array, "3"]


def pose_from_parameters(template: Template, parameters: Parameters) -> Pose:
    """The pose of these parameters; what they don't speak of is at rest.

    Args:
        template: the hand at rest.
        parameters: of it; translation as in `Pose`, mm.

    Raises:
        ValueError: they have more coefficients of shape than the template.
    """
    missing = len(template.shape_joints) - len(parameters.shape)
    if missing < 0:
        raise ValueError(
            f"shape wants {len(template.shape_joints)} coefficients or fewer, those of "
            f"the template; got {len(parameters.shape)}"
        )
    return Pose(
        rotations=rotations_from_fingers(parameters.turn, parameters.fingers),
        translation=parameters.translation,
        shape=jnp.pad(parameters.shape, (0, missing)),
    )


def parameters_from_pose(pose: Pose) -> Parameters:
    """The parameters that come closest to a pose.

    The thumb's carpal joint, which they lack, gives its turn to the next joint: what
    hangs from that is turned as before, and moved by as far as the carpal joint moved
    it. Coefficients of shape beyond `SHAPE` are left out.
    """
    first, second = (
        rotations.matrix_from_axis_angle(pose.rotations[joint])
        for joint in (_CARPAL, _CMC)
    )
    both = rotations.axis_angle_from_matrix(small_matmul(first, second))
    return Parameters(
        turn=pose.rotations[0],
        fingers=fingers_from_rotations(pose.rotations.at[_CMC].set(both)),
        shape=pose.shape[:SHAPE],
        translation=pose.translation,
    )
