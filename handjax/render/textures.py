"""Textures: what texture coordinates read, and what a surface writes there.

Texture coordinates (u, v) lie in [0, 1], v up; the rows of a texture go down, so row 0
is at v = 1. Texel centres lie at half steps: column i at u = (i + 1/2) / width.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from handjax.geometry import cameras
from handjax.render.rasterize import Rendering, interpolate, rasterize


def sample(
    texture: Float[Array, "height width channels"], uv: Float[Array, "*points 2"]
) -> Float[Array, "*points channels"]:
    """Bilinear values at texture coordinates; beyond the border its own go on.

    The gradient reaches texture and coordinates.
    """
    height, width, _ = texture.shape
    x = jnp.clip(uv[..., 0] * width - 0.5, 0.0, width - 1.0)
    y = jnp.clip((1.0 - uv[..., 1]) * height - 0.5, 0.0, height - 1.0)
    left = jnp.clip(jnp.floor(x).astype(jnp.int32), 0, max(width - 2, 0))
    top = jnp.clip(jnp.floor(y).astype(jnp.int32), 0, max(height - 2, 0))
    right, low = jnp.minimum(left + 1, width - 1), jnp.minimum(top + 1, height - 1)
    s, t = (x - left)[..., None], (y - top)[..., None]
    upper = (1.0 - s) * texture[top, left] + s * texture[top, right]
    lower = (1.0 - s) * texture[low, left] + s * texture[low, right]
    return (1.0 - t) * upper + t * lower


def coordinates(
    rendering: Rendering,
    uv: Float[Array, "corners 2"],
    uv_faces: Int[Array, "faces 3"],
) -> Float[Array, "height width 2"]:
    """Texture coordinates of what each pixel sees; 0 where it sees nothing."""
    return interpolate(rendering, uv_faces, uv)


def unwrap(
    uv: Float[Array, "corners 2"],
    uv_faces: Int[Array, "faces 3"],
    faces: Int[Array, "faces 3"],
    attributes: Float[Array, "vertices channels"],
    *,
    height: int,
    width: int,
) -> Float[Array, "height width channels"]:
    """What vertices carry, as a texture; 0 where no face is laid out."""
    size = jnp.array([width, height], jnp.float32)
    camera = cameras.Orthographic(
        size * jnp.array([1.0, -1.0]), size * jnp.array([0.0, 1.0]) - 0.5
    )
    flat = jnp.pad(uv, ((0, 0), (0, 1)))
    laid = rasterize(camera, flat, uv_faces, height=height, width=width, far=1.0)
    return interpolate(laid, faces, attributes)
