"""Whether a file's numbers mean something else than they are read as."""

from collections.abc import Iterator
from itertools import product

import numpy as np

from handjax.evaluation import metrics
from handjax.evaluation.mistakes.case import HALF, SUSPICIOUS, Case, Mistake
from handjax.evaluation.mistakes.places import best_order_of, compose
from handjax.evaluation.predictions.reading import FORMATS, UNITS, Reading, to_camera
from handjax.evaluation.protocols import Protocol

RELATIVE = 0.3
"""Hands in the camera's frame are not this much nearer than the true ones."""
FLIPS = ("", "x", "y", "z", "xy", "xz", "yz", "xyz")
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


def find_meaning(
    case: Case, reading: Reading, before: float
) -> tuple[list[Mistake], Reading]:
    """Whether the numbers mean something else, and how they are better read."""
    if before <= SUSPICIOUS:
        return [], reading
    straight = {other: case.error(other) for other in others(reading, case.protocol)}
    best = _simplest(straight, reading)
    if straight[best] < HALF * before:
        return [_explain(reading, best, before, straight[best])], best
    # With joints in another order no error is small: count each with its best match.
    tried = {other: best_order_of(case, other)[1] for other in (reading, *straight)}
    best = _simplest(tried, reading)
    if best != reading and tried[best] < HALF * min(before, tried[reading]):
        order, after = best_order_of(case, best)
        best = best._replace(order=compose(best.order, order))
        return [_explain(reading, best, before, after)], best
    return [], reading


def find_palm(case: Case, reading: Reading) -> list[Mistake]:
    """Whether STB's first joint alone is another than it is read as.

    Where nothing hangs on the wrist one joint of 21 makes no mean suspicious.
    """
    if case.protocol.sets[0] != "stb":
        return []
    better = reading._replace(palm=not reading.palm)
    before, after = (metrics.mean(case.errors(r)[:, :1]) for r in (reading, better))
    if before < SUSPICIOUS or after > HALF * before:
        return []
    cause = f"{FIRST[better.palm]}: {after:.1f} mm if so, {before:.1f} mm as it is read"
    return [Mistake(cause, f"read it with {better.options}", certain=True)]


def find_relative(case: Case, reading: Reading) -> list[Mistake]:
    """Whether coordinates are of no camera: relative to a root, or of a crop."""
    xyz = to_camera(case.numbers, reading, case.protocol.camera)
    if case.align != "none":
        return []
    if np.abs(case.numbers).max() <= 2.0:
        cause = "holds numbers within [-2, 2], as of a crop"
    elif abs(np.median(xyz[..., 2])) < RELATIVE * np.nanmedian(case.truth[..., 2]):
        cause = "holds joints about a root or a crop's centre"
    else:
        return []
    mend = "give coordinates in the camera's frame, or try --align root"
    return [Mistake(cause, mend, certain=True)]


def others(reading: Reading, protocol: Protocol) -> Iterator[Reading]:
    """Every other way in which coordinates may have been meant."""
    formats = FORMATS if protocol.camera else ("xyz",)
    palms = (False, True) if protocol.sets[0] == "stb" else (False,)
    for format, unit, flip, swap, palm in product(
        formats, UNITS.values(), FLIPS, (False, True), palms
    ):
        other = reading._replace(
            format=format, unit=unit, flip=flip, swap=swap, palm=palm
        )
        if other != reading:
            yield other


def _simplest(errors: dict[Reading, float], reading: Reading) -> Reading:
    """Of the readings that are about as good as the best, that with fewest changes."""
    good = min(errors.values()) * 1.1
    fit = {r: e for r, e in errors.items() if e <= good}
    return min(fit, key=lambda other: (changes(reading, other), fit[other]))


def changes(reading: Reading, other: Reading) -> int:
    """In how many ways two readings differ."""
    turned = len(set(reading.flip) ^ set(other.flip))
    return turned + sum(a != b for a, b in zip(reading, other, strict=True))


def _explain(reading: Reading, better: Reading, before: float, after: float) -> Mistake:
    causes = []
    if better.format != reading.format:
        causes.append(f"holds {better.format}, not {reading.format}")
    if better.unit != reading.unit:
        causes.append(
            f"is in {UNIT_NAMES[better.unit]}, not {UNIT_NAMES[reading.unit]}"
        )
    if better.flip != reading.flip:
        turned = "".join(a for a in "xyz" if (a in better.flip) != (a in reading.flip))
        turning = FLIPPED.get(turned, f"has {' and '.join(turned)} turned around")
        undone = set(turned) <= set(reading.flip)
        causes.append(f"needs no --flip {turned}" if undone else turning)
    if better.swap != reading.swap:
        causes.append("has its first two numbers exchanged")
    if better.order != reading.order:
        causes.append("has its joints in another order")
    if better.palm != reading.palm:
        causes.append(FIRST[better.palm])
    cause = (
        f"{' and '.join(causes)}: {after:.1f} mm if so, {before:.1f} mm as it is read"
    )
    return Mistake(cause, f"read it with {better.options}", certain=True)
