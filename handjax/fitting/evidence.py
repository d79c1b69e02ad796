"""What a depth frame says about the hand in it, in the form the fit asks for.

Runs on the host, once or a few times a frame.

The fit frame has its origin in the crop's centre and its z along the ray from the
camera to there. Parallel rays along z then come close to those of the camera, however
far beside the axis the hand is held.

Notation, shared by every function here and by the tests:
    p: points of the frame in the fit frame, mm.
    D: their orthographic depth, `FAR` where nothing is, mm, (PIXELS, PIXELS).
"""

import math
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float
from scipy import ndimage

from handjax.batch import FAR
from handjax.data.crop import PIXELS, SAME_SURFACE, SIZE
from handjax.data.given.frames import FrameError
from handjax.geometry.cameras import Pinhole

PITCH = SIZE / PIXELS
POINTS = 512

FEWEST = 1500.0
"""Square mm in sight below which there is no hand to fit, a third of a fist."""

POINTS_A_PIXEL = 4.0
"""What a pixel of the crop wants; coarser frames have their pixels cut up."""

FINEST = 12
"""Into so many parts along each edge at most."""

SPECK = 60.0
"""What covers less than this, square mm, is noise."""

LEAVING = 20.0
"""An arm leaves the crop over at least this width, mm."""

RIM = 2
"""Pixels along the crop's edge: what is seen there is cut off by it."""

BACK = 12.0
"""What is this near to the crop's far face leaves backwards, mm. A surface up to 68
degrees steep has a pixel in there; a thinner band would fall between two."""


class Evidence(NamedTuple):
    """A crop of a frame, in the fit frame, mm.

    Attributes:
        points: what was measured, a random choice, some twice if there are few.
        depth: D.
        known: 1 where D is known, to be empty or not, else 0.
        outside: distance of each pixel from where a hand can be, negative within.
        arm: the middle of where the crop cuts an arm off.
        has_arm: 1 if it does, else 0.
    """

    points: Float[Array, "points 3"]
    depth: Float[Array, "height width"]
    known: Float[Array, "height width"]
    outside: Float[Array, "height width"]
    arm: Float[Array, "3"]
    has_arm: Float[Array, ""]


def axes() -> Float[np.ndarray, "pixels"]:
    """Where the columns, and the rows, of D stand, mm."""
    return (np.arange(PIXELS, dtype=np.float32) + 0.5) * PITCH - FAR


def gather(
    depth: Float[np.ndarray, "height width"],
    camera: Pinhole,
    centre: Float[np.ndarray, "3"],
    *,
    seed: int = 0,
) -> tuple[Evidence, Float[np.ndarray, "4 4"]]:
    """The evidence around a centre, and camera_from_fit.

    Args:
        depth: a frame, mm.
        camera: that took it.
        centre: of the crop, in the camera's frame, mm.
        seed: of the choice of points.

    Raises:
        FrameError: there is nothing around the centre.
    """
    camera_from_fit = _look_at(centre)
    # Points that a pixel of the crop gets from a surface square to the rays.
    density = (PITCH * float(camera.focal[0]) / centre[2]) ** 2
    finer = math.ceil(max(POINTS_A_PIXEL / density, 1.0) ** 0.5)
    if finer > FINEST:
        raise FrameError(
            f"a hand {centre[2]:.0f} mm away covers too few pixels of this camera; "
            "check --center and --camera"
        )
    points = _fit_points(depth, camera, camera_from_fit, finer)
    D = _splat(points, expected=density * finer**2)
    hit = _without_specks(D < FAR)
    if hit.sum() * PITCH**2 < FEWEST:
        place = ", ".join(f"{x:.0f}" for x in centre)
        raise FrameError(
            f"next to no depth within {FAR:.0f} mm of ({place}) mm; say where the "
            "hand is with --center X,Y,Z, and check --camera"
        )
    D = np.where(hit, D, FAR)
    known = hit | ~_unmeasured(depth, camera, camera_from_fit, hit)
    points = np.random.default_rng(seed).permutation(_lift(D, hit))
    cut = _lift(D, _cut_off(D))
    has_arm = len(cut) * PITCH > LEAVING
    evidence = Evidence(
        points=_float(np.resize(points, (POINTS, 3))),
        depth=_float(D),
        known=_float(known),
        outside=_float(_signed_distance(hit | ~known)),
        arm=_float(cut.mean(axis=0) if has_arm else np.zeros(3)),
        has_arm=_float(has_arm),
    )
    return evidence, camera_from_fit


def _look_at(centre: Float[np.ndarray, "3"]) -> Float[np.ndarray, "4 4"]:
    """camera_from_fit: z along the ray to the centre, x level."""
    z = centre / np.linalg.norm(centre)
    x = np.cross([0.0, 1.0, 0.0], z)
    x = x / np.linalg.norm(x)
    camera_from_fit = np.eye(4)
    camera_from_fit[:3, :3] = np.stack([x, np.cross(z, x), z], axis=1)
    camera_from_fit[:3, 3] = centre
    return camera_from_fit


