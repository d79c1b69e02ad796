"""Random hands in front of a camera, whose frame is the world."""

from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from handjax.geometry import rotations
from handjax.geometry.precision import matmul
from handjax.hands import poses
from handjax.hands.articulate import Pose, rotations_from_angles
from handjax.hands.template import Template

# To a type checker every field of a ConfigDict is a union of all that a field can be.
Config: TypeAlias = Any

TOWARDS = -0.35
"""Cosine between arm and line of sight beneath which an arm would hide its hand."""
ASIDE = 200.0
"""How far from the camera's axis a hand may be, mm."""


def sample_pose(key: PRNGKeyArray, template: Template, config: Config) -> Pose:
    """A plausible pose of a random hand somewhere in front of the camera."""
    fingers, view, shape, place = jax.random.split(key, 4)
    turns = rotations_from_angles(template, poses.sample_angles(fingers, template))
    turn = rotations.axis_angle_from_matrix(poses.sample_view(view, kind=config.view))
    near, far = config.distance
    return Pose(
        rotations=turns.at[0].set(turn),
        translation=jax.random.uniform(
            place,
            (3,),
            minval=jnp.array([-ASIDE, -ASIDE, near]),
            maxval=jnp.array([ASIDE, ASIDE, far]),
        ),
        shape=config.shape
        * poses.sample_shape(shape, components=len(template.shape_joints)),
    )


def clear_of_arm(pose: Pose, sight: Float[Array, "3"]) -> Pose:
    """The same fingers seen from behind if the arm came out of the camera.

    Args:
        sight: direction in which the camera sees the hand, unit; not straight down.
    """
    R = rotations.matrix_from_axis_angle(pose.rotations[0])
    # Half a turn about what is upright and square to the line of sight.
    upright = jnp.array([0.0, 1.0, 0.0]) - sight[1] * sight
    upright = upright / jnp.linalg.norm(upright)
    half = 2.0 * jnp.outer(upright, upright) - jnp.eye(3)
    R = jnp.where(jnp.dot(sight, R[:, 1]) < TOWARDS, matmul(half, R), R)
    return facing(pose, R)


def facing(pose: Pose, R: Float[Array, "3 3"]) -> Pose:
    """The same fingers with another turn of the wrist."""
    turn = rotations.axis_angle_from_matrix(R)
    return pose._replace(rotations=pose.rotations.at[0].set(turn))
