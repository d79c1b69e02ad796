import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from handjax.geometry import heatmaps

HEIGHT, WIDTH = 5, 7
FORMS = pytest.mark.parametrize("normalisation", ["softmax", "relu"])


def maps(seed=0, shape=(HEIGHT, WIDTH)):
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape), float)


def softmax(logits):
    powers = [[np.exp(v) for v in row] for row in logits]
    return np.array(powers) / np.sum(powers)


def test_gaussian_is_what_a_loop_over_pixels_gives():
    uv, sigma = np.array([2.25, 3.5]), 1.5
    expected = np.empty((HEIGHT, WIDTH))
    for v in range(HEIGHT):
        for u in range(WIDTH):
            squared = (u - uv[0]) ** 2 + (v - uv[1]) ** 2
            expected[v, u] = np.exp(-squared / (2 * sigma**2))
    actual = heatmaps.gaussian(jnp.asarray(uv, float), HEIGHT, WIDTH, sigma)
    np.testing.assert_allclose(actual, expected, rtol=1e-5)


def test_gaussian_peaks_at_one_on_its_pixel():
    heatmap = heatmaps.gaussian(jnp.array([4.0, 1.0]), HEIGHT, WIDTH, 0.5)
    assert heatmap[1, 4] == 1.0
    assert np.argmax(heatmap) == 1 * WIDTH + 4


def test_gaussian_far_outside_the_picture_is_zero_with_finite_gradient():
    def total(uv):
        return jnp.sum(heatmaps.gaussian(uv, HEIGHT, WIDTH, 1.0))

    value, gradient = jax.value_and_grad(total)(jnp.array([-1e6, 1e6]))
    assert value == 0.0
    np.testing.assert_array_equal(gradient, 0.0)


def test_depth_label_stands_where_the_heatmap_is_lit():
    heatmap = jnp.array([[0.0, 0.02], [0.5, 1.0]])
    label = heatmaps.depth_label(heatmap, 40.0)
    np.testing.assert_array_equal(label, [[0, 40], [40, 40]])
    label = heatmaps.depth_label(heatmap, 40.0, threshold=0.05)
    np.testing.assert_array_equal(label, [[0, 0], [40, 40]])


@pytest.mark.parametrize("beta", [10.0, 20.0])
def test_soft_argmax_is_the_mean_pixel_under_the_softmax(beta):
    heatmap = maps()
    weights = softmax(beta * np.asarray(heatmap, float))
    expected = sum(
        weights[v, u] * np.array([u, v]) for v in range(HEIGHT) for u in range(WIDTH)
    )
    actual = heatmaps.soft_argmax(heatmap, beta=beta)
    np.testing.assert_allclose(actual, expected, atol=1e-5)


def test_soft_argmax_of_a_flat_map_is_the_middle_of_the_picture():
    uv = heatmaps.soft_argmax(jnp.zeros((HEIGHT, WIDTH)))
    np.testing.assert_allclose(uv, [3.0, 2.0], atol=1e-6)


def test_soft_argmax_finds_the_sharp_peak_of_a_gaussian():
    heatmap = heatmaps.gaussian(jnp.array([9.0, 4.0]), 16, 16, 1.0)
    uv = heatmaps.soft_argmax(heatmap, beta=200.0)
    np.testing.assert_allclose(uv, [9.0, 4.0], atol=1e-4)


def test_soft_argmax_ignores_a_constant_added_to_the_map():
    shifted = heatmaps.soft_argmax(maps() + 100.0)
    np.testing.assert_allclose(shifted, heatmaps.soft_argmax(maps()), atol=1e-3)


def test_integrated_depth_is_the_weighted_sum_of_both_forms():
    heatmap, depth = np.asarray(maps(0), float), np.asarray(maps(1), float)
    positive = np.maximum(heatmap, 0)
    forms = {"softmax": softmax(10 * heatmap), "relu": positive / positive.sum()}
    for form, weights in forms.items():
        actual = heatmaps.integrate_depth(maps(0), maps(1), normalisation=form)
        np.testing.assert_allclose(actual, np.sum(weights * depth), atol=1e-5)


def test_relu_form_reads_only_the_lit_pixel():
    heatmap = jnp.full((HEIGHT, WIDTH), -1.0).at[2, 3].set(0.8)
    depth = maps().at[2, 3].set(55.0)
    z = heatmaps.integrate_depth(heatmap, depth, normalisation="relu")
    np.testing.assert_allclose(z, 55.0, rtol=2e-5)


@FORMS
@pytest.mark.parametrize("level", [0.0, -1.0, 1e4])
def test_flat_maps_give_finite_depth_and_gradient(normalisation, level):
    def integrate(heatmap, depth):
        return heatmaps.integrate_depth(heatmap, depth, normalisation=normalisation)

    flat = jnp.full((HEIGHT, WIDTH), level)
    value, gradients = jax.value_and_grad(integrate, (0, 1))(flat, maps())
    assert np.isfinite(value)
    assert all(np.isfinite(g).all() for g in gradients)


@FORMS
def test_gradients_match_finite_differences(x64, normalisation):
    def everything(uv, heatmap, depth):
        lit = heatmap + heatmaps.gaussian(uv, HEIGHT, WIDTH, 1.2)
        z = heatmaps.integrate_depth(lit, depth, beta=3.0, normalisation=normalisation)
        return heatmaps.soft_argmax(lit, beta=3.0), z

    inputs = jnp.array([2.3, 1.1]), maps(0), maps(1)
    check_grads(jax.jit(everything), inputs, order=1)


@pytest.mark.parametrize(
    "function",
    [
        lambda h, d: heatmaps.gaussian(h[0, :2], HEIGHT, WIDTH, 1.0 + d[0, 0] ** 2),
        lambda h, d: heatmaps.depth_label(h, d[0, 0], threshold=0.05),
        lambda h, _: heatmaps.soft_argmax(h),
        heatmaps.integrate_depth,
        lambda h, d: heatmaps.integrate_depth(h, d, normalisation="relu"),
    ],
    ids=["gaussian", "depth_label", "soft_argmax", "softmax", "relu"],
)
def test_jit_vmap_equals_loop(equals_loop, function):
    shape = (3, HEIGHT, WIDTH)
    equals_loop(function, maps(0, shape), maps(1, shape))
