"""Sharp edges of coarse levels: flipped where a flip smooths them, else drawn out."""

import numpy as np

from handjax.hands.build import flips, meshing

SHARPEST = 0.0
"""Cosine between the normals of two faces below which their edge is a fold."""


def unfold(vertices, faces, label) -> tuple[np.ndarray, np.ndarray]:
    """Vertices and faces without the folds that decimation left in webs and creases.

    Edges of finer levels are nowhere so sharp: these stay as they are.
    """
    faces = flip_folds(vertices, faces, label)
    return draw_out(vertices, faces), faces


def flip_folds(vertices, faces, label) -> np.ndarray:
    """Flip folds, the sharpest first, if all five edges around become less sharp.

    No edge that is left becomes as sharp as the one that was flipped, so this ends.
    """
    pairs = flips.edge_pairs(faces)
    cosine = straightness(vertices, faces, pairs)
    for k in np.argsort(cosine)[: np.sum(cosine < SHARPEST)]:
        a, b, c, d, left, right = pairs[k]
        known = np.any(np.all(np.sort(pairs[:, :2]) == sorted((c, d)), -1))
        if known or label[left] != label[right]:
            continue
        flipped = faces.copy()
        flipped[[left, right]] = (c, a, d), (d, b, c)
        around = flips.edge_pairs(flipped)
        around = around[np.any(np.isin(around[:, 4:], (left, right)), -1)]
        if straightness(vertices, flipped, around).min() > cosine[k]:
            return flip_folds(vertices, flipped, label)
    return faces


def draw_out(vertices, faces, rounds: int = 2) -> np.ndarray:
    """Pull the ends of folds towards their neighbours."""
    vertices = vertices.copy()
    mean = meshing.averaging(len(vertices), faces)
    pairs = flips.edge_pairs(faces)
    for _ in range(rounds):
        ends = np.unique(pairs[straightness(vertices, faces, pairs) < SHARPEST, :2])
        vertices[ends] += 0.5 * ((mean @ vertices)[ends] - vertices[ends])
    return vertices


def straightness(vertices, faces, pairs) -> np.ndarray:
    """Cosine between the normals of the two faces at each edge, 1 where it is flat."""
    a, b, c = np.moveaxis(vertices[faces], 1, 0)
    normal = np.cross(b - a, c - a)
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-12)
    return np.sum(normal[pairs[:, 4]] * normal[pairs[:, 5]], -1)
