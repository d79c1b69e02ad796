"""Sliders by anatomical names: what each reads of a hand, and what it does to it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from handjax.hands.build.shapes import components
from handjax.hands.poses import FAN
from handjax.hands.skeleton import FINGERS, POSED
from handjax.hands.template import Template
from handjax.viewing.state import State, sign

WHOLE, ALL, SHAPE = "Whole hand", "All fingers", "Shape"
TURNS = ("tilt, °", "roll, °", "turn, °")
AXES = ("flexion, °", "spread, °", "twist, °")
PLACES = ("x right, mm", "y down, mm", "z forward, mm")
BOUND = 3.0
"""Standard deviations of shape that a slider reaches."""
REACH = 300.0
"""How far the wrist may be moved from where it is to begin with, mm."""
NEAREST = 100.0
"""Least depth of the wrist, mm."""

_KNUCKLES = [POSED.index(f"{finger}_mcp") for finger in FINGERS[1:]]
_FAN = np.array(FAN) / FAN[0]


class Slider(NamedTuple):
    """One number of a hand.

    Attributes:
        folder: that it stands in.
        label: beside it, with its unit.
        low, high, step: its range, in that unit.
        read: the number of a hand.
        move: a hand and a number to the hand that has it.
    """

    folder: str
    label: str
    low: float
    high: float
    step: float
    read: Callable[[State], float]
    move: Callable[[State, float], State]

    def shown(self, state: State) -> float:
        """The number of a hand as a slider can show it."""
        steps = round((np.clip(self.read(state), self.low, self.high)) / self.step)
        return float(np.clip(round(steps * self.step, 6), self.low, self.high))

    def differs(self, state: State, value: float) -> bool:
        """Whether a slider that shows this says anything new of a hand."""
        return abs(self.shown(state) - value) > 0.51 * self.step


def of(template: Template, places: Float[np.ndarray, "n 3"]) -> list[Slider]:
    """Every slider of a hand, in the order of the page.

    Args:
        template: the hand.
        places: of the wrist that must be in reach, mm.
    """
    limits = np.rad2deg(np.asarray(template.limits, np.float64))
    made = [*_whole(places), *_all(limits)]
    for finger in FINGERS:
        made += _finger(finger, limits)
    return [*made, *_shape(len(template.shape_joints))]


def _whole(places: Float[np.ndarray, "n 3"]) -> list[Slider]:
    low, high = places.min(axis=0) - REACH, places.max(axis=0) + REACH
    # A left hand is the mirror image of the right one that the numbers are of.
    low[0] = min(low[0], -high[0])
    high[0] = -low[0]
    low[2] = max(low[2], NEAREST)
    turns = [
        _angle(WHOLE, label, 0, axis, (-180.0, 180.0))
        for axis, label in enumerate(TURNS)
    ]
    return [*turns, *(_place(k, np.round(low[k]), np.round(high[k])) for k in range(3))]


def _place(axis: int, low: float, high: float) -> Slider:
    def read(state: State) -> float:
        return float(state.place[axis]) * (sign(state) if axis == 0 else 1.0)

    def move(state: State, value: float) -> State:
        place = state.place.copy()
        place[axis] = value * (sign(state) if axis == 0 else 1.0)
        return state._replace(place=place)

    return Slider(WHOLE, PLACES[axis], float(low), float(high), 1.0, read, move)


def _all(limits: np.ndarray) -> list[Slider]:
    joints = [k for k, name in enumerate(POSED) if name.split("_")[0] in FINGERS[1:]]
    return [_curl(ALL, joints, limits), _fan(limits)]


def _finger(finger: str, limits: np.ndarray) -> list[Slider]:
    joints = [k for k, name in enumerate(POSED) if name.startswith(finger)]
    folder = f"{finger.capitalize()} finger" if finger != "thumb" else "Thumb"
    bent = [k for k in joints if POSED[k] != "thumb_carpal"]
    made = [_curl(folder, bent, limits)]
    for joint in joints:
        part = POSED[joint].split("_")[1]
        part = part if part == "carpal" else part.upper()
        for axis, label in enumerate(AXES):
            low, high = limits[joint, axis]
            if high > low:
                made.append(_angle(folder, f"{part} {label}", joint, axis, (low, high)))
    return made


def _angle(
    folder: str, label: str, joint: int, axis: int, limits: tuple[float, float]
) -> Slider:
    def read(state: State) -> float:
        return float(np.rad2deg(state.angles[joint, axis]))

    def move(state: State, value: float) -> State:
        angles = state.angles.copy()
        angles[joint, axis] = np.deg2rad(value)
        return state._replace(angles=angles)

    low, high = (float(round(x)) for x in limits)
    return Slider(folder, label, low, high, 1.0, read, move)


def _curl(folder: str, joints: Sequence[int], limits: np.ndarray) -> Slider:
    """How far some joints are bent, as a share of what they can."""
    most = np.deg2rad(limits[joints, 0, 1])

    def read(state: State) -> float:
        return float(100.0 * np.mean(state.angles[joints, 0] / most))

    def move(state: State, value: float) -> State:
        angles = state.angles.copy()
        angles[joints, 0] = value / 100.0 * most
        return state._replace(angles=angles)

    return Slider(folder, "flexion, %", 0.0, 100.0, 1.0, read, move)


def _fan(limits: np.ndarray) -> Slider:
    """How far the fingers are apart: the index finger's angle, the others with it."""
    low, high = np.deg2rad(np.moveaxis(limits[_KNUCKLES, 1], -1, 0))

    def read(state: State) -> float:
        return float(np.rad2deg(state.angles[_KNUCKLES[0], 1]))

    def move(state: State, value: float) -> State:
        angles = state.angles.copy()
        angles[_KNUCKLES, 1] = np.clip(np.deg2rad(value) * _FAN, low, high)
        return state._replace(angles=angles)

    least, most = (float(round(x)) for x in limits[_KNUCKLES[0], 1])
    return Slider(ALL, AXES[1], least, most, 1.0, read, move)


def _shape(count: int) -> list[Slider]:
    """The built-in hand's components have names, as do those that are borrowed."""
    labels = [name.replace("_", " ") for name in components()]
    if count != len(labels):
        labels = [f"component {k + 1}" for k in range(count)]
    return [_coefficient(k, f"{label}, σ") for k, label in enumerate(labels)]


def _coefficient(k: int, label: str) -> Slider:
    def move(state: State, value: float) -> State:
        shape = state.shape.copy()
        shape[k] = value
        return state._replace(shape=shape)

    return Slider(
        SHAPE, label, -BOUND, BOUND, 0.1, lambda state: float(state.shape[k]), move
    )
