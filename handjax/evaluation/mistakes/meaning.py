"""Whether a file's numbers mean something else than they are read as.

Notation, shared by every function here and by the tests:
    g: mean of a frame's known joints less that of their truth, mm, (frames, 3). Joints
        err no less than |g| in the mean, whatever their order: most readings need no
        more than that.
"""

from collections.abc import Iterable, Mapping

import numpy as np
from jaxtyping import Float

from handjax.evaluation import metrics
from handjax.evaluation.mistakes.alternatives import TURNED, cameras, changes, others
from handjax.evaluation.mistakes.case import (
    FEW,
    HALF,
    LEAST_GAIN,
    SUSPICIOUS,
    Case,
    Mistake,
)
from handjax.evaluation.mistakes.order import best_order_of, compose
from handjax.evaluation.predictions.reading import UNITS, Reading, to_camera

UNIT_NAMES = {mm: name for name, mm in UNITS.items()}
FIRST = {
    True: "begins with the palm and not the wrist",
    False: "begins with the wrist and not the palm",
}
"""What STB's first joint is, by whether it is the palm."""
FLIPPED = {
    "x": "is mirrored in x (the other hand, or a mirrored picture)",
    "y": "has y pointing up",
    "z": "has z pointing backwards",
    "yz": "has y pointing up and z backwards, as OpenGL does",
}
MIRRORED = "is mirrored (one axis turned around, or the other hand)"
"""All that is to be told once the hand was turned to fit."""


def find_meaning(
    case: Case, reading: Reading, before: float
) -> tuple[list[Mistake], Reading]:
    """Whether the numbers mean something else, and how they are better read."""
    if case.align not in TURNED and before <= SUSPICIOUS:
        return [], reading
    near = list(others(reading, case.protocol, case.align))
    if case.align == "none":
        near = within(case, near, HALF * before)
    else:
        case = case.sample(FEW)
    straight = {other: case.error(other) for other in near}
    best = _simplest(straight, reading)
    if straight.get(best, np.inf) < HALF * before:
        return [_explain(case, reading, best, before, straight[best])], best
    if before <= SUSPICIOUS:
        return [], reading
    if case.align != "none":
        near = [other for other in near if other.axes in ("xyz", reading.axes)]
    # With joints in another order no error is small: count each with its best match.
    tried = {other: best_order_of(case, other)[1] for other in (reading, *near)}
    best = _simplest(tried, reading)
    if best != reading and tried[best] < HALF * min(before, tried[reading]):
        order, _ = best_order_of(case, best)
        best = best._replace(order=compose(best.order, order))
        return [_explain(case, reading, best, before, case.error(best))], best
    return [], reading


def find_camera(case: Case, reading: Reading) -> tuple[list[Mistake], Reading]:
    """Whether the dataset's own camera fits much better than the one that was given."""
    if reading.camera is None or reading.format != "uvd":
        return [], reading
    # An alignment would undo part of what a camera does.
    placed, better = case._replace(align="none"), reading._replace(camera=None)
    before, after = placed.error(reading), placed.error(better)
    if after > HALF * before:
        return [], reading
    return [_explain(placed, reading, better, before, after)], better


def find_palm(case: Case, reading: Reading) -> tuple[list[Mistake], Reading]:
    """Whether STB's first joint alone is another than it is read as.

    Where nothing hangs on the wrist one joint of 21 makes no mean suspicious.
    """
    if case.protocol.sets[0] != "stb":
        return [], reading
    better = reading._replace(palm=not reading.palm)
    before, after = (metrics.mean(case.errors(r)[:, :1]) for r in (reading, better))
    if before < SUSPICIOUS or after > HALF * before:
        return [], reading
    cause = f"{FIRST[better.palm]}: {after:.1f} mm if so, {before:.1f} mm as it is read"
    mistake = Mistake(cause, f"read it with {better.options}", certain=True)
    return [mistake], better


