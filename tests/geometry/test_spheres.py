import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from handjax.geometry import spheres

FAR = 150.0
X, Y = np.linspace(-28.0, 30.0, 9), np.linspace(-24.0, 26.0, 7)

ray_cast = jax.jit(spheres.ray_cast)
owner = jax.jit(spheres.owner)


def scene(seed=0, count=6, batch=()):
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(*batch, count, 3)) * 15
    radii = rng.uniform(8, 16, size=(*batch, count))
    return jnp.asarray(centres, float), jnp.asarray(radii, float)


def grid():
    return jnp.asarray(X, float), jnp.asarray(Y, float)


def depth_by_loops(c, r, x=X, y=Y):
    """Eqs. (6)-(8) word for word, and whose depth each is."""
    depth, index = np.full((len(y), len(x)), FAR), np.full((len(y), len(x)), -1)
    for v in range(len(y)):
        for u in range(len(x)):
            for j in range(len(r)):
                d = np.hypot(x[u] - c[j, 0], y[v] - c[j, 1])
                z = c[j, 2] - np.sqrt(r[j] ** 2 - d**2) if d < r[j] else FAR
                if z < depth[v, u]:
                    depth[v, u], index[v, u] = z, j
    return depth, index


def ray_cast_by_broadcast(x, y, c, r, far):
    """The obvious renderer, whose gradient is left to JAX."""
    xy = jnp.stack(jnp.meshgrid(x, y), axis=-1)
    squared = r**2 - jnp.sum((xy[:, :, None] - c[:, :2]) ** 2, axis=-1)
    hit = squared > 0.0
    depth = c[:, 2] - jnp.sqrt(jnp.where(hit, squared, 1.0))
    return jnp.min(jnp.where(hit, depth, far), axis=-1)


def test_head_on_ray_stops_one_radius_before_the_centre():
    xy = jnp.array([[3.0, 4.0], [3.0, 7.0], [9.0, 4.0]])
    depth = spheres.sphere_depth(xy, jnp.array([3.0, 4.0, 50.0]), jnp.array(5.0), FAR)
    np.testing.assert_allclose(depth, [45.0, 46.0, FAR])


@pytest.mark.parametrize("seed", range(3))
def test_picture_and_owners_are_what_loops_give(seed):
    c, r = scene(seed)
    depth, index = depth_by_loops(np.asarray(c, float), np.asarray(r, float))
    np.testing.assert_allclose(ray_cast(*grid(), c, r, FAR), depth, atol=2e-4)
    np.testing.assert_array_equal(owner(*grid(), c, r, FAR), index)
    assert len(np.unique(index)) > 3


def test_picture_is_the_least_of_single_spheres():
    c, r = scene()
    xy = jnp.stack(jnp.meshgrid(*grid()), axis=-1)
    each = [spheres.sphere_depth(xy, *one, FAR) for one in zip(c, r, strict=True)]
    np.testing.assert_allclose(ray_cast(*grid(), c, r, FAR), np.min(each, 0), atol=1e-4)


def test_background_hides_what_lies_behind_it():
    c = jnp.array([[0.0, 0.0, 2 * FAR], [20.0, 20.0, 0.0]])
    index = owner(*grid(), c, jnp.array([30.0, 4.0]), FAR)
    depth = ray_cast(*grid(), c, jnp.array([30.0, 4.0]), FAR)
    assert set(np.unique(index)) == {-1, 1}
    assert np.max(depth) == FAR


def test_padding_is_invisible_even_to_a_ray_through_its_centre():
    c, r = jnp.zeros((3, 3)), jnp.zeros(3)
    x = y = jnp.array([-1.0, 0.0, 1.0])

    def total(c, r):
        return jnp.sum(ray_cast(x, y, c, r, FAR))

    value, gradients = jax.value_and_grad(total, (0, 1))(c, r)
    assert value == 9 * FAR
    assert all(np.all(g == 0) for g in gradients)


def test_first_of_coincident_spheres_takes_the_gradient():
    c, r = jnp.zeros((2, 3)), jnp.full(2, 10.0)
    gradient = jax.grad(lambda c: jnp.sum(ray_cast(*grid(), c, r, FAR)))(c)
    assert gradient[0, 2] == np.sum(depth_by_loops(c, r)[1] == 0) > 0
    np.testing.assert_array_equal(gradient[1], 0.0)


@pytest.mark.parametrize("gap", [0.0, 1e-6, 1e-5, -1e-5])
def test_gradient_at_the_silhouette_is_capped(gap):
    c, r = jnp.zeros((1, 3)), jnp.array([16.0])
    x, y = jnp.array([16.0 - gap]), jnp.array([0.0])

    @jax.jit
    @functools.partial(jax.jacobian, argnums=(0, 1))
    def slopes(c, r):
        single = spheres.sphere_depth(jnp.append(x, y), c[0], r[0], FAR)
        return spheres.ray_cast(x, y, c, r, FAR), single

    for slope in jax.tree.leaves(slopes(c, r)):
        assert np.all(np.abs(slope) <= 16.0 / spheres.HALF_CHORD_FLOOR)


