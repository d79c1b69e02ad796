"""What the tests of geometry share."""

import jax
import numpy as np
import pytest


@pytest.fixture
def equals_loop():
    """Checks that jit(vmap(function)) is the function, one example after another."""

    def check(function, *batch, atol=1e-5):
        together = jax.jit(jax.vmap(function))(*batch)
        for k in range(len(jax.tree.leaves(batch)[0])):
            alone = function(*jax.tree.map(lambda x, k=k: x[k], batch))
            one = jax.tree.map(lambda x, k=k: x[k], together)
            assert jax.tree.structure(one) == jax.tree.structure(alone)
            for x, y in zip(jax.tree.leaves(one), jax.tree.leaves(alone), strict=True):
                np.testing.assert_allclose(x, y, rtol=1e-5, atol=atol)

    return check
