"""What a hand from elsewhere borrows of ours: axes, limits, spheres, texture.

A rigged hand has a surface, weights and joints. Our hand at rest is laid over it, bone
on bone, each bone grown or shrunk to the length of the other's, the last ones to the
end of the flesh; what rides on ours then stands where it belongs on the other.

Notation, shared by every function here and by the tests:
    S: similarity of each posed joint, other_from_ours, (17, 4, 4).
    k: its scale, (17,).
"""

from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Float, Int

from handjax.geometry import nearby
from handjax.hands import anatomy
from handjax.hands.skeleton import JOINT_PARENTS, JOINTS, KEYPOINT_JOINTS, POSED
from handjax.hands.template import Template, load_template

LEVEL = "hand_790"
"""Of our hand, about as fine as other hands are."""

AROUND = 12
"""Vertices about a sphere that say how thick flesh is there."""

CARPAL, CMC = JOINTS.index("thumb_carpal"), JOINTS.index("thumb_cmc")

PALM = [KEYPOINT_JOINTS[k] for k in (0, 1, 5, 9, 13, 17)]


SHORTEST = 1e-3
"""Length of a bone that has a direction, mm."""

_PARENTS = np.array(JOINT_PARENTS)


class Rigged(NamedTuple):
    """A hand from elsewhere: right hand, mm, axes of `hands.anatomy`.

    Attributes:
        vertices: surface at rest.
        faces: counter-clockwise seen from outside.
        weights: skinning weights, rows sum to one.
        joints: rest position of the 22 joints.
        shape_vertices: displacement of the surface for one standard deviation.
    """

    vertices: Float[np.ndarray, "vertices 3"]
    faces: Int[np.ndarray, "faces 3"]
    weights: Float[np.ndarray, "vertices 17"]
    joints: Float[np.ndarray, "22 3"]
    shape_vertices: Float[np.ndarray, "shape vertices 3"]


