"""How much of a hand is inside itself: depth of its skin, volume of its flesh.

A skin is cut into fingers and palm, each open where it was cut. Each finger is closed
by a fan from its rim to the rim's centroid, and the palm by those same fans turned
round, so that the parts make up the whole again: w_whole = sum of w over parts. A rim
that is left then, such as a forearm's, gets a fan of its own. What one part does to
itself does not count.

Notation, shared by every function here and by the tests:
    x: vertices, mm, (frames, vertices, 3), or of one frame.
    w: winding numbers of closed parts about a point, as in `geometry.solids`.
    h: distance of the lines along which volumes are measured, mm.
"""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from handjax.geometry import meshes, solids
from handjax.hands.skeleton import FINGERS, POSED

Vertices = Float[np.ndarray, "vertices 3"]
Faces = Int[np.ndarray, "faces 3"]

PALM = ("wrist", "thumb_carpal", "thumb_cmc")
"""Joints whose skin is the palm, the ball of the thumb included. Source: the released
code of [moon2020]."""
SPACING = 0.5
"""h unless stated, mm."""
BENEATH = 0.01
"""How far beneath a vertex the flesh is looked at, mm: the skin itself is neither in
its own part nor out of it."""
TURN = (0.31, 0.57, 0.73)
"""Lines are cast after this turn, radians, lest they meet edges."""


class Parts(NamedTuple):
    """A skin cut into parts; the first is what the others are cut from.

    Attributes:
        skins: faces of each part.
        closed: the same with fans, whose points come after the vertices.
        rims: vertices around each such point.
        owners: the part of each vertex; -1 on rims and without a face.
    """

    skins: tuple[Faces, ...]
    closed: tuple[Faces, ...]
    rims: tuple[Int[np.ndarray, "_"], ...]
    owners: Int[np.ndarray, "vertices"]


class Penetration(NamedTuple):
    """How much each frame is inside itself; infinite where a vertex is not finite.

    Attributes:
        deepest: depth of the deepest vertex, mm; 0 where none is in another part.
        mean: mean depth of the vertices that are in another part, mm; 0 likewise.
        volume: of what is inside two parts or more, mm^3.
    """

    deepest: Float[np.ndarray, "frames"]
    mean: Float[np.ndarray, "frames"]
    volume: Float[np.ndarray, "frames"]


def parts_of_faces(
    weights: Float[np.ndarray, "vertices 17"],
    faces: Faces,
    palm: Collection[str] = PALM,
) -> Int[np.ndarray, "faces"]:
    """The part that carries each face most: 0 the palm, 1 to 5 thumb to little finger.

    Args:
        weights: skinning weights of `skeleton.POSED`.
        faces: three vertices each.
        palm: joints whose skin is the palm.
    """
    of_finger = [0] + [1 + FINGERS.index(name.split("_")[0]) for name in POSED[1:]]
    part = np.where(np.isin(POSED, tuple(palm)), 0, of_finger)
    carried = weights @ np.eye(1 + len(FINGERS))[part]
    return np.argmax(carried[faces].sum(axis=1), axis=-1)


def cut(faces: Faces, part: Int[np.ndarray, "faces"], vertices: int) -> Parts:
    """A skin cut into parts, once for all frames.

    Args:
        faces: counter-clockwise seen from outside.
        part: of each face; 0 for what the others are cut from.
        vertices: how many the skin has.
    """
    skins = [faces[part == k] for k in range(part.max() + 1)]
    rims, closed, rest = [], [], skins[0]
    for skin in skins[1:]:
        fan, around = solids.fans(skin, vertices + len(rims))
        rims += around
        closed.append(np.concatenate([skin, fan]))
        rest = np.concatenate([rest, fan[:, ::-1]])
    fan, around = solids.fans(rest, vertices + len(rims))
    closed.insert(0, np.concatenate([rest, fan]))
    least, most = np.full(vertices, len(skins)), np.full(vertices, -1)
    np.minimum.at(least, faces, part[:, None])
    np.maximum.at(most, faces, part[:, None])
    owners = np.where(least == most, most, -1)
    return Parts(tuple(skins), tuple(closed), (*rims, *around), owners)


