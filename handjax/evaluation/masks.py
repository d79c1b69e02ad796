"""How well masks cover the hand, pooled over the pixels of all pictures.

Notation, shared by every function here and by the tests:
    TP, FP, FN, TN: pixels that are rightly and wrongly called hand, wrongly and
        rightly called background.

Pooling counts every pixel alike; the mean of each picture's figure would be another
number. What divides 0 by 0 is NaN: there was nothing to find, or nothing found.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

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


FRACTIONS: Mapping[str, Callable[[Any, Any, Any], tuple[Any, Any]]] = {
    "iou": lambda tp, fp, fn: (tp, tp + fp + fn),
    "precision": lambda tp, fp, fn: (tp, tp + fp),
    "recall": lambda tp, fp, fn: (tp, tp + fn),
    "f1": lambda tp, fp, fn: (2 * tp, 2 * tp + fp + fn),
}
"""What of TP, FP and FN is divided by what, by the name of the figure."""


def iou(counts: Counts) -> float:
    """Intersection over union, TP / (TP + FP + FN) = F1 / (2 - F1).

    Source: [baek2019] Table 2.
    """
    return _share("iou", counts)


def precision(counts: Counts) -> float:
    """TP / (TP + FP).

    Source: [baek2019] Table 2.
    """
    return _share("precision", counts)


def recall(counts: Counts) -> float:
    """TP / (TP + FN).

    Source: [baek2019] Table 2.
    """
    return _share("recall", counts)


def f1(counts: Counts) -> float:
    """Harmonic mean of precision and recall, 2 TP / (2 TP + FP + FN).

    Source: [baek2019] Table 2.
    """
    return _share("f1", counts)


def _share(name, counts):
    some, of = FRACTIONS[name](*counts[:3])
    return some / of if of else np.nan
