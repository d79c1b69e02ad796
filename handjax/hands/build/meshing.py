"""From the implicit surface to a dense triangle mesh that lies on it."""

import jax.numpy as jnp
import numpy as np
from scipy import sparse
from skimage.measure import marching_cubes

from handjax.geometry import meshes
from handjax.hands.build import surface


def extract(spacing: float) -> tuple[np.ndarray, np.ndarray]:
    """Marching cubes over the hand's box, faces counter-clockwise from outside."""
    low, high = surface.BOUNDS
    axes = [np.arange(a, b, spacing) for a, b in zip(low, high, strict=True)]
    values = np.stack([_slab(x, axes[1], axes[2]) for x in axes[0]])
    vertices, faces, _, _ = marching_cubes(values, 0.0, spacing=(spacing,) * 3)
    vertices = vertices.astype(np.float64) + low
    if meshes.volume(jnp.asarray(vertices, jnp.float32), jnp.asarray(faces)) < 0.0:
        faces = faces[:, ::-1]
    return largest_part(vertices, faces.astype(np.int64))


def _slab(x: float, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    grid = np.stack(np.meshgrid(x, y, z, indexing="ij"), -1)
    return surface.field(grid.reshape(-1, 3)).reshape(len(y), len(z))


def largest_part(vertices, faces):
    """Keep the largest connected part and drop what nothing refers to."""
    n = len(vertices)
    ones = np.ones(len(faces) * 3)
    graph = sparse.coo_matrix(
        (ones, (faces.ravel(), np.roll(faces, 1, 1).ravel())), (n, n)
    )
    label = sparse.csgraph.connected_components(graph, directed=False)[1]
    keep = label == np.argmax(np.bincount(label))
    number = np.cumsum(keep) - 1
    return vertices[keep], number[faces[keep[faces[:, 0]]]]


def project(points: np.ndarray, rounds: int = 3, *, detailed: bool = True):
    """Newton steps onto the surface, each at most 1 mm."""
    for _ in range(rounds):
        value = surface.field(points, detailed=detailed)
        slope = gradient(points, value, detailed)
        step = value / np.maximum(np.sum(slope**2, -1), 0.05)
        points = points - np.clip(step, -1.0, 1.0)[:, None] * slope
    return points


def normals(points: np.ndarray, *, detailed: bool) -> np.ndarray:
    """Unit normals of the implicit surface at points on it."""
    slope = gradient(points, surface.field(points, detailed=detailed), detailed)
    return slope / np.linalg.norm(slope, axis=-1, keepdims=True)


def gradient(points: np.ndarray, value: np.ndarray, detailed: bool) -> np.ndarray:
    """Gradient of the field by forward differences."""
    step = 0.02
    ahead = [surface.field(points + step * e, detailed=detailed) for e in np.eye(3)]
    return (np.stack(ahead, -1) - value[:, None]) / step


def adjacency(vertex_count: int, faces: np.ndarray):
    """Symmetric 0/1 matrix of edges."""
    rows = np.concatenate([faces[:, [0, 1, 2]].ravel(), faces[:, [1, 2, 0]].ravel()])
    columns = np.concatenate([faces[:, [1, 2, 0]].ravel(), faces.ravel()])
    graph = sparse.coo_matrix(
        (np.ones(len(rows)), (rows, columns)), (vertex_count, vertex_count)
    ).tocsr()
    graph.data[:] = 1.0
    return graph


def averaging(vertex_count: int, faces: np.ndarray):
    """Matrix that takes the mean over each vertex's neighbours."""
    graph = adjacency(vertex_count, faces)
    return sparse.diags(1.0 / np.asarray(graph.sum(1)).ravel()) @ graph


def vertex_normals(vertices, faces) -> np.ndarray:
    """Area-weighted unit normals."""
    a, b, c = np.moveaxis(vertices[faces], 1, 0)
    normal = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(normal, faces[:, corner], np.cross(b - a, c - a))
    return normal / np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-12)


def relax(vertices, faces, mean, rounds: int, *, detailed: bool) -> np.ndarray:
    """Spread vertices evenly: slide to the mean of `mean`, return to the surface."""
    for _ in range(rounds):
        normal = vertex_normals(vertices, faces)
        step = mean @ vertices - vertices
        step -= np.sum(step * normal, -1, keepdims=True) * normal
        vertices = project(vertices + 0.6 * step, 1, detailed=detailed)
    return project(vertices, 2, detailed=detailed)


def master(spacing: float) -> tuple[np.ndarray, np.ndarray]:
    """The dense mesh that every level is collapsed from."""
    vertices, faces = extract(spacing)
    mean = averaging(len(vertices), faces)
    return relax(vertices, faces, mean, 4, detailed=True), faces
