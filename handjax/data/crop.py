"""Crops: the cube around a hand, seen along parallel rays.

A crop frame has the camera's axes and the crop's centre as its origin. A depth frame
of a pinhole camera is cropped by moving its points, not its pixels: the orthographic
picture then has the same scale everywhere, and transforms lead back exactly.

Notation, shared by every function here and by the tests:
    p: points of a depth frame in the crop frame, mm, (points, 3).
"""

from typing import Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from handjax.batch import FAR, Views
from handjax.geometry import cameras, transforms

SIZE = 2 * FAR
"""Edge of the cube around a hand, mm. Source: [wan2019], released code."""

PIXELS = 64
SAME_SURFACE = 10.0
"""Points of one pixel within this much of its nearest are of one surface, mm."""

SEED_SHARE = 2000
"""Of so many pixels the nearest is a seed: 153 in a frame of 640 by 480."""

FILLED_FROM = 5
"""A pixel with so many hit neighbours of 8 is filled. Beside a straight outline a
pixel has 3, so that gaps close and outlines stay."""


def frame_points(
    depth: Float[Array, "height width"], camera: cameras.Pinhole
) -> tuple[Float[Array, "points 3"], Bool[Array, "points"]]:
    """Every pixel of a depth frame as a point, and whether it holds a measurement.

    Args:
        depth: mm; 0 and anything not finite mean that nothing was measured.
    """
    valid = jnp.isfinite(depth) & (depth > 0.0)
    z = jnp.where(valid, depth, 1.0)
    points = cameras.unproject(camera, cameras.pixel_grid(*depth.shape), z)
    return points.reshape(-1, 3), valid.reshape(-1)


def centre_from_depth(
    depth: Float[Array, "height width"],
    camera: cameras.Pinhole,
    *,
    reach: float = 90.0,
    steps: int = 12,
) -> Float[Array, "3"]:
    """Centre of the nearest thing in a frame: a hand held towards the camera.

    Starts at the nearest points, then moves to the mean of what lies within reach
    until it rests. The mean of no points is the start.

    Args:
        depth: mm; 0 and anything not finite mean that nothing was measured.
        reach: radius of the ball whose mean is taken, mm.
        steps: how many times the mean is taken.

    Source: Fukunaga & Hostetler, The estimation of the gradient of a density
    function, IEEE Trans. Inf. Theory 21(1), 1975 (mean shift).
    """
    points, valid = frame_points(depth, camera)
    z = jnp.where(valid, points[:, 2], jnp.inf)
    # A share of the picture, not the single nearest pixel, which may be noise.
    seeds = max(depth.size // SEED_SHARE, 1)
    threshold = -_largest(-z, seeds)

    def shift(_, centre):
        x, y, z = (points - centre).T
        near = x * x + y * y + z * z < reach**2
        return _mean(points, valid & near, centre)

    start = _mean(points, valid & (z <= threshold), jnp.zeros(3))
    return jax.lax.fori_loop(0, steps, shift, start)


def crop_depth(
    depth: Float[Array, "height width"],
    camera: cameras.Pinhole,
    centre: Float[Array, "3"],
    *,
    size: float = SIZE,
    pixels: int = PIXELS,
) -> Float[Array, "pixels pixels"]:
    """Orthographic depth of the cube around a centre, mm from it.

    Each point of the frame falls into one pixel of the crop. A pixel's depth is the
    mean of its points that belong to the nearest surface: the nearest point alone
    would prefer noise and, on slopes, the near side of the pixel. Pixels that no
    point fell into but most neighbours have are filled from these.

    Args:
        depth: mm; 0 and anything not finite mean that nothing was measured.
        centre: of the cube, in the camera's frame, mm.
    """
    points, valid = frame_points(depth, camera)
    p = points - centre
    uv = cameras.project(cameras.orthographic_crop(size, pixels), p)
    column, row = jnp.round(uv).astype(jnp.int32).T
    valid &= (column >= 0) & (column < pixels) & (row >= 0) & (row < pixels)
    valid &= jnp.abs(p[:, 2]) < size / 2
    pixel = jnp.where(valid, row * pixels + column, pixels**2)
    nearest = jnp.full(pixels**2 + 1, jnp.inf).at[pixel].min(p[:, 2])
    on_surface = valid & (p[:, 2] <= nearest[pixel] + SAME_SURFACE)
    count = jnp.zeros(pixels**2 + 1).at[pixel].add(on_surface)
    total = jnp.zeros(pixels**2 + 1).at[pixel].add(jnp.where(on_surface, p[:, 2], 0.0))
    mean = (total / jnp.maximum(count, 1.0))[:-1].reshape(pixels, pixels)
    hit = (count > 0)[:-1].reshape(pixels, pixels)
    return _fill(mean, hit, far=size / 2)


def views_from_frame(
    depth: Float[Array, "height width"],
    camera: cameras.Pinhole,
    *,
    centre: Literal["depth"] | Float[Array, "3"] = "depth",
    size: float = SIZE,
    pixels: int = PIXELS,
) -> Views:
    """A frame as a batch of one with one view; the world is the camera's frame.

    Args:
        depth: mm; 0 and anything not finite mean that nothing was measured.
        centre: of the cube in the camera's frame, mm; or "depth", found in the frame.
    """
    if isinstance(centre, str):
        centre = centre_from_depth(depth, camera)
    cropped = crop_depth(depth, camera, centre, size=size, pixels=pixels)
    ortho = cameras.orthographic_crop(size, pixels)
    return Views(
        depth=cropped[None, None],
        image=None,
        mask=(cropped < size / 2)[None, None],
        valid=jnp.ones((1, 1), bool),
        camera=cameras.Orthographic(ortho.focal[None, None], ortho.centre[None, None]),
        crop_from_camera=transforms.make(jnp.eye(3), -centre)[None, None],
        camera_from_world=jnp.eye(4)[None, None],
    )


def _mean(points: Array, keep: Array, otherwise: Array) -> Float[Array, "3"]:
    count = jnp.sum(keep)
    total = jnp.sum(jnp.where(keep[:, None], points, 0.0), axis=0)
    return jnp.where(count > 0, total / jnp.maximum(count, 1), otherwise)


def _largest(values: Array, count: int) -> Float[Array, ""]:
    """The count-th largest value."""
    return jnp.sort(values)[-count]


def _fill(depth: Array, hit: Array, *, far: float) -> Float[Array, "height width"]:
    """Fill pixels of which most neighbours were hit with the mean of these."""
    count = _around(hit.astype(depth.dtype))
    mean = _around(jnp.where(hit, depth, 0.0)) / jnp.maximum(count, 1)
    return jnp.where(hit, depth, jnp.where(count >= FILLED_FROM, mean, far))


def _around(image: Float[Array, "height width"]) -> Float[Array, "height width"]:
    """Sum of the eight neighbours; there is nothing beyond the border."""
    height, width = image.shape
    padded = jnp.pad(image, 1)
    places = [(i, j) for i in range(3) for j in range(3) if (i, j) != (1, 1)]
    shifted = [padded[i : i + height, j : j + width] for i, j in places]
    return jnp.sum(jnp.stack(shifted), axis=0)
