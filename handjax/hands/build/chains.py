"""Swept parts with elliptical sections, and how implicit surfaces flow together."""

from typing import NamedTuple

import numpy as np
from scipy.interpolate import PchipInterpolator


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
    weights = _barycentrics(points, np.broadcast_to(triangle, (len(points), 3, 3)))
    return np.linalg.norm(points - weights @ triangle, axis=-1) - thickness


def smooth_min(a: np.ndarray, b: np.ndarray, width: float) -> np.ndarray:
    """Minimum of two fields with a fillet of about `width`, mm."""
    overlap = np.maximum(width - np.abs(a - b), 0.0) / width
    return np.minimum(a, b) - overlap**2 * width / 4.0


def _barycentrics(points, triangles):
    """Barycentrics of the closest point of each triangle, (..., 3).

    Source: Ericson, Real-Time Collision Detection, 2005, Sec. 5.1.5, as the best of
    the face's plane and its three edges.
    """
    a, b, c = np.moveaxis(triangles, -2, 0)
    inner = _plane(points, a, b, c)
    options = [
        _edge(points, p, q, i, j)
        for p, q, i, j in ((a, b, 0, 1), (b, c, 1, 2), (c, a, 2, 0))
    ]
    stacked = np.stack([*options, inner])
    at = np.einsum("n...k,...kd->n...d", stacked, triangles)
    far = np.sum((at - points) ** 2, -1)
    far[3] = np.where(np.all(inner >= 0.0, -1), -1.0, np.inf)
    best = np.argmin(far, 0)
    return np.take_along_axis(stacked, best[None, ..., None], 0)[0]


def _plane(points, a, b, c):
    u, v, w = b - a, c - a, points - a
    uu, uv, vv = (np.sum(p * q, -1) for p, q in ((u, u), (u, v), (v, v)))
    wu, wv = np.sum(w * u, -1), np.sum(w * v, -1)
    scale = np.maximum(uu * vv - uv * uv, 1e-12)
    beta, gamma = (vv * wu - uv * wv) / scale, (uu * wv - uv * wu) / scale
    return np.stack([1.0 - beta - gamma, beta, gamma], -1)


def _edge(points, p, q, i: int, j: int):
    along = q - p
    length = np.maximum(np.sum(along * along, -1), 1e-12)
    t = np.clip(np.sum((points - p) * along, -1) / length, 0.0, 1.0)
    out = np.zeros((*t.shape, 3))
    out[..., i], out[..., j] = 1.0 - t, t
    return out
