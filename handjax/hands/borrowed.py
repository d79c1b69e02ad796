"""What a hand from elsewhere borrows of ours: axes, limits, spheres, texture.

A rigged hand has a surface, weights and joints. Our hand at rest is laid over it, bone
on bone, each bone grown or shrunk to the length of the other's; what rides on ours then
stands where it belongs on the other.

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
from handjax.hands.skeleton import JOINT_PARENTS, KEYPOINT_JOINTS, POSED
from handjax.hands.template import Template, load_template

LEVEL = "hand_790"
"""Of our hand, about as fine as other hands are."""

AROUND = 12
"""Vertices about a sphere that say how thick flesh is there."""

_PALM = [KEYPOINT_JOINTS[k] for k in (0, 1, 5, 9, 13, 17)]


class Rigged(NamedTuple):
    """A hand from elsewhere: right hand, mm, axes of `hands.anatomy`.

    Attributes:
        vertices: surface at rest.
        faces: counter-clockwise seen from outside.
        joints: rest position of the 22 joints.
        shape_vertices: displacement of the surface for one standard deviation.
    """

    vertices: Float[np.ndarray, "vertices 3"]
    faces: Int[np.ndarray, "faces 3"]
    joints: Float[np.ndarray, "22 3"]
    shape_vertices: Float[np.ndarray, "shape vertices 3"]


def borrow(hand: Rigged) -> dict[str, np.ndarray]:
    """Fields of `Template` that a rigged hand does not bring along, by name.

    Spheres keep their place along and beside the bones and are as much thicker or
    thinner than ours as the flesh around them; they grow with the surface about them.
    """
    ours = _numbers(load_template(LEVEL))
    S, k = _laid_over(ours.joints, hand.joints)
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


def places(hand: Template, level: str) -> nearby.Closest:
    """Where on a level of ours, laid over it, each vertex of another hand lies."""
    ours, theirs = (_numbers(x) for x in (load_template(level), hand))
    surface = _skinned(ours, _laid_over(ours.joints, theirs.joints)[0])
    fans = nearby.fans(ours.faces.astype(int))
    return nearby.closest_points(theirs.vertices, surface, fans)


def _numbers(template: Template) -> Any:
    """A template on the host, all of it in float64, as other hands are."""
    return jax.tree.map(lambda x: np.asarray(x, np.float64), template)


def _skinned(ours: Any, S: np.ndarray) -> np.ndarray:
    return _moved(np.einsum("vj,jab->vab", ours.weights, S), ours.vertices)


def _laid_over(ours: np.ndarray, theirs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """S and k: the palm as a whole, and each bone that a posed joint turns."""
    S, k = np.tile(np.eye(4), (len(POSED), 1, 1)), np.ones(len(POSED))
    R, k[0] = _similarity(ours[_PALM], theirs[_PALM])
    middles = ours[_PALM].mean(axis=0), theirs[_PALM].mean(axis=0)
    S[0] = _map(k[0] * R, *middles)
    for child, parent in enumerate(JOINT_PARENTS):
        if parent > 0:
            a, b = (joints[child] - joints[parent] for joints in (ours, theirs))
            k[parent] = np.linalg.norm(b) / np.linalg.norm(a)
            turn = k[parent] * anatomy.least_turn(a, b)
            S[parent] = _map(turn, ours[parent], theirs[parent])
    return S, k


def _similarity(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
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
