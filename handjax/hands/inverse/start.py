"""Where a fit to key points in space starts: a closed form, from the palm outwards.

Notation, shared by every function here and by the tests:
    y: key points, mm, (21, 3).
    w: their weights, 0 where one is missing, (21,).
"""

from itertools import pairwise

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from handjax.geometry import alignment, transforms
from handjax.geometry.precision import einsum, small_matmul
from handjax.hands.inverse import chain, prior
from handjax.hands.inverse.chain import Variables
from handjax.hands.skeleton import (
    FINGERS,
    KEYPOINT_JOINTS,
    KEYPOINT_PARENTS,
    KEYPOINTS,
    POSED,
)
from handjax.hands.skeleton import chain as finger_chain
from handjax.hands.template import Template

PALM = tuple(
    KEYPOINTS.index(name)
    for name in ("wrist", "thumb_cmc", *(f"{f}_mcp" for f in FINGERS[1:]))
)
"""Key points that keep their distances whatever the fingers do, nearly."""

LENGTH_NOISE = 2.0
"""How far a bone's length is trusted, standard deviation, mm."""

_KEYS = np.array(KEYPOINT_JOINTS, np.int32)
# What keeps its length: bones, and the line from knuckle to knuckle.
_ENDS = np.array(
    [*zip(range(1, 21), KEYPOINT_PARENTS[1:], strict=True), *pairwise(PALM[2:])],
    np.int32,
).T
# The four key points of each finger, and the posed joints that turn its three bones.
_FINGER_KEYS = np.array(
    [[KEYPOINTS.index(n) for n in finger_chain(f)] for f in FINGERS]
)
_FINGER_JOINTS = np.array(
    [[POSED.index(n) for n in finger_chain(f)[:3]] for f in FINGERS]
)


def start(
    template: Template,
    y: Float[Array, "21 3"],
    w: Float[Array, "21"],
    *,
    shape: Float[Array, "shape"] | None = None,
) -> Variables:
    """Shape from lengths, place from the palm, angles from the directions of bones.

    Twists, the thumb's carpal joint and what hangs from missing key points are as
    on average over the named poses. A shape that is given is kept.
    """
    if shape is None:
        shape = shape_from_lengths(template, y, w)
    rest = chain.shaped(template, shape)
    palm = np.array(PALM)
    fit_from_rest = alignment.align_rigid(rest[_KEYS][palm], y[palm], weights=w[palm])
    angles = angles_from_bones(template, rest, fit_from_rest[:3, :3], y, w)
    return Variables(
        R=fit_from_rest[:3, :3],
        translation=transforms.apply(fit_from_rest, rest[0]) - rest[0],
        angles=jnp.clip(angles, *chain.limits(template).T),
        shape=shape,
    )


def shape_from_lengths(
    template: Template, y: Float[Array, "21 3"], w: Float[Array, "21"]
) -> Float[Array, "shape"]:
    """The likeliest shape that gives bones their lengths, to first order.

    min over s of  sum_b w_b (|b| + d|b|/ds s - l_b)^2 / LENGTH_NOISE^2 + |s|^2
    """
    end, begin = _ENDS
    keys, change = template.joints[_KEYS], template.shape_joints[:, _KEYS]
    bones, wanted = keys[end] - keys[begin], y[end] - y[begin]
    rest = jnp.sqrt(jnp.sum(bones**2, axis=-1))
    slopes = jnp.sum((change[:, end] - change[:, begin]) * bones, axis=-1) / rest
    sure = jnp.sqrt(w[end] * w[begin]) / LENGTH_NOISE**2
    longer = (_length(wanted) - rest) * sure
    H = einsum("sb,b,tb->st", slopes, sure, slopes) + jnp.eye(len(change))
    return jnp.linalg.solve(H, einsum("sb,b->s", slopes, longer))


def angles_from_bones(
    template: Template,
    rest: Float[Array, "22 3"],
    R: Float[Array, "3 3"],
    y: Float[Array, "21 3"],
    w: Float[Array, "21"],
) -> Float[Array, "angles"]:
    """Flexion and abduction that point each bone where its key points do.

    With the bone along the third of its joint's axes, these turn it to
        (sin b, -sin a cos b, cos a cos b).
    Five fingers at a time: the first bones, the second, the third.
    """
    usual = chain.all_angles(jnp.asarray(prior.MEAN))
    above, low, high = (
        jnp.broadcast_to(R, (5, 3, 3)),
        *jnp.moveaxis(template.limits, -1, 0),
    )
    found = usual
    for bone in range(3):
        joints = _FINGER_JOINTS[:, bone]
        begin, end = _FINGER_KEYS[:, bone], _FINGER_KEYS[:, bone + 1]
        axes = template.axes[joints]
        # A mirrored hand's third axis points back along the bone.
        ends = jnp.array(KEYPOINT_JOINTS)[end]
        way = jnp.sign(jnp.sum(axes[:, 2] * (rest[ends] - rest[joints]), axis=-1))
        d = einsum("fab,fcb,fc->fa", axes, above, y[end] - y[begin]) * way[:, None]
        a, b = _aim(d)
        turned = jnp.stack([a, b, usual[joints, 2]], axis=-1)
        known = (w[begin] * w[end] > 0.0)[:, None]
        turned = jnp.where(known, turned, usual[joints])
        turned = jnp.clip(turned, low[joints], high[joints])
        found = found.at[joints].set(turned)
        above = small_matmul(above, chain.turns(axes, turned))
    return found[chain.MOVED, chain.ABOUT]


def _aim(d: Float[Array, "fingers 3"]) -> tuple[Array, Array]:
    """Flexion and abduction that turn (0, 0, 1) along d."""
    x, y, z = d.T
    # Where a bone has no length, or points along the axis of flexion, nothing tells
    # the angles, and the slopes of arctan2 and the root are no numbers.
    flat = y**2 + z**2
    some = flat > 1e-6 * (1e-6 + x**2)
    safe_y, safe_z = jnp.where(some, y, 0.0), jnp.where(some, z, 1.0)
    across = jnp.sqrt(jnp.where(some, flat, 1.0))
    a, b = jnp.arctan2(-safe_y, safe_z), jnp.arctan2(x, across)
    return jnp.where(some, a, 0.0), jnp.where(some, b, 0.0)


def _length(v: Float[Array, "bones 3"]) -> Float[Array, "bones"]:
    squared = jnp.sum(v**2, axis=-1)
    # The slope of the root is infinite for the bone between two missing key points.
    some = squared > 0.0
    return jnp.where(some, jnp.sqrt(jnp.where(some, squared, 1.0)), 0.0)
