"""Where a mesh passes through itself."""

import numpy as np
from scipy.spatial import KDTree


def crossings(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Pairs of faces without a common vertex that intersect, (pairs, 2)."""
    triangles = vertices[faces]
    i, j = _close_pairs(triangles, faces).T
    hit = np.zeros(len(i), bool)
    for k in range(3):
        for one, other in ((i, j), (j, i)):
            start, end = triangles[one, k], triangles[one, (k + 1) % 3]
            hit |= _pierces(start, end, triangles[other])
    return np.stack([i[hit], j[hit]], -1)


def _close_pairs(triangles: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Pairs of faces apart in the mesh whose boxes overlap."""
    centre = triangles.mean(1)
    radius = np.linalg.norm(triangles - centre[:, None], axis=-1).max()
    pairs = KDTree(centre).query_pairs(2.0 * radius, output_type="ndarray")
    low, high = triangles.min(1), triangles.max(1)
    i, j = pairs.T
    overlap = np.all((low[i] <= high[j]) & (low[j] <= high[i]), -1)
    i, j = i[overlap], j[overlap]
    joined = np.any(faces[i][:, :, None] == faces[j][:, None, :], axis=(1, 2))
    return np.stack([i[~joined], j[~joined]], -1)


def _pierces(start: np.ndarray, end: np.ndarray, triangle: np.ndarray) -> np.ndarray:
    """Whether each segment crosses the inside of its triangle."""
    a, b, c = np.moveaxis(triangle, 1, 0)
    normal = np.cross(b - a, c - a)
    before, after = np.sum((start - a) * normal, -1), np.sum((end - a) * normal, -1)
    span = np.where(before == after, 1.0, before - after)
    at = start + (before / span)[:, None] * (end - start)
    inside = before * after < 0.0
    for p, q in ((a, b), (b, c), (c, a)):
        inside &= np.sum(np.cross(q - p, at - p) * normal, -1) > 0.0
    return inside
