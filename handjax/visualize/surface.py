"""Depth and normals as colour.

A picture is an array (height, width, 3) of uint8. Runs on the host, in NumPy.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Shaped, UInt8

Picture = UInt8[np.ndarray, "_ _ 3"]

PAPER = (250, 250, 248)
INK = (45, 48, 56)
SKIN = (226, 178, 152)
# Near is light and warm, far is dark and cold.
DEPTH_STOPS = np.array(
    [(255, 236, 170), (246, 168, 96), (206, 88, 96), (116, 52, 118), (38, 28, 76)],
    np.float64,
)
LIGHT = np.array([-0.35, -0.55, -0.76])


def depth_to_rgb(
    depth: Float[np.ndarray, "height width"],
    *,
    far: float | int,
    limits: tuple[float, float] | None = None,
) -> Picture:
    """Depth as colour, near light and far dark; the background is paper.

    Args:
        depth: mm.
        far: depths from here on are background, mm.
        limits: nearest and farthest depth of the colour scale, mm; the picture's own
            extremes by default.
    """
    hit = depth < far
    if not hit.any():
        return _blank(depth.shape)
    near, last = limits or (depth[hit].min(), depth[hit].max())
    place = np.clip((depth - near) / max(last - near, 1e-6), 0.0, 1.0)
    stops = np.linspace(0.0, 1.0, len(DEPTH_STOPS))
    colour = np.stack([np.interp(place, stops, band) for band in DEPTH_STOPS.T], -1)
    return np.where(hit[..., None], colour, PAPER).astype(np.uint8)


def shade(
    normals: Float[np.ndarray, "height width 3"],
    *,
    colour: Sequence[float] | Shaped[np.ndarray, "*pixels 3"] = SKIN,
    background: Sequence[float] | Shaped[np.ndarray, "*pixels 3"] = PAPER,
) -> Picture:
    """A matt surface under one light from the upper left.

    Args:
        normals: unit normals in camera axes (z forward); 0 where nothing is.
        colour: of the surface, one or one a pixel, 0 to 255.
        background: what shows where nothing is, likewise.
    """
    facing = np.clip(normals @ (LIGHT / np.linalg.norm(LIGHT)), 0.0, 1.0)
    # A grazing surface darkens towards its outline, which reads as roundness.
    glow = 0.35 + 0.55 * facing + 0.10 * np.abs(normals[..., 2])
    lit = np.clip(np.asarray(colour) * glow[..., None] * 1.05, 0, 255)
    hit = np.any(normals != 0.0, axis=-1, keepdims=True)
    return np.where(hit, lit, background).astype(np.uint8)


def _blank(shape: tuple[int, ...]) -> Picture:
    return np.broadcast_to(np.array(PAPER, np.uint8), (*shape, 3)).copy()
