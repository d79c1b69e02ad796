"""Soft outlines: several looks a pixel, of which one is coloured."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from handjax.render.rasterize import Rendering


def merged(
    drawn: Rendering, samples: int
) -> tuple[Rendering, Float[Array, "height width"]]:
    """The nearest that the looks of a pixel see, and the share of them that see any.

    A pixel is then lit and coloured once, and its outline is soft all the same. Where
    one part of a surface hides another there is no softness.

    Args:
        drawn: of a picture `samples` times as fine along each side.
        samples: looks along each side of a pixel.
    """
    blocks = jax.tree.map(lambda leaf: _blocks(leaf, samples), drawn)
    nearest = jnp.argmin(blocks.depth, axis=2, keepdims=True)
    face = jnp.take_along_axis(blocks.face, nearest, axis=2)[:, :, 0]
    depth = jnp.take_along_axis(blocks.depth, nearest, axis=2)[:, :, 0]
    w = jnp.take_along_axis(blocks.barycentrics, nearest[..., None], axis=2)[:, :, 0]
    return Rendering(depth, face, w), (blocks.face >= 0).mean(axis=2)


def _blocks(fine, samples):
    """The looks of each pixel in a row: (height, width, samples^2, ...)."""
    rows, columns, *rest = fine.shape
    split = (rows // samples, samples, columns // samples, samples, *rest)
    blocks = jnp.swapaxes(fine.reshape(split), 1, 2)
    return blocks.reshape(*blocks.shape[:2], samples**2, *rest)
