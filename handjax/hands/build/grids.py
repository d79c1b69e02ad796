"""The hand laid out in a square: `python -m handjax.hands.build.grids [--out DIR]`.

Three layouts of the vertices of `hand_1721`, in [0, 1]^2, u to the right, v down:
    mds: the whole surface flattened so that distances in the plane are as near as they
        can be to those along the surface. Palm and back come to lie on one another.
    sheets: the palm's side on the left and the back's on the right, each flattened so
        for itself, cut along the seam of the texture.
    atlas: the two charts of the texture, which was made to keep angles instead.
All look like the hand that is seen from either side, fingers up.
Source: [wan2020] Section 3.1 for the first; the others are ours.
"""

import argparse
from pathlib import Path

import numpy as np

from handjax.geometry.embedding import classical_mds, geodesic_distances, smacof
from handjax.hands.build import store
from handjax.hands.template import Template, load_template

LEVEL = "hand_1721"
STEPS = 150
"""Of SMACOF; the stress settles in about 20."""
GAP = 1.0 / 13.0
"""Between two sheets: a cell of a grid of 16 x 16 with a margin of 1 cell."""


def layouts(hand: Template, *, steps: int = STEPS, between: int = 4):
    """All layouts by name, and the side of the hand that each vertex counts to.

    Args:
        hand: at rest.
        steps: of SMACOF.
        between: points on each edge that paths along the surface may pass.
    """
    vertices, faces = np.asarray(hand.vertices, np.float64), np.asarray(hand.faces)
    face_side = sides_of_faces(np.asarray(hand.uv_faces))
    side = sides_of_vertices(vertices, faces, face_side)
    seen = vertices[:, :2]
    whole = flattened(vertices, faces, seen, steps=steps, between=between)
    sheets, atlas = np.zeros((2, len(vertices), 2))
    for value, sign in ((0, 1.0), (1, -1.0)):
        own, corners = faces[face_side == value], hand.uv_faces[face_side == value]
        used, piece = np.unique(own, return_inverse=True)
        flat = flattened(
            vertices[used],
            piece.reshape(-1, 3),
            seen[used] * [sign, 1.0],
            steps=steps,
            between=between,
        )
        chart = np.zeros_like(whole)
        chart[own] = np.asarray(hand.uv)[np.asarray(corners)] * [1.0, -1.0]
        left = value * 0.5 * (1.0 + GAP)
        mine = side == value
        for layout, places in ((sheets, flat), (atlas, chart[used])):
            layout[mine] = boxed(places, left)[mine[used]]
    return {"mds": squared(whole), "sheets": sheets, "atlas": atlas, "side": side}


def sides_of_faces(uv_faces: np.ndarray) -> np.ndarray:
    """Which of the texture's charts each face is in: 0 for that of the first corner."""
    from scipy import sparse

    i, j = uv_faces.ravel(), np.roll(uv_faces, 1, axis=1).ravel()
    graph = sparse.coo_array((np.ones(len(i)), (i, j)), (uv_faces.max() + 1,) * 2)
    chart = sparse.csgraph.connected_components(graph, directed=False)[1]
    return (chart != chart[0])[uv_faces[:, 0]].astype(int)


def sides_of_vertices(vertices, faces, face_side) -> np.ndarray:
    """The side that has more of the area around each vertex."""
    a, b, c = np.moveaxis(vertices[faces], 1, 0)
    area = np.linalg.norm(np.cross(b - a, c - a), axis=-1) * (2 * face_side - 1)
    share = np.bincount(faces.ravel(), np.repeat(area, 3), len(vertices))
    return (share > 0.0).astype(np.uint8)


def flattened(vertices, faces, seen, *, steps: int, between: int) -> np.ndarray:
    """A surface in the plane, mm, turned (or turned over) to look like `seen`."""
    D = geodesic_distances(vertices, faces, between=between)
    flat = smacof(D, classical_mds(D), steps)
    flat, seen = flat - flat.mean(axis=0), seen - seen.mean(axis=0)
    U, _, Vt = np.linalg.svd(flat.T @ seen)
    return flat @ U @ Vt


def squared(flat: np.ndarray) -> np.ndarray:
    """Scaled alike along both axes to fill the unit square along one."""
    low, high = flat.min(axis=0), flat.max(axis=0)
    return 0.5 + (flat - 0.5 * (low + high)) / np.max(high - low)


def boxed(flat: np.ndarray, left: float) -> np.ndarray:
    """Scaled to fill half the unit square, less the gap."""
    low, high = flat.min(axis=0), flat.max(axis=0)
    size = np.array([0.5 * (1.0 - GAP), 1.0])
    return np.array([left, 0.0]) + (flat - low) / (high - low) * size


def main() -> None:
    """Lay the hand out and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=store.ASSETS)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    store.write_layouts(args.out / "mesh_grid.npz", layouts(load_template(LEVEL)))


if __name__ == "__main__":
    main()
