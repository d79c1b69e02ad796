"""Rows that say nothing of their frame, and files that say less than the mean hand."""

import numpy as np
from jaxtyping import Float

from handjax.evaluation import metrics
from handjax.evaluation.mistakes.case import SAMPLE, Case, Mistake
from handjax.evaluation.predictions.reading import Reading
from handjax.evaluation.score import mean_hand, measure

FEWEST = 100
"""Of fewer frames the mean hand is nearly the hand itself."""
WORSE = 1.02
"""Who errs so many times as much as the mean hand is worse than it."""


def find_repeated(numbers: Float[np.ndarray, "frames joints 3"]) -> list[Mistake]:
    """Whether rows are all 0, or the same as others, to the last digit."""
    rows = numbers.reshape(len(numbers), -1)
    some = rows[rows.any(axis=1)]
    zero, found = len(rows) - len(some), []
    twice = len(some) - len(np.unique(some, axis=0))
    if zero:
        found.append(f"has {zero} rows that are all 0")
    if twice:
        found.append(f"has {twice} rows that are the same as another")
    mend = "they are scored as they are; see whether the method lost these frames"
    return [Mistake(cause, mend, certain=False) for cause in found]


def find_idle(case: Case, reading: Reading) -> list[Mistake]:
    """Whether the mean hand at the true centroid errs less."""
    if len(case.truth) < FEWEST:
        return []
    some = case.sample(SAMPLE)
    truth = some.truth, some.valid
    hand = mean_hand(*truth)
    trivial = metrics.mean(measure(hand, *truth, case.protocol, case.align))
    error = some.error(reading)
    # Said so that NaN is no warning.
    if not error > WORSE * trivial:
        return []
    cause = f"errs more than the mean hand where the hand is, {trivial:.1f} mm"
    mend = "see whether frames, joints and axes are the labels'"
    return [Mistake(cause, mend, certain=False)]