def test_gradient_is_that_of_the_obvious_renderer(x64):
    inputs = (*grid(), *scene(), jnp.array(FAR))

    def gradient(render):
        weights = jnp.cos(jnp.arange(63.0)).reshape(7, 9)
        total = jax.jit(jax.grad(lambda *a: jnp.sum(weights * render(*a)), range(5)))
        return total(*inputs)

    ours, obvious = gradient(spheres.ray_cast), gradient(ray_cast_by_broadcast)
    for actual, expected in zip(ours, obvious, strict=True):
        np.testing.assert_allclose(actual, expected, atol=1e-9)


def test_second_derivatives_are_those_of_the_obvious_renderer(x64):
    c, r = scene(1, count=2)

    def curvature(render):
        return jax.jit(jax.hessian(lambda c: jnp.sum(render(*grid(), c, r, FAR))))(c)

    ours, obvious = curvature(spheres.ray_cast), curvature(ray_cast_by_broadcast)
    np.testing.assert_allclose(ours, obvious, atol=1e-9)


def test_gradients_of_pictures_match_finite_differences(x64):
    c, r = scene(1, count=3)
    inputs = (*(axis[::3] for axis in grid()), c, r, jnp.array(FAR))
    check_grads(ray_cast, inputs, order=1, eps=1e-5)


def test_differentiated_picture_is_the_picture():
    c, r = scene(2, count=41)
    picture, _ = jax.jvp(lambda c: ray_cast(*grid(), c, r, FAR), (c,), (c,))
    np.testing.assert_allclose(picture, ray_cast(*grid(), c, r, FAR), atol=1e-4)


def test_jit_vmap_equals_loop_in_value_and_gradient():
    def total(c, r):
        depth = spheres.ray_cast(*grid(), c, r, FAR)
        return jnp.sum(jnp.sin(depth)), depth

    one = jax.jit(jax.value_and_grad(total, (0, 1), has_aux=True))
    c, r = scene(batch=(3,))
    batched = jax.jit(jax.vmap(one))(c, r)
    for i in range(3):
        alone = one(c[i], r[i])
        for a, b in zip(jax.tree.leaves(batched), jax.tree.leaves(alone), strict=True):
            np.testing.assert_allclose(a[i], b, rtol=1e-4, atol=1e-3)


def mean_depth(c, r, pixels):
    """Mean over a square of 40 mm, pixels on a side."""
    x = (jnp.arange(pixels) + 0.5) * 40.0 / pixels - 20.0
    return jnp.mean(spheres.ray_cast(x, x, c, r, FAR))


def test_gradient_agrees_with_differences_of_a_supersampled_picture(x64):
    # Spheres that fill the picture and cut one another: creases, no silhouettes.
    c = jnp.array([[-8.0, 3.0, 5.0], [9.0, -4.0, 0.0], [2.0, 12.0, 3.0]])
    r = jnp.array([36.0, 34.0, 33.0])
    fine = jax.jit(lambda c, r: mean_depth(c, r, 160))
    ours = jax.grad(lambda c, r: mean_depth(c, r, 40), (0, 1))(c, r)
    step = 1e-3
    for i in range(3):
        move = step * jnp.eye(3)[i]
        slope = (fine(c, r + move) - fine(c, r - move)) / (2 * step)
        np.testing.assert_allclose(ours[1][i], slope, atol=5e-3)
        for j in range(3):
            shift = move[:, None] * jnp.eye(3)[j]
            slope = (fine(c + shift, r) - fine(c - shift, r)) / (2 * step)
            np.testing.assert_allclose(ours[0][i, j], slope, atol=5e-3)


def test_gradient_leaves_out_the_silhouette_that_sweeps_the_background(x64):
    c, r, step = jnp.array([[0.0, 0.0, 30.0]]), jnp.array([12.0]), 0.25
    fine = jax.jit(lambda r: mean_depth(c, r, 480))
    slope = (fine(r + step) - fine(r - step)) / (2 * step)
    swept = 2 * np.pi * r[0] * (30.0 - FAR) / 40.0**2
    ours = jax.grad(lambda r: mean_depth(c, r, 160))(r)[0]
    np.testing.assert_allclose(ours + swept, slope, rtol=0.02)


def test_displaced_sphere_moves_home_down_the_depth_gradient():
    r = jnp.array([14.0, 12.0])
    home = jnp.array([[-7.0, 2.0, 0.0], [9.0, -3.0, 6.0]])
    x = jnp.linspace(-30.0, 30.0, 24)
    target = ray_cast(x, x, home, r, FAR)

    def loss(c):
        depth = spheres.ray_cast(x, x, c, r, FAR)
        both = (depth < FAR) & (target < FAR)
        return jnp.sum(jnp.where(both, jnp.abs(depth - target), 0.0)) / jnp.sum(both)

    def descend(c, rate):
        return c - rate * jax.grad(loss)(c), None

    start = home.at[0].add(jnp.array([3.0, -2.5, 4.0]))
    rates = 2.0 * 0.98 ** jnp.arange(300.0)
    end, _ = jax.jit(lambda c: jax.lax.scan(descend, c, rates))(start)
    np.testing.assert_allclose(end, home, atol=0.1)
