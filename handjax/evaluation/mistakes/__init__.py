"""Mistakes that files of predictions are made with, and what mends each.

Every way in which the numbers might have been meant is tried on some frames; one that
leaves less than half of the error is no accident. Honest results stay far from that:
their joints are nearest to their own truth, turned axes cost them five times the error.
"""

from handjax.evaluation.mistakes.case import SAMPLE, SUSPICIOUS, Case, Mistake
from handjax.evaluation.mistakes.intrinsic import find_mirrored, find_unit
from handjax.evaluation.mistakes.meaning import (
    find_camera,
    find_hidden,
    find_meaning,
    find_palm,
)
from handjax.evaluation.mistakes.order import find_order
from handjax.evaluation.mistakes.relative import find_depths, find_relative
from handjax.evaluation.mistakes.shift import find_shift
from handjax.evaluation.predictions.reading import Reading

__all__ = ["Case", "Mistake", "diagnose"]

SAME = 1e-3
"""Predictions nearer than this to the labels are the labels, mm."""


def diagnose(case: Case, reading: Reading) -> list[Mistake]:
    """What is likely wrong with predictions that are read as `reading` says."""
    sample = case.sample(SAMPLE)
    before = sample.error(reading)
    if before < SAME:
        return [Mistake("equals the labels", "give the predictions", certain=False)]
    lost = find_depths(sample, reading)
    if lost:
        return lost
    found, reading = _find_reading(sample, reading, before)
    if not found and before > SUSPICIOUS:
        lost = find_relative(sample, reading)
    if lost:
        return lost
    if not found:
        found, reading = find_palm(sample, reading)
    order = find_order(sample, reading)[0] if found else _find_shape(sample, reading)
    return found + order + find_unit(sample, reading) + find_shift(case, reading)


def _find_reading(
    case: Case, reading: Reading, before: float
) -> tuple[list[Mistake], Reading]:
    """Whether numbers mean something else, and how they are better read."""
    found, better = find_camera(case, reading)
    if found:
        return found, better
    if case.align != "none":
        found, better = find_hidden(case, reading, before)
        if found:
            return found, better
    return find_meaning(case, reading, before)


def _find_shape(case: Case, reading: Reading) -> list[Mistake]:
    """Whether hands are mirrored or their joints in another order, whichever is it.

    Either looks a little like the other: it is what leaves less error.
    """
    mirrored, left = find_mirrored(case, reading)
    shuffled, better = find_order(case, reading)
    if not mirrored or not shuffled:
        return mirrored + shuffled
    fitted = case._replace(align="procrustes").error(better)
    return mirrored if left < fitted else shuffled
