"""Sizes of the paper's networks, and who hears whom."""

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from configs import graph_cnn as page
from handjax.hands.graph import load_tree
from handjax.hands.template import load_template
from handjax.methods.graph_cnn import estimate, network

PAPER = page.get_config("paper")


@pytest.fixture(scope="module")
def networks():
    template = load_template(PAPER.template)
    return estimate.make_networks(PAPER.model, load_tree(PAPER.template), template)


def shapes(module, *shown):
    """Of the parameters and of what comes out; nothing is computed."""
    key = jax.random.key(0)
    params = jax.eval_shape(module.init, key, *shown)
    return params, jax.eval_shape(module.apply, params, *shown)


def count(params):
    return sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(params))


def test_pictures_become_the_papers_heatmaps_and_the_papers_nodes(networks):
    image = jnp.zeros((1, 256, 256, 3))
    looks, (maps, features) = shapes(networks.heatmaps, image)
    assert [h.shape for h in maps] == [(1, 64, 64, 21)] * 2
    encodes, latent = shapes(networks.encoder, maps[-1], features)
    assert latent.shape == (1, 512)
    decodes, nodes = shapes(networks.mesh, latent)
    assert nodes.shape == (1, 1280, 3)
    regresses, joints = shapes(networks.regressor, nodes)
    assert joints.shape == (1, 21, 3)
    # What docs/graph_cnn.md says.
    whole = count((looks, encodes, decodes, regresses))
    assert round(whole / 1e6, 1) == 18.6


def test_the_encoder_has_eight_residual_layers(networks):
    maps, features = jnp.zeros((1, 64, 64, 21)), jnp.zeros((1, 64, 64, 256))
    params, _ = shapes(networks.encoder, maps, features)
    layers = [name for name in params["params"] if name.startswith("Bottleneck")]
    assert len(layers) == 8
    # Four poolings leave 4 x 4 pixels of 256 channels.
    assert params["params"]["LayerNorm_0"]["scale"].shape == (4096,)


def test_the_decoders_convolutions_are_those_of_figure_4(networks):
    params, _ = shapes(networks.mesh, jnp.zeros((1, 512)))
    found = [params["params"][f"ChebyshevConv_{k}"]["theta"].shape for k in range(4)]
    assert found == [(3, 64, 64), (3, 64, 32), (3, 32, 32), (3, 32, 3)]
    assert params["params"]["Dense_0"]["kernel"].shape == (512, 80 * 64)


def test_an_untrained_decoder_says_a_point_and_not_a_cloud():
    tree = load_tree("hand_790")
    decoder = network.MeshDecoder(tree, (4, 4, 4))
    latent = jax.random.normal(jax.random.key(0), (2, 5))
    params = jax.jit(decoder.init)(jax.random.key(1), latent)
    nodes = jax.jit(partial(decoder.apply, params))(latent)
    assert np.abs(nodes).max() < 0.05
    np.testing.assert_array_equal(nodes[:, ~tree.graphs[0].real], 0.0)
