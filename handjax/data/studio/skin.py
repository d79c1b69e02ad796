"""How a subject's skin moves: skinning, then what bends and touches do to it.

The relief is a sum of fixed patterns, `RELIEF`, each as high as the joint angles say:
creases with bulges beside them where fingers fold, knuckles behind, the thumb's ball,
webs. Where the surface comes to lie in another part's flesh it gives way. Both act
along the normal.

Notation, shared by every function here and by the tests:
    h: how far a vertex moves along its normal, mm.
    c, r: posed centres of the 41 spheres, mm, and the radii of flesh about them, mm.
    p: posed vertices, one array for each coordinate, mm.
"""

from itertools import pairwise
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from handjax.geometry import transforms
from handjax.geometry.precision import matmul
from handjax.hands import spheres
from handjax.hands.articulate import Pose, posed_transforms, rotations_from_angles
from handjax.hands.skeleton import FINGERS, JOINT_PARENTS, POSED
from handjax.hands.template import load_template

MOST = 3.0
"""How far relief and contact together may move the skin, mm."""
GIVE = 0.6
"""The share of an overlap that each of two touching parts gives way."""
ROUNDING = 0.5  # depth over which contact sets in, mm
# Gap at rest from which on another part may press on the skin, mm: between fingers,
# and between fingers and palm.
APART, ROOT = 3.0, 26.0

PARTS = 6  # palm and fingers, as in `spheres.PARTS`

# Joints whose flexion folds the skin, and the flexion that raises their pattern in
# full, degrees.
FOLDING = {
    **{f"{f}_mcp": 85.0 for f in FINGERS[1:]},
    **{f"{f}_pip": 100.0 for f in FINGERS[1:]},
    **{f"{f}_dip": 65.0 for f in FINGERS[1:]},
    "thumb_mcp": 60.0,
    "thumb_ip": 75.0,
}
RELIEF = (*FOLDING, "thenar", "hypothenar", "web_1", "web_2", "web_3", "thumb_web")


class Subject(NamedTuple):
    """A person's right hand and arm at rest, mm, in the axes of `hands.anatomy`.

    Attributes:
        vertices: surface of the hand.
        faces: counter-clockwise seen from outside.
        weights: how much each of the 17 joints carries each vertex, joints first.
        normals: of the surface, outward, unit.
        joints: the 17 posed joints and the 5 tips; the wrist is the origin.
        axes: flexion, abduction and twist axis of each posed joint, unit, rows.
        sphere_joints: the posed joint that carries each of the 41 spheres.
        sphere_centres: their centres.
        sphere_radii: their radii.
        flesh_radii: radii of spheres that stay within the skin, for contact.
        relief: heights of the patterns `RELIEF` when raised in full.
        touch: how much each part may press on each vertex, 0 to 1.
        forearm_vertices: surface of the arm, straight on along +y.
        forearm_faces: counter-clockwise seen from outside.
        forearm_cloth: 1 on a sleeve, 0 on skin.
    """

    vertices: Float[Array, "vertices 3"]
    faces: Int[Array, "faces 3"]
    weights: Float[Array, "17 vertices"]
    normals: Float[Array, "vertices 3"]
    joints: Float[Array, "22 3"]
    axes: Float[Array, "17 3 3"]
    sphere_joints: Int[Array, "41"]
    sphere_centres: Float[Array, "41 3"]
    sphere_radii: Float[Array, "41"]
    flesh_radii: Float[Array, "41"]
    relief: Float[Array, "patterns vertices"]
    touch: Float[Array, "6 vertices"]
    forearm_vertices: Float[Array, "arm_vertices 3"]
    forearm_faces: Int[Array, "arm_faces 3"]
    forearm_cloth: Float[Array, "arm_vertices"]


class Posed(NamedTuple):
    """A posed hand in the axes of the world, mm.

    Attributes:
        vertices: the surface.
        joints: the 17 posed joints and the 5 tips.
        centres: the 41 spheres.
    """

    vertices: Float[Array, "vertices 3"]
    joints: Float[Array, "22 3"]
    centres: Float[Array, "41 3"]


def pose_subject(
    subject: Subject,
    angles: Float[Array, "17 3"],
    world_from_hand: Float[Array, "3 3"],
    wrist: Float[Array, "3"],
    *,
    detail: bool = True,
) -> Posed:
    """Bend, turn and place a hand; then let its skin fold and give way.

        x = G p + h(angles, G) n,    n = G n_rest / |G n_rest|

    Args:
        subject: the hand at rest.
        angles: flexion, abduction, twist of the posed joints, radians; the wrist's
            turn the hand before `world_from_hand` does.
        world_from_hand: rotation.
        wrist: where the wrist is, mm.
        detail: whether relief and contact are drawn.
    """
    G = _world_from_rest(subject, angles, world_from_hand, wrist)
    carriers = jnp.array((*range(len(POSED)), *JOINT_PARENTS[len(POSED) :]))
    joints = jax.vmap(transforms.apply)(G[carriers], subject.joints)
    centres = jax.vmap(transforms.apply)(
        G[subject.sphere_joints], subject.sphere_centres
    )
    # Coordinates first, vertices last, so that all that follows runs along vertices.
    blended = matmul(G[:, :3].reshape(-1, 12).T, subject.weights).reshape(3, 4, -1)
    p = _turned(blended, subject.vertices) + blended[:, 3]
    if detail:
        h = matmul(raised(angles), subject.relief)
        h -= flattening(p, centres, subject.flesh_radii, subject.touch)
        n = _turned(blended, subject.normals)
        p += MOST * jnp.tanh(h / MOST) * jax.lax.rsqrt(jnp.sum(n**2, axis=0)) * n
    return Posed(p.T, joints, centres)


