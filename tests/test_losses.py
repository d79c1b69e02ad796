"""How terms become one number."""

import jax.numpy as jnp
import pytest

from handjax.losses import weigh

TERMS = {"near": jnp.array(2.0), "far": jnp.array(5.0)}


def test_weigh_adds_each_term_times_its_weight():
    assert weigh(TERMS, {"near": 3.0, "far": 0.1}) == pytest.approx(6.5)


def test_weigh_leaves_terms_without_weight_out():
    assert weigh(TERMS, {"far": 1.0}) == 5.0


def test_weigh_refuses_a_weight_without_term():
    with pytest.raises(KeyError, match=r"weights name \['fra'\].*'far', 'near'"):
        weigh(TERMS, {"fra": 1.0})
