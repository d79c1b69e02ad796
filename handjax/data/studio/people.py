"""Who the four people of the studio are: coefficients, and a warp outside them.

The warp is a function of space, given in the mean hand's rest pose and applied alike
to skin, joints and sphere centres, so that labels keep their place in the flesh. Each
finger is warped in its own straight frame; the palm carries the knuckles along.

Notation, shared by every function here:
    u, v, s: across, to the pad, and along a finger from its knuckle (thumb: base), mm.
    k: the same along in joints: 0 the knuckle, 1 and 2 the next joints, 3 the tip.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.interpolate import PchipInterpolator

from handjax.data.studio.forearm import Arm
from handjax.hands.build import chains, surface
from handjax.hands.build.relief import bell, rise
from handjax.hands.skeleton import FINGERS

# Values of k at which `Person.girth` is given.
GIRTH_AT = (0.45, 1.0, 1.5, 2.0, 2.5, 3.0)
# How sharply neighbouring fingers are told apart: on their skin, mm, and how much less
# sharply in the palm and its webs, for each mm that they are away.
OWNERSHIP, EASING = 1.5, 0.35
# How far flesh beside a finger follows it, mm.
REACH = {"thumb": 24.0, "index": 10.0, "middle": 10.0, "ring": 10.0, "little": 10.0}
PALM = 80.0  # from the wrist to where the palm has the knuckles' displacement, mm
# Middle of the balls of thumb and little finger, and how broad they are, mm.
BALLS, BALL = ((25.0, -34.0, -14.0), (-26.0, -34.0, -9.0)), 14.0


class Person(NamedTuple):
    """One person's hand, in words and numbers; fingers in the order of `FINGERS`.

    Attributes:
        shape: coefficients of named components, standard deviations.
        girth: growth of the fingers' girth at `GIRTH_AT`, fractions.
        aside: how far each tip is curved to the thumb's side, mm.
        back: how far each tip is curved to the back of the hand, mm.
        joints: how far middle and end joint sit nearer to the tip, mm.
        base: where each finger's knuckle is moved in the hand's axes, mm.
        balls: how much thicker the balls of thumb and little finger are, mm.
        arm: what is behind the wrist.
    """

    shape: dict[str, float]
    girth: tuple[float, ...]
    aside: tuple[float, ...]
    back: tuple[float, ...]
    joints: tuple[float, float]
    base: tuple[tuple[float, float, float], ...]
    balls: tuple[float, float]
    arm: Arm


PEOPLE = {
    # Big and broad; swollen joints, finger ends turned to the little finger's side.
    "A": Person(
        {"size": 2.1, "palm_width": 2.2, "finger_thickness": 0.6, "taper": -0.5},
        (0.02, 0.16, 0.0, 0.14, -0.02, -0.08),
        (-4.0, -8.0, -7.0, -5.0, -3.0),
        (3.0, -3.0, -2.0, -2.0, -3.0),
        (0.0, 2.0),
        ((4, 8, -3), (4, 4, -3), (1, -2, 2), (-2, -1, 3), (-6, 5, -4)),
        (2.5, 2.5),
        Arm(sleeve=True, cuff=30.0, loose=7.0, girth=1.05, seed=3),
    ),
    # Small and thin; fingers that taper and bend backwards, a narrow, flat palm.
    "B": Person(
        {"size": -2.2, "finger_thickness": -2.0, "palm_thickness": -0.7},
        (0.10, 0.08, 0.0, 0.0, -0.08, -0.18),
        (4.0, 3.0, 2.0, 4.0, 7.0),
        (9.0, 8.0, 9.0, 9.0, 8.0),
        (-3.0, -2.0),
        ((-3, -6, 4), (-3, -5, 3), (-1, 0, -2), (1, 0, -2), (3, -4, 2)),
        (-1.5, -1.5),
        Arm(sleeve=False, girth=0.9),
    ),
    # Long fingers, the little one curved inwards; a palm arched high.
    "C": Person(
        {"finger_length": 2.4, "thumb_length": 2.0, "palm_width": -0.8},
        (-0.03, 0.10, -0.04, 0.10, 0.02, 0.04),
        (2.0, -4.0, -2.0, 3.0, 9.0),
        (4.0, -4.0, -4.0, -4.0, -3.0),
        (3.0, -1.0),
        ((3, 2, -4), (3, 3, -3), (0, -2, 3), (-1, -1, 2), (-2, 5, -5)),
        (1.5, 1.0),
        Arm(sleeve=False, girth=1.0),
    ),
    # Short and thick; broad finger ends, the thumb set low.
    "D": Person(
        {"finger_length": -2.1, "finger_thickness": 2.1, "palm_thickness": 0.6},
        (0.0, 0.06, -0.01, 0.05, 0.04, 0.06),
        (-5.0, 5.0, 3.0, -2.0, -5.0),
        (5.0, -3.0, -3.0, -3.0, -3.0),
        (-2.0, 1.0),
        ((4, 8, -2), (3, -3, -2), (1, 1, 2), (-1, 2, 2), (-5, -4, -4)),
        (2.0, 2.0),
        Arm(sleeve=True, cuff=45.0, loose=6.0, girth=1.1, seed=11),
    ),
}


def warp(person: Person, points: Float[np.ndarray, "n 3"]) -> np.ndarray:
    """Where the points of the mean hand are moved beside its linear shape, mm."""
    fingers = [_finger(person, finger, points) for finger in FINGERS]
    moved, carried, away = (np.stack(x, 1) for x in zip(*fingers, strict=True))
    nearest = away.min(-1, keepdims=True)
    owner = np.exp((nearest - away) / (OWNERSHIP + EASING * np.maximum(nearest, 0.0)))
    owner /= owner.sum(-1, keepdims=True)
    carried *= owner
    step = np.einsum("nf,nfc->nc", owner, moved) + carried @ np.array(person.base)
    return step + (1.0 - carried.sum(-1, keepdims=True)) * _palm(person, points)


def _finger(person: Person, finger: str, points: np.ndarray):
    """What a finger's own form moves, how far it is off the palm, and its distance."""
    chain, number = surface.finger_chain(finger), FINGERS.index(finger)
    at = chains.coordinates(chain, points)
    away = chains.distance(chain, at)
    joints = chains.coordinates(chain, surface.bones(finger))[:, 2]
    k = np.interp(at[:, 2], joints, np.arange(4.0))
    du, dv = chains.section(chain, at[:, 2])[:2]
    girth = PchipInterpolator((0.0, *GIRTH_AT), (0.0, *person.girth))(k)
    curve = np.clip(at[:, 2] / joints[3], 0.0, 1.1) ** 2
    along = PchipInterpolator(np.arange(4.0), (0.0, *person.joints, 0.0))(k)
    step = np.stack([
        person.aside[number] * curve + girth * (at[:, 0] - du),
        -person.back[number] * curve + girth * (at[:, 1] - dv),
        along,
    ], -1)  # fmt: skip
    near = 1.0 - rise(away / REACH[finger])
    start, free = (
        (-20.0, 45.0) if finger == "thumb" else (0.2 * joints[1], 0.8 * joints[1])
    )
    carried = near * rise((at[:, 2] - start) / free)
    return near[:, None] * step @ chain.frame, carried, away


def _palm(person: Person, points: np.ndarray) -> np.ndarray:
    """The palm goes with its knuckles, a parabola across; its balls swell."""
    across = [surface.joints()[f"{finger}_mcp"][0] for finger in FINGERS[1:]]
    bow = np.polyfit(across, np.array(person.base[1:]), 2)
    x = np.clip(points[:, :1], -46.0, 34.0)
    step = rise(-points[:, 1:2] / PALM) * (bow[0] * x**2 + bow[1] * x + bow[2])
    palmar = rise((-4.0 - points[:, 2]) / 8.0)
    for middle, height in zip(BALLS, person.balls, strict=True):
        near = bell(np.linalg.norm(points - middle, axis=-1), BALL)
        step[:, 2] -= height * palmar * near
    return step
