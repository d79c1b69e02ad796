"""The 40 training poses of [moon2020] Section 14, by name, as tables of degrees.

Angles are flexion, abduction and twist of the 17 posed joints, (17, 3), radians, as
`articulate.rotations_from_angles` reads them. The paper describes each pose in one
line; the angles are ours, those of touching fingers solved on the built-in hand so
that pads meet. Names that differ by where the palm faces differ little here: the
palm's direction is the view's.
"""

import types
from collections.abc import Mapping

import numpy as np

from handjax.hands.skeleton import FINGERS, POSED

# Flexion of a finger's three joints.
TENSE = (-14, 0, -6)
FLAT = (-4, 0, -4)
OPEN = (4, 8, 4)
RELAXED = (14, 20, 10)
CURLED = (84, 102, 68)
CLENCHED = (88, 104, 72)
# Abduction of index, middle, ring and little finger, to the thumb's side.
APART = (0, 0, 0, 0)
TOGETHER = (-6, -1, 4, 9)
CLOSED = (2, 1, 2, 4)
CROSSED = (-12, 17, 2, 4)
BENT_IN = (12, 2, -8, 17)
EASED = (6, 1, -5, -12)
SPREAD = (12, 2, -8, -18)
WIDEST = (20, 4, -12, -26)
# The thumb: base (flexion, abduction, twist), knuckle, end joint (flexion).
EASY = (6, 4, -6, 12, 14)
BESIDE = (-4, -18, 4, 2, 0)
AWAY = (-16, 6, 0, -4, -6)
UP = (-24, 10, 0, -8, -12)
ROUND = (9, -2, -15, 30, -11)
ON_MIDDLE = (27, 20, -40, 53, 14)
ON_RING = (35, 14, -35, 57, 16)
ON_PALM = (25, -12, -40, 73, 46)
INSIDE = (19, -10, -40, 77, 42)


def _pose(thumb, index, middle=None, ring=None, little=None, spread=APART):
    """Angles of one hand; a finger left out does as the one before it."""
    middle = index if middle is None else middle
    ring = middle if ring is None else ring
    little = ring if little is None else little
    degrees = np.zeros((len(POSED), 3), np.float32)
    base = POSED.index("thumb_cmc")
    degrees[base] = thumb[:3]
    degrees[base + 1 : base + 3, 0] = thumb[3:]
    flexions = (index, middle, ring, little)
    for finger, bend, side in zip(FINGERS[1:], flexions, spread, strict=True):
        knuckle = POSED.index(f"{finger}_mcp")
        degrees[knuckle : knuckle + 3, 0] = bend
        degrees[knuckle, 1] = side
    return np.deg2rad(degrees)


NAMED: Mapping[str, np.ndarray] = types.MappingProxyType({
    "neutral relaxed": _pose(EASY, (10, 16, 8), RELAXED, (16, 22, 10), (18, 24, 12)),
    "neutral rigid": _pose(BESIDE, TENSE, spread=TOGETHER),
    "good luck": _pose(ON_RING, (16, 6, 4), (-3, 12, 0), CURLED, CURLED, CROSSED),
    "fake gun": _pose(UP, FLAT, FLAT, CURLED, spread=TOGETHER),
    "star trek": _pose(BESIDE, FLAT, spread=(2, 8, -12, -6)),
    "star trek extended thumb": _pose(UP, FLAT, spread=(2, 8, -12, -6)),
    "thumb up relaxed": _pose((-18, 8, 0, 0, 0), (72, 94, 52), spread=CLOSED),
    "thumb up normal": _pose(UP, CURLED, spread=CLOSED),
    "thumb up rigid": _pose((-25, 10, 4, -10, -15), CLENCHED, spread=CLOSED),
    "thumb tuck normal": _pose(INSIDE, (66, 92, 58), spread=CLOSED),
    "thumb tuck rigid": _pose((20, -11, -40, 80, 42), (70, 98, 66), spread=CLOSED),
    "aokay": _pose(ROUND, (39, 65, 55), RELAXED, OPEN, FLAT, EASED),
    "aokay upright": _pose(ROUND, (39, 65, 55), OPEN, FLAT, TENSE, EASED),
    "surfer": _pose(UP, CURLED, CURLED, CURLED, FLAT, (2, 1, 0, -22)),
    "rocker": _pose(ON_MIDDLE, FLAT, CURLED, CURLED, FLAT, (4, 0, 0, -10)),
    "rocker front": _pose(ON_MIDDLE, FLAT, CURLED, CURLED, OPEN, (6, 0, 0, -12)),
    "rocker back": _pose(ON_MIDDLE, TENSE, CURLED, CURLED, TENSE, (8, 0, 0, -16)),
    "fist": _pose(ON_MIDDLE, CURLED, spread=CLOSED),
    "fist rigid": _pose((28, 22, -40, 57, 18), CLENCHED, spread=CLOSED),
    "alligator closed": _pose((35, 6, -17, 25, -10), (72, 8, 6), spread=TOGETHER),
    "one count": _pose(ON_MIDDLE, FLAT, CURLED, spread=CLOSED),
    "two count": _pose(ON_RING, FLAT, FLAT, CURLED, spread=(10, -6, 2, 4)),
    "three count": _pose((35, 8, -36, 57, 8), FLAT, FLAT, FLAT, (74, 74, 50), BENT_IN),
    "four count": _pose(ON_PALM, FLAT, spread=SPREAD),
    "five count": _pose(AWAY, FLAT, spread=SPREAD),
    "indextip": _pose((18, 0, -13, 16, -4), (44, 55, 44), RELAXED),
    "middletip": _pose((20, -2, -20, 40, 0), OPEN, (46, 70, 56), OPEN),
    "ringtip": _pose((27, -3, -29, 62, 37), OPEN, OPEN, (63, 88, 61), OPEN),
    "pinkytip": _pose((35, -6, -32, 77, 32), OPEN, OPEN, OPEN, (80, 84, 52)),
    "palm up": _pose(AWAY, OPEN, spread=(3, 0, -2, -6)),
    "finger spread relaxed": _pose(AWAY, OPEN, spread=EASED),
    "finger spread normal": _pose(AWAY, FLAT, spread=SPREAD),
    "finger spread rigid": _pose((-22, 10, 0, -8, -12), TENSE, spread=WIDEST),
    "capisce": _pose(
        (35, 14, -27, 22, 0), (59, 41, 13), (59, 48, 17), (56, 44, 18), (65, 24, 8),
        spread=(-3, 4, 5, 9),
    ),
    "claws": _pose((-8, 10, 0, 20, 50), (-8, 80, 55), spread=SPREAD),
    "peacock": _pose((28, 9, -21, 9, -11), (56, 41, 23), TENSE, spread=(3, 4, -8, -20)),
    "cup": _pose((18, 24, -25, 10, 10), (32, 42, 22), spread=TOGETHER),
    "shakespeareyorick": _pose((6, 34, -25, 5, 15), (14, 42, 24), spread=SPREAD),
    "dinosaur": _pose(
        (20, 20, -20, 15, 15), (52, 34, 16), (-8, 26, 14), (52, 34, 16), spread=EASED
    ),
    "middle finger": _pose((35, 17, -39, 60, 8), CURLED, FLAT, CURLED, spread=CLOSED),
})  # fmt: skip
