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

POINTS_A_TURN = 4096  # of `closest_points`, whose memory it bounds


def _inverse(xp, x):
    """1 / x in NumPy or JAX; 0 where x is so small that slopes would overflow."""
    safe = x > float(xp.finfo(x.dtype).tiny) ** 0.25
    return xp.where(safe, 1.0 / xp.where(safe, x, 1.0), 0.0)


def _length(vectors):
    """Lengths of vectors, with zero gradient where they vanish."""
    squared = jnp.sum(vectors**2, axis=-1)
    # The slope of sqrt is infinite at 0.
    safe = squared > jnp.finfo(squared.dtype).tiny
    return jnp.where(safe, jnp.sqrt(jnp.where(safe, squared, 1.0)), 0.0)


def _unit(vectors):
    """Vectors of length 1; zero vectors stay zero."""
    return vectors * _inverse(jnp, _length(vectors))[..., None]


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
    view: Float[Array, "3"] | Float[Array, "vertices 3"],
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
    """How far the mean of its neighbours lies from each vertex; 0 if it has none.

    delta_i = 1/|N(i)| sum over j in N(i) of x_j - x_i
    """
    i, j = edges[:, 0], edges[:, 1]
    step = values[j] - values[i]
    summed = jnp.zeros_like(values).at[i].add(step).at[j].add(-step)
    degree = jnp.bincount(edges.ravel(), length=len(values))
    return (summed.T / jnp.maximum(degree, 1)).T


def cotangents(
    vertices: Float[Array, "vertices 3"], faces: Int[Array, "faces 3"]
) -> Float[Array, "faces 3"]:
    """Cotangents of the angles at the corners of faces; 0 in degenerate faces."""
    a, b, c = jnp.moveaxis(vertices[faces], 1, 0)
    arms = ((b - a, c - a), (c - b, a - b), (a - c, b - c))
    dots = jnp.stack([jnp.sum(x * y, axis=-1) for x, y in arms], axis=-1)
    return dots * _inverse(jnp, 2.0 * face_areas(vertices, faces))[:, None]


def cotangent_laplacian(
    values: Float[Array, "vertices *channels"],
    faces: Int[Array, "faces 3"],
    cotangents: Float[Array, "faces 3"],
) -> Float[Array, "vertices *channels"]:
    """The Laplace-Beltrami operator, integrated over each vertex's cell.

        delta_i = 1/2 sum over j in N(i) of (cot alpha_ij + cot beta_ij)(x_j - x_i)

    alpha and beta are the angles opposite the edge ij; `cotangents` gives them all.

    Source: Pinkall and Polthier, Computing discrete minimal surfaces, 1993.
    """
    i, j = faces[:, jnp.array([1, 2, 0])], faces[:, jnp.array([2, 0, 1])]
    step = 0.5 * einsum("fk,fk...->fk...", cotangents, values[j] - values[i])
    return jnp.zeros_like(values).at[i].add(step).at[j].add(-step)


def closest_point_on_triangle(
    point: Float[Array, "3"], triangle: Float[Array, "3 3"]
) -> Float[Array, "3"]:
    """The point of a triangle, edges and corners included, closest to `point`.

    Triangles shrunk to a segment or a point have theirs.
    """
    return einsum("i,ij->j", _closest_weights(jnp, point, triangle), triangle)


def _closest_weights(xp, p, triangles):
    """Weights w of the points of triangles closest to points, in NumPy or JAX."""
    corners = [triangles[..., k, :] for k in range(3)]
    candidates = [_weights_on_plane(xp, p, *corners)]
    for i, j in ((0, 1), (1, 2), (2, 0)):
        t = _along_segment(xp, p, corners[i], corners[j])
        w = [xp.zeros_like(t)] * 3
        w[i], w[j] = 1.0 - t, t
        candidates.append(xp.stack(w, -1))
    w = xp.stack(candidates, -2)
    gaps = p[..., None, :] - xp.sum(w[..., None] * triangles[..., None, :, :], -2)
    squared = xp.where(xp.all(w >= 0, -1), xp.sum(gaps**2, -1), xp.inf)
    best = xp.argmin(squared, -1)[..., None, None]
    return xp.take_along_axis(w, best, -2)[..., 0, :]


def _along_segment(xp, p, x, y):
    """Where p projects onto the segment from x (0) to y (1), kept on it."""
    along = xp.sum((p - x) * (y - x), -1)
    return xp.clip(along * _inverse(xp, xp.sum((y - x) ** 2, -1)), 0.0, 1.0)


def _weights_on_plane(xp, p, a, b, c):
    """Weights of p's foot on the plane of a triangle; all -1 if it has none."""
    n = xp.cross(b - a, c - a)
    inverse = _inverse(xp, xp.sum(n**2, -1))
    v = xp.sum(xp.cross(p - a, c - a) * n, -1) * inverse
    w = xp.sum(xp.cross(b - a, p - a) * n, -1) * inverse
    weights = xp.stack([1.0 - v - w, v, w], -1)
    return xp.where(inverse[..., None] > 0, weights, -1.0)


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
    starts = range(0, max(len(points), 1), POINTS_A_TURN)
    turns = [_closest(points[i : i + POINTS_A_TURN], triangles) for i in starts]
    return Closest(*map(np.concatenate, zip(*turns, strict=True)))


def _closest(points, triangles):
    """`closest_points` for so few points that all their candidates fit in memory."""
    from scipy.spatial import KDTree

    centroids = triangles.mean(axis=1)
    radii = np.linalg.norm(triangles - centroids[:, None], axis=-1).max(axis=1)
    tree = KDTree(centroids)
    nearest = tree.query(points)[1]
    # A little more than d, lest rounding leave the closest face out.
    bound = on_faces(points, triangles, nearest).distances * (1 + 1e-9) + 1e-9
    found = tree.query_ball_point(points, bound + radii.max())
    query = np.repeat(np.arange(len(points)), [len(near) for near in found])
    face = np.concatenate([*found, []]).astype(int)
    gaps = np.linalg.norm(points[query] - centroids[face], axis=-1)
    within = gaps <= bound[query] + radii[face]
    query, face = query[within], face[within]
    measured = on_faces(points[query], triangles, face)
    order = np.lexsort((face, measured.distances, query))
    first = order[np.unique(query[order], return_index=True)[1]]
    return Closest(*(field[first] for field in measured))


def on_faces(points, triangles, faces):
    """Each point's closest on one face of its own; NumPy."""
    weights = _closest_weights(np, points, triangles[faces])
    closest = np.einsum("ni,nij->nj", weights, triangles[faces])
    distances = np.linalg.norm(points - closest, axis=-1)
    return Closest(closest, distances, faces, weights)
