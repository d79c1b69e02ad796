import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.geometry.least import least, winner

PLACES = jnp.linspace(-3.0, 3.0, 25)


def line(x, centre, radius):
    """A straight line for each sphere; measures of both signs."""
    slope, offset, _ = centre
    return jnp.where(radius > 0.0, slope * x + offset, jnp.inf)


def lines(count, seed=0):
    centres = np.random.default_rng(seed).normal(size=(count, 3)) * 50
    return jnp.asarray(centres, float), jnp.ones(count)


@pytest.mark.parametrize("count", [1, 3, 4, 7, 8, 41, 64])
def test_winner_is_the_argmin_whatever_the_count_and_sign(count):
    centres, radii = lines(count)
    measures = np.asarray(centres[:, :1] * PLACES + centres[:, 1:2])
    start = jnp.full(PLACES.shape, 20.0)
    index = winner(line, PLACES, centres, radii, start)
    nobody = np.min(measures, axis=0) >= 20.0
    np.testing.assert_array_equal(index, np.where(nobody, count, measures.argmin(0)))
    value = least(line, PLACES, centres, radii, start)
    np.testing.assert_allclose(value, np.minimum(measures.min(0), 20.0), rtol=1e-5)


def test_first_of_equal_measures_wins():
    centres, radii = jnp.tile(lines(1)[0], (5, 1)), jnp.ones(5).at[0].set(0.0)
    index = winner(line, PLACES, centres, radii, jnp.full(PLACES.shape, jnp.inf))
    np.testing.assert_array_equal(index, 1)


def test_padding_alone_leaves_the_start_and_no_gradient():
    centres, _ = lines(3)
    start = jnp.full(PLACES.shape, jnp.inf)

    def value(centres, radii):
        return least(line, PLACES, centres, radii, start)

    depth, pull = jax.vjp(value, centres, jnp.zeros(3))
    np.testing.assert_array_equal(depth, jnp.inf)
    for gradient in pull(jnp.ones_like(start)):
        np.testing.assert_array_equal(gradient, 0.0)


def test_gradient_counts_the_places_that_each_has_won():
    centres, radii = lines(6)
    start = jnp.full(PLACES.shape, jnp.inf)
    index = winner(line, PLACES, centres, radii, start)
    gradient = jax.grad(lambda c: jnp.sum(least(line, PLACES, c, radii, start)))(
        centres
    )
    np.testing.assert_array_equal(gradient[:, 1], np.bincount(index, minlength=6))