def borrow(hand: Rigged) -> dict[str, np.ndarray]:
    """Fields of `Template` that a rigged hand does not bring along, by name.

    Spheres keep their place along and beside the bones and are as much thicker or
    thinner than ours as the flesh around them; they grow with the surface about them.
    """
    ours = _numbers(load_template(LEVEL))
    S, k = _laid_over(ours, hand)
    surface = _skinned(ours, S)
    carriers = ours.sphere_joints.astype(int)
    centres = _moved(S[carriers], ours.sphere_centres)
    _, far = _nearest(centres, surface)
    near, far_there = _nearest(centres, hand.vertices)
    thicker = far_there.mean(axis=-1) / far.mean(axis=-1)
    moved = hand.shape_vertices[:, near]
    away = hand.vertices[near] - centres[:, None]
    outwards = away / np.maximum(np.linalg.norm(away, axis=-1, keepdims=True), 1e-6)
    shape_centres = moved.mean(axis=2)
    growth = np.sum((moved - shape_centres[:, :, None]) * outwards, axis=-1)
    uv = _texture(hand, surface, ours)
    return {
        "axes": anatomy.turned_axes(ours.axes, ours.joints, hand.joints),
        "limits": ours.limits.copy(),
        "sphere_joints": carriers,
        "sphere_centres": centres,
        "sphere_radii": ours.sphere_radii * k[carriers] * thicker,
        "shape_centres": shape_centres,
        "shape_radii": growth.mean(axis=-1),
        "uv": uv.reshape(-1, 2),
        "uv_faces": np.arange(uv.size // 2).reshape(-1, 3),
    }


def shapes(
    vertices: Float[np.ndarray, "vertices 3"],
    weights: Float[np.ndarray, "vertices 17"],
    joints: Float[np.ndarray, "22 3"],
) -> tuple[Float[np.ndarray, "shape vertices 3"], Float[np.ndarray, "shape 22 3"]]:
    """Our shape space for a hand that has none: displacements of vertices and joints.

        dJ'_c = dJ'_p + S_p (dJ_c - dJ_p)
        dv' = sum_j w_j (S_j (dv - dJ_j) + dJ'_j)

    with the linear parts of S, p the parent of c: bones grow and shrink by the same
    part of their length, flesh by as much of its thickness.

    Args:
        vertices: of the hand at rest, mm, our axes.
        weights: of our posed joints on them.
        joints: of it, mm, our axes.
    """
    ours = _numbers(load_template(LEVEL))
    none = np.zeros((0, *vertices.shape))
    hand = Rigged(vertices, np.zeros((0, 3), int), weights, joints, none)
    S, k = _laid_over(ours, hand)
    linear, moved = S[:, :3, :3], np.zeros_like(ours.shape_joints)
    before, after = _lengths(ours.joints), _lengths(joints)
    for child, parent in enumerate(JOINT_PARENTS):
        if parent >= 0:
            step = ours.shape_joints[:, child] - ours.shape_joints[:, parent]
            turn = linear[parent]
            if child >= len(POSED):
                # A tip need not lie as deep in the flesh as ours does.
                turn = turn * after[child] / before[child] / k[parent]
            moved[:, child] = moved[:, parent] + step @ turn.T
    posed = slice(0, len(POSED))
    turned = np.einsum("vj,jab->vab", ours.weights, linear)
    own = np.einsum("vab,svb->sva", turned, ours.shape_vertices)
    carried = np.einsum("jab,sjb->sja", linear, ours.shape_joints[:, posed])
    own += np.einsum("vj,sja->sva", ours.weights, moved[:, posed] - carried)
    faces = ours.faces.astype(int)
    at = nearby.closest_points(vertices, _skinned(ours, S), nearby.fans(faces))
    return np.einsum("vk,svka->sva", at.weights, own[:, faces[at.faces]]), moved


def has_bones(joints: Float[np.ndarray, "22 3"]) -> bool:
    """Whether each bone that a finger's joint turns has a direction."""
    return bool(_lengths(joints)[_PARENTS > 0].min() >= SHORTEST)


def between(joints: Float[np.ndarray, "*more 22 3"]) -> Float[np.ndarray, "*more 3"]:
    """The thumb's carpal joint of a hand that lacks it: halfway to the next."""
    return (joints[..., 0, :] + joints[..., CMC, :]) / 2.0


def places(hand: Template, level: str) -> nearby.Closest:
    """Where on a level of ours, laid over it, each vertex of another hand lies."""
    ours, theirs = (_numbers(x) for x in (load_template(level), hand))
    surface = _skinned(ours, _laid_over(ours, theirs)[0])
    fans = nearby.fans(ours.faces.astype(int))
    return nearby.closest_points(theirs.vertices, surface, fans)


def _numbers(template: Template) -> Any:
    """A template on the host, all of it in float64, as other hands are."""
    return jax.tree.map(lambda x: np.asarray(x, np.float64), template)


def _skinned(ours: Any, S: np.ndarray) -> np.ndarray:
    return _moved(np.einsum("vj,jab->vab", ours.weights, S), ours.vertices)


def _laid_over(ours: Any, theirs: Any) -> tuple[np.ndarray, np.ndarray]:
    """S and k: the palm as a whole, and each bone that a posed joint turns."""
    ours, theirs = _ends(ours), _ends(theirs)
    S, k = np.tile(np.eye(4), (len(POSED), 1, 1)), np.ones(len(POSED))
    R, k[0] = similarity(ours[PALM], theirs[PALM])
    middles = ours[PALM].mean(axis=0), theirs[PALM].mean(axis=0)
    S[0] = _map(k[0] * R, *middles)
    for child, parent in enumerate(JOINT_PARENTS):
        if parent > 0:
            a, b = (joints[child] - joints[parent] for joints in (ours, theirs))
            k[parent] = np.linalg.norm(b) / np.linalg.norm(a)
            turn = k[parent] * anatomy.least_turn(a, b)
            S[parent] = _map(turn, ours[parent], theirs[parent])
    return S, k


def _ends(hand: Any) -> np.ndarray:
    """Joints of a hand, its tips moved along their bones to the end of the flesh.

    Some rigs have tips at the end, others where the last bone ends inside.
    """
    joints = np.array(hand.joints)
    for tip in range(len(POSED), len(JOINTS)):
        last = JOINT_PARENTS[tip]
        bone = joints[tip] - joints[last]
        along = bone / max(np.linalg.norm(bone), SHORTEST)
        own = hand.vertices[hand.weights[:, last] > 0.5]
        reach = ((own - joints[last]) @ along).max(initial=0.0)
        if reach > SHORTEST:
            joints[tip] = joints[last] + reach * along
    return joints


def _lengths(joints: np.ndarray) -> np.ndarray:
    """Of the bone that ends at each joint, mm; 0 for the wrist."""
    return np.linalg.norm(joints - joints[np.maximum(_PARENTS, 0)], axis=-1)


def similarity(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
    """Rotation and scale that bring x nearest to y, both about their means.

    Source: [umeyama1991] Eq. (40), (42).
    """
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    U, D, Vt = np.linalg.svd(y.T @ x)
    sign = np.array([1.0, 1.0, np.sign(np.linalg.det(U @ Vt))])
    return (U * sign) @ Vt, float(D @ sign / np.sum(x**2))


def _map(linear: np.ndarray, source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The map of this linear part that takes one point to another."""
    made = np.eye(4)
    made[:3, :3], made[:3, 3] = linear, target - linear @ source
    return made


def _moved(maps: np.ndarray, points: np.ndarray) -> np.ndarray:
    return np.einsum("nab,nb->na", maps[:, :3, :3], points) + maps[:, :3, 3]


def _nearest(points: np.ndarray, vertices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The vertices nearest to each point, and how far they are."""
    off = np.linalg.norm(points[:, None] - vertices, axis=-1)
    near = np.argsort(off, axis=-1)[:, :AROUND]
    return near, np.take_along_axis(off, near, -1)


def _texture(
    hand: Rigged, surface: np.ndarray, ours: Any
) -> Float[np.ndarray, "faces 3 2"]:
    """Where the corners of each face lie on our texture.

    A face is laid into the plane of the one of ours that is closest to its middle, and
    goes on there beyond that one's edges: so none is torn where our texture is cut.
    """
    faces, uv_faces = ours.faces.astype(int), ours.uv_faces.astype(int)
    corners = hand.vertices[hand.faces]
    at = nearby.closest_points(corners.mean(axis=1), surface, nearby.fans(faces))
    a, b, c = surface[faces[at.faces]].swapaxes(0, 1)
    # u and v of a point p of the plane: p = a + u (b - a) + v (c - a), least squares.
    sides = np.stack([b - a, c - a], axis=-1)
    weights = np.einsum("fia,fka->fki", np.linalg.pinv(sides), corners - a[:, None])
    first, second, third = ours.uv[uv_faces[at.faces]].swapaxes(0, 1)
    span = np.stack([second - first, third - first], axis=1)
    return np.clip(first[:, None] + weights @ span, 0.0, 1.0)
