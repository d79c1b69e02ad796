"""Closest points on a mesh that moves, tens of thousands a frame; on the host.

`meshes.closest_points` is exact, and takes 20 times as long where surfaces are 3 mm
apart, 100 times where 5.

Notation, shared by every function here and by the tests:
    p: a query point, mm.
    a: a face's first corner; e, f: its edges to the second and the third.
    v, w: weights of the second and third corner.
"""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from handjax.geometry.meshes import Closest, on_faces

NEAREST = 4
"""Vertices whose faces are measured."""
POINTS_A_TURN = 1024  # whose numbers stay in a core's own cache


class Fans(NamedTuple):
    """Which faces meet at each vertex; found once for all frames of a mesh.

    Attributes:
        faces: of the mesh.
        used: vertices that have faces.
        around: the faces at each of these; its last one again where it has fewer than
            others.
    """

    faces: Int[np.ndarray, "faces 3"]
    used: Int[np.ndarray, "used"]
    around: Int[np.ndarray, "used most"]


def fans(faces: Int[Any, "faces 3"]) -> Fans:
    """The faces that meet at each vertex of a mesh.

    Raises:
        ValueError: the mesh has no face.
    """
    faces = np.asarray(faces)
    if not len(faces):
        raise ValueError("a surface wants faces; got none")
    used, count = np.unique(faces, return_counts=True)
    order = np.argsort(faces, axis=None, kind="stable") // 3
    first = np.cumsum(count) - count
    turn = np.minimum(np.arange(count.max()), count[:, None] - 1)
    return Fans(faces, used, order[first[:, None] + turn])


def closest_points(
    points: Float[Any, "points 3"],
    vertices: Float[Any, "vertices 3"],
    fans: Fans,
    *,
    nearest: int = NEAREST,
) -> Closest:
    """Closest points on a surface, among the faces at the vertices nearest to each.

    A distance is never too small. It is too large where none of those vertices is a
    corner of the face that is closest: where faces are far larger than others nearby.
    Among the faces measured the choice is true to 0.001 mm, the distance to the chosen
    one exact.

    Args:
        points: mm, finite.
        vertices: of the surface, mm, finite.
        fans: of its faces.
        nearest: how many vertices.
    """
    from scipy.spatial import KDTree

    vertices = np.asarray(vertices, np.float64)
    # float32, in which faces are chosen, is fine enough near the origin.
    middle = vertices.mean(axis=0)
    points, vertices = np.asarray(points, np.float64) - middle, vertices - middle
    triangles, tree = vertices[fans.faces], KDTree(vertices[fans.used])
    each: Any = np.arange(1, 1 + min(nearest, len(fans.used)))
    near: Any = tree.query(points, k=each)[1]
    table, chosen = _table(triangles), np.zeros(len(points), int)
    for start in range(0, len(points), POINTS_A_TURN):
        turn = slice(start, start + POINTS_A_TURN)
        faces = fans.around[near[turn]].reshape(len(near[turn]), -1)
        best = _squared(points[turn], np.take(table, faces, axis=1)).argmin(axis=1)
        chosen[turn] = faces[np.arange(len(faces)), best]
    found = on_faces(points, triangles, chosen)
    return found._replace(points=found.points + middle)


def vertex_normals(
    vertices: Float[np.ndarray, "vertices 3"], faces: Int[np.ndarray, "faces 3"]
) -> Float[np.ndarray, "vertices 3"]:
    """`meshes.vertex_normals` on the host: outward, unit; 0 where there is none."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    area = np.repeat(np.cross(b - a, c - a), 3, axis=0)
    summed = [np.bincount(faces.ravel(), x, len(vertices)) for x in area.T]
    return unit(np.stack(summed, axis=-1))


def unit(vectors: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 3"]:
    """Vectors of length 1; zero vectors stay zero."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.where(length > 0.0, length, 1.0)


def _table(triangles):
    """What `_squared` wants of each face, (16, faces): a, e, f, and of their products.

    Where a triangle or an edge of it is degenerate its inverse is 0, which stands for a
    corner: a point of the triangle, so that no distance becomes too small.
    """
    a = triangles[:, 0]
    e, f = triangles[:, 1] - a, triangles[:, 2] - a
    ee, ef, ff = (np.einsum("ij,ij->i", x, y) for x, y in ((e, e), (e, f), (f, f)))
    inverses = [_inverse(x) for x in (ee * ff - ef**2, ee, ff, ee - 2.0 * ef + ff)]
    rows = [*a.T, *e.T, *f.T, ee, ef, ff, *inverses]
    return np.stack(rows).astype(np.float32)


def _inverse(x):
    safe = x > 1e-9
    return np.where(safe, 1.0 / np.where(safe, x, 1.0), 0.0)


def _squared(points, table):
    """Squared distances of points to candidates of their own, (points, faces).

        |a + v e + w f - p|^2 = |d|^2 + v (v ee - 2 de) + w (w ff - 2 df + 2 v ef)

    with d = p - a: the least over the inside and the three edges.
    """
    a, e, f = table[:3], table[3:6], table[6:9]
    ee, ef, ff, of_plane, of_e, of_f, of_third = table[9:]
    d = [x[:, None] - y for x, y in zip(points.T.astype(np.float32), a, strict=True)]
    dd, de, df = (d[0] * x[0] + d[1] * x[1] + d[2] * x[2] for x in (d, e, f))

    def more(v, w):
        return v * (v * ee - 2.0 * de) + w * (w * ff - 2.0 * df + 2.0 * v * ef)

    v, w = (ff * de - ef * df) * of_plane, (ee * df - ef * de) * of_plane
    inside = (v >= 0.0) & (w >= 0.0) & (v + w <= 1.0)
    best = np.where(inside, more(v, w), np.inf)
    t = np.clip((df - de + ee - ef) * of_third, 0.0, 1.0)
    s, r = np.clip(de * of_e, 0.0, 1.0), np.clip(df * of_f, 0.0, 1.0)
    for v, w in ((s, 0.0), (0.0, r), (1.0 - t, t)):
        best = np.minimum(best, more(v, w))
    return dd + best
