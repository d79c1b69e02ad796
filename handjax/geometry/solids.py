"""What lies inside a triangle mesh, and what closes one that is open; on the host.

Notation, shared by every function here and by the tests:
    w: winding number of a closed mesh about a point: 1 inside, 0 outside, 2 where it
        is inside itself, -1 where it is inside out.
"""

import numpy as np
from jaxtyping import Float, Int


def winding_numbers(
    points: Float[np.ndarray, "points 3"],
    triangles: Float[np.ndarray, "triangles 3 3"],
) -> Int[np.ndarray, "points"]:
    """w of a closed mesh: how often a line along z leaves it above each point.

    Args:
        points: none of them straight below an edge; see `crossings`.
        triangles: corners of its faces.
    """
    line, z, leaves = crossings(points[:, :2], triangles)
    above = z > points[line, 2]
    return np.bincount(line[above], leaves[above], len(points)).astype(int)


def crossings(
    lines: Float[np.ndarray, "lines 2"],
    triangles: Float[np.ndarray, "triangles 3 3"],
) -> tuple[
    Int[np.ndarray, "crossings"],
    Float[np.ndarray, "crossings"],
    Int[np.ndarray, "crossings"],
]:
    """Where lines along z cross triangles, in no order.

    A line that meets an edge or a corner exactly crosses nothing there: turn meshes
    first whose edges lie on a lattice.

    Args:
        lines: x and y of each.
        triangles: their corners, counter-clockwise seen from outside.

    Returns:
        line: the number of the line.
        z: where it crosses.
        leaves: 1 where it goes out as z grows, -1 where it goes in.
    """
    from scipy.spatial import KDTree

    flat = triangles[..., :2]
    centres = flat.mean(axis=1)
    radii = np.linalg.norm(flat - centres[:, None], axis=-1).max(axis=1, initial=0.0)
    # Lines on a lattice need no medians, and a tree without is built sooner.
    tree = KDTree(lines, balanced_tree=False, compact_nodes=False)
    near = tree.query_ball_point(centres, radii)
    face = np.repeat(np.arange(len(near)), [len(one) for one in near])
    line = np.concatenate([*near, []]).astype(int)
    a, b, c = np.moveaxis(flat[face] - lines[line][:, None], 1, 0)
    areas = np.stack([_cross(b, c), _cross(c, a), _cross(a, b)], axis=-1)
    hit = (areas > 0).all(axis=-1) | (areas < 0).all(axis=-1)
    areas, face, line = areas[hit], face[hit], line[hit]
    total = areas.sum(axis=-1)
    z = np.sum(areas * triangles[face, :, 2], axis=-1) / total
    return line, z, np.sign(total).astype(int)


def fans(
    faces: Int[np.ndarray, "faces 3"], first: int
) -> tuple[Int[np.ndarray, "fans 3"], list[Int[np.ndarray, "_"]]]:
    """Faces that close an open mesh, each hole by a fan about a point of its own.

    Args:
        faces: three vertices each.
        first: the number that the first new point will have.

    Returns:
        faces: of the fans, facing as the mesh does.
        rims: the vertices around each hole; their centroid is a good new point.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ends = open_edges(faces)
    rim, place = np.unique(ends, return_inverse=True)
    i, j = place.reshape(ends.shape).T
    graph = coo_array((np.ones(len(i)), (i, j)), shape=(len(rim), len(rim)))
    count, hole = connected_components(graph, directed=False)
    fan = np.stack([ends[:, 1], ends[:, 0], first + hole[i]], axis=-1)
    return fan, [rim[hole == k] for k in range(count)]


def open_edges(faces: Int[np.ndarray, "faces 3"]) -> Int[np.ndarray, "edges 2"]:
    """Edges as faces run along them, without those that others run back along."""
    ends = faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    way = np.where(ends[:, 0] < ends[:, 1], 1, -1)
    pairs, which = np.unique(np.sort(ends, axis=1), axis=0, return_inverse=True)
    net = np.bincount(which.ravel(), way, len(pairs)).astype(int)
    pairs = np.where((net < 0)[:, None], pairs[:, ::-1], pairs)
    return np.repeat(pairs, np.abs(net), axis=0)


def _cross(p, q):
    return p[..., 0] * q[..., 1] - p[..., 1] * q[..., 0]
