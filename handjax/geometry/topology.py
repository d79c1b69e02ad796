"""How the faces of a triangle mesh hang together; on the host, once a mesh."""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Int

ALONE = -1
"""In place of an edge's second face where it has one only."""


class EdgeFaces(NamedTuple):
    """The edges of a mesh, and the faces on both sides.

    Where more than two faces share an edge, each has it for itself.

    Attributes:
        ends: two vertices each.
        faces: on either side; the second is `ALONE` where there is one only.
        opposite: the third vertex of these faces; the first's again if it is alone.
        around: the other faces at its two ends; `ALONE` where there are fewer.
    """

    ends: Int[Any, "edges 2"]
    faces: Int[Any, "edges 2"]
    opposite: Int[Any, "edges 2"]
    touching: Int[Any, "corners"]
    first: Int[Any, "ends_of_vertices"]


def edge_faces(faces: Int[Any, "faces 3"]) -> EdgeFaces:
    """The edges of a mesh with their faces."""
    faces = np.asarray(faces, np.int32)
    sides = np.sort(faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    order = np.lexsort(sides.T[::-1])
    ends = sides[order]
    face, opposite = order // 3, faces[:, [2, 0, 1]].ravel()[order]
    change = np.r_[True, (ends[1:] != ends[:-1]).any(axis=1)][: len(ends)]
    run = np.cumsum(change) - 1
    paired = np.bincount(run)[run] == 2
    first, alone = paired & change, ~paired
    kept = np.flatnonzero(first | alone)
    second = np.where(paired[kept], kept + 1, kept)
    sides_of = np.stack(
        [face[kept], np.where(paired[kept], face[second % len(face)], ALONE)], axis=1
    ).astype(np.int32)
    return EdgeFaces(
        ends[kept],
        sides_of,
        np.stack([opposite[kept], opposite[second]], axis=1),
        *_touching(faces),
    )


def _touching(faces):
    """The faces at each vertex, in one list, and where each vertex's begin.

    A table with a row for each vertex would be as wide as the most crowded one needs.
    """
    order = np.argsort(faces.ravel(), kind="stable")
    vertices = np.arange(faces.max(initial=-1) + 2)
    first = np.searchsorted(faces.ravel()[order], vertices)
    return (order // 3).astype(np.int32), first.astype(np.int32)
