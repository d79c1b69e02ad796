"""Convolutional pose machine: heat-maps that later stages correct from what they see.

Layout is (batch, height, width, channels). Convolutions are followed by group norm and
ReLU, of which the original has the ReLU alone: so it learns from nothing, too, and
stays a function of its parameters.

[wei2016]: Wei, Ramakrishna, Kanade & Sheikh, Convolutional pose machines, CVPR 2016.
[zimmermann2017]: Zimmermann & Brox, Learning to estimate 3D hand pose from single RGB
images, ICCV 2017, whose network for hands has three stages.
"""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from handjax.networks.hourglass import activate, halve
from handjax.networks.layers import Dense


class PoseMachine(nn.Module):
    """Features at the resolution of the maps, then stages, each with maps of its own.

    The first stage sees features alone; the others see the maps before them too, around
    which they look far: that is how one joint tells of another.

    Attributes:
        maps: how many there are.
        size: edge of the maps; a picture is resized until halving ends there.
        widths: channels of the features at each resolution, the finest first.
        blocks: 3x3 convolutions in a row at each resolution.
        fold: edge of the patches that become one pixel before anything is convolved:
            1 in the original. On a CPU no full-resolution feature is then ever stored.
        stages: how many; [wei2016] has six and [zimmermann2017] three.
        width: channels between the maps.
        reach: edge of the later stages' convolutions.
        layers: how many of these there are in a stage.
        hidden: channels before the first maps.
        dtype: of all that is computed between the picture and the maps.

    Returns:
        Maps of every stage, the last being the answer.

    Source: [wei2016] Fig. 2; sizes of the defaults [zimmermann2017].
    """

    maps: int
    size: int
    widths: tuple[int, ...] = (64, 128, 256, 128)
    blocks: tuple[int, ...] = (2, 2, 4, 4)
    fold: int = 1
    stages: int = 3
    width: int = 128
    reach: int = 7
    layers: int = 5
    hidden: int = 512
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(
        self, image: Float[Array, "batch height width 3"]
    ) -> list[Float[Array, "batch p q maps"]]:
        x = resized(image, self.size * self.fold * 2 ** (len(self.widths) - 1)) - 0.5
        x = folded(x, self.fold).astype(self.dtype)
        for level, (width, blocks) in enumerate(
            zip(self.widths, self.blocks, strict=True)
        ):
            x = halve(x) if level else x
            for _ in range(blocks):
                x = self._convolved(x, width, 3)
        h = self._mixed(self._mixed(x, self.hidden), self.maps, last=True)
        found = [h.astype(jnp.float32)]
        for _ in range(1, self.stages):
            y = jnp.concatenate([x, h], axis=-1)
            for _ in range(self.layers):
                y = self._convolved(y, self.width, self.reach)
            h = self._mixed(self._mixed(y, self.width), self.maps, last=True)
            found.append(h.astype(jnp.float32))
        return found

    def _convolved(self, x: Array, width: int, size: int) -> Array:
        conv = nn.Conv(width, (size, size), use_bias=False, dtype=self.dtype)
        return activate(conv(x))

    def _mixed(self, x: Array, width: int, *, last: bool = False) -> Array:
        y = Dense(width, dtype=self.dtype)(x)
        return y if last else activate(y)


def resized(
    image: Float[Array, "batch height width 3"], edge: int
) -> Float[Array, "batch edge edge 3"]:
    """A picture of another size, bilinear; the same one where it has that size."""
    if image.shape[1:3] == (edge, edge):
        return image
    return jax.image.resize(image, (len(image), edge, edge, 3), "linear")


def folded(
    image: Float[Array, "batch h w c"], patch: int
) -> Float[Array, "batch p q d"]:
    """Patches as single pixels of more channels."""
    batch, height, width, channels = image.shape
    split = (batch, height // patch, patch, width // patch, patch, channels)
    rows = image.reshape(split).transpose(0, 1, 3, 2, 4, 5)
    return rows.reshape(batch, height // patch, width // patch, -1)
