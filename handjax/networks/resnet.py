"""Residual networks of a picture: ResNet-18, ResNet-50 and smaller ones.

Layout is (batch, height, width, channels). The norm is one of two, and with both the
network is a pure function of its parameters (see `networks.hourglass`):
    group: group norm, for training from nothing.
    frozen: batch norm with the means and variances it once had, for weights that
        somebody else has trained, see `networks.pretrained`.

Source: He et al., Deep residual learning for image recognition, CVPR 2016 [he2016];
where torchvision differs from it, as torchvision: a bottleneck halves the resolution in
its 3x3 convolution, and windows are padded alike on both sides.
"""

from math import gcd
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from handjax.networks.layers import Dense, GroupNorm

NORMS = ("group", "frozen")
GROUPS = 16
EXPANSION = 4
"""Channels out of a bottleneck for each of its middle."""
EPSILON = 1e-5
"""Added to frozen variances, as in PyTorch; Flax adds another number."""
STATISTICS = ("mean", "var")
"""Parameters of a frozen norm that nothing moves."""
INIT = nn.initializers.variance_scaling(2.0, "fan_out", "normal")


class Stages(NamedTuple):
    """How deep and how wide a network is.

    Attributes:
        widths: channels of the 3x3 convolutions at each resolution, the finest first,
            a quarter of the picture's, half of it without `maximum`; the convolution
            before them has the first.
        blocks: residual blocks at each resolution.
        bottleneck: whether a block is 1x1, 3x3, 1x1 with four times the channels out,
            or two 3x3.
        maximum: whether one halves the resolution before them.
    """

    widths: tuple[int, ...]
    blocks: tuple[int, ...]
    bottleneck: bool = False
    maximum: bool = True

    @property
    def features(self) -> int:
        """Channels out of the last block."""
        return self.widths[-1] * (EXPANSION if self.bottleneck else 1)


WIDTHS = (64, 128, 256, 512)
RESNET_18 = Stages(WIDTHS, (2, 2, 2, 2))
RESNET_50 = Stages(WIDTHS, (3, 4, 6, 3), bottleneck=True)
# "light" takes pictures of 64 pixels where "small" takes those of 128.
STAGES = {
    "resnet50": RESNET_50,
    "resnet18": RESNET_18,
    "small": Stages((32, 64, 96, 128), (1, 1, 1, 1)),  # two cores, minutes
    "light": Stages((24, 48, 72, 96), (1, 1, 1, 1), maximum=False),
    "tiny": Stages((16, 16), (1, 1)),
}
"""By the name that a config gives."""
POOLED = ("resnet50", "resnet18")
"""Whose features are the mean over pixels. In so few steps small networks learn several
times faster from all pixels, which say where things are."""


class Features(NamedTuple):
    """What a network sees in pictures.

    Attributes:
        pixels: at the coarsest resolution, 1/32 with four stages and a maximum before
            them, rounded up.
        mean: over them.
    """

    pixels: Float[Array, "batch p q features"]
    mean: Float[Array, "batch features"]


def is_statistic(path: tuple[str, ...]) -> bool:
    """Whether a parameter is a statistic of a frozen norm.

    Its gradient is 0, but weight decay would shrink it all the same: for
    `Method.trainable` to say no to.

    Args:
        path: of the parameter, the names of modules and its own.
    """
    return path[-1] in STATISTICS


class FrozenNorm(nn.Module):
    """Batch norm in use, not in training.

        y = scale (x - mean) / sqrt(var + epsilon) + bias

    Attributes:
        dtype: of what comes out; the product is float32.

    Source: Ioffe & Szegedy, Batch normalization, ICML 2015, Algorithm 2.
    """

    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, x: Float[Array, "batch h w c"]) -> Float[Array, "batch h w c"]:
        zeros, ones = nn.initializers.zeros, nn.initializers.ones
        shape = (x.shape[-1],)
        scale = self.param("scale", ones, shape)
        bias = self.param("bias", zeros, shape)
        mean = jax.lax.stop_gradient(self.param("mean", zeros, shape))
        var = jax.lax.stop_gradient(self.param("var", ones, shape))
        a = scale * jax.lax.rsqrt(var + EPSILON)
        return (x.astype(jnp.float32) * a + (bias - mean * a)).astype(self.dtype)


