"""How terms become one number."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax import losses
from handjax.losses import weigh

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
