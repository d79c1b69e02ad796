"""Extension and sampling against loops over every point and every cell."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from handjax.geometry import mesh_grid

ROWS, COLUMNS, POINTS, CHANNELS = 9, 12, 7, 3


def points(seed=0, count=POINTS):
    """Coordinates within the grid, as far as its corners."""
    rng = np.random.default_rng(seed)
    inner = rng.uniform([0, 0], [COLUMNS - 1, ROWS - 1], (count, 2))
    inner[0], inner[1] = (0, 0), (COLUMNS - 1, ROWS - 1)
    return jnp.asarray(inner, float)


def values(seed, *shape):
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape), float)


def window(x, cells, size=8):
    first = int(np.floor(min(max(x, 0), cells - 1))) - (size // 2 - 1)
    return [n for n in range(first, first + size) if 0 <= n < cells]


def slow_weights(m, sigma=0.5, size=8):
    """Softmax over the cells of the window that there are, Eq. (2) as printed."""
    x, y = float(m[0]), float(m[1])
    cells = [(r, c) for r in window(y, ROWS, size) for c in window(x, COLUMNS, size)]
    powers = [np.exp(-sigma * ((c - x) ** 2 + (r - y) ** 2)) for r, c in cells]
    w = np.zeros((ROWS, COLUMNS))
    for (r, c), power in zip(cells, powers, strict=True):
        w[r, c] = power / sum(powers)
    return w


@pytest.mark.parametrize(("sigma", "size"), [(0.5, 8), (2.0, 4)])
def test_extension_is_the_printed_sum(sigma, size):
    f, m, alive = values(1, POINTS, CHANNELS), points(), jnp.array([1.0] * 6 + [0.0])
    found = mesh_grid.extend(
        f, m, ROWS, COLUMNS, weights=alive, sigma=sigma, window=size
    )
    w = np.stack([slow_weights(one, sigma, size) for one in m]) * alive[:, None, None]
    np.testing.assert_allclose(found.occupancy, w.sum(0), atol=1e-6)
    np.testing.assert_allclose(
        found.features, np.einsum("prc,pd->rcd", w, f), atol=1e-5
    )


def test_sampling_is_the_printed_sum():
    grid, m = values(2, ROWS, COLUMNS, CHANNELS), points()
    w = np.stack([slow_weights(one) for one in m])
    np.testing.assert_allclose(
        mesh_grid.sample(grid, m), np.einsum("prc,rcd->pd", w, grid), atol=1e-5
    )


def test_a_constant_grid_gives_the_constant_at_the_border_too():
    grid = jnp.full((ROWS, COLUMNS, 1), 5.0)
    np.testing.assert_allclose(mesh_grid.sample(grid, points()), 5.0, rtol=1e-6)


def test_points_of_one_feature_give_their_average_wherever_they_reach():
    f = jnp.full((POINTS, 2), 3.0)
    found = mesh_grid.extend(f, points(), ROWS, COLUMNS)
    mean, reached = mesh_grid.average(found), found.occupancy > 0.2
    assert reached.any()
    np.testing.assert_allclose(mean[reached], 3.0, rtol=0.05)
    assert jnp.all(mean <= 3.0)


def test_all_that_points_have_is_on_the_grid():
    found = mesh_grid.extend(values(1, POINTS, CHANNELS), points(), ROWS, COLUMNS)
    np.testing.assert_allclose(found.occupancy.sum(), POINTS, rtol=1e-6)
    np.testing.assert_allclose(
        found.features.sum((0, 1)), values(1, POINTS, CHANNELS).sum(0), atol=1e-5
    )


def test_each_is_the_others_adjoint():
    f, grid, m = values(3, POINTS, 2), values(4, ROWS, COLUMNS, 2), points(5)
    there = jnp.sum(mesh_grid.extend(f, m, ROWS, COLUMNS).features * grid)
    back = jnp.sum(f * mesh_grid.sample(grid, m))
    assert there == pytest.approx(float(back), rel=1e-5)


def test_a_round_trip_is_a_blur():
    m = jnp.array([[5.3, 4.6]])
    alone = mesh_grid.extend(jnp.ones((1, 1)), m, ROWS, COLUMNS)
    back = mesh_grid.sample(alone.features, m)
    # The sum of squared weights of a softmax of sigma 0.5, which is about 1 / (4 pi).
    assert float(back[0, 0]) == pytest.approx((slow_weights(m[0]) ** 2).sum(), rel=1e-5)
    assert 0.05 < float(back[0, 0]) < 0.12


def test_a_point_beyond_the_border_is_held_by_the_cells_along_it():
    m = jnp.array([[-50.0, 4.0], [1e6, 1e6]])
    found = mesh_grid.extend(jnp.ones((2, 1)), m, ROWS, COLUMNS)
    np.testing.assert_allclose(found.occupancy[:, 0].sum(), 1.0, rtol=1e-5)
    np.testing.assert_allclose(found.occupancy[-1, -1], 1.0, rtol=1e-5)


def test_gradients_agree_with_finite_differences(x64):
    f, grid = values(6, POINTS, 2), values(7, ROWS, COLUMNS, 2)
    # Off whole numbers, where a window takes a step.
    m = points(8)[2:] + 0.013

    def extended(f, m):
        found = mesh_grid.extend(jnp.asarray(f), jnp.asarray(m), ROWS, COLUMNS)
        return mesh_grid.average(found)

    def sampled(grid, m):
        return mesh_grid.sample(jnp.asarray(grid), jnp.asarray(m))

    check_grads(extended, (f[2:], m), order=1, modes=("rev",))
    check_grads(sampled, (grid, m), order=1, modes=("rev",))


def test_nothing_is_left_of_points_that_do_not_count(x64):
    f, m = values(1, POINTS, 2), points()
    nobody = jnp.zeros(POINTS)

    def total(f, m):
        found = mesh_grid.extend(f, m, ROWS, COLUMNS, weights=nobody)
        return jnp.sum(mesh_grid.average(found) ** 2)

    value, slopes = jax.value_and_grad(total, argnums=(0, 1))(f, m)
    assert value == 0.0
    for slope in slopes:
        np.testing.assert_array_equal(slope, 0.0)


def sizes(jaxpr):
    """Of all arrays that a program names, at any depth."""
    for equation in jaxpr.eqns:
        yield from (int(np.prod(out.aval.shape)) for out in equation.outvars)
        for inner in jax.tree.leaves(
            list(equation.params.values()), is_leaf=lambda x: hasattr(x, "eqns")
        ):
            inner = getattr(inner, "jaxpr", inner)
            if hasattr(inner, "eqns"):
                yield from sizes(inner)


def test_no_array_of_points_times_cells_is_built():
    def total(f, m):
        return jnp.sum(mesh_grid.extend(f, m, 16, 16).features ** 2)

    slope = jax.grad(total, argnums=(0, 1))
    program = jax.make_jaxpr(slope)(jnp.ones((256, 4)), jnp.ones((256, 2)))
    assert 256 * 16 <= max(sizes(program.jaxpr)) < 256 * 16 * 16


def test_together_is_one_after_another(equals_loop):
    m = jnp.stack([points(1), points(2)])
    f = jnp.stack([values(1, POINTS, 2), values(2, POINTS, 2)])
    equals_loop(lambda f, m: mesh_grid.extend(f, m, ROWS, COLUMNS), f, m)
