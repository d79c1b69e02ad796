"""Hands in motion at 30 Hz: the 40 training poses and the 14 test gestures.

World axes: x right, y down, z forward as the middle camera sees it; the origin is the
middle of the capture volume. A hand at world_from_hand = identity stands upright with
its palm towards that camera; its forearm comes from below.

    key poses -> splines, each finger in its own time -> neighbours follow -> tremor
    forearm, wrist and place -> splines -> rotations

Runs on the host, once for a capture; all random numbers come from the key.
"""

from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Bool, Float, PRNGKeyArray
from scipy.spatial.transform import Rotation

from handjax.data.studio import tracks
from handjax.data.studio.gestures import GESTURES, Gesture
from handjax.data.studio.tracks import RATE, RELAXED, Track
from handjax.hands.anatomy import joint_limits
from handjax.hands.named_poses import NAMED
from handjax.hands.spheres import PARTS

SEQUENCE = 5.0
"""Seconds that a training pose gets."""

CONE = 50.0
"""Farthest that the forearm leans from coming straight from below, degrees."""
SUPINATION = (-10.0, 190.0)
"""Of the forearm, degrees: at 0 the palm faces the middle camera, at 180 the back."""
BEND, ASIDE = 60.0, 25.0
"""Farthest that the wrist bends in all, and sideways, degrees; in daily life 54 to 60,
and 17 to 40. Source: Ryu et al., Functional ranges of motion of the wrist joint, 1991.
"""
VOLUME = 60.0
"""Farthest that the wrist goes from the middle of the volume, along each axis, mm."""

AMOUNT = (0.8, 1.1)
"""Least and most that is done of a training pose, from relaxed."""
VARIATION = (3.0, 2.0, 1.0)
"""Standard deviation of its flexion, abduction and twist, degrees."""
STEADY = (0.97, 1.03)
STEADY_VARIATION = (1.5, 1.0, 0.5)
"""The same of gestures, whose touches would not survive as much."""

_LIMITS = joint_limits()


class Motion(NamedTuple):
    """One or more sequences, one row a frame, 30 Hz.

    Attributes:
        angles: flexion, abduction and twist of the posed joints, radians; row 0, the
            wrist's, is 0: it is in `world_from_hand`.
        world_from_hand: rotation of the hand.
        world_from_forearm: rotation of the forearm, whose bone lies along its y.
        wrist: where the wrist is, mm.
    """

    angles: Float[np.ndarray, "frames 17 3"]
    world_from_hand: Float[np.ndarray, "frames 3 3"]
    world_from_forearm: Float[np.ndarray, "frames 3 3"]
    wrist: Float[np.ndarray, "frames 3"]


def training(key: PRNGKeyArray, frames: int) -> Motion:
    """The 40 poses of `NAMED`, five seconds each, in a new order each round.

    From relaxed to the pose, about it, and back, while wrist and forearm wander.

    Args:
        key: random key.
        frames: how many; 6,000 are one round.
    """
    rng, times = _generator(key), np.arange(frames) / RATE
    fingers = _sequences(rng, int(np.ceil(frames / RATE / SEQUENCE)))

    def wander(bounds, every, draws):
        low, high = zip(*bounds, strict=True)
        track = tracks.wander(rng, frames / RATE, low, high, every, draws=draws)
        return tracks.play(track, times)

    turned = wander([SUPINATION], (1.5, 4.0), 1)
    leant = wander([(-CONE, CONE)] * 2, (1.5, 4.0), 2)
    bent = wander([(-BEND, BEND), (-ASIDE, ASIDE), (0.0, 0.0)], (0.8, 2.0), 2)
    return _motion(rng, times, fingers, bent, np.hstack([turned, leant]))


def gestures(key: PRNGKeyArray, frames: int) -> Motion:
    """The 14 gestures, one after another, each for its share of the frames.

    Args:
        key: random key.
        frames: how many.
    """
    rng, times = _generator(key), np.arange(frames) / RATE
    edges = np.linspace(0.0, frames / RATE, len(GESTURES) + 1)
    spans = list(zip(GESTURES.values(), edges, edges[1:], strict=False))
    fingers, wrist = _gestures(rng, spans)
    arm = tracks.play(_stances(rng, spans), times)
    return _motion(rng, times, fingers, tracks.play(wrist, times), arm)


def touching(
    centres: Float[np.ndarray, "frames 41 3"],
    radii: Float[np.ndarray, "41"],
    rest: Float[np.ndarray, "41 3"],
) -> Bool[np.ndarray, "frames"]:
    """Frames in which two fingers touch, the thumb being one and the palm none.

    They do where two of their spheres that stand more than 2 mm apart at rest come
    within 1 mm: those beside the knuckles always overlap.

    Args:
        centres: of the posed hand, mm.
        radii: mm.
        rest: centres at rest, mm.
    """
    of_fingers = (PARTS[:, None] != PARTS) & (PARTS[:, None] > 0) & (PARTS > 0)
    reach = radii[:, None] + radii
    apart = np.linalg.norm(rest[:, None] - rest, axis=-1) - reach > 2.0
    i, j = np.nonzero(np.triu(of_fingers & apart))
    x, y, z = (centres[:, i, k] - centres[:, j, k] for k in range(3))
    return np.any(x * x + y * y + z * z < (reach[i, j] + 1.0) ** 2, axis=-1)


