"""Graph convolution against explicit polynomials, and pooling that knows fake nodes."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import trimesh
from jax.test_util import check_grads
from numpy.polynomial import chebyshev as polynomials
from scipy.sparse import csgraph
from scipy.sparse.linalg import eigsh

from handjax.geometry import graphs
from handjax.networks.chebyshev import (
    PRODUCTS,
    ChebyshevConv,
    convolve,
    matrix,
    pool_max,
    pool_mean,
    product,
    upsample,
)

both = pytest.mark.parametrize("by", PRODUCTS)


@pytest.fixture(scope="module")
def ball():
    """W of a ball of 42 vertices."""
    mesh = trimesh.creation.icosphere(1)
    return graphs.adjacency(mesh.faces, len(mesh.vertices))


@pytest.fixture(scope="module")
def tree(ball):
    """The vertex at each node, and the graphs of two halvings."""
    steps = graphs.coarsen(ball, 2, seed=0)
    order = graphs.binary_tree(steps, roots=int(steps[-1].max()) + 2)
    return order, graphs.tree_graphs(ball, order, 2)


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def polynomial(values, degree):
    """T_k of numpy, degree k."""
    return polynomials.chebval(values, [0.0] * degree + [1.0])


def by_eigenvectors(W, f, theta):
    """Eq. (1) by definition: polynomials of the spectrum, scipy's Laplacian."""
    L = csgraph.laplacian(W, normed=True).toarray()
    largest = eigsh(L, 1, which="LM", return_eigenvectors=False)[0]
    values, vectors = np.linalg.eigh(2.0 / largest * L - np.eye(len(L)))
    out = 0.0
    for k in range(len(theta)):
        T = vectors @ np.diag(polynomial(values, k)) @ vectors.T
        out = out + np.stack([T @ one @ theta[k] for one in f])
    return out


@both
@pytest.mark.parametrize(("inputs", "features"), [(5, 3), (3, 5)])
@pytest.mark.parametrize("orders", [1, 3, 4])
def test_convolution_is_the_polynomials_of_the_spectrum(
    ball, tree, by, inputs, features, orders
):
    order, (L, *_) = tree
    f, theta = normal(0, 2, 42, inputs), normal(1, orders, inputs, features)
    nodes = np.where((order >= 0)[:, None], f[:, np.maximum(order, 0)], 0.0)
    layer = jax.jit(partial(convolve, L, by=by))
    found = layer(jnp.asarray(nodes), jnp.asarray(theta))
    places = np.argsort(order)[-42:]
    expected = by_eigenvectors(ball, f, theta)
    np.testing.assert_allclose(found[:, places], expected, atol=2e-4)


def test_a_node_is_heard_by_those_two_edges_away_and_no_others(ball, tree):
    order, (L, *_) = tree
    node = int(np.argmax(order == 7))
    f = np.zeros((1, len(order), 1), np.float32)
    f[0, node] = 1.0
    heard = convolve(L, jnp.asarray(f), jnp.asarray(normal(2, 3, 1, 2)))[0]
    steps = csgraph.shortest_path(ball, unweighted=True)[7]
    near = np.append(steps <= 2, False)[order]
    np.testing.assert_array_equal(np.any(np.abs(heard) > 1e-6, axis=-1), near)


def test_what_fake_nodes_hold_reaches_nobody_else(tree):
    _, (L, *_) = tree
    f, layer = jnp.asarray(normal(3, 2, len(L.real), 4)), ChebyshevConv(L, 3)
    params = jax.jit(layer.init)(jax.random.key(0), f)
    params["params"]["bias"] += 1.0
    spoilt = jnp.where(L.real[:, None], f, 1e6)
    found = layer.apply(params, f)
    np.testing.assert_array_equal(layer.apply(params, spoilt), found)
    assert not found[:, ~L.real].any()
    assert found[:, L.real].all()


@both
@pytest.mark.parametrize("shape", [(3, 4, 2), (3, 2, 4)])
def test_the_gradient_is_that_of_finite_differences(tree, x64, by, shape):
    L = tree[1][-1]
    f = jnp.asarray(normal(4, 2, len(L.real), shape[1]), float)
    theta = jnp.asarray(normal(5, *shape), float)

    def layer(*inputs):
        return jnp.sin(convolve(L, *map(jnp.asarray, inputs), by=by))

    check_grads(layer, (f, theta), 1, modes=["rev"], atol=1e-5, rtol=1e-5)


