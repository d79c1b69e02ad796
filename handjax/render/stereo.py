"""What an active stereo camera with block matching makes of a clean depth image.

Pinhole frame in, pinhole frame out: 0 is nothing before, and no measurement after. The
camera finds, for every pixel, the shift of a small window between two pictures of a
projected speckle pattern. All that goes wrong goes wrong for a whole window at once,
so errors are blobs, where those of `render.sensor` are one pixel's own. This is the
camera of the simulated captures; nothing may be trained on it.

Notation, shared by every function here and by the tests:
    Z: depth from the camera, mm; 0 where nothing is.
    f, b: focal length, pixels, and baseline, mm; disparity d = f b / Z, pixels.
    W: the matching window, `WINDOW` pixels a side.
    n: a smooth random field, normal at each pixel, alike over a window.

Sources: Scharstein & Szeliski, A taxonomy and evaluation of dense two-frame stereo
correspondence algorithms, IJCV 2002; Sara & Bajcsy, On occluding contour artifacts in
stereo vision, U. Penn. MS-CIS-97-18, 1997; Blanchet, Buades, Coll, Morel & Rouge,
Fattening free block matching, JMIV 2011; Keselman, Woodfill, Grunnet-Jepsen & Bhowmik,
Intel RealSense stereoscopic depth cameras, CVPR workshops 2017; Freedman, Krupka,
Smolin, Leichter & Schmidt, SRA: fast removal of general multipath, ECCV 2014.
"""

from collections.abc import Callable
from functools import lru_cache, reduce
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Bool, Float, PRNGKeyArray

from handjax.geometry.precision import matmul

Image = Float[Array, "height width"]

WINDOW = 5
"""Side of the matching window, pixels; the RealSense R200 of Keselman et al. 2017 takes
7 of a larger picture."""
EDGE = 15.0
"""Depth that separates one surface from the next, mm; ours."""
REFERENCE = 750.0
"""Depth at which `Stereo.bias` is what the camera is wrong by, mm."""
CELL = 2
"""Pixels that share one random number before the window takes its mean."""
POOL = 8
"""Side of the patches that light is scattered between, pixels; ours."""


class Stereo(NamedTuple):
    """An active stereo camera; the defaults are one of 58 degrees in a QVGA picture.

    Attributes:
        focal: f, pixels.
        baseline: b, mm; that of a RealSense D415.
        disparity_noise: standard deviation of disparity, pixels: 1.6 mm at 750; ours.
        fattening: how far surfaces grow over what lies behind them, pixels, on
            average; at most half the window. Ours.
        rounding, rounding_bound: share of the window's smoothing that is felt, and
            the largest change by it, mm; ours.
        multipath, multipath_bound: how much farther a hollow is read for each mm that
            it lies behind its surroundings, and at most, mm; ours.
        bias: what this one camera is wrong by at `REFERENCE`, mm.
        bias_slope: how that grows, mm for each mm beyond it.
        holes: least and most of the surface's pixels without a measurement, a share
            that is drawn anew for each picture; ours.
        steep: how much less sure a match is at edges and on surfaces seen flatly,
            standard deviations of n; ours.
    """

    focal: float = 290.0
    baseline: float = 55.0
    disparity_noise: float = 0.045
    fattening: float = 0.4
    rounding: float = 0.35
    rounding_bound: float = 3.0
    multipath: float = 0.15
    multipath_bound: float = 4.0
    bias: float = 0.0
    bias_slope: float = 0.0
    holes: tuple[float, float] = (0.025, 0.075)
    steep: float = 1.5


def read(key: PRNGKeyArray, Z: Image, sensor: Stereo) -> Image:
    """A reading of a clean depth image.

    Args:
        key: random key.
        Z: clean depth, mm, 0 where nothing is.
        sensor: the camera.

    Returns:
        Measured depth, mm, 0 where nothing was measured.
    """
    share_key, field_key = jax.random.split(key)
    share = jax.random.uniform(share_key, (), float, *sensor.holes)
    error, growth, doubt = fields(field_key, Z.shape)
    lost = holes(doubt + sensor.steep * relief(Z, sensor), Z, share)
    # Each part looks at neighbours in the clean image alone: parts that looked at one
    # another's would be computed again for every neighbour once fused.
    grown = fatten(growth, Z, sensor.fattening)
    seen = grown + round_corners(Z, sensor) + scatter(Z, sensor)
    seen = disturb(error, seen, sensor)
    seen = seen + sensor.bias + sensor.bias_slope * (seen - REFERENCE)
    return jnp.where((grown > 0.0) & ~lost, seen, 0.0)