def max_pool(x: Float[Array, "batch h w c"]) -> Float[Array, "batch p q c"]:
    """The maximum of 3x3 around every second pixel; 0 where all are below.

    Slices instead of a pooling window, see `hourglass.halve`.

    Args:
        x: 0 or more: zeros around the picture then change nothing.
    """
    x = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    return _thirds(_thirds(x).swapaxes(1, 2)).swapaxes(1, 2)


def _thirds(x):
    """The maximum of three rows in a row, at every second of those that have two."""
    middle = x[:, 1:-1:2]
    return jnp.maximum(jnp.maximum(x[:, :-2:2], middle), x[:, 2::2])


class Block(nn.Module):
    """ReLU(x + f(x)), where f is two or three convolutions, each with its norm.

    Modules have torchvision's names; skip is its downsample.

    Attributes:
        width: channels of the 3x3 convolutions.
        stride: 2 to halve the resolution.
        bottleneck: as of `Stages`.
        norm: one of `NORMS`.

    Source: [he2016] Figures 2 and 5.
    """

    width: int
    stride: int
    bottleneck: bool
    norm: str

    @nn.compact
    def __call__(self, x: Float[Array, "batch h w c"]) -> Float[Array, "batch p q o"]:
        if self.bottleneck:
            out = EXPANSION * self.width
            y = nn.relu(_norm(_mix(x, self.width, "conv1"), self.norm, "norm1"))
            y = _convolve(y, self.width, 3, self.stride, "conv2")
            y = nn.relu(_norm(y, self.norm, "norm2"))
            y = _norm(_mix(y, out, "conv3"), self.norm, "norm3")
        else:
            out = self.width
            y = _convolve(x, out, 3, self.stride, "conv1")
            y = nn.relu(_norm(y, self.norm, "norm1"))
            y = _norm(_convolve(y, out, 3, 1, "conv2"), self.norm, "norm2")
        if self.stride > 1 or x.shape[-1] != out:
            x = _mix(x[:, :: self.stride, :: self.stride], out, "skip")
            x = _norm(x, self.norm, "skip_norm")
        return nn.relu(x + y)


class ResNet(nn.Module):
    """A 7x7 convolution and a maximum, each at every second pixel, then the stages;
    the maximum is left out where these say so.

    Attributes:
        stages: `RESNET_18`, `RESNET_50` or smaller.
        norm: one of `NORMS`.
        dtype: of all that is computed between the picture and the features, which are
            float32 again; parameters are float32 throughout.

    Source: [he2016] Table 1.
    """

    stages: Stages
    norm: str = "group"
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, x: Float[Array, "batch h w c"]) -> Features:
        _check(self.stages, self.norm)
        x = _convolve(x.astype(self.dtype), self.stages.widths[0], 7, 2, "conv1")
        x = nn.relu(_norm(x, self.norm, "norm1"))
        x = max_pool(x) if self.stages.maximum else x
        for number, (width, blocks) in enumerate(
            zip(self.stages.widths, self.stages.blocks, strict=True)
        ):
            for index in range(blocks):
                stride = 2 if number and not index else 1
                name = f"layer{number + 1}_{index}"
                block = Block(
                    width, stride, self.stages.bottleneck, self.norm, name=name
                )
                x = block(x)
        pixels = x.astype(jnp.float32)
        return Features(pixels, pixels.mean(axis=(1, 2)))


def _check(stages, norm):
    if norm not in NORMS:
        raise ValueError(f"no norm is called {norm!r}; choose one of {NORMS}")
    if len(stages.widths) != len(stages.blocks) or min(stages.blocks, default=0) < 1:
        raise ValueError(
            "a network wants a width and one block or more for each resolution; got "
            f"widths {stages.widths} and blocks {stages.blocks}"
        )


# To be called inside a compact module, whose modules they make.


def _norm(x, norm, name):
    if norm == "frozen":
        return FrozenNorm(dtype=x.dtype, name=name)(x)
    return GroupNorm(gcd(GROUPS, x.shape[-1]), dtype=x.dtype, name=name)(x)


def _mix(x, features, name):
    """A 1x1 convolution."""
    kind = {"use_bias": False, "dtype": x.dtype, "kernel_init": INIT}
    return Dense(features, **kind, name=name)(x)


def _convolve(x, features, size, stride, name):
    # "SAME" would pad even sizes by one less before them than behind.
    padding = ((size // 2, size // 2),) * 2
    kind = {"use_bias": False, "dtype": x.dtype, "kernel_init": INIT}
    conv = nn.Conv(features, (size, size), stride, padding, **kind, name=name)
    return conv(x)
