import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.networks.resnet import (
    RESNET_18,
    RESNET_50,
    FrozenNorm,
    ResNet,
    Stages,
    is_statistic,
    max_pool,
)
from tests.networks import torch_resnet

SMALL = Stages((4, 8), (1, 1))
X = jnp.asarray(np.random.default_rng(0).normal(size=(2, 16, 12, 3)), jnp.float32)


def start(network):
    # Compiled, since every operation on its own would be.
    return jax.jit(network.init)(jax.random.key(0), X)


def shapes(stages, norm="frozen"):
    key = jax.eval_shape(lambda: jax.random.key(0))
    picture = jax.ShapeDtypeStruct((2, 64, 96, 3), jnp.float32)
    network = ResNet(stages, norm)
    params = jax.eval_shape(network.init, key, picture)
    return params["params"], jax.eval_shape(network.apply, params, picture)


# torchvision counts 11,689,512 and 25,557,032, of which the classifier of 1000 has
# 513,000 and 2,049,000.
@pytest.mark.parametrize(
    ("stages", "count", "features"),
    [(RESNET_18, 11_176_512, 512), (RESNET_50, 23_508_032, 2048)],
)
def test_the_published_networks_have_the_published_sizes(stages, count, features):
    params, out = shapes(stages)
    sizes = {
        tuple(part.key for part in path): leaf.size
        for path, leaf in jax.tree_util.tree_leaves_with_path(params)
    }
    moving = sum(size for path, size in sizes.items() if not is_statistic(path))
    assert moving == count
    assert out.pixels.shape == (2, 2, 3, features)
    assert out.mean.shape == (2, features)
    assert stages.features == features


@pytest.mark.parametrize("shape", [(1, 7, 8, 2), (2, 6, 5, 1)])
def test_max_pool_is_the_maximum_of_padded_windows(shape):
    x = np.random.default_rng(1).uniform(size=shape).astype(np.float32)
    seen = torch_resnet.windows(x.transpose(0, 3, 1, 2), 3, 2, -np.inf)
    wanted = seen.max(axis=0).transpose(0, 2, 3, 1)
    np.testing.assert_array_equal(max_pool(jnp.asarray(x)), wanted)


@pytest.mark.parametrize(
    ("x", "var", "wanted"),
    # PyTorch adds 1e-5 to variances, which counts where there is none.
    [(2.0, 16.0, 5.0), (6.0, 16.0, 8.0), (2.0, 0.0, 5.0), (3.0, 0.0, 953.6833)],
)
def test_a_frozen_norm_takes_its_mean_for_0_and_its_deviation_for_1(x, var, wanted):
    params = {"scale": 3.0, "bias": 5.0, "mean": 2.0, "var": var}
    params = {name: jnp.full(1, value) for name, value in params.items()}
    found = FrozenNorm().apply({"params": params}, jnp.full((1, 1, 1, 1), x))
    np.testing.assert_allclose(found, wanted, rtol=1e-6)


def test_a_small_network_sees_each_picture_alone():
    network = ResNet(SMALL)
    params = start(network)
    see = jax.jit(network.apply)
    both, second = see(params, X), see(params, X[1:])
    assert both.pixels.shape == (2, 2, 2, 8)
    np.testing.assert_allclose(both.mean[1:], second.mean, atol=1e-5)
    np.testing.assert_allclose(both.mean, both.pixels.mean(axis=(1, 2)), atol=1e-6)
    assert np.std(both.mean) > 0.01


def test_without_a_maximum_features_lie_twice_as_densely():
    params, out = shapes(SMALL._replace(maximum=False))
    assert out.pixels.shape == (2, 16, 24, 8)
    assert jax.tree.structure(params) == jax.tree.structure(shapes(SMALL)[0])


def test_statistics_have_no_gradient_and_all_else_has():
    network = ResNet(SMALL, "frozen")
    params = start(network)["params"]

    def cost(params):
        return jnp.sum(jnp.square(network.apply({"params": params}, X).mean))

    slopes = jax.tree_util.tree_leaves_with_path(jax.jit(jax.grad(cost))(params))
    for path, slope in slopes:
        names = tuple(part.key for part in path)
        assert np.any(slope) != is_statistic(names), names


def test_halved_floats_come_out_whole():
    network = ResNet(SMALL, dtype=jnp.bfloat16)
    params = start(network)
    found = jax.jit(network.apply)(params, X)
    assert found.pixels.dtype == found.mean.dtype == jnp.float32
    assert {leaf.dtype for leaf in jax.tree.leaves(params)} == {jnp.dtype("float32")}
    whole = jax.jit(ResNet(SMALL).apply)(params, X)
    np.testing.assert_allclose(found.mean, whole.mean, atol=0.1)


@pytest.mark.parametrize(
    ("network", "match"),
    [
        (ResNet(SMALL, "batch"), "no norm is called 'batch'"),
        (ResNet(Stages((4, 8), (1,))), "one block or more"),
        (ResNet(Stages((4, 8), (1, 0))), "one block or more"),
    ],
)
def test_what_is_no_network_is_refused(network, match):
    with pytest.raises(ValueError, match=match):
        network.init(jax.random.key(0), X)