def _world_from_rest(subject, angles, world_from_hand, wrist):
    """Transforms of the 17 posed joints, (17, 4, 4)."""
    built_in = load_template("hand_790")._replace(axes=subject.axes)
    turns = rotations_from_angles(built_in, angles)
    pose = Pose(turns, -subject.joints[0], jnp.zeros(0))
    world = transforms.make(world_from_hand, wrist)
    posed = posed_transforms(subject.joints, pose)
    return jax.vmap(transforms.compose, (None, 0))(world, posed)


def _turned(blended, vectors):
    """Vectors turned by each vertex's blended map, (3, vertices)."""
    return sum(blended[:, axis] * vectors[:, axis] for axis in range(3))


def raised(angles: Float[Array, "17 3"]) -> Float[Array, "patterns"]:
    """How far each pattern of `RELIEF` is raised by a pose, 1 in full, 0 at rest."""
    degrees = jnp.rad2deg(angles)
    flexion, abduction, twist = degrees.T
    folded = flexion[np.array([POSED.index(name) for name in FOLDING])]
    folded = folded / np.array(list(FOLDING.values()), np.float32)
    base, little = POSED.index("thumb_cmc"), POSED.index("little_mcp")
    opposed = 0.6 * flexion[base] / 28.0 - 0.4 * twist[base] / 40.0
    side = abduction[np.array([POSED.index(f"{f}_mcp") for f in FINGERS[1:]])]
    return jnp.concatenate([
        jnp.clip(folded, -0.3, 1.0),
        jnp.clip(jnp.stack([opposed, flexion[little] / 90.0]), -0.3, 1.0),
        jnp.clip((side[:-1] - side[1:]) / 18.0, -0.5, 1.0),
        jnp.clip(-flexion[base : base + 1] / 24.0, -0.7, 1.0),
    ])  # fmt: skip


def flattening(p, c, r, touch) -> Float[Array, "vertices"]:
    """How far skin gives way to the flesh of other parts, mm, 0 or more.

        GIVE x^2 / (x + ROUNDING),    x = max(0, max_part touch_part depth_part)

    Args:
        p: posed vertices, (3, vertices), mm.
        c: posed centres, mm.
        r: radii of flesh, mm.
        touch: how much each part may press on each vertex.
    """
    depth = [t * d for t, d in zip(touch, depths(p, c, r), strict=True)]
    x = jnp.maximum(jnp.stack(depth).max(0), 0.0)
    # Sets in like a parabola and goes on straight: no edge where it begins.
    return GIVE * x**2 / (x + ROUNDING)


def depths(p, c, r) -> list[Float[Array, "vertices"]]:
    """How deep points lie in each part: palm spheres, and fingers swept along theirs.

    To first order, (r^2 - d^2) / 2r, which needs no root; negative outside.
    """
    x, y, z = p
    palm = [_depth((x - a[0], y - a[1], z - a[2]), s) for a, s in _members(c, r, 0)]
    parts = [_most(palm)]
    for part in range(1, PARTS):
        # Each segment's near sphere stands after its far one.
        far = _members(c, r, part)
        along = [far[k] for k in (1, 0, 3, 2, 5, 4)]
        swept = [_swept(p, a, b) for a, b in pairwise(along)]
        parts.append(_most(swept))
    return parts


def _members(c, r, part: int) -> list:
    return [(c[k], r[k]) for k in np.flatnonzero(part == spheres.PARTS)]


def _most(values):
    return jnp.stack(values).max(0)


def _swept(p, near, far):
    """Depth in the flesh between two spheres."""
    (a, s), (b, t) = near, far
    u, x = b - a, [q - o for q, o in zip(p, a, strict=True)]
    inverse = 1.0 / jnp.maximum(jnp.sum(u**2), 1e-6)
    w = jnp.clip(sum(q * o for q, o in zip(x, u, strict=True)) * inverse, 0.0, 1.0)
    return _depth([q - w * o for q, o in zip(x, u, strict=True)], s + w * (t - s))


def _depth(offset, r):
    x, y, z = offset
    return 0.5 * (r - (x * x + y * y + z * z) / r)
