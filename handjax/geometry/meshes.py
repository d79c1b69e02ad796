"""Triangle meshes: areas, normals, edges, Laplacians, closest points.

Faces turn counter-clockwise for who looks at them from outside, so normals point
outwards and a closed mesh has positive volume.

Notation, shared by every function here and by the tests:
    a, b, c: corners of a face, mm.
    p: a query point, mm.
    w: weights of a face's corners, of sum 1.
"""

from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from handjax.geometry.precision import einsum

POINTS_A_TURN = 4096
"""How many points `closest_points` handles together, which bounds its memory."""


def _length(vectors):
    """Lengths of vectors, with zero gradient where they vanish."""
    squared = jnp.sum(vectors**2, axis=-1)
    # The slope of sqrt is infinite at 0.
    safe = squared > jnp.finfo(squared.dtype).tiny
    return jnp.where(safe, jnp.sqrt(jnp.where(safe, squared, 1.0)), 0.0)


def _unit(vectors):
    """Vectors of length 1; zero vectors stay zero."""
    length = _length(vectors)[..., None]
    return vectors / jnp.where(length > 0, length, 1.0)


def _area_vectors(vertices, faces):
    """Outward normals of faces, as long as twice their areas."""
    a, b, c = vertices[faces[:, 0]], vertices[faces[:, 1]], vertices[faces[:, 2]]
    return jnp.cross(b - a, c - a)


def face_areas(
    vertices: Float[Array, "vertices 3"], faces: Int[Array, "faces 3"]
) -> Float[Array, "faces"]:
    """Areas of faces, mm^2; 0 with zero gradient where a face is degenerate."""
    return 0.5 * _length(_area_vectors(vertices, faces))


def face_normals(
    vertices: Float[Array, "vertices 3"], faces: Int[Array, "faces 3"]
) -> Float[Array, "faces 3"]:
    """Outward unit normals of faces; 0 where a face is degenerate."""
    return _unit(_area_vectors(vertices, faces))


def vertex_normals(
    vertices: Float[Array, "vertices 3"], faces: Int[Array, "faces 3"]
) -> Float[Array, "vertices 3"]:
    """Outward unit normals of vertices: means over their faces, weighted by area.

    A vertex of no face, or of degenerate ones only, has normal 0.
    """
    vectors = _area_vectors(vertices, faces)[:, None]
    return _unit(jnp.zeros_like(vertices).at[faces].add(vectors))


def front_facing(
    vertices: Float[Array, "vertices 3"],
    faces: Int[Array, "faces 3"],
    view: Float[Array, "*vertices 3"],
) -> Bool[Array, "vertices"]:
    """Which vertices turn their front to the viewer; others may still be hidden.

    Args:
        view: direction of sight: (0, 0, 1) for an orthographic camera, the vertices
            themselves for a pinhole camera at the origin.
    """
    return jnp.sum(vertex_normals(vertices, faces) * view, axis=-1) < 0


def volume(
    vertices: Float[Array, "vertices 3"], faces: Int[Array, "faces 3"]
) -> Float[Array, ""]:
    """Volume inside a closed mesh, mm^3.

    V = 1/6 sum over faces of a . (b x c)
    """
    # About the centroid the summands stay small, and so does their rounding.
    a, b, c = jnp.moveaxis((vertices - jnp.mean(vertices, axis=0))[faces], 1, 0)
    return jnp.sum(a * jnp.cross(b, c)) / 6.0


