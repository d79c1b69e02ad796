"""The hand's trees of graphs: `python -m handjax.hands.build.graph [--out DIR]`.

Of `SEEDS` coarsenings of each level that one is taken which has the fewest nodes on its
coarsest graph, the first of equals. Prints what share of the nodes is fake.
Source: [ge2019] Section 4.2, Figure 5.
"""

import argparse
from pathlib import Path

import numpy as np

from handjax.geometry.graphs import FAKE, adjacency, binary_tree, coarsen
from handjax.hands.build import store
from handjax.hands.graph import HALVINGS, ROOTS
from handjax.hands.template import load_template

SEEDS = 64


def tree(level: str, *, seeds: int = SEEDS) -> tuple[int, np.ndarray]:
    """The seed that was taken, and the vertex at each node of the finest graph."""
    hand = load_template(level)
    W = adjacency(np.asarray(hand.faces), len(hand.vertices))
    found = [coarsen(W, HALVINGS, seed=seed) for seed in range(seeds)]
    best = int(np.argmin([steps[-1].max() for steps in found]))
    return best, binary_tree(found[best], roots=ROOTS[level])


def real_nodes(order: np.ndarray) -> list[tuple[int, int]]:
    """Real nodes and all nodes of each level, finest first."""
    sizes = [len(order) >> level for level in range(HALVINGS + 1)]
    real = order != FAKE
    return [(int(real.reshape(n, -1).any(axis=1).sum()), n) for n in sizes]


def main() -> None:
    """Coarsen, say how it went, and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=store.ASSETS)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    trees = {}
    for level in ROOTS:
        seed, trees[level] = tree(level)
        print(f"{level}, seed {seed} of {SEEDS}")
        for real, nodes in real_nodes(trees[level]):
            print(f"{nodes:6} nodes, {real:5} real, {1 - real / nodes:6.1%} fake")
    store.write_trees(args.out / "trees.npz", trees)


if __name__ == "__main__":
    main()
