"""How terms become one number, and what several papers weigh."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax import losses
from handjax.geometry import meshes
from handjax.losses import weigh

EDGES = meshes.edges(np.array([[0, 1, 2], [0, 2, 3]]))
NEIGHBOURS = [[1, 2, 3], [0, 2], [0, 1, 3], [0, 2]]
M = jnp.asarray(np.random.default_rng(0).normal(0, 9, (4, 3)), jnp.float32)
TERMS = {"near": jnp.array(2.0), "far": jnp.array(5.0)}


def test_weigh_adds_each_term_times_its_weight():
    assert weigh(TERMS, {"near": 3.0, "far": 0.1}) == pytest.approx(6.5)


def test_weigh_leaves_terms_without_weight_out():
    assert weigh(TERMS, {"far": 1.0}) == 5.0


def test_a_term_of_weight_zero_spoils_neither_the_sum_nor_its_gradient():
    def total(x):
        terms = {"near": x, "steep": jnp.sqrt(x - 1.0), "far": x / 0.0}
        return weigh(terms, {"near": 2.0, "steep": 0.0, "far": 0.0})

    assert jax.value_and_grad(total)(1.0) == (2.0, 2.0)


def test_weigh_refuses_a_weight_without_term():
    with pytest.raises(KeyError, match=r"weights name \['fra'\].*'far', 'near'"):
        weigh(TERMS, {"fra": 1.0})


def test_smooth_l1_is_a_parabola_that_goes_on_straight():
    x = jnp.array([0.0, 5.0, 10.0, -30.0])
    np.testing.assert_allclose(
        losses.smooth_l1(x, 10.0), [0.0, 1.25, 5.0, 25.0], rtol=1e-6
    )


def test_vertices_are_drawn_to_the_mean_of_their_neighbours():
    wanted = np.mean(
        [
            np.sum((M[v] - M[np.array(near)].mean(0)) ** 2)
            for v, near in enumerate(NEIGHBOURS)
        ]
    )
    assert losses.laplacian(M, EDGES) == pytest.approx(wanted, rel=1e-5)


def test_a_surface_that_moves_as_one_costs_as_much_as_before():
    before = float(losses.laplacian(M, EDGES))
    assert losses.laplacian(M + 50.0, EDGES) == pytest.approx(before, rel=1e-4)
