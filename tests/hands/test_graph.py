"""The hand's trees: sizes, how they were made, and the way to their nodes and back."""

import jax.numpy as jnp
import numpy as np
import pytest

from handjax.geometry.graphs import FAKE
from handjax.hands.build import graph as build
from handjax.hands.graph import ROOTS, load_tree, to_nodes
from handjax.hands.template import load_template

every = pytest.mark.parametrize("level", ROOTS)


def test_the_larger_hand_has_the_papers_numbers_of_nodes():
    sizes = [len(graph.real) for graph in load_tree("hand_1000").graphs]
    assert sizes == [1280, 640, 320, 160, 80]


def test_the_smaller_hand_has_fewer_and_no_fake_root():
    graphs = load_tree("hand_790").graphs
    assert [len(graph.real) for graph in graphs] == [960, 480, 240, 120, 60]
    assert graphs[-1].real.all()


@every
def test_what_is_stored_is_what_the_script_makes(level):
    seed, vertices = build.tree(level, seeds=12)
    assert seed == {"hand_1000": 9, "hand_790": 5}[level]
    np.testing.assert_array_equal(load_tree(level).vertices, vertices)


@every
def test_neighbours_of_real_nodes_are_the_edges_of_the_mesh(level):
    tree, faces = load_tree(level), np.asarray(load_template(level).faces)
    edges = {(a, b) for face in faces for a in face for b in face}
    found = set()
    for node, row in enumerate(tree.graphs[0].neighbours):
        if tree.vertices[node] != FAKE:
            found |= {(tree.vertices[node], tree.vertices[other]) for other in row}
    assert found == edges


@every
def test_vertices_come_back_from_their_nodes_and_fake_ones_are_zero(level):
    tree, vertices = load_tree(level), load_template(level).vertices
    values = jnp.stack([vertices, vertices + 500.0])
    nodes = to_nodes(tree, values)
    np.testing.assert_array_equal(nodes[:, tree.nodes], values)
    assert not nodes[:, ~tree.graphs[0].real].any()


@every
def test_siblings_share_an_edge(level):
    tree, faces = load_tree(level), np.asarray(load_template(level).faces)
    pairs = tree.vertices.reshape(-1, 2)
    pairs = pairs[(pairs != FAKE).all(axis=1)]
    edges = {(a, b) for face in faces for a in face for b in face}
    assert len(pairs) > 0.4 * len(tree.nodes)
    assert {tuple(pair) for pair in pairs} <= edges


def test_a_level_without_a_tree_is_refused():
    with pytest.raises(ValueError, match="choose one of hand_1000, hand_790"):
        load_tree("hand_1721")


def test_the_share_of_fake_nodes_is_what_the_page_says():
    found = build.real_nodes(load_tree("hand_1000").vertices)
    assert found == [(1000, 1280), (536, 640), (281, 320), (148, 160), (77, 80)]
