"""Texture coordinates: the palm's side and the back's side, next to one another."""

import numpy as np


def unwrap(vertices: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Atlas of two charts; uv (corners, 2) and the rows of uv at each face."""
    a, b, c = np.moveaxis(vertices[faces], 1, 0)
    back = np.cross(b - a, c - a)[:, 2] > 0.0
    low, high = vertices[:, :2].min(0) - 1.0, vertices[:, :2].max(0) + 1.0
    span = max(2.0 * (high[0] - low[0]), high[1] - low[1])
    flat = (vertices[:, :2] - low) / span
    flat[:, 1] = 1.0 - flat[:, 1]
    other = flat * [-1.0, 1.0] + [1.0, 0.0]
    corners = faces + len(vertices) * back[:, None]
    used, uv_faces = np.unique(corners, return_inverse=True)
    uv = np.concatenate([flat, other])[used]
    return uv, uv_faces.reshape(faces.shape)