def test_the_gradient_gathers_and_never_scatters(tree):
    L = tree[1][0]
    slope = jax.grad(lambda f: jnp.sum(product(L, f, by="gather") ** 2))
    text = str(jax.make_jaxpr(slope)(jnp.zeros((2, len(L.real), 3))))
    assert "gather" in text
    assert "scatter" not in text


@both
def test_products_under_jit_and_vmap_are_those_of_the_matrix(tree, by):
    L = tree[1][1]
    f = normal(6, 3, 2, len(L.real), 4)
    found = jax.jit(jax.vmap(lambda f: product(L, f, by=by)))(f)
    np.testing.assert_allclose(found, matrix(L) @ f, atol=1e-5)


def test_half_precision_stays_half(tree):
    L = tree[1][1]
    f = jnp.asarray(normal(7, 2, len(L.real), 4), jnp.bfloat16)
    layer = ChebyshevConv(L, 3)
    params = jax.jit(layer.init)(jax.random.key(0), f)
    assert all(p.dtype == jnp.float32 for p in jax.tree.leaves(params))
    assert layer.apply(params, f).dtype == jnp.bfloat16


def test_equation_as_printed_has_no_bias_and_k_matrices(tree):
    L = tree[1][1]
    f = jnp.zeros((1, len(L.real), 4))
    layer = ChebyshevConv(L, 6, orders=3, use_bias=False)
    params = jax.jit(layer.init)(jax.random.key(0), f)["params"]
    assert jax.tree.map(jnp.shape, params) == {"theta": (3, 4, 6)}


def test_pooling_leaves_fake_children_out():
    f = jnp.asarray([[-3.0, 9.0, -5.0, -1.0, 2.0, 4.0, 7.0, 8.0]])[..., None]
    real = np.array([1, 0, 1, 1, 1, 1, 0, 0], bool)
    largest, mean = (pool(f, real, 2)[0, :, 0] for pool in (pool_max, pool_mean))
    np.testing.assert_allclose(largest, [-3.0, -1.0, 4.0, 0.0])
    np.testing.assert_allclose(mean, [-3.0, -3.0, 3.0, 0.0])
    np.testing.assert_allclose(pool_max(f, real, 4)[0, :, 0], [-1.0, 4.0])
    np.testing.assert_allclose(pool_mean(f, real, 4)[0, :, 0], [-3.0, 3.0])


@pytest.mark.parametrize("pool", [pool_max, pool_mean])
def test_pooling_has_a_finite_gradient_that_fake_nodes_have_no_part_in(pool):
    f, real = jnp.asarray(normal(8, 2, 8, 3)), np.arange(8) % 4 == 1
    slope = jax.grad(lambda f: jnp.sum(pool(f, real & (np.arange(8) < 4), 4)))(f)
    expected = np.zeros((2, 8, 3))
    expected[:, 1] = 1.0
    np.testing.assert_allclose(slope, expected)


def test_upsampling_hands_features_to_children_and_pooling_undoes_it(tree):
    _, (fine, _, coarse) = tree
    f = jnp.asarray(normal(9, 2, len(coarse.real), 3))
    handed = upsample(f, 4)
    np.testing.assert_array_equal(handed[:, 4:8], np.repeat(f[:, 1:2], 4, axis=1))
    real = np.where(coarse.real[:, None], f, 0.0)
    np.testing.assert_allclose(pool_mean(handed, fine.real, 4), real, atol=1e-6)
    np.testing.assert_allclose(pool_max(handed, fine.real, 4), real)


def test_what_does_not_fit_is_refused_with_the_next_step(tree):
    L = tree[1][0]
    with pytest.raises(ValueError, match="choose one of gather, dense"):
        product(L, jnp.zeros((1, len(L.real), 1)), by="sparse")
    with pytest.raises(ValueError, match="upsample or pool them first"):
        product(L, jnp.zeros((1, 7, 1)))
    with pytest.raises(ValueError, match="no whole families of 2"):
        pool_max(jnp.zeros((1, 7, 1)), np.ones(7, bool), 2)
