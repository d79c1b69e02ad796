"""Anatomical angles by name: flexion, abduction and twist, degrees.

    found = angles_of_pose(template, pose)  # (30,), in the order of NAMES
    dict(zip(NAMES, found.tolist()))  # {"thumb_cmc_flexion": 12.1, ...}

Of each joint the angles about the axes that can move it (`anatomy.LIMITS_DEGREES`), one
after the other: flexion about an axis fixed to the bone before, then abduction, then
twist about the bone itself (Grood & Suntay 1983). Signs, of right hands and left alike:
    flexion    positive closes the finger towards the palm;
    abduction  positive carries it towards the thumb's side: the index finger spreads,
               ring and little finger come to the middle finger; the thumb goes away
               from the index finger, aside and before the palm;
    twist      positive turns its pad towards the thumb's side, a right hand's finger
               counter-clockwise seen from the tip.
Where zero is, `zero` says:
    "rest"      the template's flat hand, whose fingers are slightly bent and fanned;
    "straight"  the bone before goes on in a line; a knuckle's, the hand's long axis,
                that from the wrist to the middle finger, in the plane of the palm. The
                thumb's carpal joint and its next have no such line: "rest" there.

Notation, shared by every function here and by the tests:
    a, b: flexion and abduction, radians.
    d: direction of the bone before, in the joint's own axes, unit.
"""

from itertools import pairwise
from typing import Literal, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float

from handjax.geometry.precision import einsum
from handjax.hands import anatomy
from handjax.hands.articulate import (
    Pose,
    angles_from_rotations,
    rotations_from_angles,
)
from handjax.hands.fit_joints import fit_joints
from handjax.hands.inverse.chain import ABOUT, MOVED
from handjax.hands.skeleton import FINGERS, POSED, POSED_PARENTS
from handjax.hands.template import Template

Zero = Literal["rest", "straight"]
ZEROS = ("rest", "straight")
AXES = ("flexion", "abduction", "twist")
NAMES = tuple(
    f"{POSED[joint]}_{AXES[axis]}" for joint, axis in zip(MOVED, ABOUT, strict=True)
)
SPREADS = tuple(f"{a}_{b}" for a, b in pairwise(FINGERS[1:]))
"""Neighbours that may part: index_middle, middle_ring, ring_little."""

# What goes on in a straight line from the bone before it.
_STRAIGHT = np.array(
    [name != "wrist" and not name.endswith(("carpal", "cmc")) for name in POSED]
)


class OfJoints(NamedTuple):
    """Angles of a hand of which key points are known.

    Attributes:
        angles: in the order of `NAMES`, degrees.
        residual: how far key points of a hand with these are from those given, mean,
            mm: where it is large, the angles are of another hand.
    """

    angles: Float[Array, "*batch 30"]
    residual: Float[Array, "*batch"]


def angles_of_pose(
    template: Template, pose: Pose, *, zero: Zero = "rest"
) -> Float[Array, "30"]:
    """The angles of a pose, degrees, in the order of `NAMES`.

    What a pose turns about axes that joints of a hand lack, as MANO's may, is left out.

    Args:
        template: whose pose it is: ours, MANO's or a glTF hand's.
        pose: of one hand.
        zero: where zero is; see the module.

    Raises:
        ValueError: zero is neither.
    """
    every = jnp.rad2deg(angles_from_rotations(template, pose.rotations))
    return (every - _offsets(template, zero))[MOVED, ABOUT]


def angles_of_joints(
    template: Template,
    joints: Float[ArrayLike, "..."],
    *,
    zero: Zero = "rest",
    noise: float = 1.0,
) -> OfJoints:
    """The angles of a hand by its 21 key points, degrees.

    They are those of the likeliest hand within its limits (`fit_joints`); twist, which
    key points hardly show, is the prior's. Left hands want `template.mirror`.

    Args:
        template: the hand at rest.
        joints: in the order of `skeleton.KEYPOINTS`, mm, (*batch, 21, 3); those that
            are no numbers count as missing.
        zero: where zero is; see the module.
        noise: how far off a key point is, standard deviation along an axis, mm.

    Raises:
        ValueError: as `fit_joints`, or zero is neither.
    """
    offsets = _offsets(template, zero)
    found = fit_joints(template, joints, noise=noise)
    every = jnp.rad2deg(found.angles) - offsets
    return OfJoints(every[..., MOVED, ABOUT], found.residual)


def pose_of_angles(
    template: Template,
    angles: Float[ArrayLike, "30"],
    *,
    zero: Zero = "rest",
    clip: bool = True,
) -> Pose:
    """The pose that has these angles, its wrist at rest, of the mean shape.

    Args:
        template: the hand at rest.
        angles: degrees, in the order of `NAMES`.
        zero: where zero is; see the module.
        clip: keep within the template's limits.

    Raises:
        ValueError: zero is neither.
    """
    offsets = _offsets(template, zero)
    moved = jnp.asarray(angles) + offsets[MOVED, ABOUT]
    every = jnp.deg2rad(jnp.zeros_like(offsets).at[MOVED, ABOUT].set(moved))
    if clip:
        every = jnp.clip(every, template.limits[..., 0], template.limits[..., 1])
    return Pose(
        rotations_from_angles(template, every),
        jnp.zeros(3),
        jnp.zeros(len(template.shape_joints)),
    )


def limits(template: Template, *, zero: Zero = "rest") -> Float[Array, "30 2"]:
    """From where to where each angle may go, degrees, in the order of `NAMES`.

    Raises:
        ValueError: zero is neither.
    """
    every = jnp.rad2deg(template.limits) - _offsets(template, zero)[..., None]
    return every[MOVED, ABOUT]


def spreads(angles: Float[Array, "*batch 30"]) -> Float[Array, "*batch 3"]:
    """How far neighbouring fingers are apart at their knuckles, degrees: `SPREADS`.

        b_first - b_second, with zero at "straight": 0 is side by side

    Args:
        angles: of zero "straight"; from "rest" they count from the flat hand's fan.
    """
    b = jnp.array([NAMES.index(f"{finger}_mcp_abduction") for finger in FINGERS[1:]])
    found = jnp.asarray(angles)[..., b]
    return found[..., :-1] - found[..., 1:]


def _offsets(template: Template, zero: Zero) -> Float[Array, "17 3"]:
    """What angles from rest are where they are to be zero, degrees.

        d = (sin b, -sin a cos b, cos a cos b)

    Raises:
        ValueError: zero is neither.
    """
    if zero not in ZEROS:
        raise ValueError(f"zero wants one of {', '.join(ZEROS)}; got {zero!r}")
    if zero == "rest":
        return jnp.zeros((len(POSED), 3))
    before = template.axes[jnp.array((0, *POSED_PARENTS[1:])), 2]
    d = einsum("jab,jb->ja", template.axes, before)
    a = jnp.arctan2(-d[:, 1], d[:, 2])
    b = jnp.arcsin(jnp.clip(d[:, 0], -1.0, 1.0))
    found = jnp.rad2deg(jnp.stack([a, b, jnp.zeros_like(a)], axis=-1))
    # Hinges have no abduction that could be counted from elsewhere.
    counted = _STRAIGHT[:, None] & (np.diff(anatomy.joint_limits())[..., 0] > 0.0)
    return jnp.where(counted, found, 0.0)
