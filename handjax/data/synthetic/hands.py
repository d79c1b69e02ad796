"""Random hands in front of a camera, whose frame is the world."""

from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
from jaxtyping import PRNGKeyArray

from handjax.geometry import rotations
from handjax.hands import poses
from handjax.hands.articulate import Pose, rotations_from_angles
from handjax.hands.template import Template

# To a type checker every field of a ConfigDict is a union of all that a field can be.
Config: TypeAlias = Any

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
