"""The arm behind the template's wrist, for pictures that must not end at a stump.

Its rest frame is the hand's, mm; shape and posing are the studio's (`studio.forearm`).
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float, PRNGKeyArray

from handjax.data.studio.forearm import Wrist
from handjax.geometry import rotations, transforms
from handjax.geometry.precision import matmul
from handjax.hands.articulate import Hand
from handjax.hands.template import Template

WRIST = Wrist(np.array([-1.0, 0.0, -1.0]), np.array([28.6, 18.0, 17.6]))
"""The end of the arm within the template's stump, mm; by eye."""
BARE = 400.0
"""A cuff beyond the end of the arm, mm."""
TUCK = (-4.0, 12.0, 0.12)
"""Where the stump begins to be drawn in and over which way, mm; how much of it."""
BEND = 0.12
"""How far the arm may turn from the hand, radians."""


def sample_cuff(key: PRNGKeyArray) -> Float[Array, ""]:
    """Where a sleeve begins, mm from the wrist; `BARE` if there is none."""
    worn, where = jax.random.split(key)
    cuff = jax.random.uniform(where, minval=25.0, maxval=130.0)
    return jnp.where(jax.random.bernoulli(worn, 0.6), cuff, BARE)


def sample_bend(key: PRNGKeyArray) -> Float[Array, "3"]:
    """Axis-angle turn of the arm about the wrist, in the hand's axes."""
    return (
        BEND * jax.random.uniform(key, (3,), minval=-1.0) * jnp.array([1.0, 0.0, 0.6])
    )


def sleeved(
    at_rest: Float[Array, "vertices 3"],
    cuff: Float[Array, ""],
    loose: Float[ArrayLike, ""] = 0.13,
) -> Float[Array, "vertices 3"]:
    """The arm with cloth that stands off the skin from the cuff on.

    Args:
        at_rest: the bare arm.
        cuff: where the cloth begins, mm from the wrist.
        loose: how far it stands off, of the arm's own girth.
    """
    away = at_rest[:, 1:2] - cuff
    axis = at_rest * jnp.array([0.0, 1.0, 0.0])
    thick = 1.0 + loose * jax.nn.sigmoid(away / 1.0)
    return axis + (at_rest - axis) * thick


def pose(
    hand: Hand, arm: Float[Array, "vertices 3"], bend: Float[Array, "3"]
) -> Float[Array, "vertices 3"]:
    """The arm where the hand's wrist is, turned about it."""
    turn = rotations.matrix_from_axis_angle(bend)
    return transforms.apply(hand.transforms[0], matmul(arm, turn.T))


def tuck(template: Template, hand: Hand) -> Float[Array, "vertices 3"]:
    """The hand's surface, its stump drawn in so that it ends inside the arm."""
    wrist = hand.transforms[0]
    vertices = transforms.apply(transforms.invert(wrist), hand.vertices)
    start, length, most = TUCK
    amount = most * jnp.clip((vertices[:, 1:2] - start) / length, 0.0, 1.0)
    middle = jnp.asarray(WRIST.middle, jnp.float32)
    drawn_in = vertices - amount * (vertices - middle) * jnp.array([1.0, 0.0, 1.0])
    within = template.vertices[:, 1:2] > start
    return jnp.where(within, transforms.apply(wrist, drawn_in), hand.vertices)
