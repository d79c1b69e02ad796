"""Cameras: from space to pixels and back. THE axis convention of the whole house.

Axes: x right, y down, z forward (into the picture), millimetres. A point's depth is
its z, not its distance from the camera.
Pixels: u right, v down; pixel centres at integer coordinates, so pixel 0 reaches
from -0.5 to 0.5 and a row of W pixels from -0.5 to W - 0.5.

Notation, shared by every function here and by the tests:
    f, c: focal length and principal point of a camera, (2,) each, for u and v.
    uv: places in the picture, pixels.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

NEAREST = 1.0
"""Depth in mm that a pinhole camera takes for anything nearer, or behind it."""


class Pinhole(NamedTuple):
    """Rays that meet at the origin: uv = f * xy / z + c.

    Attributes:
        focal: pixels.
        centre: where the axis z pierces the picture, pixels.
    """

    focal: Float[Array, "*batch 2"]
    centre: Float[Array, "*batch 2"]


class Orthographic(NamedTuple):
    """Rays along z: uv = f * xy + c.

    Attributes:
        focal: pixels per mm.
        centre: where the axis z pierces the picture, pixels.
    """

    focal: Float[Array, "*batch 2"]
    centre: Float[Array, "*batch 2"]


Camera = Pinhole | Orthographic


def project(
    camera: Camera, points: Float[Array, "*points 3"]
) -> Float[Array, "*points 2"]:
    """Pixels at which points appear.

    A pinhole camera treats depths below `NEAREST`, zero and negative ones among
    them, as `NEAREST`: the pixel lands far outside the picture but stays finite, and
    depth has no gradient there.

    Args:
        points: in the camera's frame, mm.
    """
    xy = points[..., :2]
    if isinstance(camera, Pinhole):
        xy = xy / jnp.maximum(points[..., 2:], NEAREST)
    return camera.focal * xy + camera.centre


def rays(
    camera: Camera, uv: Float[Array, "*pixels 2"]
) -> tuple[Float[Array, "*pixels 3"], Float[Array, "*pixels 3"]]:
    """Rays through pixels, measured by depth.

    Returns:
        origin and direction: origin + z * direction is the ray's point of depth z.
        Directions have z = 1, not length 1.
    """
    xy = (uv - camera.centre) / camera.focal
    zero, one = jnp.zeros_like(xy[..., :1]), jnp.ones_like(xy[..., :1])
    if isinstance(camera, Pinhole):
        return jnp.concatenate([zero, zero, zero], -1), jnp.concatenate([xy, one], -1)
    return jnp.concatenate([xy, zero], -1), jnp.concatenate([zero, zero, one], -1)


def unproject(
    camera: Camera, uv: Float[Array, "*pixels 2"], z: Float[Array, "*pixels"]
) -> Float[Array, "*pixels 3"]:
    """Points of given depth behind pixels: the inverse of `project`.

    Args:
        uv: pixels.
        z: depth along the camera's axis, mm.
    """
    origin, direction = rays(camera, uv)
    return origin + z[..., None] * direction


def pixel_grid(height: int, width: int) -> Float[Array, "height width 2"]:
    """The (u, v) of every pixel's centre."""
    u, v = jnp.meshgrid(jnp.arange(width), jnp.arange(height))
    return jnp.stack([u, v], axis=-1).astype(float)


def turn_to(camera: Pinhole, uv: Float[Array, "2"]) -> Float[Array, "3 3"]:
    """The least rotation that brings the camera's axis onto the ray of a pixel.

        R z = d / |d|,  R = I + [n]x + [n]x^2 / (1 + cosine),  n = z x d / |d|

    Args:
        uv: the pixel.
    """
    x, y = (uv - camera.centre) / camera.focal
    length = jnp.sqrt(x**2 + y**2 + 1.0)
    x, y, cosine = x / length, y / length, 1.0 / length
    share = 1.0 / (1.0 + cosine)
    rows = (
        (1.0 - share * x**2, -share * x * y, x),
        (-share * x * y, 1.0 - share * y**2, y),
        (-x, -y, cosine),
    )
    return jnp.stack([jnp.stack(row) for row in rows])


def crop_pixels(
    uv: Float[Array, "*pixels 2"],
    left_top: Float[Array, "2"],
    scale: Float[Array, "2"],
) -> Float[Array, "*pixels 2"]:
    """Where pixels of a picture lie in a resized crop of it.

        uv' + 1/2 = scale * (uv + 1/2 - left_top)

    The halves keep the edges of pixels, not their centres, in place, so a crop whose
    `scale` is one half averages whole pairs of pixels.

    Args:
        uv: in the picture, pixels.
        left_top: first column and row of the crop, may be fractional, pixels.
        scale: crop pixels per pixel of the picture.
    """
    return scale * (uv + 0.5 - left_top) - 0.5


def crop(
    camera: Camera, left_top: Float[Array, "2"], scale: Float[Array, "2"]
) -> Camera:
    """The camera that takes the resized crop of another one's picture.

    Crops compose: crop(crop(camera, a, s), b, t) = crop(camera, a + b / s, s * t).

    Args:
        left_top: first column and row of the crop, may be fractional, pixels.
        scale: crop pixels per pixel of the picture.
    """
    return camera._replace(
        focal=camera.focal * scale,
        centre=crop_pixels(camera.centre, left_top, scale),
    )


def mirror(camera: Pinhole, width: int) -> Pinhole:
    """The camera that takes the picture with left and right exchanged.

    Args:
        width: of the picture, pixels.
    """
    u, v = camera.centre
    return camera._replace(centre=jnp.stack([width - 1 - u, v]))


def orthographic_crop(size: float, pixels: int) -> Orthographic:
    """The camera of a cube around the origin, filling a square picture.

    Args:
        size: edge of the cube, mm.
        pixels: edge of the picture.
    """
    focal = jnp.full(2, pixels / size)
    return Orthographic(focal, jnp.full(2, (pixels - 1) / 2))


def orthographic_axes(
    camera: Orthographic, height: int, width: int
) -> tuple[Float[Array, "width"], Float[Array, "height"]]:
    """Where the rays of an orthographic picture cross the plane z = 0, mm.

    Returns:
        x of every column and y of every row: all that parallel rays on a grid need.
    """
    x = (jnp.arange(width) - camera.centre[0]) / camera.focal[0]
    y = (jnp.arange(height) - camera.centre[1]) / camera.focal[1]
    return x, y
