"""Mistakes that files of predictions are made with, and what mends each.

Every way in which the numbers might have been meant is tried on some frames; one that
leaves less than half of the error is no accident. Honest results stay far from that:
their joints are nearest to their own truth, turned axes cost them five times the error.
"""

from handjax.evaluation.mistakes.case import SAMPLE, SUSPICIOUS, Case, Mistake
from handjax.evaluation.mistakes.meaning import find_meaning, find_palm, find_relative
from handjax.evaluation.mistakes.places import find_order, find_shift
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
    found, reading = find_meaning(sample, reading, before)
    if not found and before > SUSPICIOUS:
        found = find_relative(sample, reading)
    found = found or find_palm(sample, reading)
    return found + find_order(sample, reading) + find_shift(case, reading)
