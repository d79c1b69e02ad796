"""The Laplacian against its printed sum, and what a corrective costs."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.geometry import meshes
from handjax.methods.deep_hand_mesh import smoothness

EDGES = meshes.edges(np.array([[0, 1, 2], [0, 2, 3]]))
NEIGHBOURS = [[1, 2, 3], [0, 2], [0, 1, 3], [0, 2]]
M = jnp.asarray(np.random.default_rng(0).normal(0, 9, (4, 3)), jnp.float32)


def test_vertices_are_drawn_to_the_mean_of_their_neighbours():
    wanted = np.mean(
        [
            np.sum((M[v] - M[np.array(near)].mean(0)) ** 2)
            for v, near in enumerate(NEIGHBOURS)
        ]
    )
    assert smoothness.laplacian(M, EDGES) == pytest.approx(wanted, rel=1e-5)


def test_a_surface_that_moves_as_one_costs_as_much_as_before():
    before = float(smoothness.laplacian(M, EDGES))
    assert smoothness.laplacian(M + 50.0, EDGES) == pytest.approx(before, rel=1e-4)


def test_the_size_of_a_corrective_is_its_mean_squared_length():
    rows = jnp.array([[3.0, 4.0, 0.0], [0.0, 0.0, 1.0]])
    assert smoothness.size(rows) == pytest.approx(13.0)
    assert not jnp.any(jax.grad(smoothness.size)(jnp.zeros((2, 3))))
