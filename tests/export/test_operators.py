"""Each operator says what JAX says, of any batch."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests.export.toy import both

HELD = np.random.default_rng(9).normal(size=(4, 3)).astype(np.float32)
PLACES = np.array([2, 0, -1, 2])


def convolved(x, **options):
    kernel = np.random.default_rng(9).normal(size=(3, 2, 4, 5)).astype(np.float32)
    numbers = ("NHWC", "HWIO", "NHWC")
    return jax.lax.conv_general_dilated(
        x[None], kernel, dimension_numbers=numbers, **options
    )[0]


def scanned(x, reverse=False):
    def turn(carry, row):
        return carry * 0.5 + row, (carry, row.sum())

    last, (rows, sums) = jax.lax.scan(turn, HELD[0], x, reverse=reverse)
    return last + rows.sum(axis=0) * sums[0] + sums[1]


def whole_numbers(x):
    n = (10.0 * x).astype(jnp.int32)
    parts = [n // 3, n % 3, jnp.sign(n), jnp.cumsum(n, axis=1), jnp.abs(n)]
    return sum(part * 10**k for k, part in enumerate(parts)).astype(jnp.float32)


def truths(x):
    some = (x > 0.5) & (x < 2.0) | (x != x.min()) & ~(x >= 1.0) | (x <= -1.0)
    return jnp.where(some | jnp.any(x > 2.0), x, 0.0) + (x == x.max())


FUNCTIONS = {
    "elementwise": lambda x: jnp.exp(jnp.tanh(x) / 2.0) - jnp.cos(x) * jnp.sin(-x),
    "roots and powers": lambda x: jnp.sqrt(x**2 + 1) + jax.lax.rsqrt(x**4 + 1.0) + x**3,
    "floor, largest, least": lambda x: jnp.floor(x) + jnp.clip(x, -0.5, 0.5),
    "truths": truths,
    "whole numbers": whole_numbers,
    "broadcast": lambda x: x[:, :1] + jnp.ones((4, 3)) * HELD[:, 0, None] + x.sum(),
    "broadcast and joined": lambda x: jnp.concatenate([jnp.zeros((1, 3)), x[1:]]),
    "means": lambda x: x - x.mean(axis=0) / jnp.max(x, axis=1)[:, None] - jnp.min(x),
    "places": lambda x: (jnp.argmax(x, axis=1) - jnp.argmin(x, axis=1)).astype(float),
    "other axes": lambda x: x.T.reshape(2, 6).swapaxes(0, 1)[..., None],
    "slices": lambda x: x[::2, 1:] - x[1::2, :2] + x[-1, -1],
    "padded": lambda x: jax.lax.pad(x, 7.0, ((1, 2, 0), (-1, 3, 0))),
    "stacked": lambda x: jnp.stack([x, 2.0 * x, HELD], axis=1),
    "split": lambda x: jnp.split(x, [1, 2], axis=1)[1] @ HELD[:, :1].T,
    "product": lambda x: x @ HELD.T @ x,
    "product over two axes": lambda x: jnp.einsum("ij,ij->", x, HELD)[None],
    "product outwards": lambda x: jnp.einsum("ij,kj->jik", x, x),
    "product from the left": lambda x: jnp.einsum("ki,ij->kj", HELD.T, x),
    "rows picked": lambda x: x[PLACES],
    "entries picked": lambda x: x[PLACES, np.array([0, 1, 2, 0])],
    "columns picked": lambda x: x[:, np.array([[2, 0], [1, 1]])],
    "rows picked by what is seen": lambda x: x[jnp.argmax(x, axis=0)],
    "a constant's rows picked": lambda x: jnp.asarray(HELD)[jnp.argmax(x, axis=0)],
    "entries picked by what is seen": lambda x: jnp.take_along_axis(
        x, jnp.argsort(HELD, axis=1) * 0 + jnp.argmax(x, axis=1)[:, None], axis=1
    ),
    "replaced": lambda x: x.at[np.array([0, 3]), 1].set(x[:2, 0]),
    "added to": lambda x: x.at[:3, 2].add(x[1:, 0]),
    "loop": scanned,
    "loop backwards": partial(scanned, reverse=True),
    "another derivative": jax.nn.relu,
    "looked up": lambda x: jnp.searchsorted(jnp.sort(HELD[:, 0]), x).astype(float),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_operator_says_what_jax_says(name):
    found, true = both(FUNCTIONS[name], (4, 3))
    assert found.shape == true.shape
    np.testing.assert_allclose(found, true, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    "options",
    [
        {"window_strides": (1, 1), "padding": "SAME"},
        {"window_strides": (2, 1), "padding": ((2, 0), (1, 3)), "rhs_dilation": (1, 2)},
    ],
    ids=["same", "with strides"],
)
def test_a_convolution_says_what_jax_says(options):
    found, true = both(partial(convolved, **options), (7, 6, 4))
    np.testing.assert_allclose(found, true, rtol=1e-4, atol=1e-4)
