"""Fingers keep out of one another, and their tips out of the palm.

Fingers are rigid: ten spheres along each of their bones stand for them. The palm gives
way: its vertices stand for it. Of one hand, in mm, and summed, as printed.

Notation, shared by every function here and by the tests:
    c: centres of spheres, mm, (bones, 10, 3).
    r: their radii, mm, (bones, 10).
    d: distances of centres from the nearest vertex of the palm, mm, (tips, 10).
    l: the first of a tip's spheres that touches the palm, counted from the hand.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from handjax.geometry import spheres
from handjax.hands.skeleton import JOINT_PARENTS, JOINTS, POSED, TIPS
from handjax.hands.template import Template
from handjax.methods.deep_hand_mesh.decoder import Decoded
from handjax.methods.deep_hand_mesh.supervision import absolute

SPHERES = 10
"""K, along a bone, the first in its near joint and the last in its far one; the
released code goes by tenths of the bone."""
PALM = ("wrist", "thumb_carpal", "thumb_cmc")
"""Joints whose skin is the palm, the ball of the thumb included: the released code's.
[moon2020] Sec. 6 says "the palm"."""
FOUR_TIPS = TIPS[1:]
"""The released code's, whose palm has the thumb's ball; [moon2020] says "fingertip"."""


def bones() -> Int[np.ndarray, "bones 2"]:
    """Joints at the near and far end of every bone of the fingers, not of the palm."""
    palm = {JOINTS.index(name) for name in ("wrist", "thumb_carpal")}
    every = [(p, j) for j, p in enumerate(JOINT_PARENTS) if p >= 0]
    return np.array([bone for bone in every if bone[0] not in palm])


def pairs() -> Int[np.ndarray, "pairs 2"]:
    """Spheres of bones that do not follow one another, each pair once.

    As printed, j' = p(j) and j = p(j') alone are left out.
    """
    ends = bones()
    near, far = ends.T
    follow = (near[:, None] == far) | (far[:, None] == near)
    apart = np.kron(~follow & ~np.eye(len(ends), dtype=bool), np.ones([SPHERES] * 2))
    return np.argwhere(np.triu(apart))


def along(
    joints: Float[Array, "22 3"], bones: Int[np.ndarray, "bones 2"]
) -> Float[Array, "bones 10 3"]:
    """c: points evenly along bones, both ends included, mm."""
    near, far = (joints[bones[:, k], None] for k in range(2))
    t = jnp.linspace(0.0, 1.0, SPHERES)[:, None]
    return (1.0 - t) * near + t * far


def radii(hand: Decoded, bones: Int[np.ndarray, "bones 2"]) -> Float[Array, "bones 10"]:
    """r: from a bone's points to the nearest vertex of the refined zero pose, mm.

    Held constant: fingers that touch are to move apart, not to grow thin.

    Source: [moon2020] Sec. 6; the released code for the gradient.
    """
    hand = jax.lax.stop_gradient(hand)
    c = along(hand.zero.joints, bones).reshape(-1, 3)
    squared = jnp.min(_squared(c, hand.zero.vertices), axis=-1)
    return jnp.sqrt(squared).reshape(len(bones), SPHERES)


def rigid(hand: Decoded) -> Float[Array, ""]:
    """How deep spheres of bones that do not follow one another are in each other, mm.

        L_r = sum max(r + r' - |c - c'|, 0)

    Printed with the centres of the zero pose, which no pose could part. Here those give
    the radii alone, and bones as posed the distances, as in the released code. Each
    pair counts once. That code takes the mean over the spheres of all bones that have
    no joint in common, 18,400 pairs, where this is a sum. Bones are those of fingers,
    which the text calls rigid: the palm's, which Eq. (2) has too, begin in one wrist,
    and their spheres never come apart. Neighbouring fingers at rest cost some mm
    (`hand_790` 5.7).

    Args:
        hand: posed, and in the zero pose.

    Source: [moon2020] Eq. (2).
    """
    ends, two = bones(), jnp.asarray(pairs())
    r = radii(hand, ends).ravel()
    c = along(hand.posed.joints, ends).reshape(-1, 3)
    return spheres.collision(c, r, two, jnp.zeros(len(two), c.dtype))


def palm(template: Template) -> Int[np.ndarray, "palm"]:
    """Vertices that the palm's joints carry more than any other, on the host.

    Source: [moon2020] Sec. 6.
    """
    chosen = [POSED.index(name) for name in PALM]
    return np.flatnonzero(np.isin(np.argmax(template.weights, axis=-1), chosen))


def non_rigid(hand: Decoded, palm: Int[np.ndarray, "palm"]) -> Float[Array, ""]:
    """How far tips that are in the palm are from lying on it, mm.

        L_nr = sum_t g(t),    g = sum_{k >= l} |d_k - r_k|,  0 if there is no l

    l is the first k with d_k < r_k from the hand outwards; all beyond it are taken to
    be in the palm, however deep. The gradient moves finger and palm. The released code
    has |mean(d - r)| in place of g, and the mean over tips, for both parts of the palm
    apart.

    Args:
        hand: posed, and in the zero pose.
        palm: numbers of its vertices.

    Source: [moon2020] Eqs. (3)-(4).
    """
    far = np.array([JOINTS.index(name) for name in FOUR_TIPS])
    ends = np.stack([np.array(JOINT_PARENTS)[far], far], axis=1)
    r = radii(hand, ends)
    d = distances(along(hand.posed.joints, ends), hand.posed.vertices[palm])
    inside = jnp.cumsum(d < r, axis=-1) > 0
    return jnp.sum(jnp.where(inside, absolute(d - r), 0.0))


def distances(
    points: Float[Array, "*points 3"], vertices: Float[Array, "vertices 3"]
) -> Float[Array, "*points"]:
    """d: to the nearest vertex, mm; on it there is no way to go, and no gradient."""
    still = jax.lax.stop_gradient((points.reshape(-1, 3), vertices))
    nearest = jnp.argmin(_squared(*still), axis=-1).reshape(points.shape[:-1])
    squared = jnp.sum(jnp.square(points - vertices[nearest]), axis=-1)
    # The slope of sqrt is infinite at 0.
    some = squared > 0.0
    return jnp.where(some, jnp.sqrt(jnp.where(some, squared, 1.0)), 0.0)


def _squared(
    points: Float[Array, "points 3"], vertices: Float[Array, "vertices 3"]
) -> Float[Array, "points vertices"]:
    """Squared distances, written out lest differences stand in memory."""
    return sum(
        (jnp.square(points[:, k, None] - vertices[:, k]) for k in range(3)),
        start=jnp.zeros(()),
    )
