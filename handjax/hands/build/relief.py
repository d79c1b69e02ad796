"""What is drawn on the skin: nails, creases, tendons, small pads; heights in mm.

Modelled by eye: no publication tabulates them.
"""

from functools import lru_cache

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.spatial import KDTree

from handjax.hands.build.chains import Chain, section

# Lines of the palm in its plane, (x, y): around the thumb's ball, across the palm
# below and above, over the wrist; each with its depth.
PALM_LINES = (
    (0.50, ((31, -71), (22, -64), (13, -52), (8, -38), (7, -24), (11, -12))),
    (0.38, ((31, -70), (18, -65), (2, -56), (-14, -47), (-27, -41))),
    (0.50, ((-44, -62), (-30, -66), (-14, -73), (-1, -83), (7, -95))),
    (0.30, ((-26, 1), (-12, 3.5), (4, 3.5), (24, 0))),
)
# Soft bumps: centre, width, height. Pads between the knuckles, the ulna's head, the
# muscle between thumb and index finger.
BUMPS = (
    ((11.0, -95.0, -13.0), 6.5, 1.2),
    ((-9.0, -92.0, -13.0), 6.5, 1.2),
    ((-28.0, -82.0, -14.0), 6.5, 1.0),
    ((-19.0, 12.0, 16.0), 6.5, 1.8),
    ((30.0, -60.0, 3.0), 10.0, 1.6),
)
TENDON_ENDS = {
    "index": ((7.0, -14.0), (21.2, -80.0)),
    "middle": ((2.0, -14.0), (0.0, -80.0)),
    "ring": ((-4.0, -14.0), (-17.3, -73.0)),
    "little": ((-9.0, -14.0), (-33.8, -66.0)),
}
# Where fingers fold, in stations (0 knuckle, 3 tip), and how deep.
FOLDS = ((0.545, 0.45), (0.95, 0.38), (1.05, 0.30), (2.0, 0.40))
THUMB_FOLDS = ((1.08, 0.15), (1.97, 0.35))
WRINKLES = (0.93, 1.0, 1.07)


def bell(x: np.ndarray, width: float) -> np.ndarray:
    """1 at 0, falling off as a Gaussian."""
    return np.exp(-0.5 * (x / width) ** 2)


def rise(x: np.ndarray) -> np.ndarray:
    """Cubic step from 0 at 0 to 1 at 1."""
    t = np.clip(x, 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def body_height(points: np.ndarray) -> np.ndarray:
    """Bumps and tendons of palm and back, broad enough for every level."""
    height = np.zeros(len(points))
    for centre, width, top in BUMPS:
        height += top * bell(np.linalg.norm(points - centre, axis=-1), width)
    back = rise(points[:, 2] / 4.0)
    for start, end in TENDON_ENDS.values():
        height += 0.45 * back * _ridge(points[:, :2], np.array(start), np.array(end))
    return height


def line_depth(points: np.ndarray) -> np.ndarray:
    """How deep the lines of the palm are drawn."""
    deep = np.zeros(len(points))
    palm = rise((-4.0 - points[:, 2]) / 4.0)
    for depth, line in PALM_LINES:
        away, along = curve(line).query(points[:, :2], distance_upper_bound=6.0)
        ends = rise(np.minimum(along, 199 - along) / 40.0)
        deep += depth * palm * bell(np.minimum(away, 6.0), 1.25) * ends
    return deep


def _ridge(xy: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    along = (end - start) / np.linalg.norm(end - start)
    t = (xy - start) @ along / np.linalg.norm(end - start)
    aside = (xy - start) @ np.array([-along[1], along[0]])
    return bell(aside, 1.9) * rise(t / 0.4) * rise((1.12 - t) / 0.15)


@lru_cache
def curve(line) -> KDTree:
    """200 points along a smooth line through knots (x, y)."""
    knots = np.array(line, float)
    t = np.linspace(0.0, len(knots) - 1.0, 200)
    return KDTree(PchipInterpolator(np.arange(len(knots)), knots)(t))


def finger_height(
    chain: Chain, stations: np.ndarray, at: np.ndarray, *, thumb: bool
) -> np.ndarray:
    """Folds under the joints, wrinkles over them, the nail.

    Args:
        stations: s of the finger's four joints.
        at: points in the chain's frame.
    """
    u, v, s = at.T
    du, dv, _, pad, back = section(chain, s)
    under, over = rise(1.4 * (v - dv) / pad), rise(1.6 * (dv - v) / back)
    height = np.zeros(len(s))
    for station, depth in THUMB_FOLDS if thumb else FOLDS:
        where = np.interp(station, np.arange(4), stations)
        height -= depth * under * bell(s - where, 1.2)
    for station in WRINKLES:
        where = np.interp(station + thumb, np.arange(4), stations)
        height -= 0.22 * over * bell(s - where, 0.9)
    size = 0.72 * chain.profile[-1, 2]
    reach = stations[-1] - s
    height += rise(2.0 * (dv - v) / back) * nail_height(u - du, reach, size)
    return height


def nail_height(across: np.ndarray, reach: np.ndarray, size: float) -> np.ndarray:
    """A plate in a groove, with a fold of skin behind and beside it.

    Args:
        across: sideways from the middle of the nail.
        reach: backwards from the finger's tip.
        size: half its breadth.
    """
    edge = nail_edge(across, reach, size)
    behind = rise((reach - 2.0) / 3.0)
    plate = rise(-edge / 1.2)
    return (
        0.25 * plate * (1.0 - behind)
        - 0.50 * bell(edge, 0.6)
        + 0.35 * behind * bell(edge - 1.4, 0.8)
    )


def nail_edge(across: np.ndarray, reach: np.ndarray, size: float) -> np.ndarray:
    """Distance from the border of a nail, negative on it.

    Args:
        across: sideways from the middle of the nail.
        reach: backwards from the finger's tip.
        size: half its breadth.
    """
    half, corner = np.array([1.02 * size, 1.22 * size]), 0.55 * size
    middle = 1.2 + half[1]
    q = np.abs(np.stack([across, reach - middle], -1)) - half + corner
    edge = np.linalg.norm(np.maximum(q, 0.0), axis=-1) + np.minimum(q.max(-1), 0.0)
    return edge - corner
