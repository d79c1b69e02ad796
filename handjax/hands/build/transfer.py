"""Closest points between meshes: what carries weights and maps from level to level."""

import numpy as np
from scipy.spatial import KDTree


def closest(points, vertices, faces, candidates: int = 24):
    """Nearest face and its barycentric coordinates for each point.

    The nearest `candidates` faces by centroid are searched, which is exact enough for
    levels of one surface.

    Returns:
        face (points,) and barycentrics (points, 3).
    """
    triangles = vertices[faces]
    tree = KDTree(triangles.mean(1))
    near = np.asarray(tree.query(points, min(candidates, len(faces)))[1])
    weights = barycentrics(points[:, None], triangles[near])
    at = np.einsum("pck,pckd->pcd", weights, triangles[near])
    best = np.argmin(np.sum((at - points[:, None]) ** 2, -1), -1)
    rows = np.arange(len(points))
    return near[rows, best], weights[rows, best]


def barycentrics(points, triangles):
    """Barycentrics of the closest point of each triangle, (..., 3).

    Source: Ericson, Real-Time Collision Detection, 2005, Sec. 5.1.5, as the best of
    the face's plane and its three edges.
    """
    a, b, c = np.moveaxis(triangles, -2, 0)
    inner = _plane(points, a, b, c)
    options = [
        _edge(points, p, q, i, j)
        for p, q, i, j in ((a, b, 0, 1), (b, c, 1, 2), (c, a, 2, 0))
    ]
    stacked = np.stack([*options, inner])
    at = np.einsum("n...k,...kd->n...d", stacked, triangles)
    far = np.sum((at - points) ** 2, -1)
    far[3] = np.where(np.all(inner >= 0.0, -1), -1.0, np.inf)
    best = np.argmin(far, 0)
    return np.take_along_axis(stacked, best[None, ..., None], 0)[0]


def _plane(points, a, b, c):
    u, v, w = b - a, c - a, points - a
    uu, uv, vv = (np.sum(p * q, -1) for p, q in ((u, u), (u, v), (v, v)))
    wu, wv = np.sum(w * u, -1), np.sum(w * v, -1)
    scale = np.maximum(uu * vv - uv * uv, 1e-12)
    beta, gamma = (vv * wu - uv * wv) / scale, (uu * wv - uv * wu) / scale
    return np.stack([1.0 - beta - gamma, beta, gamma], -1)


def _edge(points, p, q, i: int, j: int):
    along = q - p
    length = np.maximum(np.sum(along * along, -1), 1e-12)
    t = np.clip(np.sum((points - p) * along, -1) / length, 0.0, 1.0)
    out = np.zeros((*t.shape, 3))
    out[..., i], out[..., j] = 1.0 - t, t
    return out


def carry(attributes, face, weights, faces):
    """Values at points found by `closest`."""
    return np.einsum("pk,pk...->p...", weights, attributes[faces[face]])
