"""Laplacians against scipy and by hand, and trees that keep what they promise."""

import numpy as np
import pytest
import trimesh
from scipy import sparse
from scipy.sparse import csgraph

from handjax.geometry.graphs import (
    FAKE,
    adjacency,
    binary_tree,
    coarsen,
    largest_eigenvalue,
    matching,
    merged,
    normalised_laplacian,
    rescaled_laplacian,
    tree_graphs,
)


@pytest.fixture(scope="module")
def ball():
    """W of a ball of 162 vertices."""
    mesh = trimesh.creation.icosphere(2)
    return adjacency(mesh.faces, len(mesh.vertices))


@pytest.fixture(scope="module")
def tree(ball):
    """Steps of its coarsening, and a tree with two roots to spare."""
    steps = coarsen(ball, 3, seed=1)
    return steps, binary_tree(steps, roots=int(steps[-1].max()) + 3)


def ring(count):
    """W of nodes in a circle."""
    around = sparse.eye_array(count).tocsr()[np.roll(np.arange(count), 1)]
    return (around + around.T).tocsr()


def full(graph):
    """A `Graph` as a matrix, entry by entry."""
    out = np.zeros((len(graph.real),) * 2)
    for i, (columns, weights) in enumerate(
        zip(graph.neighbours, graph.weights, strict=True)
    ):
        for column, weight in zip(columns, weights, strict=True):
            out[i, column] += weight
    return out


def test_edges_count_once_however_many_faces_share_them():
    W = adjacency(np.array([[0, 1, 2], [2, 1, 3]]), 5).toarray()
    expected = np.zeros((5, 5))
    for i, j in ((0, 1), (1, 2), (0, 2), (1, 3), (2, 3)):
        expected[i, j] = expected[j, i] = 1.0
    np.testing.assert_array_equal(W, expected)


def test_the_laplacian_is_scipys_isolated_nodes_included(ball):
    lonely = sparse.block_diag([ball, np.zeros((2, 2))]).tocsr()
    expected = csgraph.laplacian(lonely, normed=True).toarray()
    np.testing.assert_allclose(
        normalised_laplacian(lonely).toarray(), expected, atol=1e-12
    )


def test_the_laplacian_of_two_joined_nodes_is_known_and_inner_edges_do_not_count():
    W = sparse.csr_array(np.array([[4.0, 3.0], [3.0, 0.0]]))
    L = normalised_laplacian(W).toarray()
    np.testing.assert_allclose(L, [[1.0, -1.0], [-1.0, 1.0]])


@pytest.mark.parametrize("count", [8, 50])
def test_the_largest_eigenvalue_of_rings_is_known(count):
    # 1 - cos(2 pi k / n); an odd ring would not reach 2.
    assert largest_eigenvalue(normalised_laplacian(ring(count))) == pytest.approx(2.0)
    odd = largest_eigenvalue(normalised_laplacian(ring(count + 1)))
    assert odd == pytest.approx(1.0 + np.cos(np.pi / (count + 1)))


def test_rescaling_stretches_the_spectrum_over_minus_one_to_one(ball):
    values = np.linalg.eigvalsh(rescaled_laplacian(ball).toarray())
    assert values[[0, -1]] == pytest.approx([-1.0, 1.0])
    assert 1.0 < largest_eigenvalue(normalised_laplacian(ball)) < 1.9


def test_a_graph_without_edges_is_refused():
    with pytest.raises(ValueError, match="for 3 nodes without edges; check the faces"):
        rescaled_laplacian(sparse.csr_array((3, 3)))


def test_the_heaviest_cut_is_taken_and_the_first_of_equals():
    W = sparse.csr_array(
        np.array([[0, 1, 5, 0], [1, 0, 1, 1], [5, 1, 0, 1], [0, 1, 1, 0]], float)
    )
    # 0 takes 2 for its weight; then 3 has only 1 left.
    np.testing.assert_array_equal(matching(W, np.array([0, 3, 1, 2])), [0, 1, 0, 1])
    # Of equal weights the one to the smaller volume: 1 takes 3, of 2, not 0 or 2.
    np.testing.assert_array_equal(matching(W, np.array([1, 0, 2, 3])), [1, 0, 1, 0])
    # Around a ring all are equal; what is left over stays alone.
    np.testing.assert_array_equal(matching(ring(5), np.arange(5)), [0, 0, 1, 1, 2])


def test_every_coarse_node_is_one_node_or_two_joined_ones(ball):
    (coarse,) = coarsen(ball, 1, seed=0)
    for number in range(coarse.max() + 1):
        members = np.flatnonzero(coarse == number)
        assert len(members) in (1, 2)
        assert ball[members[0], members[-1]] or len(members) == 1
    # Nobody stays alone beside another who does.
    alone = np.flatnonzero(np.bincount(coarse)[coarse] == 1)
    assert not ball[alone][:, alone].nnz


def test_merging_keeps_the_weight_of_every_cut(ball):
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 7, ball.shape[0])
    W = merged(ball, coarse, 7).toarray()
    for i in range(7):
        for j in range(7):
            assert W[i, j] == ball.toarray()[coarse == i][:, coarse == j].sum()


def test_coarsening_is_decided_by_its_seed(ball):
    first, again, other = (coarsen(ball, 2, seed=seed) for seed in (3, 3, 4))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])


def test_the_tree_holds_every_vertex_once_and_pairs_siblings(ball, tree):
    steps, order = tree
    vertices = np.sort(order[order != FAKE])
    np.testing.assert_array_equal(vertices, np.arange(ball.shape[0]))
    ancestors = np.arange(ball.shape[0])
    for level, coarse in enumerate(steps, start=1):
        ancestors = coarse[ancestors]
        groups = order.reshape(-1, 2**level)
        found = [ancestors[group[group != FAKE]] for group in groups]
        assert all(len(set(group)) <= 1 for group in found)
        assert sum(len(group) > 0 for group in found) == coarse.max() + 1


def test_a_tree_with_too_few_roots_is_refused(tree):
    count = int(tree[0][-1].max()) + 1
    with pytest.raises(ValueError, match=f"{count} nodes wants {count} roots or more"):
        binary_tree(tree[0], roots=count - 1)


def test_graphs_of_the_tree_are_the_coarsened_ones_with_fake_nodes_cut_off(ball, tree):
    steps, order = tree
    graphs = tree_graphs(ball, order, 3)
    W, members = ball, [{v} for v in range(ball.shape[0])]
    for level, graph in enumerate(graphs):
        groups = [set(g[g != FAKE]) for g in order.reshape(-1, 2**level)]
        np.testing.assert_array_equal(graph.real, [len(g) > 0 for g in groups])
        place = [groups.index(m) for m in members]
        L = full(graph)
        np.testing.assert_allclose(
            L[np.ix_(place, place)], rescaled_laplacian(W).toarray(), atol=1e-6
        )
        np.testing.assert_array_equal(L[~graph.real], -np.eye(len(L))[~graph.real])
        np.testing.assert_allclose(L, L.T, atol=1e-6)
        if level < 3:
            coarse = steps[level]
            count = int(coarse.max()) + 1
            W = merged(W, coarse, count)
            members = [
                set().union(
                    *(m for m, c in zip(members, coarse, strict=True) if c == k)
                )
                for k in range(count)
            ]
