"""How well masks cover the hand, pooled over the pixels of all pictures.

Notation, shared by every function here and by the tests:
    TP, FP, FN, TN: pixels that are rightly and wrongly called hand, wrongly and
        rightly called background.

Pooling counts every pixel alike; the mean of each picture's figure would be another
number. What divides 0 by 0 is NaN: there was nothing to find, or nothing found.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool


class Counts(NamedTuple):
    """Pixels by what they are and what they were called; adds up over pictures.

    Attributes:
        true_positives: TP.
        false_positives: FP.
        false_negatives: FN.
        true_negatives: TN.
    """

    true_positives: int = 0
    false_positives: int = 0
    false_negatives: int = 0
    true_negatives: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        # As tuples they would be put end to end.
        return Counts(*(a + b for a, b in zip(self, other, strict=True)))


def count(
    predicted: Bool[np.ndarray, "*pixels"],
    truth: Bool[np.ndarray, "*pixels"],
    valid: Bool[np.ndarray, "*pixels"] | None = None,
) -> Counts:
    """The pixels of one or more pictures; `sum(all_of_them, Counts())` pools more.

    Args:
        predicted, truth: which pixels are hand.
        valid: pixels that count; all by default.
    """
    counted = np.ones_like(truth) if valid is None else valid
    outcomes = (
        predicted & truth,
        predicted & ~truth,
        ~predicted & truth,
        ~predicted & ~truth,
    )
    return Counts(*(int(np.count_nonzero(some & counted)) for some in outcomes))


def iou(counts: Counts) -> float:
    """Intersection over union, TP / (TP + FP + FN) = F1 / (2 - F1).

    Source: [baek2019] Table 2.
    """
    tp, fp, fn, _ = counts
    return _share(tp, tp + fp + fn)


def precision(counts: Counts) -> float:
    """TP / (TP + FP).

    Source: [baek2019] Table 2.
    """
    return _share(counts.true_positives, counts.true_positives + counts.false_positives)


def recall(counts: Counts) -> float:
    """TP / (TP + FN).

    Source: [baek2019] Table 2.
    """
    return _share(counts.true_positives, counts.true_positives + counts.false_negatives)


def f1(counts: Counts) -> float:
    """Harmonic mean of precision and recall, 2 TP / (2 TP + FP + FN).

    Source: [baek2019] Table 2.
    """
    tp, fp, fn, _ = counts
    return _share(2 * tp, 2 * tp + fp + fn)


def _share(some, of):
    return some / of if of else np.nan
