"""Numbers that are made before they are read stay what they are."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.geometry.settled import settled

TREE = {"a": jnp.array([3.0, -1.0, jnp.inf]), "b": (jnp.float32(2.0), jnp.eye(2))}


def test_numbers_are_the_same():
    found = jax.jit(settled)(TREE)
    jax.tree.map(np.testing.assert_array_equal, found, TREE)


def test_each_of_a_batch_keeps_its_own():
    rows = jnp.arange(12.0)[::-1].reshape(4, 3)
    np.testing.assert_array_equal(jax.vmap(settled)(rows), rows)


def test_slopes_go_through():
    slope = jax.grad(lambda x: jnp.sum(settled(x) * jnp.array([1.0, 5.0, 2.0])))
    np.testing.assert_array_equal(slope(jnp.array([9.0, 1.0, 4.0])), [1.0, 5.0, 2.0])


def test_what_is_drawn_once_is_in_no_loop_over_pixels():
    def picture(key, shown):
        number = jax.random.normal(key)
        return jnp.ones((32, 32)) * (settled(number) if shown else number)

    def fused(shown):
        compiled = jax.jit(picture, static_argnums=1).lower(jax.random.key(0), shown)
        text = compiled.compile().as_text()
        loops = [part for part in text.split("\n\n") if "f32[32,32]" in part]
        return any("erf_inv" in part and "fused_computation" in part for part in loops)

    if jax.default_backend() != "cpu":
        pytest.skip("what other backends fuse has not been looked at")
    assert fused(False)
    assert not fused(True)