def find_hidden(
    case: Case, reading: Reading, before: float
) -> tuple[list[Mistake], Reading]:
    """Whether numbers mean something else that alignment hides, wholly or in part.

    It shows in where the hands are, if they are anywhere before the camera.
    """
    placed = case._replace(align="none")
    found, better = find_meaning(placed, reading, placed.error(reading))
    if not found or not placed.error(better) < SUSPICIOUS:
        return [], reading
    shows = bool(case.error(better) < LEAST_GAIN * before)
    undone = "" if shows else f"; --align {case.align} undoes it"
    cause = f"{found[0].cause}, before alignment{undone}"
    return [Mistake(cause, found[0].mend, certain=shows)], better


def within(case: Case, readings: Iterable[Reading], most: float) -> list[Reading]:
    """The readings whose |g| allows a mean error below `most`, mm."""
    known = metrics.known_joints(case.truth, case.valid)
    count = known.sum(axis=1)
    truth = _means(case.truth, known)
    means: dict[Reading, np.ndarray] = {}
    found = []
    for reading in readings:
        # Axes that are turned around turn their mean.
        straight = reading._replace(flip="")
        if straight not in means:
            xyz = to_camera(case.numbers, straight, case.protocol.camera)
            means[straight] = _means(xyz, known)
        sign = np.array([-1.0 if axis in reading.flip else 1.0 for axis in "xyz"])
        g = np.linalg.norm(means[straight] * sign - truth, axis=-1)
        if np.sum(g * count) < most * count.sum():
            found.append(reading)
    return found


def _means(
    joints: Float[np.ndarray, "frames joints 3"], known: np.ndarray
) -> Float[np.ndarray, "frames 3"]:
    """Mean of each frame's known joints; 0 where none is."""
    total = np.where(known[..., None], joints, 0.0).sum(axis=1)
    return total / np.maximum(known.sum(axis=1), 1)[:, None]


def _simplest(errors: Mapping[Reading, float], reading: Reading) -> Reading:
    """Of the readings that are about as good as the best, that with fewest changes."""
    if not errors:
        return reading
    good = min(errors.values()) * 1.1
    fit = {r: e for r, e in errors.items() if e <= good}
    return min(fit, key=lambda other: (changes(reading, other), fit[other]))


def _explain(
    case: Case, reading: Reading, better: Reading, before: float, after: float
) -> Mistake:
    causes = _of_numbers(reading, better, case) + _of_axes(reading, better, case)
    if better.order != reading.order:
        causes.append("has its joints in another order")
    if better.palm != reading.palm:
        causes.append(FIRST[better.palm])
    cause = (
        f"{' and '.join(causes)}: {after:.1f} mm if so, {before:.1f} mm as it is read"
    )
    return Mistake(cause, f"read it with {better.options}", certain=True)


def _of_numbers(reading: Reading, better: Reading, case: Case) -> list[str]:
    causes = []
    if better.format != reading.format:
        causes.append(f"holds {better.format}, not {reading.format}")
    if better.unit != reading.unit:
        causes.append(
            f"is in {UNIT_NAMES[better.unit]}, not {UNIT_NAMES[reading.unit]}"
        )
    if better.camera is not None and better.camera != reading.camera:
        causes.append(cameras(case.protocol)[better.camera])
    elif better.camera != reading.camera:
        causes.append("was made with the dataset's own camera")
    return causes


def _of_axes(reading: Reading, better: Reading, case: Case) -> list[str]:
    causes = []
    turned = "".join(a for a in "xyz" if (a in better.flip) != (a in reading.flip))
    if turned and case.align in TURNED:
        causes.append(MIRRORED)
    elif turned:
        turning = FLIPPED.get(turned, f"has {' and '.join(turned)} turned around")
        undone = set(turned) <= set(reading.flip)
        causes.append(f"needs no --flip {turned}" if undone else turning)
    if better.axes == "yxz" and reading.axes == "xyz":
        causes.append("has its first two numbers exchanged")
    elif better.axes != reading.axes:
        names = "uvd" if better.format == "uvd" else "xyz"
        named = " ".join(names["xyz".index(axis)] for axis in better.axes)
        causes.append(f"has its numbers in the order {named}")
    return causes
