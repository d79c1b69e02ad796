"""The hand as an implicit surface: negative inside, about a distance in mm outside."""

from functools import lru_cache

import numpy as np
from scipy.interpolate import PchipInterpolator

from handjax.hands import anatomy
from handjax.hands.build import profiles, relief
from handjax.hands.build.chains import (
    Chain,
    coordinates,
    distance,
    ellipsoid,
    sheet,
    smooth_min,
)
from handjax.hands.skeleton import FINGERS, JOINTS

BOUNDS = np.array([[-66.0, -196.0, -66.0], [96.0, 32.0, 34.0]])


@lru_cache
def joints() -> dict[str, np.ndarray]:
    """Rest position of each joint by name."""
    return dict(zip(JOINTS, anatomy.rest_joints(), strict=True))


def bones(finger: str) -> np.ndarray:
    """The four joints of a finger, knuckle (thumb: carpometacarpal) to tip."""
    names = (
        ("cmc", "mcp", "ip", "tip")
        if finger == "thumb"
        else ("mcp", "pip", "dip", "tip")
    )
    return np.stack([joints()[f"{finger}_{name}"] for name in names])


@lru_cache
def finger_chain(finger: str) -> Chain:
    """A finger from behind its knuckle to its tip."""
    at = bones(finger)
    flexion, abduction, long = anatomy.frame(at[-1] - at[0], anatomy.pad(finger))
    frame = np.stack([flexion, -abduction, long])
    u, v, s = ((at - at[0]) @ frame.T).T
    table = profiles.finger_stations(finger)
    station = np.interp(table[:, 0], np.arange(4), s)
    before = table[:, 0] < 0.0
    station[before] = table[before, 0] * s[1]
    curve = [PchipInterpolator(s, x, extrapolate=True)(station) for x in (u, v)]
    cap = 1.25 * table[-1, 1]
    profile = np.stack([*curve, *table[:, 1:].T], -1)
    return Chain(at[0], frame, station, profile, (station[0], s[-1] - cap), (8.0, cap))


@lru_cache
def palm_chain() -> Chain:
    """The body of the hand, from the wrist's stump to the webs."""
    table = np.array(profiles.PALM)
    frame = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, -1.0, 0.0]])
    return Chain(
        np.zeros(3),
        frame,
        table[:, 0],
        table[:, 1:],
        profiles.PALM_ENDS,
        profiles.PALM_CAPS,
        2.5,
    )


def palm_field(points: np.ndarray) -> np.ndarray:
    """The palm, bent into the transverse arch, its far edge following the webs."""
    u, v, s = coordinates(palm_chain(), points).T
    reach = np.clip(s / 90.0, 0.0, 1.0) ** 2
    webs = np.interp(u, *profiles.WEB_LINE)
    arch = 0.0038 * (u - 4.0) ** 2 - 1.5
    bent = np.stack([u, v - reach * arch, s + reach * webs], -1)
    return distance(palm_chain(), bent)


def body_field(points: np.ndarray, thumb: np.ndarray) -> np.ndarray:
    """Palm, eminences, thumb and the fold of skin between thumb and index finger."""
    at = joints()
    along = at["thumb_mcp"] - at["thumb_cmc"]
    body = palm_field(points)
    body = smooth_min(
        body, ellipsoid(points, (-25, -34, -9), (-0.12, -1, 0), (36, 15, 13)), 12.0
    )
    thenar = ellipsoid(points, (25, -34, -14), along, (31, 17, 13))
    thumb = smooth_min(thumb, thenar, 9.0)
    fold = sheet(points, at["thumb_cmc"], (45, -50, -20), (24, -68, -4), 4.0)
    return smooth_min(smooth_min(body, fold, 12.0), thumb, 14.0)


def field(points: np.ndarray, *, detailed: bool = True) -> np.ndarray:
    """The whole hand; `detailed` draws creases and nails."""
    points = np.asarray(points, np.float64)
    at = {f: coordinates(finger_chain(f), points) for f in FINGERS}
    fields = {f: distance(finger_chain(f), at[f]) for f in FINGERS}
    body = body_field(points, fields["thumb"])
    fingers = fields["index"]
    for finger in FINGERS[2:]:
        fingers = smooth_min(fingers, fields[finger], 2.5)
    whole = smooth_min(body, fingers, 5.0)
    near = np.abs(whole) < 4.0
    close = {f: at[f][near] for f in FINGERS}
    whole[near] -= relief.body_height(points[near])
    if detailed:
        whole[near] -= _details(points[near], close)
    return whole


def _details(points: np.ndarray, at: dict[str, np.ndarray]) -> np.ndarray:
    height = -relief.line_depth(points)
    for finger in FINGERS:
        chain = finger_chain(finger)
        close = distance(chain, at[finger]) < 2.0
        stations = coordinates(chain, bones(finger))[:, 2]
        height[close] += relief.finger_height(
            chain, stations, at[finger][close], thumb=finger == "thumb"
        )
    return height
