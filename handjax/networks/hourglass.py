"""Stacked hourglass networks of pre-activation bottlenecks with group norm.

Layout is (batch, height, width, channels). Group norm keeps the network a pure
function of its parameters: no running averages, no difference between training and
use, no dependence on who else is in the batch.
Source: Newell, Yang & Deng, Stacked Hourglass Networks, ECCV 2016; He et al.,
Identity Mappings in Deep Residual Networks, ECCV 2016.
"""

from functools import partial
from math import gcd
from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from handjax.networks.layers import Dense, GroupNorm

GROUPS = 16


def activate(x: Float[Array, "batch h w c"]) -> Float[Array, "batch h w c"]:
    """Group norm and ReLU; to be called inside a compact module."""
    groups = gcd(GROUPS, x.shape[-1])
    return nn.relu(GroupNorm(groups, dtype=x.dtype)(x))


def upsample(x: Float[Array, "batch h w c"]) -> Float[Array, "batch h2 w2 c"]:
    """Twice the height and width, nearest neighbour."""
    return jnp.repeat(jnp.repeat(x, 2, axis=1), 2, axis=2)


def halve(x: Float[Array, "batch h2 w2 c"]) -> Float[Array, "batch h w c"]:
    """Half the height and width, maximum of 2x2.

    Slices instead of a pooling window: the gradient of `nn.max_pool` searches every
    window again, on a CPU for a tenth of a whole training step.
    """
    rows = jnp.maximum(x[:, ::2], x[:, 1::2])
    return jnp.maximum(rows[:, :, ::2], rows[:, :, 1::2])


class Bottleneck(nn.Module):
    """x + conv1x1(conv3x3(conv1x1(x))), each behind norm and ReLU.

    Attributes:
        features: channels out; the middle has half of them.
    """

    features: int

    @nn.compact
    def __call__(self, x: Float[Array, "batch h w c"]) -> Float[Array, "batch h w o"]:
        y = Dense(self.features // 2, dtype=x.dtype)(activate(x))
        y = nn.Conv(self.features // 2, (3, 3), dtype=x.dtype)(activate(y))
        y = Dense(self.features, dtype=x.dtype)(activate(y))
        if x.shape[-1] != self.features:
            x = Dense(self.features, use_bias=False, dtype=x.dtype)(x)
        return x + y


class Hourglass(nn.Module):
    """Halve, work below, double, and add what stayed at full resolution.

    Attributes:
        widths: channels at each resolution from the finest; one halving less than
            there are entries. Equal entries give the original network.
        blocks: bottlenecks in a row wherever the original has one.
    """

    widths: tuple[int, ...]
    blocks: int = 1

    @nn.compact
    def __call__(self, x: Float[Array, "batch h w c"]) -> Float[Array, "batch h w o"]:
        here, *below = self.widths
        skip = self._row(x, here)
        if not below:
            return skip
        y = self._row(halve(x), below[0])
        y = Hourglass(tuple(below), self.blocks)(y)
        return skip + upsample(self._row(y, here))

    def _row(self, x: Array, features: int) -> Array:
        for _ in range(self.blocks):
            x = Bottleneck(features)(x)
        return x


class Stem(nn.Module):
    """A picture to features at a quarter of its resolution.

    Every 4x4 patch becomes one pixel of 16 channels before the first convolution:
    no full-resolution feature is ever stored, which on a CPU is most of the time.

    Attributes:
        features: channels out.
    """

    features: int

    @nn.compact
    def __call__(self, x: Float[Array, "batch h w c"]) -> Float[Array, "batch p q o"]:
        batch, height, width, channels = x.shape
        x = x.reshape(batch, height // 4, 4, width // 4, 4, channels)
        x = x.transpose(0, 1, 3, 2, 4, 5).reshape(batch, height // 4, width // 4, -1)
        x = nn.Conv(self.features, (3, 3), dtype=x.dtype)(x)
        return Bottleneck(self.features)(x)


def stacked(
    x: Float[Array, "batch p q c"],
    *,
    maps: int,
    widths: tuple[int, ...],
    stacks: int,
    blocks: int,
) -> tuple[list[Float[Array, "batch p q maps"]], Float[Array, "batch p q c"]]:
    """Hourglasses in a row, each with maps of its own; inside a compact module.

    Returns:
        Maps of every stack; features that the last was given, and those that it made of
        them, summed. Both float32, whatever is computed in.
    """
    dense, outputs, y = partial(Dense, dtype=x.dtype), [], x
    for stack in range(stacks):
        y = activate(Hourglass(widths, blocks)(x))
        y = activate(dense(widths[0])(y))
        h = dense(maps)(y)
        outputs.append(h.astype(jnp.float32))
        if stack + 1 < stacks:
            x = x + dense(widths[0])(y) + dense(widths[0])(h)
    return outputs, x.astype(jnp.float32) + y


class StackedHourglass(nn.Module):
    """Stem, then one or more hourglasses, each with its own output maps.

    Attributes:
        maps: number of output maps.
        widths: channels at each resolution, see `Hourglass`.
        stacks: hourglasses in a row; each sees the maps of the one before.
        blocks: bottlenecks in a row.
        dtype: of all that is computed between the picture and the maps, which are
            float32 again; parameters are float32 throughout.

    Returns:
        Maps of every stack, the last one being the answer: a list of (batch,
        height / 4, width / 4, maps).
    """

    maps: int
    widths: tuple[int, ...]
    stacks: int = 1
    blocks: int = 1
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(
        self, x: Float[Array, "batch h w c"]
    ) -> list[Float[Array, "batch p q maps"]]:
        x = Stem(self.widths[0])(x.astype(self.dtype))
        sizes = {"widths": self.widths, "stacks": self.stacks, "blocks": self.blocks}
        return stacked(x, maps=self.maps, **sizes)[0]
