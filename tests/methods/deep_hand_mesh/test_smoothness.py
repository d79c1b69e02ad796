"""What a corrective costs."""

import jax
import jax.numpy as jnp
import pytest

from handjax.methods.deep_hand_mesh import smoothness


def test_the_size_of_a_corrective_is_its_mean_squared_length():
    rows = jnp.array([[3.0, 4.0, 0.0], [0.0, 0.0, 1.0]])
    assert smoothness.size(rows) == pytest.approx(13.0)
    assert not jnp.any(jax.grad(smoothness.size)(jnp.zeros((2, 3))))
