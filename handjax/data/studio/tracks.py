"""Key poses, splines through them, and what nature adds.

Host side, in NumPy; angles in radians unless stated, times in seconds.

Sources: Lang & Schieber, Human finger independence, J. Neurophysiol. 92, 2004, and van
den Noort et al., Variable and asymmetric range of enslaving, PLOS ONE 2016 (fingers
that follow); Lakie et al., J. Physiol. 593, 2015 (tremor, 6-12 Hz). Amounts are ours.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.interpolate import PchipInterpolator
from scipy.signal import lfilter

from handjax.hands.named_poses import NAMED
from handjax.hands.skeleton import FINGERS, POSED

RATE = 30.0
"""Frames a second."""
RELAXED = NAMED["neutral relaxed"]
DRIFT = (1.0, 0.7, 0.3)
"""Standard deviation of what changes while a pose is held: flexion, abduction and
twist, degrees."""
PACE = 220.0
"""Speed of a finger that is in no hurry, degrees a second."""
LAG = 0.08
"""A finger is up to this much later than it might be, seconds."""
FOLLOW = (0.1, 0.2)
"""Share of its neighbour's motion that a finger is drawn along by."""
RELEASE = 0.15
"""Time in which it comes back, seconds."""
TREMOR_BAND = (8.0, 12.0)
TREMOR = (0.5, 0.25, 0.0)
"""Standard deviation of flexion, abduction and twist, degrees."""

_ROWS = tuple(
    [k for k, joint in enumerate(POSED) if joint.startswith(finger)]
    for finger in FINGERS
)
# Knuckle, middle and end joint of the four fingers.
_LONG = np.array(_ROWS[1:])


class Track(NamedTuple):
    """Values at increasing times, to be joined by a spline."""

    times: Float[np.ndarray, "keys"]
    values: Float[np.ndarray, "keys *values"]


def vary(
    rng: np.random.Generator,
    pose: Float[np.ndarray, "17 3"],
    amount: tuple[float, float],
    degrees: tuple[float, float, float],
) -> Float[np.ndarray, "17 3"]:
    """A pose done more or less, and never twice the same.

    Args:
        rng: random numbers.
        pose: radians.
        amount: least and most of it, from relaxed.
        degrees: standard deviation of flexion, abduction and twist.
    """
    noise = np.deg2rad(degrees) * rng.normal(size=pose.shape)
    return RELAXED + rng.uniform(*amount) * (pose - RELAXED) + noise


def held(rng: np.random.Generator, pose: np.ndarray) -> np.ndarray:
    """What has become of a pose by the end of its hold."""
    return pose + np.deg2rad(DRIFT) * rng.normal(size=pose.shape)


def timing(rng: np.random.Generator, poses: list[np.ndarray]) -> np.ndarray:
    """When each pose is reached and left: ways of 0.3 to 0.8 s, holds of 0.2 to 0.8."""
    far = [np.rad2deg(np.abs(b - a).max()) for a, b in pairwise(poses)]
    ways = np.clip(np.array(far) / PACE * rng.uniform(0.8, 1.4, len(far)), 0.3, 0.8)
    holds = rng.uniform(0.2, 0.8, len(poses))
    return np.cumsum(np.stack([np.append(0.3, ways), holds], axis=-1).ravel())


def wander(
    rng: np.random.Generator,
    seconds: float,
    low: tuple[float, ...],
    high: tuple[float, ...],
    every: tuple[float, float],
    *,
    draws: int = 1,
) -> Track:
    """Places in a box, visited at random.

    Args:
        rng: random numbers.
        seconds: how long.
        low, high: the box.
        every: shortest and longest way between two places, seconds.
        draws: each place is the mean of so many uniform ones: the more, the more
            often it is in the box's middle.
    """
    steps = rng.uniform(*every, int(seconds / every[0]) + 3)
    times = np.cumsum(steps) - steps[0]
    mixed = rng.uniform(size=(draws, len(times), len(low))).mean(axis=0)
    return Track(times, np.add(low, mixed * np.subtract(high, low)))


def play(
    track: Track, times: Float[np.ndarray, "frames"]
) -> Float[np.ndarray, "frames *values"]:
    """Values at times by monotone cubics: none beyond its neighbours; ends are held.

    Source: Fritsch & Carlson, Monotone piecewise cubic interpolation, 1980.
    """
    within = np.clip(times, track.times[0], track.times[-1])
    return PchipInterpolator(track.times, track.values, axis=0)(within)


def play_fingers(
    rng: np.random.Generator, track: Track, times: Float[np.ndarray, "frames"]
) -> Float[np.ndarray, "frames 17 3"]:
    """Angles at times, each finger in its own time; the wrist's stay 0.

    Args:
        rng: random numbers.
        track: two keys for each pose: when it is reached and when it is left.
        times: of the frames, seconds.
    """
    angles = np.zeros((len(times), len(POSED), 3))
    ways = np.append(track.times[2::2] - track.times[1:-1:2], np.inf)
    # No finger is so late that little of its way, or of the next, is left.
    latest = np.minimum(LAG, 0.3 * np.minimum(ways, np.roll(ways, 1)))
    for rows in _ROWS:
        late = track.times + np.repeat(latest * rng.uniform(size=len(latest)), 2)
        angles[:, rows] = play(Track(late, track.values[:, rows]), times)
    return angles


def follow(
    rng: np.random.Generator, angles: Float[np.ndarray, "frames 17 3"]
) -> Float[np.ndarray, "frames 17 3"]:
    """Fingers are drawn along by their neighbours' motion, and come back.

        x_f' = x_f + sum_g c_fg (y_g - y_f),  y = x - its mean over the last moments

    for the flexion x of neighbours f and g; fingers that move together keep so.
    """
    keep = np.exp(-1.0 / (RATE * RELEASE))
    flexion = angles[:, _LONG, 0]
    past = lfilter([1.0 - keep], [1.0, -keep], flexion - flexion[:1], axis=0)
    moved = flexion - flexion[:1] - past
    drawn = np.zeros_like(moved)
    for f in range(len(_LONG) - 1):
        share = rng.uniform(*FOLLOW)
        pull = share * (moved[:, f + 1] - moved[:, f])
        drawn[:, f] += pull
        drawn[:, f + 1] -= pull
    angles = angles.copy()
    angles[:, _LONG, 0] += drawn
    return angles


def tremor(rng: np.random.Generator, frames: int) -> Float[np.ndarray, "frames 17 3"]:
    """Noise of the band in which hands tremble, radians."""
    frequency = np.fft.rfftfreq(frames, 1.0 / RATE)
    band = (frequency >= TREMOR_BAND[0]) & (frequency <= TREMOR_BAND[1])
    spectrum = np.zeros((len(frequency), len(POSED), 3), complex)
    parts = rng.normal(size=(2, band.sum(), len(POSED), 3))
    spectrum[band] = parts[0] + 1j * parts[1]
    # irfft divides by the frames; each of the band's waves has variance 4 / frames^2.
    unit = np.fft.irfft(spectrum, frames, axis=0) * frames
    unit /= 2.0 * np.sqrt(max(band.sum(), 1))
    return np.deg2rad(TREMOR) * unit
