"""The networks of dense_hand_pose beside the pose machine."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from handjax.networks import pretrained
from handjax.networks.layers import Dense
from handjax.networks.resnet import ResNet, Stages

SMALL = nn.initializers.normal(1e-3)
"""Start of a last layer: an untrained network leaves things as they are."""
RESNET = "resnet"
"""What the residual network's parameters are called."""


class FeatureExtractor(nn.Module):
    """F: a picture to a vector that should tell of its foreground alone.

    In the paper it begins with ImageNet's weights. From nothing it would be noise at
    first, to a regressor that has learnt from key points alone; so it begins near 0,
    where it is not a pooled ResNet's.

    Attributes:
        stages: of the residual network; ResNet-50 in the paper.
        norm: one of `networks.resnet.NORMS`; with "frozen" pictures are standardised
            as those were that the weights come from.
        pooled: whether features are the mean over pixels, as printed, or all of them:
            in so few steps small networks learn faster from those, see
            `networks.resnet.POOLED`.
        numbers: of F; where features are the mean over pixels, as many as these have.
        dtype: of the residual network.

    Source: [baek2019] Sec. 3.1.
    """

    stages: Stages
    norm: str = "group"
    pooled: bool = True
    numbers: int = 128
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(
        self, image: Float[Array, "batch height width 3"]
    ) -> Float[Array, "batch features"]:
        frozen = self.norm == "frozen"
        image = pretrained.standardize(image) if frozen else image - 0.5
        found = ResNet(self.stages, self.norm, self.dtype, name=RESNET)(image)
        if self.pooled:
            return found.mean
        pixels = found.pixels.reshape(len(image), -1)
        return Dense(self.numbers, kernel_init=SMALL)(pixels)


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
