"""The 21 key points of a hand's own variables, and their derivatives in closed form.

Notation, shared by this folder and its tests:
    R: rotation of the whole hand about its wrist, fit_from_rest, (3, 3).
    G: rotations of the 22 joints in the fit frame, (22, 3, 3); of tips, their bone's.
    x: positions of the 22 joints in the fit frame, mm, (22, 3).
    n: number of variables' directions: turn, translation, angles, shape.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from handjax.geometry import kinematics, rotations, transforms
from handjax.geometry.precision import einsum, small_matmul
from handjax.hands.anatomy import joint_limits
from handjax.hands.skeleton import JOINT_PARENTS, JOINTS, KEYPOINT_JOINTS, POSED
from handjax.hands.template import Template

_RANGE = np.diff(joint_limits())[..., 0]
_RANGE[0] = 0.0  # R turns the wrist
MOVED, ABOUT = (places.astype(np.int32) for places in np.nonzero(_RANGE > 0.0))
"""The posed joint and its axis of each angle that can change at all."""

_PARENTS = np.array((0, *JOINT_PARENTS[1:]), np.int32)
_KEYS = np.array(KEYPOINT_JOINTS, np.int32)


def _above() -> np.ndarray:
    """1 where the second joint is the first or an ancestor of it, (22, 22)."""
    above = np.eye(len(JOINTS), dtype=np.float32)
    for joint in range(1, len(JOINTS)):
        above[joint] += above[JOINT_PARENTS[joint]]
    return above


_ABOVE = _above()[_KEYS]
_HANGS = _ABOVE[:, MOVED, None]


class Variables(NamedTuple):
    """All that moves.

    Attributes:
        R: rotation of the whole hand.
        translation: where the wrist goes from its place at rest, mm.
        angles: those of `MOVED` joints `ABOUT` their axes, radians.
        shape: coefficients of the template's shape space.
    """

    R: Float[Array, "3 3"]
    translation: Float[Array, "3"]
    angles: Float[Array, "angles"]
    shape: Float[Array, "shape"]


def all_angles(angles: Float[Array, "angles"]) -> Float[Array, "17 3"]:
    """Flexion, abduction and twist of every posed joint; what can't move is 0."""
    return jnp.zeros((len(POSED), 3), angles.dtype).at[MOVED, ABOUT].set(angles)


def limits(template: Template) -> Float[Array, "angles 2"]:
    """From where to where each angle may go, radians."""
    return template.limits[MOVED, ABOUT]


def shaped(template: Template, shape: Float[Array, "shape"]) -> Float[Array, "22 3"]:
    """The joints at rest of one shape, mm."""
    return template.joints + einsum("s,sja->ja", shape, template.shape_joints)


def turns(
    axes: Float[Array, "joints 3 3"], angles: Float[Array, "joints 3"]
) -> Float[Array, "joints 3 3"]:
    """Local rotations by flexion, abduction and twist, as `rotations_from_angles`."""
    own = jax.vmap(lambda a: rotations.matrix_from_euler(a, order="XYZ"))(angles)
    return small_matmul(small_matmul(axes.swapaxes(1, 2), own), axes)


def move(
    variables: Variables, step: Float[Array, "n"], limits: Float[Array, "angles 2"]
) -> Variables:
    """The variables after a step: R' = exp([turn]x) R, angles within their limits."""
    turn, translation, angles, shape = jnp.split(step, (3, 6, 6 + len(MOVED)))
    moved = variables.angles + angles
    return Variables(
        R=small_matmul(rotations.matrix_from_axis_angle(turn), variables.R),
        translation=variables.translation + translation,
        angles=jnp.clip(moved, limits[:, 0], limits[:, 1]),
        shape=variables.shape + shape,
    )


def keypoints_and_slopes(
    template: Template, variables: Variables
) -> tuple[Float[Array, "21 3"], Float[Array, "21 3 n"]]:
    """Key points, mm, and their derivatives by the steps of `move` at 0.

        dx_i = a_k x (x_i - x_j) d(angle k of joint j, about a_k), if i hangs from j
        dx_i = sum_j G_parent(j) d(offset of j), over the joints j down to i

    Args:
        template: the hand at rest.
        variables: of one hand.
    """
    rest = shaped(template, variables.shape)
    angles = all_angles(variables.angles)
    still = jnp.broadcast_to(jnp.eye(3, dtype=rest.dtype), (len(JOINTS), 3, 3))
    own = still.at[: len(POSED)].set(turns(template.axes, angles))
    offsets = kinematics.rest_offsets(JOINT_PARENTS, rest)
    offsets = offsets.at[0].add(variables.translation)
    local = jax.vmap(transforms.make)(own.at[0].set(variables.R), offsets)
    posed = kinematics.forward_kinematics(JOINT_PARENTS, local)
    x, above = posed[:, :3, 3], posed[_PARENTS, :3, :3]
    above = above.at[0].set(jnp.eye(3, dtype=rest.dtype))
    lever = (x[_KEYS, None] - x[MOVED]) * _HANGS
    about = einsum("kab,kb->ka", above[MOVED], _axes(template, angles)[MOVED, ABOUT])
    whole = jnp.eye(3, dtype=rest.dtype)
    slopes = [
        jnp.cross(whole, x[_KEYS, None] - x[0]),
        jnp.broadcast_to(whole, (len(_KEYS), 3, 3)),
        jnp.cross(about, lever),
        _shape_slopes(template, above),
    ]
    return x[_KEYS], jnp.moveaxis(jnp.concatenate(slopes, axis=1), 1, 2)


def _axes(template: Template, angles: Float[Array, "17 3"]) -> Float[Array, "17 3 3"]:
    """What flexion, abduction and twist turn about, in the frame of the parent.

    Flexion comes last and carries the others' axes along; abduction carries twist's.
    """
    (a, b), zero, one = angles[:, :2].T, 0.0 * angles[:, 0], 1.0 + 0.0 * angles[:, 0]
    rows = [
        jnp.stack([one, zero, zero], axis=-1),
        jnp.stack([zero, jnp.cos(a), jnp.sin(a)], axis=-1),
        jnp.stack([jnp.sin(b), -jnp.sin(a) * jnp.cos(b), jnp.cos(a) * jnp.cos(b)], -1),
    ]
    return small_matmul(jnp.stack(rows, axis=1), template.axes)


def _shape_slopes(
    template: Template, above: Float[Array, "22 3 3"]
) -> Float[Array, "21 shape 3"]:
    """How key points move with each coefficient of shape."""
    change = template.shape_joints
    change = change - jnp.where(
        jnp.arange(len(JOINTS))[:, None] == 0, 0.0, change[:, _PARENTS]
    )
    turned = jnp.sum(above[:, None] * change.swapaxes(0, 1)[:, :, None, :], axis=-1)
    return einsum("ij,jsa->isa", _ABOVE, turned)