def _fit_points(
    depth, camera, camera_from_fit, finer: int
) -> Float[np.ndarray, "points 3"]:
    """p: the measurements within the cube, each pixel cut into finer x finer."""
    middle = camera_from_fit[2, 3]
    # The cube's corners are farther from its middle than its faces.
    v, u = np.nonzero((depth > 0.0) & (np.abs(depth - middle) < 2.0 * FAR))
    z = np.repeat(depth[v, u].astype(np.float64), finer**2)
    part = (np.arange(finer) + 0.5) / finer - 0.5
    parts = np.stack(np.meshgrid(part, part), axis=-1).reshape(-1, 2)
    uv = (np.stack([u, v], axis=-1)[:, None] + parts).reshape(-1, 2)
    xy = (uv - np.asarray(camera.centre)) / np.asarray(camera.focal) * z[:, None]
    p = np.column_stack([xy, z]) - camera_from_fit[:3, 3]
    p = p @ camera_from_fit[:3, :3]
    return p[(np.abs(p) < FAR).all(axis=-1)]


def _splat(p, *, expected: float) -> Float[np.ndarray, "height width"]:
    """D of points, each in the pixel it falls into.

    A pixel is hit if half as many fell into it as a surface square to the rays would
    send there: the outline then stands where the surface ends. Its depth is the mean
    of its nearest surface.
    """
    column, row = np.floor((p[:, :2] + FAR) / PITCH).astype(int).T
    pixel, z = row * PIXELS + column, p[:, 2]
    nearest = np.full(PIXELS**2, np.inf)
    np.minimum.at(nearest, pixel, z)
    front = z <= nearest[pixel] + SAME_SURFACE
    count = np.bincount(pixel[front], minlength=PIXELS**2)
    total = np.bincount(pixel[front], z[front], minlength=PIXELS**2)
    D = np.where(count >= max(0.5 * expected, 1.0), total / np.maximum(count, 1), FAR)
    return D.reshape(PIXELS, PIXELS)


def _without_specks(hit: Bool[np.ndarray, "height width"]) -> np.ndarray:
    """The largest piece, and others of some size that the crop does not cut."""
    label = np.zeros(hit.shape, np.int64)
    ndimage.label(hit, structure=np.ones((3, 3)), output=label)
    size = np.bincount(label.ravel())
    size[0] = 0
    keep = size * PITCH**2 > SPECK
    keep[np.concatenate([label[[0, -1]].ravel(), label[:, [0, -1]].ravel()])] = False
    keep[size.argmax()] = hit.any()
    return keep[label]


def _unmeasured(depth, camera, camera_from_fit, hit) -> np.ndarray:
    """Pixels beyond the frame, and those without measurement that the hand encloses.

    Sensors write 0 where nothing came back and where all is far away alike. What the
    hand encloses may be the one or the other; beside it, 0 is taken for far away.
    """
    plane = np.stack(np.meshgrid(axes(), axes(), [0.0]), axis=-1)[:, :, 0]
    p = plane @ camera_from_fit[:3, :3].T + camera_from_fit[:3, 3]
    uv = p[..., :2] / p[..., 2:] * np.asarray(camera.focal) + np.asarray(camera.centre)
    u, v = np.moveaxis(np.round(uv).astype(int), -1, 0)
    height, width = depth.shape
    beyond = (u < 0) | (v < 0) | (u >= width) | (v >= height)
    here = depth[np.clip(v, 0, height - 1), np.clip(u, 0, width - 1)]
    empty = ~(np.isfinite(here) & (here > 0.0))
    return beyond | (empty & ndimage.binary_fill_holes(hit) & ~hit)


def _signed_distance(inside: np.ndarray) -> Float[np.ndarray, "height width"]:
    """Distance from the outline, negative within, mm."""
    beyond = np.asarray(ndimage.distance_transform_edt(~inside))
    within = np.asarray(ndimage.distance_transform_edt(inside))
    return (beyond - within + np.where(inside, 0.5, -0.5)) * PITCH


def _cut_off(D: Float[np.ndarray, "height width"]) -> np.ndarray:
    """Pixels at which something leaves the crop, sideways or backwards."""
    border = np.ones(D.shape, bool)
    border[RIM:-RIM, RIM:-RIM] = False
    return (D < FAR) & (border | (D > FAR - BACK))


def _float(values) -> Array:
    return jnp.asarray(values, jnp.float32)


def _lift(D: np.ndarray, where: np.ndarray) -> Float[np.ndarray, "points 3"]:
    x, y = np.meshgrid(axes(), axes())
    return np.stack([x, y, D], axis=-1)[where]
