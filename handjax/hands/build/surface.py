"""The hand as an implicit surface: negative inside, about a distance in mm outside.

Every part is a chain: a curve that advances along one axis, with an elliptical
section whose half-axes change along it. Parts flow together by a smooth minimum.
"""

from typing import NamedTuple

import numpy as np
from scipy.interpolate import PchipInterpolator

from handjax.hands import anatomy
from handjax.hands.skeleton import FINGERS, JOINTS


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


def chain_field(chain: Chain, points: np.ndarray) -> np.ndarray:
    """First-order distance to a chain: (k - 1) / |grad k|, k the section's gauge."""
    u, v, s = coordinates(chain, points).T
    inside = np.clip(s, chain.stations[0], chain.stations[-1])
    du, dv, breadth, pad, back = PchipInterpolator(chain.stations, chain.profile)(
        inside
    ).T
    depth = np.where(v - dv > 0.0, pad, back)
    low, high = chain.ends
    over = np.where(s > high, (s - high) / chain.caps[1], 0.0)
    under = np.where(s < low, (low - s) / chain.caps[0], 0.0)
    parts = np.abs(np.stack([(u - du) / breadth, (v - dv) / depth, over + under]))
    radii = np.stack([breadth, depth, np.where(s > high, chain.caps[1], chain.caps[0])])
    gauge = np.maximum(np.sum(parts**chain.power, 0) ** (1.0 / chain.power), 1e-6)
    slope = (parts / gauge) ** (chain.power - 1.0) / radii
    return (gauge - 1.0) / np.maximum(np.linalg.norm(slope, axis=0), 1e-6)


def smooth_min(a: np.ndarray, b: np.ndarray, width: float) -> np.ndarray:
    """Minimum of two fields with a fillet of about `width`, mm."""
    overlap = np.maximum(width - np.abs(a - b), 0.0) / width
    return np.minimum(a, b) - overlap**2 * width / 4.0


def finger_chain(finger: str) -> Chain:
    """A finger from its knuckle to its tip."""
    joints = dict(zip(JOINTS, anatomy.rest_joints(), strict=True))
    names = [n for n in ("mcp", "pip", "dip", "tip") if f"{finger}_{n}" in joints]
    if finger == "thumb":
        names = ["cmc", "mcp", "ip", "tip"]
    bones = np.stack([joints[f"{finger}_{n}"] for n in names])
    flexion, _, long = anatomy.frame(bones[-1] - bones[0], anatomy.pad(finger))
    pad = np.cross(long, flexion)
    frame = np.stack([flexion, -pad, long])
    u, v, s = ((bones - bones[0]) @ frame.T).T
    table = np.array(anatomy.FINGER_PROFILE[finger])
    station = np.interp(table[:, 0], np.arange(4), s)
    half = table[:, 1] * anatomy.HAND_BREADTH / 2.0
    offset_u = PchipInterpolator(s, u)(station)
    offset_v = PchipInterpolator(s, v)(station)
    cap = half[-1]
    # The skin ends at the tip joint; before it the section is rounded off.
    profile = np.stack(
        [offset_u, offset_v, half, half * table[:, 2], half * table[:, 3]], -1
    )
    return Chain(bones[0], frame, station, profile, (-2.0, s[-1] - cap), (half[0], cap))


def palm_chain() -> Chain:
    """The body of the hand, from the wrist's stump to the webs."""
    table = np.array(anatomy.PALM_PROFILE)
    frame = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, -1.0, 0.0]])
    profile = table[:, 1:]
    return Chain(
        np.zeros(3), frame, table[:, 0], profile, (-14.0, 84.0), (6.0, 12.0), 2.4
    )


def parts() -> dict[str, Chain]:
    """All chains by name: palm and fingers."""
    return {"palm": palm_chain(), **{f: finger_chain(f) for f in FINGERS}}


def ellipsoid(points: np.ndarray, centre, radii) -> np.ndarray:
    """First-order distance to an ellipsoid along the axes."""
    q = (points - np.asarray(centre)) / np.asarray(radii)
    gauge = np.maximum(np.linalg.norm(q, axis=-1), 1e-6)
    slope = np.linalg.norm(q / np.asarray(radii), axis=-1) / gauge
    return (gauge - 1.0) / np.maximum(slope, 1e-6)


def field(points: np.ndarray) -> np.ndarray:
    """The whole hand."""
    points = np.asarray(points, np.float64)
    fields = {name: chain_field(part, points) for name, part in parts().items()}
    body = fields["palm"]
    body = smooth_min(body, ellipsoid(points, (20, -38, -14), (15, 26, 13)), 12.0)
    body = smooth_min(body, fields["thumb"], 12.0)
    fingers = np.min([fields[f] for f in FINGERS[1:]], axis=0)
    return smooth_min(body, fingers, 7.0)


BOUNDS = np.array([[-66.0, -194.0, -62.0], [96.0, 30.0, 34.0]])
