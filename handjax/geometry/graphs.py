"""Graphs of meshes, and trees of ever coarser ones; on the host, once a mesh.

A tree's nodes are sorted so that node i of one level has the children 2i and 2i + 1 of
the level below it: pooling and upsampling are then a reshape. Graph coarsening leaves
some nodes with one child and pads the coarsest level; what is missing is filled with
fake nodes, which have no edges and whose children are fake.

Notation, shared by every function here and by the tests:
    W: adjacency, symmetric, sparse, (nodes, nodes), w_ij; the diagonal holds the edges
        inside a coarse node, twice each.
    d: sums of its rows, (nodes,): what Graclus calls volumes.
    L: normalised Laplacian, sparse, (nodes, nodes).

[defferrard2016]: Defferrard, Bresson and Vandergheynst, Convolutional neural networks
on graphs with fast localized spectral filtering, NeurIPS 2016.
"""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from handjax.geometry.meshes import edges

FAKE = -1
"""In place of the vertex that a fake node does not have."""
SMALL = 32  # nodes for which a dense solver is at hand and Lanczos not worth while


class Graph(NamedTuple):
    """The rescaled Laplacian of one level, 2L / lambda_max - I, in rows of equal width.

    Row i of its product with f is the sum over k of weights[i, k] f[neighbours[i, k]].

    Attributes:
        neighbours: columns that a row has, itself among them; rows that have fewer
            are filled up with themselves.
        weights: the entries there; 0 where filled up.
        real: which nodes are not fake.
    """

    neighbours: Int[Any, "nodes width"]
    weights: Float[Any, "nodes width"]
    real: Bool[Any, "nodes"]


def adjacency(faces: Int[Any, "faces 3"], count: int) -> Any:
    """W of a mesh: 1 along its edges.

    Args:
        faces: of the mesh.
        count: of vertices.

    Source: [ge2019] Section 4.2.
    """
    from scipy import sparse

    i, j = edges(faces).T
    ones = np.ones(2 * len(i))
    both = (np.concatenate([i, j]), np.concatenate([j, i]))
    return sparse.coo_array((ones, both), (count, count)).tocsr()


def normalised_laplacian(W: Any) -> Any:
    """L of a graph.

        L = I - D^-1/2 W D^-1/2

    The diagonal of W counts for nothing. The row of a node without edges is 0, as if
    it were a graph by itself; L then keeps its spectrum within 0 to 2.

    Source: [ge2019] Section 4.2.
    """
    from scipy import sparse

    W = W - sparse.diags_array(W.diagonal())
    d = np.asarray(W.sum(axis=1), np.float64)
    joined = d > 0.0
    root = sparse.diags_array(np.where(joined, d, 1.0) ** -0.5)
    return (sparse.diags_array(joined.astype(np.float64)) - root @ W @ root).tocsr()


def largest_eigenvalue(L: Any) -> float:
    """lambda_max of a symmetric matrix; Lanczos, always from the same start."""
    from scipy.sparse.linalg import eigsh

    count = L.shape[0]
    if count <= SMALL:
        return float(np.linalg.eigvalsh(L.toarray())[-1])
    start = np.random.default_rng(0).normal(size=count)
    return float(eigsh(L, 1, which="LA", v0=start, return_eigenvectors=False)[0])


def rescaled_laplacian(W: Any) -> Any:
    """The Laplacian of a graph with its spectrum stretched over -1 to 1.

        2L / lambda_max - I

    A node without edges has -1 on the diagonal and nothing else. The authors' code has
    L / (2 lambda_max) - I, whose spectrum is -1 to -0.5: their weights need that, what
    is trained here must not have it.

    Raises:
        ValueError: if the graph has no edges.

    Source: [ge2019] Section 4.2, below Eq. (1).
    """
    from scipy import sparse

    L = normalised_laplacian(W)
    if not L.nnz:
        raise ValueError(
            "a Laplacian is rescaled by its largest eigenvalue, which is 0 for "
            f"{L.shape[0]} nodes without edges; check the faces that they come from"
        )
    return (2.0 / largest_eigenvalue(L) * L - sparse.eye_array(L.shape[0])).tocsr()


