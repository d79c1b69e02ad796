"""The 14 test gestures of [moon2020] Section 14, as sequences of key poses.

The paper describes each gesture in one line; the key poses are ours, borrowed finger
by finger from `named_poses.NAMED` where those fit. Angles of fingers are degrees until
`_hand` has made radians of them, those of wrist and forearm stay degrees.
"""

import types
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from handjax.hands.named_poses import NAMED
from handjax.hands.skeleton import POSED


class Key(NamedTuple):
    """A pose that a gesture passes through.

    Attributes:
        angles: flexion, abduction and twist of the posed joints, radians.
        seconds: how long the way to it takes.
        hold: how long it is held, seconds.
        flexion: of the wrist, degrees; towards the palm is positive.
        aside: of the wrist, degrees; towards the thumb is positive.
        turn: of the forearm about itself, degrees; added to the gesture's.
    """

    angles: Float[np.ndarray, "17 3"]
    seconds: float = 0.35
    hold: float = 0.2
    flexion: float = 0.0
    aside: float = 0.0
    turn: float = 0.0


class Gesture(NamedTuple):
    """A cycle of key poses, and how the forearm stands meanwhile.

    Attributes:
        keys: the cycle.
        supination: least and most, degrees: 0 where the palm faces the middle camera,
            180 where the back of the hand does.
        lean: least and most inclination of the forearm to the palm's side, degrees.
    """

    keys: tuple[Key, ...]
    supination: tuple[float, float] = (-10.0, 190.0)
    lean: tuple[float, float] = (-15.0, 25.0)


def _rows(finger: str) -> list[int]:
    return [k for k, joint in enumerate(POSED) if joint.startswith(finger)]


def _hand(base: str, **fingers: str | tuple) -> Float[np.ndarray, "17 3"]:
    """A named pose, some fingers of which do as in another one or as they are told.

    Args:
        base: name of the pose.
        fingers: name of the pose that a finger is borrowed from; or the flexion of
            its three joints and, if there is a fourth number, the abduction of the
            first; of the thumb flexion, abduction and twist of the base, flexion of
            knuckle and end joint. Degrees.
    """
    angles = NAMED[base].copy()
    for finger, told in fingers.items():
        rows = _rows(finger)
        if isinstance(told, str):
            angles[rows] = NAMED[told][rows]
        elif finger == "thumb":
            angles[rows[1]] = np.deg2rad(told[:3])
            angles[rows[2:], 0] = np.deg2rad(told[3:])
        else:
            angles[rows, 0] = np.deg2rad(told[:3])
            angles[rows[0], 1] = np.deg2rad(told[3]) if len(told) > 3 else 0.0
    return angles


CURLED = (84, 102, 68)
TUCKED = (70, 88, 52)
FIST = _hand("fist")
OPEN = _hand("finger spread relaxed")
EASY = _hand("neutral relaxed")
DROOPING = _hand("neutral relaxed", index=(24, 22, 12), middle=(28, 26, 14),
                 ring=(30, 28, 14), little=(30, 30, 16))  # fmt: skip
TOGETHER = _hand("neutral rigid", index=(4, 6, 2, -6), middle=(6, 8, 3, -1),
                 ring=(6, 8, 3, 4), little=(6, 10, 4, 9))  # fmt: skip
SCOOPED = _hand("neutral rigid", thumb="cup", index=(58, 30, 14, -4),
                middle=(62, 32, 16), ring=(62, 32, 16, 3),
                little=(62, 34, 16, 7))  # fmt: skip
POINTING = _hand("one count")

_TIPS = {f: f"{n}tip" for f, n in zip(
    ("index", "middle", "ring", "little"), ("index", "middle", "ring", "pinky"),
    strict=True,
)}  # fmt: skip
# Thumb after a snap, laid against the side of the index finger.
SNAPPED = (12, 2, -10, 14, -6)


def _count(*numbers: int) -> tuple[Key, ...]:
    words = ("", "one", "two", "three", "four", "five")
    return tuple(Key(NAMED[f"{words[n]} count"], 0.32, 0.24) for n in numbers)


def _pinches() -> tuple[Key, ...]:
    """The thumb visits each finger tip and comes back."""
    visits = ("index", "middle", "ring", "little", "ring", "middle")
    keys = []
    for finger in visits:
        pinch = NAMED[_TIPS[finger]]
        keys += [Key(pinch, 0.3, 0.3), Key((pinch + EASY) / 2, 0.25, 0.02)]
    return tuple(keys)


def _snap(finger: str, **others: str | tuple) -> tuple[Key, ...]:
    """A finger presses on the thumb, then slips off it and strikes the palm."""
    tip = _TIPS[finger]
    pressed = _hand(tip, **others)
    struck = _hand(tip, **{**others, finger: CURLED, "thumb": SNAPPED})
    return Key(pressed, 0.34, 0.32), Key(struck, 0.16, 0.16)


