"""The arm behind the hand: skin or sleeve, turning in the ball of the wrist.

Its own rest frame is the hand's: it goes from the wrist along +y, mm. Where it begins
it is a ball inside the hand's stump, which is a ball too (`studio.build`), so that no
gap opens when the wrist bends. Modelled by eye on a forearm of 260 mm.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Array, Float, Int
from scipy.interpolate import PchipInterpolator

from handjax.data.studio.skin import Subject
from handjax.geometry.precision import matmul
from handjax.hands.build.relief import bell, rise

LENGTH = 260.0
AROUND = 52  # vertices of a ring
# Rings of the dome within the hand, from there to the cuff, over its edge, along the
# rest, over the far end.
DOME, BARE, EDGE, REST, END = 7, 6, 5, 34, 4
FILLED = 0.985  # how much of the stump's ball the arm's own ball fills

# Distance from the wrist over its length; half breadth and half depth over those of
# the wrist: slim behind it, then the belly of the muscles.
PROFILE = np.array([
    (0.00, 1.00, 1.00),
    (0.06, 0.99, 1.05),
    (0.15, 1.00, 1.17),
    (0.30, 1.12, 1.44),
    (0.50, 1.34, 1.82),
    (0.70, 1.50, 2.08),
    (0.88, 1.55, 2.18),
    (1.00, 1.54, 2.18),
])  # fmt: skip


class Arm(NamedTuple):
    """What an arm wears and how stout it is.

    Attributes:
        sleeve: whether cloth covers it.
        cuff: where the cloth begins, mm from the wrist.
        loose: how far the cloth stands off the skin, mm.
        girth: growth of the belly over the usual one.
        seed: of the sleeve's folds.
    """

    sleeve: bool
    cuff: float = 40.0
    loose: float = 0.0
    girth: float = 1.0
    seed: int = 0


class Wrist(NamedTuple):
    """The ball of the hand's stump: its middle and radii in the hand's axes, mm."""

    middle: Float[np.ndarray, "3"]
    radii: Float[np.ndarray, "3"]


def make_forearm(
    arm: Arm, wrist: Wrist
) -> tuple[
    Float[np.ndarray, "vertices 3"],
    Int[np.ndarray, "faces 3"],
    Float[np.ndarray, "vertices"],
]:
    """Vertices at rest, faces and where cloth is; the same faces for every arm."""
    wrist = wrist._replace(radii=FILLED * wrist.radii)
    angle = np.linspace(0.0, 2.0 * np.pi, AROUND, endpoint=False)
    y, off = _along(arm)
    dome, rings = (
        _dome(wrist, angle),
        _rings(arm, wrist, y[:, None], off[:, None], angle),
    )
    end = _end(rings[-1])
    tips = np.stack(
        [wrist.middle - np.array([0.0, wrist.radii[1], 0.0]), end[-1].mean(0)]
    )
    body = np.concatenate([dome, rings, end])
    worn = np.concatenate([np.zeros(DOME), off > 0.0, np.ones(END)]) * arm.sleeve
    return (
        np.concatenate([body.reshape(-1, 3), tips]),
        tube(len(body)),
        np.concatenate([np.repeat(worn, AROUND), [0.0, worn[-1]]]),
    )


def pose_forearm(
    subject: Subject,
    world_from_forearm: Float[Array, "3 3"],
    wrist: Float[Array, "3"],
) -> Float[Array, "vertices 3"]:
    """The arm's surface in the axes of the world, mm.

        x = R v + wrist

    Args:
        subject: whose arm it is.
        world_from_forearm: R, the arm's own rotation; `world_from_hand` if straight.
        wrist: where the wrist is, mm.
    """
    return matmul(subject.forearm_vertices, world_from_forearm.T) + wrist


def _along(arm: Arm) -> tuple[np.ndarray, np.ndarray]:
    """Where the rings are along the arm, and how much each stands off, 0 to 1."""
    edge = np.linspace(0.0, 0.5 * np.pi, EDGE)
    y = [
        np.linspace(0.0, arm.cuff, BARE, endpoint=False),
        # The cloth's edge, a quarter of a circle, is all but a wall.
        arm.cuff + 2.5 * (1.0 - np.cos(edge)),
        np.linspace(arm.cuff + 6.0, LENGTH, REST),
    ]
    return np.concatenate(y), np.concatenate(
        [np.zeros(BARE), np.sin(edge), np.ones(REST)]
    )


def _rings(arm: Arm, wrist: Wrist, y, off, angle) -> np.ndarray:
    """Rings of skin or, `off` it, of cloth; (rings, AROUND, 3)."""
    half = PchipInterpolator(PROFILE[:, 0], PROFILE[:, 1:])(y[:, 0] / LENGTH)
    half = half * wrist.radii[[0, 2]] * (1.0 + (arm.girth - 1.0) * rise(y / 150.0))
    more = _bones(y, angle)
    if arm.sleeve:
        more = (1.0 - off) * more + off * (arm.loose + _folds(arm, y, angle))
    # The belly hangs to the little finger's and the palm's side.
    x, z = (rise(y / 200.0) * shift for shift in (-3.0, -4.0))
    ring = [
        x + np.cos(angle) * (half[:, :1] + more),
        np.broadcast_to(y, more.shape),
        z + np.sin(angle) * (half[:, 1:] + more),
    ]
    return wrist.middle + np.stack(ring, -1)


def _bones(y, angle) -> np.ndarray:
    """What the ulna's head lifts on the back, at the little finger's side, mm."""
    apart = np.angle(np.exp(1j * (angle - np.deg2rad(128.0))))
    return 2.6 * bell(y - 15.0, 7.0) * bell(apart, 0.42)


def _folds(arm: Arm, y, angle) -> np.ndarray:
    """Folds of the cloth: slanting waves, deepest where it bunches at the cuff, mm."""
    rng = np.random.default_rng(arm.seed)
    height = np.zeros(np.broadcast_shapes(y.shape, angle.shape))
    for turns in (1, 2, 3, 4, 5):
        length, phase = rng.uniform(22.0, 55.0), rng.uniform(0.0, 2.0 * np.pi)
        wave = turns * angle * rng.choice([-1, 1]) + 2.0 * np.pi * y / length + phase
        height += rng.uniform(0.5, 1.0) * np.sin(wave)
    bunched = 0.6 + 0.6 * np.exp(-(y - arm.cuff) / 60.0)
    hem = 0.35 + 0.65 * rise((y - arm.cuff) / 18.0)
    return 1.2 * bunched * hem * height


def _dome(wrist: Wrist, angle) -> np.ndarray:
    """Rings of the ball inside the hand, from its pole to the wrist."""
    turn = np.linspace(0.0, 0.5 * np.pi, DOME + 2)[1:-1, None]
    unit = np.stack(
        np.broadcast_arrays(
            np.sin(turn) * np.cos(angle), -np.cos(turn), np.sin(turn) * np.sin(angle)
        ),
        -1,
    )
    return wrist.middle + wrist.radii * unit


def _end(last: np.ndarray) -> np.ndarray:
    """Rings that close the far end, rounded."""
    middle = last.mean(0)
    turn = np.linspace(0.0, 0.5 * np.pi, END + 1)[1:, None, None]
    shrunk = middle + (0.55 + 0.45 * np.cos(turn)) * (last - middle)
    return shrunk + 12.0 * np.sin(turn) * np.array([0.0, 1.0, 0.0])


def tube(rings: int, around: int = AROUND) -> Int[np.ndarray, "faces 3"]:
    """Faces of rings closed by a pole at either end, outward.

    Args:
        rings: how many; the two poles come after their vertices.
        around: vertices of a ring.
    """
    here = np.arange(around)
    beside = (here + 1) % around
    row = around * np.arange(rings - 1)[:, None]
    a, b = (row + here).ravel(), (row + beside).ravel()
    walls = [
        np.stack([a, a + around, b], -1),
        np.stack([b, a + around, b + around], -1),
    ]
    last, count = around * (rings - 1), around * rings
    first = np.stack([np.full(around, count), here, beside], -1)
    far = np.stack([np.full(around, count + 1), last + beside, last + here], -1)
    return np.concatenate([*walls, first, far])
