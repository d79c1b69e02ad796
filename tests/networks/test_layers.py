"""Faster layers against Flax's own, with the same parameters."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.networks.hourglass import Bottleneck
from handjax.networks.layers import Dense, GroupNorm

X = 3.0 + jax.random.normal(jax.random.key(0), (2, 4, 3, 8))
PAIRS = {
    "dense": (Dense(5), nn.Dense(5)),
    "norm": (GroupNorm(4), nn.GroupNorm(4)),
    "norm of one channel": (GroupNorm(8), nn.GroupNorm(8)),
    "norm of all": (GroupNorm(1), nn.GroupNorm(1)),
}


@pytest.mark.parametrize("name", PAIRS)
def test_a_layer_does_what_flax_does_forward_and_back(name):
    ours, theirs = PAIRS[name]
    params = theirs.init(jax.random.key(1), X)
    params = jax.tree.map(lambda p: p + 0.3, params)
    mine = ours.init(jax.random.key(1), X)
    assert jax.tree.structure(mine) == jax.tree.structure(params)

    def cost(layer, params, x):
        return jnp.sum(jnp.sin(layer.apply(params, x)))

    np.testing.assert_allclose(
        ours.apply(params, X), theirs.apply(params, X), atol=2e-5
    )
    slopes = [
        jax.grad(cost, argnums=(1, 2))(layer, params, X) for layer in (ours, theirs)
    ]
    for a, b in zip(*map(jax.tree.leaves, slopes), strict=True):
        np.testing.assert_allclose(a, b, atol=2e-4)


def test_what_is_equal_everywhere_is_normed_to_the_bias():
    flat = jnp.full((1, 4, 4, 8), 7.0)
    params = GroupNorm(2).init(jax.random.key(0), flat)
    found, slope = jax.value_and_grad(lambda x: GroupNorm(2).apply(params, x).sum())(
        flat
    )
    assert found == pytest.approx(0.0, abs=1e-2)
    assert np.isfinite(slope).all()


def test_parameters_keep_the_names_that_stored_weights_have():
    params = Bottleneck(8).init(jax.random.key(0), X)["params"]
    assert {"Dense_0", "Dense_1", "Conv_0", "GroupNorm_0"} <= params.keys()
