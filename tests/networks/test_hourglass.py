"""The hourglass: sizes, independence of examples, reach."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.networks import hourglass
from handjax.networks.hourglass import StackedHourglass


@pytest.fixture(scope="module")
def small():
    """Two stacks over two resolutions, and a batch for it."""
    network = StackedHourglass(maps=6, widths=(16, 32), stacks=2)
    images = jax.random.normal(jax.random.key(0), (3, 16, 16, 1))
    params = jax.jit(network.init)(jax.random.key(1), images)
    return jax.jit(network.apply), params, images


def test_every_stack_gives_maps_at_a_quarter_of_the_resolution(small):
    apply, params, images = small
    assert [maps.shape for maps in apply(params, images)] == [(3, 4, 4, 6)] * 2


def test_stacks_differ_and_start_finite(small):
    apply, params, images = small
    first, last = apply(params, images)
    assert jnp.isfinite(first).all()
    assert jnp.isfinite(last).all()
    assert not jnp.allclose(first, last)


def test_examples_do_not_touch_one_another(small):
    apply, params, images = small
    alone = apply(params, images.at[1:].set(7.0))[-1][0]
    np.testing.assert_allclose(alone, apply(params, images)[-1][0], atol=1e-5)


def test_gradient_reaches_every_parameter(small):
    apply, params, images = small

    def loss(params):
        # A sum alone would not feel what group norm takes out.
        return sum(jnp.sum(jnp.sin(maps)) for maps in apply(params, images))

    gradients = jax.tree.leaves(jax.jit(jax.grad(loss))(params))
    assert all(jnp.isfinite(g).all() and (g != 0).any() for g in gradients)


def test_bfloat16_stays_within_the_network(small):
    apply, params, images = small
    network = StackedHourglass(maps=6, widths=(16, 32), stacks=2, dtype=jnp.bfloat16)
    coarse = jax.jit(network.apply)(params, images)
    exact = apply(params, images)
    shapes = jax.eval_shape(network.init, jax.random.key(1), images)
    assert all(leaf.dtype == jnp.float32 for leaf in jax.tree.leaves(shapes))
    assert all(maps.dtype == jnp.float32 for maps in coarse)
    # Later stacks differ more: norms over the few pixels of a picture this small.
    off = jnp.abs(coarse[0] - exact[0]).mean() / jnp.abs(exact[0]).mean()
    assert 0.0 < off < 0.1


def test_halve_takes_the_largest_of_each_two_by_two():
    x = jnp.arange(16.0).reshape(1, 4, 4, 1)
    np.testing.assert_array_equal(hourglass.halve(x)[0, :, :, 0], [[5, 7], [13, 15]])


def test_upsample_repeats_and_halve_undoes_it():
    x = jax.random.normal(jax.random.key(0), (2, 3, 5, 4))
    doubled = hourglass.upsample(x)
    assert doubled.shape == (2, 6, 10, 4)
    np.testing.assert_array_equal(hourglass.halve(doubled), x)
