"""The networks of graph_cnn: picture to heat-maps to a latent vector to a mesh."""

from functools import partial
from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from handjax.hands.graph import HandTree
from handjax.hands.skeleton import KEYPOINTS
from handjax.networks.chebyshev import ChebyshevConv, pool_mean, upsample
from handjax.networks.hourglass import Bottleneck, Stem, activate, halve, stacked
from handjax.networks.layers import Dense

JOINTS = len(KEYPOINTS)
PAIRS, EDGE = 4, 4
"""Pairs of residual layers, each pooled until maps have this edge, which the paper's
have after four poolings of 64 x 64; fewer pixels would not say where things are.
Source: [ge2019] Sec. 4.1."""
FACTOR = 4
"""By which nodes are pooled and upsampled. Source: [ge2019] Fig. 4."""
SMALL = nn.initializers.normal(1e-3)
"""Start of a last layer: an untrained network says a point, no cloud."""


class HeatmapNetwork(nn.Module):
    """Hourglasses in a row, each with heat-maps of its own.

    Attributes:
        widths: channels at each resolution, see `Hourglass`.
        stacks: how many; two in Sec. 4.1.
        blocks: bottlenecks in a row; two in the authors' code.
        dtype: of all that is computed between the picture and the maps.

    Returns:
        Heat-maps of every stack, the last being the answer; features, see `stacked`.
    """

    widths: tuple[int, ...]
    stacks: int = 2
    blocks: int = 1
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(
        self, image: Float[Array, "batch height width 3"]
    ) -> tuple[list[Float[Array, "batch p q 21"]], Float[Array, "batch p q c"]]:
        x = Stem(self.widths[0])(image.astype(self.dtype) - 0.5)
        sizes = {"widths": self.widths, "stacks": self.stacks, "blocks": self.blocks}
        return stacked(x, maps=JOINTS, **sizes)


class Encoder(nn.Module):
    """Heat-maps and features to a latent vector: eight residual layers and poolings.

    Attributes:
        width: channels in between.
        latent: numbers out.
        dtype: of all that is computed in between.

    Source: [ge2019] Sec. 4.1.
    """

    width: int
    latent: int
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(
        self,
        heatmaps: Float[Array, "batch p q 21"],
        features: Float[Array, "batch p q c"],
    ) -> Float[Array, "batch latent"]:
        dense = partial(Dense, dtype=self.dtype)
        x = dense(self.width)(heatmaps) + dense(self.width)(features)
        for _ in range(PAIRS):
            x = Bottleneck(self.width)(Bottleneck(self.width)(x))
            x = halve(x) if min(x.shape[1:3]) > EDGE else x
        x = nn.relu(nn.LayerNorm(dtype=self.dtype)(x.reshape(len(x), -1)))
        return nn.relu(dense(self.latent)(x)).astype(jnp.float32)


class MeshDecoder(nn.Module):
    """A latent vector to three numbers a node: coarse graph, finer, finest.

    Attributes:
        tree: of the template.
        widths: channels on the graphs, coarsest first; 64, 64, 32 in Fig. 4.
        dtype: of all that is computed in between.

    Source: [ge2019] Sec. 4.2, Fig. 4.
    """

    tree: HandTree
    widths: tuple[int, int, int]
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(
        self, latent: Float[Array, "batch latent"]
    ) -> Float[Array, "batch nodes 3"]:
        coarse, middle, fine = self.widths
        finest, _, fourth, _, sixteenth = self.tree.graphs
        roots = len(sixteenth.real)
        x = nn.Dense(roots * coarse, dtype=self.dtype)(latent.astype(self.dtype))
        x = nn.relu(x).reshape(len(x), roots, coarse)
        x = upsample(x, FACTOR)
        for width in (middle, fine):
            x = _activate(ChebyshevConv(fourth, width)(x))
        x = upsample(x, FACTOR)
        x = _activate(ChebyshevConv(finest, fine)(x))
        last = ChebyshevConv(finest, 3, kernel_init=SMALL)
        return last(x).astype(jnp.float32)


class PoseRegressor(nn.Module):
    """The 21 key points as a linear function of the vertices.

    Graph convolutions and poolings without anything nonlinear in between. Positions
    are taken from the vertices' mean, and given from it: where the hand is tells
    nothing.

    Attributes:
        tree: of the template.
        widths: channels before and after the first pooling.

    Source: [ge2019] Sec. 4.2.
    """

    tree: HandTree
    widths: tuple[int, int] = (32, 64)

    @nn.compact
    def __call__(
        self, nodes: Float[Array, "batch nodes 3"]
    ) -> Float[Array, "batch 21 3"]:
        finest, _, fourth, _, _ = self.tree.graphs
        real = jnp.asarray(finest.real)[:, None]
        middle = jnp.sum(nodes * real, axis=1, keepdims=True) / jnp.sum(real)
        x = jnp.where(real, nodes - middle, 0.0)
        for graph, width in zip((finest, fourth), self.widths, strict=True):
            x = ChebyshevConv(graph, width, use_bias=False)(x)
            x = ChebyshevConv(graph, width, use_bias=False)(x)
            x = pool_mean(x, graph.real, FACTOR)
        x = nn.Dense(JOINTS * 3, use_bias=False)(x.reshape(len(x), -1))
        return middle + x.reshape(-1, JOINTS, 3)


class Regressor(nn.Module):
    """A latent vector to some numbers, by two layers.

    The paper's own to MANO's parameters has three (Sec. 5.3); how wide is not printed.

    Attributes:
        hidden: width in between.
        outputs: how many.
    """

    hidden: int
    outputs: int

    @nn.compact
    def __call__(
        self, latent: Float[Array, "batch latent"]
    ) -> Float[Array, "batch outputs"]:
        x = nn.relu(nn.Dense(self.hidden)(latent))
        return nn.Dense(self.outputs, kernel_init=SMALL)(x)


def _activate(
    x: Float[Array, "batch nodes channels"],
) -> Float[Array, "batch nodes channels"]:
    """Group norm and ReLU on a graph; inside a compact module.

    The zeros of fake nodes are normed with the others: as many for every hand.
    """
    return activate(x[:, None])[:, 0]
