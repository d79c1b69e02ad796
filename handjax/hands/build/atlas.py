"""The two layouts side by side, and how coarser levels read them."""

import numpy as np

from handjax.geometry.meshes import closest_points
from handjax.hands.build import meshing, transfer

MARGIN = 4.0  # mm between the layouts and to the border


def pack(layouts: list[np.ndarray], faces, label) -> list[np.ndarray]:
    """Layouts scaled alike and moved next to one another into the unit square."""
    moved, left = [], MARGIN
    for value, flat in enumerate(layouts):
        used = np.unique(faces[label == value])
        low, high = flat[used].min(0), flat[used].max(0)
        moved.append(flat - low + [left, MARGIN])
        left += high[0] - low[0] + MARGIN
    return [flat / left for flat in moved]


def carry(points, faces, label, dense) -> tuple[np.ndarray, np.ndarray]:
    """Texture coordinates of a level; uv (corners, 2) and rows of uv at each face.

    Args:
        points: vertices of the level.
        faces: its faces.
        label: side of each of its faces.
        dense: vertices, faces, label and packed layouts of the dense mesh.
    """
    vertices, dense_faces, dense_label, layouts = dense
    uv, uv_faces = [], np.zeros_like(faces)
    for value, flat in enumerate(layouts):
        used, own = np.unique(faces[label == value], return_inverse=True)
        side = dense_faces[dense_label == value]
        at = closest_points(points[used], vertices, side)
        uv_faces[label == value] = own.reshape(-1, 3) + sum(map(len, uv))
        flat = transfer.carry(flat, at, side)
        uv.append(untangle(flat, own.reshape(-1, 3)))
    return np.concatenate(uv), uv_faces


def untangle(flat: np.ndarray, faces: np.ndarray, rounds: int = 50) -> np.ndarray:
    """Pull corners of the few faces that lie upside down towards their neighbours."""
    mean = meshing.averaging(len(flat), faces)
    for _ in range(rounds):
        wrong = faces[signed_areas(flat[faces]) <= 0.0]
        if not len(wrong):
            break
        corners = np.unique(wrong)
        flat[corners] += 0.5 * ((mean @ flat)[corners] - flat[corners])
    return flat


def signed_areas(triangles: np.ndarray) -> np.ndarray:
    """Twice the area of triangles in the plane, positive counter-clockwise."""
    a, b, c = np.moveaxis(triangles, 1, 0)
    return np.linalg.det(np.stack([b - a, c - a], -1))
