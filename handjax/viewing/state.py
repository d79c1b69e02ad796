"""A hand on the page, as numbers.

They are those of a right hand; a left one is its mirror image, see `scene`.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from handjax.hands import poses
from handjax.hands.articulate import (
    Pose,
    angles_from_rotations,
    rotations_from_angles,
)
from handjax.hands.skeleton import POSED
from handjax.hands.template import Template

PLACE = (0.0, 90.0, 600.0)
"""Where the wrist is to begin with, mm: in the picture the hand is in the middle."""
RIGHT, LEFT = "right", "left"

_angles = jax.jit(angles_from_rotations)
_sample = jax.jit(poses.sample_angles)


class State(NamedTuple):
    """What moves and shapes the hand.

    Attributes:
        angles: flexion, abduction and twist of each posed joint, radians; the wrist's
            turn the whole hand.
        place: of the wrist in the camera's frame, mm.
        shape: coefficients of the template's shape space, standard deviations.
        side: "right" or "left".
    """

    angles: Float[np.ndarray, "17 3"]
    place: Float[np.ndarray, "3"]
    shape: Float[np.ndarray, "shape"]
    side: str = RIGHT


def rest(template: Template, side: str = RIGHT) -> State:
    """The hand as it is when nothing has been moved."""
    shapes = len(template.shape_joints)
    return State(np.zeros((len(POSED), 3)), np.array(PLACE), np.zeros(shapes), side)


def named(state: State, name: str) -> State:
    """The same hand, its fingers in one of `poses.NAMED`."""
    angles = np.asarray(poses.NAMED[name], np.float64).copy()
    return with_fingers(state, angles)


def with_fingers(state: State, angles: Float[np.ndarray, "17 3"]) -> State:
    """The same hand with other fingers; it stays turned as it is."""
    angles = np.array(angles, np.float64)
    angles[0] = state.angles[0]
    return state._replace(angles=angles)


def random_pose(state: State, template: Template, seed: int) -> State:
    """The same hand with fingers as `poses.sample_angles` draws them."""
    drawn = _sample(jax.random.key(seed), template)
    return with_fingers(state, np.asarray(drawn))


def random_shape(state: State, seed: int) -> State:
    """The same pose of another person's hand."""
    drawn = poses.sample_shape(jax.random.key(seed), components=len(state.shape))
    return state._replace(shape=np.asarray(drawn, np.float64))


def pose_of(template: Template, angles, place, shape) -> Pose:
    """What `articulate` takes, of the numbers of a `State`."""
    turns = rotations_from_angles(template, angles)
    return Pose(turns, place - template.joints[0], shape)


def from_pose(template: Template, pose: Pose, side: str = RIGHT) -> State:
    """The numbers of a pose."""
    angles = _angles(template, pose.rotations)
    place = np.asarray(pose.translation + template.joints[0], np.float64)
    shape = np.asarray(pose.shape, np.float64)
    return State(np.asarray(angles, np.float64), place, shape, side)


def sign(state: State) -> float:
    """What x of a right hand is multiplied by to have that of this one."""
    return 1.0 if state.side == RIGHT else -1.0


def numbers(state: State) -> tuple[jnp.ndarray, jnp.ndarray, jnp.ndarray]:
    """Angles, place and shape as programs take them."""
    leaves = state.angles, state.place, state.shape
    angles, place, shape = (jnp.asarray(leaf, jnp.float32) for leaf in leaves)
    return angles, place, shape
