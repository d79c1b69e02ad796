"""Edge flips and relaxation: even triangles on the same surface."""

import numpy as np
from scipy import sparse

from handjax.hands.build import meshing


def flip_edges(vertices, faces, label, wanted, rounds: int = 3) -> np.ndarray:
    """Flip the edges that `wanted(vertices, pairs)` marks.

    A flip is refused where the surface would crease, where the new edge exists already
    and on the seam between faces of different `label`.
    """
    faces = faces.copy()
    for _ in range(rounds):
        if not _flip_round(vertices, faces, label, wanted):
            break
    return faces


def _flip_round(vertices, faces, label, wanted) -> int:
    pairs = edge_pairs(faces)
    edges = {tuple(sorted(e)) for e in pairs[:, :2].tolist()}
    touched, flipped = set(), 0
    inside = label[pairs[:, 4]] == label[pairs[:, 5]]
    for a, b, c, d, left, right in pairs[inside & wanted(vertices, pairs)].tolist():
        if {left, right} & touched or tuple(sorted((c, d))) in edges:
            continue
        if _smooth(vertices, a, b, c, d):
            faces[left], faces[right] = (c, a, d), (d, b, c)
            edges.add(tuple(sorted((c, d))))
            edges.discard(tuple(sorted((a, b))))
            touched |= {left, right}
            flipped += 1
    return flipped


def edge_pairs(faces: np.ndarray) -> np.ndarray:
    """Edge a-b, its opposite corners c, d and the faces (a, b, c) and (b, a, d)."""
    half = np.concatenate(
        [faces[:, [0, 1, 2]], faces[:, [1, 2, 0]], faces[:, [2, 0, 1]]]
    )
    owner = np.tile(np.arange(len(faces)), 3)
    key = half[:, 0] * (faces.max() + 1) + half[:, 1]
    twin = half[:, 1] * (faces.max() + 1) + half[:, 0]
    order = np.argsort(key)
    other = order[np.searchsorted(key[order], twin)]
    once = half[:, 0] < half[:, 1]
    columns = [half[:, 0], half[:, 1], half[:, 2], half[other, 2], owner, owner[other]]
    return np.stack(columns, -1)[once]


def blunt(vertices: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Edges whose opposite angles sum to over 180 degrees: not Delaunay."""
    a, b, c, d = np.moveaxis(vertices[pairs[:, :4]], 1, 0)
    return _cotangent(a - c, b - c) + _cotangent(a - d, b - d) < -1e-6


def against_grain(normals: np.ndarray):
    """Edges that cross the surface's bend; flipped, facets follow fingers and rims.

    Args:
        normals: of the smooth surface at each vertex.
    """

    def wanted(vertices: np.ndarray, pairs: np.ndarray) -> np.ndarray:
        a, b, c, d = pairs[:, :4].T
        before, _ = _misfit(vertices, normals, (a, b, c), (b, a, d))
        after, roundness = _misfit(vertices, normals, (c, a, d), (d, b, c))
        return (after < 0.9 * before - 1e-3) & (roundness > 0.45)

    return wanted


def _misfit(vertices, normals, *triangles) -> tuple[np.ndarray, np.ndarray]:
    """Area-weighted tilt of facets against the surface, and their least roundness."""
    count = len(triangles[0][0])
    tilt, roundness = np.zeros(count), np.full(count, np.inf)
    for corners in triangles:
        p, n = vertices[np.stack(corners)], normals[np.stack(corners)].sum(0)
        facet = np.cross(p[1] - p[0], p[2] - p[0])
        area = np.linalg.norm(facet, axis=-1)
        tilt += area - np.sum(facet * n, -1) / np.linalg.norm(n, axis=-1)
        edges = np.sum((p - np.roll(p, 1, 0)) ** 2, (0, 2))
        roundness = np.minimum(roundness, 2.0 * np.sqrt(3.0) * area / edges)
    return tilt, roundness


def _cotangent(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    area = np.linalg.norm(np.cross(u, v), axis=-1)
    return np.sum(u * v, -1) / np.maximum(area, 1e-12)


def _smooth(vertices, a: int, b: int, c: int, d: int) -> bool:
    """Whether the flipped pair faces the same way as the pair it replaces."""
    A, B, C, D = vertices[[a, b, c, d]]
    before = _unit(np.cross(B - A, C - A)) + _unit(np.cross(A - B, D - B))
    after = np.stack([np.cross(A - C, D - C), np.cross(B - D, C - D)])
    after /= np.maximum(np.linalg.norm(after, axis=-1, keepdims=True), 1e-12)
    return bool(np.all(after @ _unit(before) > 0.5))


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / max(np.linalg.norm(vector), 1e-12)


def sliding(vertex_count: int, faces: np.ndarray, label: np.ndarray):
    """Averaging matrix in which vertices on the seam follow the seam alone."""
    pairs = edge_pairs(faces)
    seam = pairs[label[pairs[:, 4]] != label[pairs[:, 5]], :2]
    ends = np.concatenate([seam, seam[:, ::-1]])
    shape = (vertex_count, vertex_count)
    along = sparse.csr_matrix((np.ones(len(ends)), ends.T), shape)
    on_seam = np.asarray(along.sum(1)).ravel() > 0
    graph = meshing.adjacency(vertex_count, faces)
    graph = sparse.diags((~on_seam).astype(float)) @ graph + along
    return sparse.diags(1.0 / np.asarray(graph.sum(1)).ravel()) @ graph


def even(vertices, faces, label, *, rounds: int, detailed: bool):
    """Alternate flips with sliding along the surface; vertices and faces.

    Coarse levels end with facets along the grain, or they would look rough.
    """
    for _ in range(rounds):
        faces = flip_edges(vertices, faces, label, blunt)
        mean = sliding(len(vertices), faces, label)
        vertices = meshing.relax(vertices, faces, mean, 1, detailed=detailed)
    if detailed:
        return vertices, flip_edges(vertices, faces, label, blunt)
    normals = meshing.normals(vertices, detailed=detailed)
    return vertices, flip_edges(vertices, faces, label, against_grain(normals))