def penetration(
    vertices: Float[np.ndarray, "frames vertices 3"],
    parts: Parts,
    *,
    spacing: float = SPACING,
) -> Penetration:
    """Depth and volume of every frame; tables state their means over frames.

    Args:
        vertices: x.
        parts: of the skin that all frames have.
        spacing: h.

    Raises:
        ValueError: frames have another number of vertices than the skin that was cut,
            or lines have no distance.
    """
    if vertices.shape[1:] != (len(parts.owners), 3):
        raise ValueError(
            f"a skin of {len(parts.owners)} vertices was cut, so frames have to be "
            f"(frames, {len(parts.owners)}, 3); they are {vertices.shape}: "
            "`cut` their own faces"
        )
    if not spacing > 0.0:
        raise ValueError(f"lines need a distance above 0 mm; it is {spacing}")
    found = np.full((3, len(vertices)), np.inf)
    for frame in np.flatnonzero(np.isfinite(vertices).all(axis=(1, 2))):
        x = vertices[frame].astype(np.float64)
        depth = depths(x, parts)
        mean = depth.sum() / max(np.count_nonzero(depth), 1)
        found[:, frame] = depth.max(), mean, volume(x, parts, spacing=spacing)
    return Penetration(*found)


def depths(vertices: Vertices, parts: Parts) -> Float[np.ndarray, "vertices"]:
    """How far each vertex is from the skin of the other part that it is in, mm.

    0 where it is in none, and on rims. Of several parts the one that it is deepest in
    counts. Fans are no skin.
    """
    beneath = _beneath(vertices, np.concatenate(parts.skins)) @ _turn()
    shapes = _triangles(vertices @ _turn(), parts)
    w = np.stack([solids.winding_numbers(beneath, one) for one in shapes], axis=-1)
    mine = np.arange(len(shapes)) == parts.owners[:, None]
    doubly = np.any(mine & (w > 0), axis=-1) & _twice(w)
    depth = np.zeros(len(vertices))
    for skin, inside in zip(parts.skins, ((w > 0) & ~mine).T, strict=True):
        where = np.flatnonzero(doubly & inside)
        if len(where):
            far = meshes.closest_points(vertices[where], vertices, skin).distances
            depth[where] = np.maximum(depth[where], far)
    return depth


def volume(vertices: Vertices, parts: Parts, *, spacing: float = SPACING) -> float:
    """Volume of what is inside two parts or more, mm^3.

        h^2 sum over lines of the length along which they are doubly inside

    Args:
        vertices: of one frame, mm.
        parts: of its skin.
        spacing: h; parallel lines stand on a square lattice, askew to the axes.
    """
    shapes = _triangles(vertices @ _turn(), parts)
    corners = np.concatenate(shapes).reshape(-1, 3)
    low, high = corners.min(axis=0), corners.max(axis=0)
    x, y = (np.arange(low[k] + spacing / 2, high[k], spacing) for k in range(2))
    lines = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    crossed = [solids.crossings(lines, one) for one in shapes]
    part = np.repeat(np.arange(len(shapes)), [len(one[0]) for one in crossed])
    line, z, leaves = map(np.concatenate, zip(*crossed, strict=True))
    order = np.lexsort((z, line))
    line, z = line[order], z[order]
    steps = np.where(part[:, None] == np.arange(len(shapes)), -leaves[:, None], 0)
    w = _since_first(steps[order], line)
    doubly = _twice(w[:-1]) & (line[1:] == line[:-1])
    return float(np.sum(np.diff(z)[doubly]) * spacing**2)


def _since_first(steps, line):
    """Sums of steps along each line: one that missed an edge leaves others alone."""
    total = np.cumsum(steps, axis=0)
    first = np.searchsorted(line, line)
    return total - total[first] + steps[first]


def _beneath(vertices, faces):
    """Where the flesh beneath vertices is looked at, in float64."""
    a, b, c = np.moveaxis(vertices[faces], 1, 0)
    normals = np.zeros(vertices.shape)
    np.add.at(normals, faces, np.cross(b - a, c - a)[:, None])
    lengths = np.linalg.norm(normals, axis=-1, keepdims=True)
    return vertices - BENEATH * normals / np.maximum(lengths, 1e-12)


def _twice(w):
    """Whether two parts hold a place. Where it is fans alone that overlap, a third part
    is inside out there, and the sum says so."""
    return (np.sum(w > 0, axis=-1) > 1) & (np.sum(w, axis=-1) > 1)


def _turn():
    from scipy.spatial.transform import Rotation

    return Rotation.from_rotvec(TURN).as_matrix()


def _triangles(vertices, parts):
    """Corners of each closed part's faces."""
    points = [vertices[rim].mean(axis=0, keepdims=True) for rim in parts.rims]
    corners = np.concatenate([vertices, *points])
    return [corners[faces] for faces in parts.closed]
