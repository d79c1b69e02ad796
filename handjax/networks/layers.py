"""Flax's `Dense` and `GroupNorm`, with the same parameters, faster on a CPU.

Layout is (batch, ..., channels). What is slow on a CPU is the gradient: of a product
that has several axes of rows, and of means over groups of channels that are taken
before means over pixels.
"""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

EPSILON = 1e-6
"""Added to variances, as in Flax."""


class Dense(nn.Module):
    """`flax.linen.Dense` on one axis of rows.

    Attributes:
        features: channels out.
        use_bias: whether a number is added to each.
        dtype: of the product; parameters are float32.
        kernel_init: of the matrix.
    """

    features: int
    use_bias: bool = True
    dtype: Any = jnp.float32
    kernel_init: Any = nn.initializers.lecun_normal()

    @nn.compact
    def __call__(self, x: Float[Array, "*rows c"]) -> Float[Array, "*rows o"]:
        kernel = self.param("kernel", self.kernel_init, (x.shape[-1], self.features))
        y = x.reshape(-1, x.shape[-1]).astype(self.dtype) @ kernel.astype(self.dtype)
        if self.use_bias:
            bias = self.param("bias", nn.initializers.zeros, (self.features,))
            y = y + bias.astype(self.dtype)
        return y.reshape(*x.shape[:-1], -1)


class GroupNorm(nn.Module):
    """`flax.linen.GroupNorm` over all axes but the first.

    Attributes:
        num_groups: of channels that are normed together.
        dtype: of what comes out; means are float32.

    Source: Wu & He, Group normalization, ECCV 2018.
    """

    num_groups: int
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, x: Float[Array, "batch *pixels c"]) -> Float[Array, "..."]:
        channels = x.shape[-1]
        scale = self.param("scale", nn.initializers.ones, (channels,))
        bias = self.param("bias", nn.initializers.zeros, (channels,))
        y = x.reshape(len(x), -1, channels).astype(jnp.float32)
        mean, squared = self._over_groups(y), self._over_groups(jnp.square(y))
        variance = jnp.maximum(squared - jnp.square(mean), 0.0)
        a = jax.lax.rsqrt(variance + EPSILON) * scale
        y = y * a[:, None] + (bias - mean * a)[:, None]
        return y.reshape(x.shape).astype(self.dtype)

    def _over_groups(
        self, y: Float[Array, "batch pixels c"]
    ) -> Float[Array, "batch c"]:
        """Mean of each channel's group, for every channel."""
        channels = y.shape[-1]
        each = jnp.mean(y, axis=1).reshape(len(y), self.num_groups, -1)
        return jnp.repeat(each.mean(axis=-1), channels // self.num_groups, axis=-1)
