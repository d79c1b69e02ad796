"""The hand that is fitted: its variables, and the spheres that stand for it.

Notation, shared by every function here and by the tests:
    R: rotation of the whole hand, fit_from_rest, (3, 3).
    q: the pivot, the middle of the wrist and the four knuckles at rest, mm, (3,).
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from handjax.geometry import rotations
from handjax.geometry.precision import matmul
from handjax.hands.articulate import Hand, Pose, articulate, rotations_from_angles
from handjax.hands.skeleton import POSED
from handjax.hands.template import Template

STRIDE = 60.0
"""Unit of `Variables.place`, mm: about as far as 1 radian moves a finger tip."""

# The forearm: pairs of spheres along it, mm. The first pair makes it 58 broad and 40
# deep, as the wrist of an adult; it widens to 77 by 54 at the last. They end 149 from
# the wrist, beyond where a crop around the hand cuts the arm off.
ARM_PAIRS = 7
ARM_START = 5.0  # from the wrist joint to the first pair
ARM_STEP = 24.0  # from pair to pair
ARM_RADIUS, ARM_RADIUS_STEP = 20.0, 1.2  # of the first pair, and what each adds
# Half the distance between the spheres of the first pair, and what each adds.
ARM_BREADTH, ARM_BREADTH_STEP = 9.0, 0.4

_PIVOT = tuple(
    POSED.index(name)
    for name in ("wrist", "index_mcp", "middle_mcp", "ring_mcp", "little_mcp")
)


class Variables(NamedTuple):
    """All that moves, in units of which about as much is missing at the start.

    Attributes:
        six: first two columns of R, not yet of length 1 or at right angles.
        place: where the pivot is in the fit frame, units of `STRIDE`.
        angles: flexion, abduction and twist of the posed joints, radians. The wrist's
            bend the forearm against the hand.
        shape: coefficients of the template's shape space.
        girth: natural logarithm of the forearm's girth over the usual.
    """

    six: Float[Array, "6"]
    place: Float[Array, "3"]
    angles: Float[Array, "17 3"]
    shape: Float[Array, "shape"]
    girth: Float[Array, ""]


def pivot(template: Template) -> Float[Array, "3"]:
    """q, of the mean shape."""
    return jnp.mean(template.joints[jnp.array(_PIVOT)], axis=0)


def pose(template: Template, variables: Variables) -> Pose:
    """The pose in the fit frame: turned by R about q, which goes to `place`."""
    R = rotations.matrix_from_six(variables.six)
    turns = rotations_from_angles(template, variables.angles)
    wrist, q = template.joints[0], pivot(template)
    return Pose(
        rotations=turns.at[0].set(rotations.axis_angle_from_matrix(R)),
        translation=STRIDE * variables.place - wrist - matmul(R, q - wrist),
        shape=variables.shape,
    )


def build(
    template: Template, variables: Variables, has_arm: Float[Array, ""]
) -> tuple[Hand, Float[Array, "spheres 3"], Float[Array, "spheres"]]:
    """The hand, and the centres and radii of its spheres followed by the forearm's.

    Args:
        template: the hand at rest.
        variables: of one hand.
        has_arm: 0 gives the forearm's spheres radius 0, so that nothing meets them.
    """
    hand = articulate(template, pose(template, variables))
    centres, radii = _forearm(variables, hand.joints[0])
    return (
        hand,
        jnp.concatenate([hand.centres, centres]),
        jnp.concatenate([hand.radii, has_arm * radii]),
    )


def _forearm(
    variables: Variables, wrist: Float[Array, "3"]
) -> tuple[Float[Array, "spheres 3"], Float[Array, "spheres"]]:
    """Spheres in pairs side by side, from the wrist towards the elbow."""
    R = rotations.matrix_from_six(variables.six)
    flexion, deviation, _ = variables.angles[0]
    bend = matmul(
        rotations.matrix_from_axis_angle(flexion * jnp.array([1.0, 0.0, 0.0])),
        rotations.matrix_from_axis_angle(deviation * jnp.array([0.0, 0.0, 1.0])),
    )
    k, girth = jnp.arange(ARM_PAIRS), jnp.exp(variables.girth)
    x = girth * (ARM_BREADTH + ARM_BREADTH_STEP * k)
    y = ARM_START + ARM_STEP * k
    side = jnp.stack([x, y, jnp.zeros_like(x)], axis=-1)
    pairs = jnp.concatenate([side, side * jnp.array([-1.0, 1.0, 1.0])])
    radii = girth * (ARM_RADIUS + ARM_RADIUS_STEP * k)
    return wrist + matmul(pairs, matmul(R, bend).T), jnp.tile(radii, 2)
