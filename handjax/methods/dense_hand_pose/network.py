"""The networks of dense_hand_pose beside the pose machine."""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from handjax.networks import pretrained
from handjax.networks.layers import Dense
from handjax.networks.resnet import ResNet, Stages

SMALL = nn.initializers.normal(1e-3)
"""Start of a last layer: an untrained network leaves things as they are."""
LEAST = 1e-6
"""Added to a variance that is divided by: pixels may all be alike."""
RESNET = "resnet"
"""What the residual network's parameters are called."""


class FeatureExtractor(nn.Module):
    """F: a picture to a vector that should tell of its foreground alone.

    Its numbers have mean 0 and variance 1. In the paper they begin with ImageNet's
    weights; from nothing they are noise at first, which the regressor would shrink to
    nothing, and then never learn to read.

    Attributes:
        stages: of the residual network; ResNet-50 in the paper.
        norm: one of `networks.resnet.NORMS`; with "frozen" pictures are standardised
            as those were that the weights come from.
        pooled: whether features are the mean over pixels, as printed, or all of them:
            in so few steps small networks learn faster from those, see
            `networks.resnet.POOLED`.
        dtype: of the residual network.

    Source: [baek2019] Sec. 3.1.
    """

    stages: Stages
    norm: str = "group"
    pooled: bool = True
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(
        self, image: Float[Array, "batch height width 3"]
    ) -> Float[Array, "batch features"]:
        frozen = self.norm == "frozen"
        image = pretrained.standardize(image) if frozen else image - 0.5
        found = ResNet(self.stages, self.norm, self.dtype, name=RESNET)(image)
        F = found.mean if self.pooled else found.pixels.reshape(len(image), -1)
        return jax.nn.standardize(F, axis=-1, epsilon=LEAST)


class Layers(nn.Module):
    """Fully connected layers; with none hidden the single one that is printed.

    Attributes:
        outputs: how many numbers.
        hidden: widths of layers before.

    Source: [baek2019] Sec. 3.2, of 2153 x 63 and of 2216 x 42 weights.
    """

    outputs: int
    hidden: tuple[int, ...] = ()

    @nn.compact
    def __call__(
        self, x: Float[Array, "batch inputs"]
    ) -> Float[Array, "batch outputs"]:
        for width in self.hidden:
            x = nn.relu(Dense(width)(x))
        return Dense(self.outputs, kernel_init=SMALL)(x)