def _generator(key: PRNGKeyArray) -> np.random.Generator:
    return np.random.default_rng(np.asarray(jax.random.bits(key, (4,))))


def _sequences(rng: np.random.Generator, count: int) -> Track:
    """Key poses of fingers: relaxed, the pose three or four times, relaxed."""
    names = [n for _ in range(-(-count // len(NAMED))) for n in _shuffled(rng)]
    times, values = [], []
    for k, name in enumerate(names[:count]):
        chosen = [RELAXED, *[NAMED[name]] * rng.integers(3, 5), RELAXED]
        poses = [tracks.vary(rng, pose, AMOUNT, VARIATION) for pose in chosen]
        at = tracks.timing(rng, poses)
        times.append(SEQUENCE * (k + at / at[-1]))
        values += [x for pose in poses for x in (pose, tracks.held(rng, pose))]
    return Track(np.concatenate(times), np.stack(values))


def _shuffled(rng: np.random.Generator) -> list[str]:
    return [list(NAMED)[k] for k in rng.permutation(len(NAMED))]


def _gestures(
    rng: np.random.Generator, spans: list[tuple[Gesture, float, float]]
) -> tuple[Track, Track]:
    """Key poses of fingers and wrist: each gesture's cycle, as often as it has time."""
    times, angles, wrists = [-0.2, -0.1], [RELAXED] * 2, [np.zeros(3)] * 2
    for gesture, _, end in spans:
        k = 0
        while times[-1] < end:
            key = gesture.keys[k % len(gesture.keys)]
            pace, swing = rng.uniform(0.85, 1.2, 2)
            # The way to another gesture is not hurried.
            way = max(key.seconds, 0.4) if k == 0 else key.seconds
            times += list(times[-1] + pace * np.cumsum([way, max(key.hold, 0.01)]))
            pose = tracks.vary(rng, key.angles, STEADY, STEADY_VARIATION)
            angles += [pose, tracks.held(rng, pose)]
            turned = np.array([key.flexion, key.aside, key.turn])
            wrists += 2 * [swing * turned + rng.normal(size=3) * (3.0, 1.5, 3.0)]
            k += 1
    at = np.array(times)
    return Track(at, np.stack(angles)), Track(at, np.stack(wrists))


def _stances(
    rng: np.random.Generator, spans: list[tuple[Gesture, float, float]]
) -> Track:
    """Supination, lean and tilt aside of the forearm, degrees, every two seconds."""
    times, values = [], []
    for gesture, start, end in spans:
        count = max(1, round((end - start) / 2.0))
        times.append(start + (np.arange(count) + 0.5) * (end - start) / count)
        ranges = (gesture.supination, gesture.lean, (-25.0, 25.0))
        values.append(np.stack([rng.uniform(*r, count) for r in ranges], axis=-1))
    return Track(np.concatenate(times), np.concatenate(values))


def _motion(
    rng: np.random.Generator,
    times: Float[np.ndarray, "frames"],
    fingers: Track,
    wrist: Float[np.ndarray, "frames 3"],
    arm: Float[np.ndarray, "frames 3"],
) -> Motion:
    """Frames of it all.

    Args:
        rng: random numbers.
        times: of the frames, seconds.
        fingers: angles of the posed joints, radians.
        wrist: flexion, bend to the thumb's side, and turn of the forearm, degrees.
        arm: supination, lean to the palm's side, and tilt across that, degrees.
    """
    angles = tracks.follow(rng, tracks.play_fingers(rng, fingers, times))
    angles = angles + tracks.tremor(rng, len(times))
    angles = np.clip(angles, _LIMITS[..., 0], _LIMITS[..., 1])
    angles[:, 0] = 0.0
    flexion, aside, turn = wrist.T
    supination, lean, tilt = arm.T
    forearm = _forearm(supination + turn, lean, tilt)
    box = (-VOLUME,) * 3, (VOLUME,) * 3
    place = tracks.wander(rng, len(times) / RATE, *box, (0.8, 3.0))
    made = Motion(
        angles,
        (forearm * _bend(flexion, aside)).as_matrix(),
        forearm.as_matrix(),
        tracks.play(place, times),
    )
    return Motion(*(part.astype(np.float32) for part in made))


def _forearm(supination, lean, tilt) -> Rotation:
    """World from forearm: turned about its bone, then leant within the cone.

    Where the palm looks along p = (sin s, 0, -cos s), the forearm's upper end leans
    `lean` along p and `tilt` across it. Degrees.
    """
    lean, tilt = _within(CONE, lean, tilt)
    s, zero = np.deg2rad(supination), np.zeros_like(supination)
    palm = np.stack([np.cos(s), zero, np.sin(s)], axis=-1)
    across = np.stack([-np.sin(s), zero, np.cos(s)], axis=-1)
    leant = lean[:, None] * palm + tilt[:, None] * across
    turned = Rotation.from_euler("Y", -supination[:, None], degrees=True)
    return Rotation.from_rotvec(leant, degrees=True) * turned


def _bend(flexion, aside) -> Rotation:
    """Forearm from hand, no more than `BEND` in all; degrees."""
    flexion, aside = _within(BEND, flexion, np.clip(aside, -ASIDE, ASIDE))
    return Rotation.from_euler("XZ", np.stack([flexion, aside], axis=-1), degrees=True)


def _within(radius: float, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Both shrunk alike where the two together are longer than the radius."""
    return np.stack([x, y]) * (radius / np.maximum(radius, np.hypot(x, y)))
