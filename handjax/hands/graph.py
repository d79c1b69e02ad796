"""The hand as a tree of ever coarser graphs, for networks on its surface.

`build.graph` made the stored trees.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from handjax.geometry.graphs import (
    FAKE,
    Graph,
    adjacency,
    binary_tree,
    coarsen,
    tree_graphs,
)
from handjax.hands.template import ASSETS, is_file, load_template

HALVINGS = 4
SEEDS = 8
"""Of trees that are tried for a hand in a file."""
ROOTS = {"hand_1000": 80, "hand_790": 60}
"""Nodes of the coarsest graph of each level that has a tree. 80 make the 1280, 640,
320, 160 and 80 nodes of [ge2019]; 60 are the fewest that the smaller hand needs."""


class HandTree(NamedTuple):
    """A hand's surface on a perfect binary tree: node i has the children 2i, 2i + 1.

    Attributes:
        vertices: the vertex at each node of the finest graph; `graphs.FAKE` where
            there is none.
        nodes: the node of each vertex.
        graphs: of all levels, the finest first, each with half the nodes of the last.
    """

    vertices: Int[Any, "nodes"]
    nodes: Int[Any, "vertices"]
    graphs: tuple[Graph, ...]


@lru_cache
def load_tree(level: str = "hand_1000") -> HandTree:
    """The tree of one level of the hand, one of `ROOTS`, or of a hand in a file.

    Any other mesh can have one: `graphs.coarsen`, `binary_tree`, `tree_graphs`.
    """
    if is_file(level):
        return make_tree(level, coarsened(level))
    if level not in ROOTS:
        raise ValueError(
            f"no tree is stored for {level!r}; choose one of {', '.join(ROOTS)}"
        )
    with np.load(ASSETS / "trees.npz", allow_pickle=False) as file:
        return make_tree(level, file[level].astype(np.int32))


def coarsened(level: str, *, seeds: int = SEEDS) -> Int[np.ndarray, "nodes"]:
    """The vertex at each node of the finest graph, of the smallest of some trees.

    Args:
        level: a name that `load_template` takes.
        seeds: how many are tried.
    """
    hand = load_template(level)
    W = adjacency(np.asarray(hand.faces), len(hand.vertices))
    found = [coarsen(W, HALVINGS, seed=seed) for seed in range(seeds)]
    best = min(found, key=lambda steps: steps[-1].max())
    return binary_tree(best, roots=int(best[-1].max()) + 1)


def make_tree(level: str, vertices: Int[np.ndarray, "nodes"]) -> HandTree:
    """A level's tree from the vertices at the nodes of its finest graph."""
    hand = load_template(level)
    count = len(hand.vertices)
    W = adjacency(np.asarray(hand.faces), count)
    nodes = np.argsort(vertices, kind="stable")[-count:].astype(np.int32)
    return HandTree(vertices, nodes, tree_graphs(W, vertices, HALVINGS))


def to_nodes(
    tree: HandTree, values: Float[Array, "*batch vertices channels"]
) -> Float[Array, "*batch nodes channels"]:
    """What vertices have, at the nodes of the finest graph; 0 at fake ones.

    `found[..., tree.nodes, :]` is the way back.
    """
    real = (tree.vertices != FAKE)[:, None]
    return jnp.where(real, values[..., np.maximum(tree.vertices, 0), :], 0.0)
