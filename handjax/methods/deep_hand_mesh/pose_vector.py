"""The 28 numbers that pose a hand: which joint each turns, about which axis.

Notation, shared by every function here and by the tests:
    theta: the hand pose vector, radians, (28,).
    R: local rotations of the posed joints in the rest frame's axes, (17, 3, 3).

Names are "joint.axis". The axes are the template's anatomical ones: flexion closes the
finger, abduction carries it towards the thumb's side, twist turns it about its bone. In
the released code they are a joint's z, y and x: its fingers' single hinges are z.

Source: [moon2020] Sec. 4.1 has the number of freedoms; which they are is in the
released code: three in every finger's first joint and in the thumb's carpal one,
flexion alone in the next two; none in wrist and tips.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from handjax.geometry import rotations
from handjax.geometry.precision import small_matmul
from handjax.hands.skeleton import POSED
from handjax.hands.template import Template

AXES = ("flexion", "abduction", "twist")
"""In the order of `Template.axes`."""
BALLS = (
    "thumb_carpal",
    "thumb_cmc",
    "index_mcp",
    "middle_mcp",
    "ring_mcp",
    "little_mcp",
)
"""Joints that turn about all three; others flex alone, and the wrist not at all."""
FREEDOMS = tuple(
    f"{joint}.{axis}"
    for joint in POSED[1:]
    for axis in (AXES if joint in BALLS else AXES[:1])
)
"""What each number of theta is."""
_JOINT, _AXIS = np.array(
    [(POSED.index(j), AXES.index(a)) for j, a in (f.split(".") for f in FREEDOMS)]
).T


def angles(theta: Float[Array, "28"]) -> Float[Array, "17 3"]:
    """Flexion, abduction and twist of every posed joint; 0 where it has no freedom."""
    return jnp.zeros((len(POSED), len(AXES)), theta.dtype).at[_JOINT, _AXIS].set(theta)


def from_angles(angles: Float[Array, "17 3"]) -> Float[Array, "28"]:
    """theta of a hand's angles; what else these turn, as the wrist, is lost."""
    return angles[_JOINT, _AXIS]


def local_rotations(
    template: Template, theta: Float[Array, "28"]
) -> Float[Array, "17 3 3"]:
    """R of every posed joint.

        R = R(flexion) R(abduction) R(twist)

    which is Rz Ry Rx in the axes of the released code. Straight to matrices:
    `articulate.rotations_from_angles`, which makes the same turns, goes on to vectors
    of axis and angle. Their slope jumps at half turns, where tanh times pi gets.

    Args:
        template: whose axes these are, rows at right angles.
        theta: radians.

    Source: [moon2020] Sec. 4.1.
    """
    own = jax.vmap(lambda a: rotations.matrix_from_euler(a, order="XYZ"))(angles(theta))
    axes = template.axes
    return small_matmul(small_matmul(jnp.swapaxes(axes, 1, 2), own), axes)
