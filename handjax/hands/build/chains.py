"""Swept parts with elliptical sections, and how implicit surfaces flow together."""

from typing import NamedTuple

import numpy as np
from scipy.interpolate import PchipInterpolator

from handjax.hands.build.transfer import barycentrics


class Chain(NamedTuple):
    """A part of the hand, swept along an axis.

    Attributes:
        origin: where s = 0.
        frame: rows: lateral, pad and long direction.
        stations: values of s at which `profile` is given.
        profile: at each station lateral and pad offset of the curve, half breadth,
            depth to the pad and depth to the back.
        ends: s where the rounded ends begin, first and last.
        caps: how far these ends reach.
        power: exponent of the section, 2 for an ellipse.
    """

    origin: np.ndarray
    frame: np.ndarray
    stations: np.ndarray
    profile: np.ndarray
    ends: tuple[float, float]
    caps: tuple[float, float]
    power: float = 2.0


def coordinates(chain: Chain, points: np.ndarray) -> np.ndarray:
    """Lateral, pad and long coordinate of points in a chain's straight frame."""
    return (points - chain.origin) @ chain.frame.T


def section(chain: Chain, s: np.ndarray) -> np.ndarray:
    """The profile at positions along the chain, (5, points)."""
    inside = np.clip(s, chain.stations[0], chain.stations[-1])
    return PchipInterpolator(chain.stations, chain.profile)(inside).T


def distance(chain: Chain, at: np.ndarray) -> np.ndarray:
    """First-order distance (k - 1) / |grad k|, k the section's gauge.

    Args:
        at: coordinates in the chain's frame, (points, 3).
    """
    u, v, s = at.T
    du, dv, breadth, pad, back = section(chain, s)
    depth = np.where(v > dv, pad, back)
    low, high = chain.ends
    cap = np.where(s > high, chain.caps[1], chain.caps[0])
    over = np.maximum(s - high, 0.0) + np.maximum(low - s, 0.0)
    radii = np.stack([breadth, depth, cap])
    return gauge_distance(np.stack([u - du, v - dv, over]), radii, chain.power)


def gauge_distance(offset: np.ndarray, radii: np.ndarray, power: float) -> np.ndarray:
    """First-order distance to a (super)ellipsoid from offsets (3, points)."""
    parts = np.abs(offset) / radii
    gauge = np.maximum(np.sum(parts**power, 0) ** (1.0 / power), 1e-6)
    slope = (parts / gauge) ** (power - 1.0) / radii
    return (gauge - 1.0) / np.maximum(np.linalg.norm(slope, axis=0), 1e-6)


def ellipsoid(points, centre, along, radii) -> np.ndarray:
    """An ellipsoid whose first axis points along `along`, its last to the palm."""
    long = np.asarray(along) / np.linalg.norm(along)
    side = np.cross(long, (0.0, 0.0, -1.0))
    side /= np.linalg.norm(side)
    frame = np.stack([long, side, np.cross(long, side)])
    offset = frame @ (points - np.asarray(centre)).T
    return gauge_distance(offset, np.asarray(radii)[:, None], 2.0)


def sheet(points, a, b, c, thickness: float) -> np.ndarray:
    """Distance to a triangle thickened by `thickness` on every side."""
    triangle = np.stack([a, b, c]).astype(float)
    weights = barycentrics(points, np.broadcast_to(triangle, (len(points), 3, 3)))
    return np.linalg.norm(points - weights @ triangle, axis=-1) - thickness


def smooth_min(a: np.ndarray, b: np.ndarray, width: float) -> np.ndarray:
    """Minimum of two fields with a fillet of about `width`, mm."""
    overlap = np.maximum(width - np.abs(a - b), 0.0) / width
    return np.minimum(a, b) - overlap**2 * width / 4.0