def matching(W: Any, order: Int[np.ndarray, "nodes"]) -> Int[np.ndarray, "nodes"]:
    """Nodes paired along heavy edges: the coarse node that each becomes part of.

    One after the other, each node still free takes the free neighbour with the largest
    cut by volume,

        w_ij (1 / d_i + 1 / d_j),

    the first of equals, or stays alone.

    Args:
        W: of the graph, rows sorted by column.
        order: in which the nodes have their turn; coarse nodes are numbered so.

    Source: Dhillon, Guan and Kulis, Weighted graph cuts without eigenvectors, PAMI
    29(11), 2007 (Graclus), as simplified in [defferrard2016] Section 2.2.
    """
    d = np.asarray(W.sum(axis=1))
    coarse, count = np.full(len(order), FAKE), 0
    for node in order:
        if coarse[node] != FAKE:
            continue
        coarse[node] = count
        row = slice(W.indptr[node], W.indptr[node + 1])
        others, weights = W.indices[row], W.data[row]
        free = coarse[others] == FAKE
        if free.any():
            others, weights = others[free], weights[free]
            cut = weights * (1.0 / d[node] + 1.0 / d[others])
            coarse[others[np.argmax(cut)]] = count
        count += 1
    return coarse


def merged(W: Any, coarse: Int[np.ndarray, "nodes"], count: int) -> Any:
    """W of a coarse graph: sums of the weights between, and within, its nodes."""
    from scipy import sparse

    entries = W.tocoo()
    i, j = (coarse[of] for of in entries.coords)
    out = sparse.coo_array((entries.data, (i, j)), (count, count)).tocsr()
    out.sort_indices()
    return out


def coarsen(W: Any, halvings: int, *, seed: int) -> list[Int[np.ndarray, "_"]]:
    """`matching` of a graph, of what it makes of it, and so on.

    Vertices have their turn at random, coarse nodes by volume, the smallest first.
    A vertex without edges stays alone all the way.

    Args:
        W: of the finest graph.
        halvings: how often.
        seed: of the turns of the vertices.
    """
    order, out = np.random.default_rng(seed).permutation(W.shape[0]), []
    for _ in range(halvings):
        coarse = matching(W, order)
        out.append(coarse)
        W = merged(W, coarse, int(coarse.max(initial=-1)) + 1)
        order = np.argsort(W.sum(axis=1), kind="stable")
    return out


def binary_tree(
    steps: list[Int[np.ndarray, "_"]], *, roots: int
) -> Int[np.ndarray, "nodes"]:
    """The vertex at each node of a tree's finest level, `FAKE` where there is none.

    Args:
        steps: the coarse node of each node, finest first, as of `coarsen`.
        roots: nodes of the coarsest level, fake ones included; those of the finest are
            this, doubled once a step.

    Raises:
        ValueError: if there are fewer than the coarsest graph has.

    Source: [defferrard2016] Section 2.3.
    """
    count = int(steps[-1].max(initial=-1)) + 1
    if roots < count:
        raise ValueError(
            f"a tree over a coarsest graph of {count} nodes wants {count} roots or "
            f"more, got {roots}; give it more, or coarsen with another seed"
        )
    order = np.full(roots, FAKE)
    order[:count] = np.arange(count)
    for coarse in reversed(steps):
        # Two places beneath every node, filled from the left.
        children = np.argsort(coarse, kind="stable")
        first = np.searchsorted(coarse[children], coarse[children])
        place = np.argsort(order, kind="stable")[-(coarse.max() + 1) :]
        order = np.full(2 * len(order), FAKE)
        rank = np.arange(len(children)) - first
        order[2 * place[coarse[children]] + rank] = children
    return order


def tree_graphs(
    W: Any, order: Int[np.ndarray, "nodes"], halvings: int
) -> tuple[Graph, ...]:
    """The graphs of all levels of a tree, finest first.

    Coarse edges weigh the sum of the fine ones that they stand for.

    Args:
        W: of the mesh.
        order: the vertex at each node of the finest level, as of `binary_tree`.
        halvings: levels besides the finest.
    """
    place = np.argsort(order, kind="stable")[-W.shape[0] :]
    out = []
    for level in range(halvings + 1):
        count = len(order) >> level
        real = (order != FAKE).reshape(count, -1).any(axis=1)
        out.append(_rows(rescaled_laplacian(merged(W, place >> level, count)), real))
    return tuple(out)


def _rows(matrix: Any, real: Bool[np.ndarray, "nodes"]) -> Graph:
    """A sparse matrix in rows of equal width."""
    matrix = matrix.tocsr()
    counts = np.diff(matrix.indptr)
    shape = (len(real), int(counts.max()))
    filled = np.arange(shape[1]) < counts[:, None]
    neighbours = np.repeat(np.arange(len(real), dtype=np.int32)[:, None], shape[1], 1)
    weights = np.zeros(shape, np.float32)
    neighbours[filled], weights[filled] = matrix.indices, matrix.data
    return Graph(neighbours, weights, real)