def fields(
    key: PRNGKeyArray, shape: tuple[int, ...], *, count: int = 3
) -> Float[Array, "{count} {shape[0]} {shape[1]}"]:
    """Smooth random fields n: the mean over W of independent draws, of variance 1.

    Random numbers are most of the work here: one is drawn for a cell of pixels.
    """
    coarse = tuple(-(-size // CELL) for size in shape)
    rows, columns = (_window_of_cells(size) for size in shape)
    draws = jax.random.normal(key, (count, *coarse))
    return matmul(matmul(rows, draws), columns.T)


@lru_cache
def _window_of_cells(size: int) -> Float[np.ndarray, "{size} cells"]:
    """How much of each cell the window around each pixel covers, rows of length 1."""
    pixel, cell = np.ogrid[:size, : -(-size // CELL)]
    left = np.maximum(pixel - WINDOW / 2, CELL * cell - 0.5)
    right = np.minimum(pixel + WINDOW / 2, CELL * (cell + 1) - 0.5)
    covered = np.maximum(right - left, 0.0)
    return (covered / np.linalg.norm(covered, axis=1, keepdims=True)).astype(np.float32)


def disturb(n: Image, Z: Image, sensor: Stereo) -> Image:
    """Depth after its disparity was disturbed.

        Z' = f b / (f b / Z + sigma n)

    There are steps of 1/32 pixel of a larger picture too; they drown in the error.

    Source: Keselman et al. 2017, Eqs. (1)-(2).
    """
    fb = sensor.focal * sensor.baseline
    disparity = fb / jnp.where(Z > 0.0, Z, REFERENCE) + sensor.disparity_noise * n
    # No hand is as far as one pixel of disparity; nothing is behind infinity.
    return fb / jnp.maximum(disparity, 1.0)


def fatten(n: Image, Z: Image, reach: Float[ArrayLike, ""]) -> Image:
    """Surfaces grow over what lies behind them, by no more than half a window.

        Z'(p) = min Z(q),  |q - p| <= r(p) = round(reach (1 + n(p)))

    where that is more than `EDGE` nearer: a window that holds both a near edge and
    what lies behind takes the shift of the more contrasted, the edge.

    Source: Sara & Bajcsy 1997; Scharstein & Szeliski 2002.
    """
    radius = jnp.round(reach * (1.0 + n))
    Z = seen = jnp.where(Z > 0.0, Z, jnp.inf)
    for r in range(1, WINDOW // 2 + 1):
        nearest = _around(Z, r, jnp.minimum, jnp.inf)
        seen = jnp.where((radius >= r) & (nearest < seen - EDGE), nearest, seen)
    return jnp.where(jnp.isfinite(seen), seen, 0.0)


def round_corners(Z: Image, sensor: Stereo) -> Image:
    """Change of depth, mm: the window smooths what it sees, folds and ridges alike.

        dZ = clip(rounding (mean_W Z - Z), +-bound)

    Source: Blanchet et al. 2011; the share and the bound are ours.
    """
    there = (Z > 0.0).astype(Z.dtype)
    total, count = (_around(x, WINDOW // 2, jnp.add, 0.0) for x in (Z, there))
    change = sensor.rounding * (total / jnp.maximum(count, 1.0) - Z)
    return there * jnp.clip(change, -sensor.rounding_bound, sensor.rounding_bound)


def scatter(Z: Image, sensor: Stereo) -> Image:
    """Change of depth, mm: hollows are read too far, by light that bounces in them.

        dZ = min(multipath max(Z - mean Z, 0), bound),  the mean over patches nearby

    Source: Freedman et al. 2014 for the sign, the path being longer; the form is ours.
    """
    there = (Z > 0.0).astype(Z.dtype)
    rows, columns = (_patches(size) for size in Z.shape)
    pooled = matmul(matmul(rows, jnp.stack([Z, there])), columns.T)
    total, count = matmul(matmul(rows.T, pooled), columns)
    mean = total / jnp.maximum(count, 1e-3)
    hollow = jnp.maximum(Z - mean, 0.0)
    return jnp.minimum(sensor.multipath * hollow, sensor.multipath_bound) * there


@lru_cache
def _patches(size: int) -> Float[np.ndarray, "patches {size}"]:
    """Tents, each around the middle of its patch and one patch wide to either side."""
    patch, pixel = np.ogrid[: -(-size // POOL), :size]
    away = np.abs(pixel - (POOL * patch + (POOL - 1) / 2)) / POOL
    return np.maximum(1.0 - away, 0.0).astype(np.float32)


def relief(Z: Image, sensor: Stereo) -> Image:
    """How flatly a surface is seen: 0 head on, 1/2 at 45 degrees, 1 at an edge.

        t / (1 + t),  t = (max Z - min Z) / (2 Z / f)

    over a pixel and its neighbours, which are 2 Z / f mm apart.

    Source: Keselman et al. 2017 for low confidence there; the form is ours.
    """
    # The background is farther than anything: beside it the relief is 1.
    far = jnp.where(Z > 0.0, Z, 1e6)
    rise = _around(far, 1, jnp.maximum, 0.0) - _around(far, 1, jnp.minimum, jnp.inf)
    return rise / (rise + 2.0 * jnp.maximum(Z / sensor.focal, 1e-3))


def holes(
    doubt: Image, Z: Image, share: Float[ArrayLike, ""]
) -> Bool[Array, "height width"]:
    """The given share of the surface's pixels, those that are doubted most.

    Args:
        doubt: how little a match is believed; smooth, so that holes are blobs.
        Z: clean depth, mm.
        share: in [0, 1].
    """
    there = Z > 0.0

    def halve(_, ends):
        low, high = ends
        middle = (low + high) / 2.0
        many = jnp.sum(there & (doubt > middle)) > share * jnp.sum(there)
        return jnp.where(many, middle, low), jnp.where(many, high, middle)

    # Twelve halvings of what normal draws span leave 0.005: one pixel in a thousand.
    _, threshold = jax.lax.fori_loop(0, 12, halve, (jnp.array(-8.0), jnp.array(12.0)))
    return doubt > threshold


def _around(x: Image, radius: int, combine: Callable, beyond: float) -> Image:
    """What a square window around each pixel holds, combined; `beyond` the border."""
    # Padded once for both axes: a second pad between them would be computed again for
    # every pixel of the window.
    x = jnp.pad(x, radius, constant_values=beyond)
    for axis in (0, 1):
        size = x.shape[axis] - 2 * radius
        starts = range(2 * radius + 1)
        x = reduce(
            combine, (jax.lax.slice_in_dim(x, k, k + size, axis=axis) for k in starts)
        )
    return x