def _piano() -> tuple[Key, ...]:
    """One finger after the other goes down, from the little one to the thumb's side."""
    arch = {"index": (12, 34, 20), "middle": (14, 36, 20),
            "ring": (14, 36, 20), "little": (12, 34, 20)}  # fmt: skip
    keys = []
    for finger in ("little", "ring", "middle", "index"):
        down = {**arch, finger: (44, 40, 18)}
        pose = _hand("cup", thumb="neutral relaxed", **down)
        keys.append(Key(pose, 0.17, 0.04, flexion=40.0))
    thumb = _hand("cup", thumb=(20, 6, -14, 16, 10), **arch)
    return (*keys, Key(thumb, 0.2, 0.06, flexion=38.0))


def _walk() -> tuple[Key, ...]:
    """Index and middle finger step in turn; the others stay in the palm."""
    ahead, behind = (8, 18, 8), (52, 34, 14)
    legs = ((ahead, behind), (behind, ahead))
    return tuple(
        Key(_hand("two count", index=a, middle=b, ring=TUCKED, little=TUCKED),
            0.26, 0.08, flexion=45.0)
        for a, b in legs
    )  # fmt: skip


def _rub() -> tuple[Key, ...]:
    """The thumb's pad goes to and fro over the pads of index and middle finger."""
    curled = {"ring": TUCKED, "little": TUCKED}
    at_tips = _hand("capisce", thumb=(34, 14, -27, 22, 0), index=(50, 55, 22, -3),
                    middle=(50, 62, 26, 4), **curled)  # fmt: skip
    at_joints = _hand("capisce", thumb=(32, 7, -29, 22, 0), index=(42, 66, 34, -3),
                      middle=(42, 72, 38, 4), **curled)  # fmt: skip
    return (
        Key(at_tips, 0.2, 0.03, flexion=-20.0),
        Key(at_joints, 0.2, 0.03, flexion=-17.0),
    )


def _sway(angles: np.ndarray, swing: float, seconds: float, **still) -> tuple[Key, ...]:
    """The wrist goes from one side to the other."""
    return tuple(
        Key(angles, seconds, 0.04, aside=side * swing, **still) for side in (1, -1)
    )


DOWN = (28.0, 45.0)

GESTURES: Mapping[str, Gesture] = types.MappingProxyType({
    "five count": Gesture(_count(1, 2, 3, 4, 5), (-10, 60)),
    "five countdown": Gesture(_count(5, 4, 3, 2, 1), (110, 190)),
    "fingertip touch": Gesture(_pinches(), (10, 120)),
    "relaxed wave": Gesture((
        Key(DROOPING, 0.4, 0.05, flexion=59.0, aside=-6.0),
        Key(DROOPING, 0.4, 0.05, flexion=36.0, aside=6.0),
    ), (-10, 120), (34, 48)),
    "fist wave": Gesture((
        Key(FIST, 0.35, 0.0, flexion=42.0, aside=0.0, turn=-20.0),
        Key(FIST, 0.35, 0.0, flexion=0.0, aside=20.0, turn=0.0),
        Key(FIST, 0.35, 0.0, flexion=-42.0, aside=0.0, turn=20.0),
        Key(FIST, 0.35, 0.0, flexion=0.0, aside=-22.0, turn=0.0),
    )),
    "prom wave": Gesture((
        Key(TOGETHER, 0.45, 0.08, flexion=-8.0, aside=10.0, turn=32.0),
        Key(TOGETHER, 0.45, 0.08, flexion=6.0, aside=-12.0, turn=-32.0),
    ), (20, 130)),
    "palm down wave": Gesture(
        _sway(OPEN, 23.0, 0.34, flexion=48.0), (-10, 120), DOWN
    ),
    "index finger wave": Gesture(_sway(POINTING, 22.0, 0.26, flexion=-6.0), (-10, 50)),
    "palmer wave": Gesture((
        Key(TOGETHER, 0.45, 0.1, flexion=-20.0),
        Key(SCOOPED, 0.4, 0.06, flexion=54.0),
    ), (-10, 130), DOWN),
    "snap": Gesture(
        _snap("middle", index=(30, 30, 12), ring=TUCKED, little=TUCKED), (30, 140)
    ),
    "finger wave": Gesture(_piano(), (-10, 150), DOWN),
    "finger walk": Gesture(_walk(), (-10, 150), DOWN),
    "cash money": Gesture(_rub(), (40, 140), (-35, 0)),
    "snap all": Gesture(
        tuple(key for finger in _TIPS for key in _snap(finger)), (10, 150)
    ),
})  # fmt: skip
"""Gestures by the paper's names, in its order."""