def edges(faces: Int[Any, "faces 3"]) -> Int[np.ndarray, "edges 2"]:
    """Each edge once, smaller index first, in order; on the host."""
    pairs = np.asarray(faces)[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    return np.unique(np.sort(pairs, axis=1), axis=0)


def uniform_laplacian(
    values: Float[Array, "vertices *channels"], edges: Int[Any, "edges 2"]
) -> Float[Array, "vertices *channels"]:
    """How far each vertex lies from the mean of its neighbours.

        delta_i = 1/|N(i)| sum over j in N(i) of x_j - x_i

    Args:
        edges: each edge once, as `edges` gives them. A vertex of none has delta 0.
    """
    i, j = edges[:, 0], edges[:, 1]
    step = values[j] - values[i]
    summed = jnp.zeros_like(values).at[i].add(step).at[j].add(-step)
    degree = jnp.zeros(values.shape[0]).at[i].add(1.0).at[j].add(1.0)
    shape = (-1,) + (1,) * (values.ndim - 1)
    return summed / jnp.maximum(degree, 1.0).reshape(shape)


def cotangents(
    vertices: Float[Array, "vertices 3"], faces: Int[Array, "faces 3"]
) -> Float[Array, "faces 3"]:
    """Cotangents of the angles at the corners of faces; 0 in degenerate faces."""
    a, b, c = jnp.moveaxis(vertices[faces], 1, 0)
    double_area = 2.0 * face_areas(vertices, faces)
    safe = double_area > 0
    double_area = jnp.where(safe, double_area, 1.0)
    arms = ((b - a, c - a), (c - b, a - b), (a - c, b - c))
    dots = jnp.stack([jnp.sum(x * y, axis=-1) for x, y in arms], axis=-1)
    return jnp.where(safe[:, None], dots / double_area[:, None], 0.0)


def cotangent_laplacian(
    values: Float[Array, "vertices *channels"],
    faces: Int[Array, "faces 3"],
    cotangents: Float[Array, "faces 3"],
) -> Float[Array, "vertices *channels"]:
    """The Laplace-Beltrami operator, integrated over each vertex's cell.

        delta_i = 1/2 sum over j in N(i) of (cot alpha_ij + cot beta_ij)(x_j - x_i)

    alpha and beta are the angles opposite the edge ij.

    Args:
        cotangents: of the corners' angles, as `cotangents` gives them.

    Source: Pinkall and Polthier, Computing discrete minimal surfaces and their
        conjugates, 1993.
    """
    i, j = faces[:, jnp.array([1, 2, 0])], faces[:, jnp.array([2, 0, 1])]
    step = 0.5 * einsum("fk,fk...->fk...", cotangents, values[j] - values[i])
    return jnp.zeros_like(values).at[i].add(step).at[j].add(-step)


def closest_point_on_triangle(
    point: Float[Array, "3"], triangle: Float[Array, "3 3"]
) -> Float[Array, "3"]:
    """The point of a triangle, edges and corners included, closest to `point`.

    Which of the triangle's seven regions it falls into has no gradient. Triangles
    shrunk to a segment or a point have theirs.
    """
    return einsum("i,ij->j", _closest_weights(jnp, point, triangle), triangle)


def _closest_weights(xp, p, triangles):
    """Weights w of the points of triangles closest to points, in NumPy or JAX."""
    a, b, c = triangles[..., 0, :], triangles[..., 1, :], triangles[..., 2, :]
    candidates = [_weights_on_plane(xp, p, a, b, c)]
    for i, j, x, y in ((0, 1, a, b), (1, 2, b, c), (2, 0, c, a)):
        t = _along_segment(xp, p, x, y)
        w = [xp.zeros_like(t)] * 3
        w[i], w[j] = 1.0 - t, t
        candidates.append(xp.stack(w, -1))
    w = xp.stack(candidates, -2)
    gaps = p[..., None, :] - xp.sum(w[..., None] * triangles[..., None, :, :], -2)
    squared = xp.sum(gaps**2, -1)
    inside = xp.all(w[..., 0, :] >= 0, -1)
    best = xp.where(inside, 0, 1 + xp.argmin(squared[..., 1:], -1))
    return xp.take_along_axis(w, best[..., None, None], -2)[..., 0, :]


def _along_segment(xp, p, x, y):
    """Where p projects onto the segment from x (0) to y (1), kept on it."""
    squared = xp.sum((y - x) ** 2, -1)
    safe = squared > 0
    t = xp.sum((p - x) * (y - x), -1) / xp.where(safe, squared, 1.0)
    return xp.where(safe, xp.clip(t, 0.0, 1.0), 0.0)


def _weights_on_plane(xp, p, a, b, c):
    """Weights of p's foot on the plane of a triangle; all -1 if it has none."""
    n = xp.cross(b - a, c - a)
    squared = xp.sum(n**2, -1)
    safe = squared > xp.finfo(squared.dtype).tiny
    scale = 1.0 / xp.where(safe, squared, 1.0)
    v = xp.sum(xp.cross(p - a, c - a) * n, -1) * scale
    w = xp.sum(xp.cross(b - a, p - a) * n, -1) * scale
    weights = xp.stack([1.0 - v - w, v, w], -1)
    return xp.where(safe[..., None], weights, -1.0)


class Closest(NamedTuple):
    """Places on a surface closest to points.

    Attributes:
        points: on the surface, mm.
        distances: from the query points, mm.
        faces: on which they lie.
        weights: of those faces' corners.
    """

    points: Float[np.ndarray, "points 3"]
    distances: Float[np.ndarray, "points"]
    faces: Int[np.ndarray, "points"]
    weights: Float[np.ndarray, "points 3"]


def closest_points(
    points: Float[Any, "points 3"],
    vertices: Float[Any, "vertices 3"],
    faces: Int[Any, "faces 3"],
) -> Closest:
    """Closest points on a surface, exactly; on the host, in float64.

    A face's points lie within its radius of its centroid. With d the distance to the
    face of the nearest centroid, any closer face has its centroid within d + radius:
    only those are measured, and none is missed.
    """
    points = np.asarray(points, np.float64)
    triangles = np.asarray(vertices, np.float64)[np.asarray(faces)]
    turns = [
        _closest_points(points[start : start + POINTS_A_TURN], triangles)
        for start in range(0, max(len(points), 1), POINTS_A_TURN)
    ]
    return Closest(*map(np.concatenate, zip(*turns, strict=True)))


def _closest_points(points, triangles):
    """`closest_points` for a handful of points."""
    from scipy.spatial import KDTree

    centroids = triangles.mean(axis=1)
    radii = np.linalg.norm(triangles - centroids[:, None], axis=-1).max(axis=1)
    tree = KDTree(centroids)
    _, nearest = tree.query(points)
    bound = _measure(points, triangles[nearest]).distances * (1 + 1e-9) + 1e-9
    found = tree.query_ball_point(points, bound + radii.max())
    query = np.repeat(np.arange(len(points)), [len(near) for near in found])
    face = np.concatenate([*found, []]).astype(int)
    gaps = np.linalg.norm(points[query] - centroids[face], axis=-1)
    keep = gaps <= bound[query] + radii[face]
    query, face = query[keep], face[keep]
    measured = _measure(points[query], triangles[face])._replace(faces=face)
    order = np.lexsort((face, measured.distances, query))
    first = order[np.unique(query[order], return_index=True)[1]]
    return Closest(*(field[first] for field in measured))


def _measure(points, triangles):
    """Each point against its own triangle, which counts as face 0."""
    weights = _closest_weights(np, points, triangles)
    closest = np.einsum("ni,nij->nj", weights, triangles)
    distances = np.linalg.norm(points - closest, axis=-1)
    return Closest(closest, distances, np.zeros(len(points), int), weights)
