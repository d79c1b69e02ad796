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


def layouts(
    hand: Template, *, steps: int = STEPS, between: int = 4
) -> dict[str, np.ndarray]:
    """All layouts by name, and as `side` the sheet that each vertex lies on.

    Args:
        hand: at rest.
        steps: of SMACOF.
        between: points on each edge that paths along the surface may pass.
    """
    vertices, faces = np.asarray(hand.vertices, np.float64), np.asarray(hand.faces)
    uv = np.asarray(hand.uv, np.float64)[np.asarray(hand.uv_faces)] * [1.0, -1.0]
    face_side = sides_of_faces(np.asarray(hand.uv_faces))
    side = sides_of_vertices(vertices, faces, face_side)
    how = {"steps": steps, "between": between}
    sheets, atlas = np.zeros((2, len(vertices), 2))
    for value, sign in ((0, 1.0), (1, -1.0)):
        own = faces[face_side == value]
        used, piece = np.unique(own, return_inverse=True)
        looks = vertices[used, :2] * [sign, 1.0]
        flat = flattened(vertices[used], piece.reshape(-1, 3), looks, **how)
        chart = np.zeros_like(flat)
        chart[piece.reshape(-1, 3)] = uv[face_side == value]
        mine = side[used] == value
        for layout, places in ((sheets, flat), (atlas, chart)):
            layout[used[mine]] = boxed(places, right=value == 1)[mine]
    mds = squared(flattened(vertices, faces, vertices[:, :2], **how))
    return {"mds": mds, "sheets": sheets, "atlas": atlas, "side": side}


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


def boxed(flat: np.ndarray, *, right: bool) -> np.ndarray:
    """Scaled along each axis to fill one half of the unit square, less the gap."""
    low, high = flat.min(axis=0), flat.max(axis=0)
    size = np.array([0.5 * (1.0 - GAP), 1.0])
    return (flat - low) / (high - low) * size + [right * (1.0 - size[0]), 0.0]


def main() -> None:
    """Lay the hand out and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=store.ASSETS)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    store.write_layouts(args.out / "mesh_grid.npz", layouts(load_template(LEVEL)))


if __name__ == "__main__":
    main()
