"""Methods against one another: what their difference is worth.

Notation, shared by every function here:
    e: joint errors of one joint set, mm, (frames, joints); NaN where the truth is
        unknown.
"""

import math
from collections.abc import Sequence
from itertools import combinations, pairwise
from typing import NamedTuple

import numpy as np

from handjax.evaluation import compare, metrics
from handjax.evaluation.intervals import of_mean
from handjax.evaluation.protocol import Protocol
from handjax.evaluation.score import Errors, Scored

ALL_PAIRS = 6
"""So many methods are all compared with one another; of more, neighbours in rank."""


class Comparison(NamedTuple):
    """Two methods on the frames that both have.

    Attributes:
        first, second: their names.
        difference: first less second, mm.
        frames: how many both have.
        pairs: how many comparisons the interval was widened for, see `compare.pooled`.
    """

    first: str
    second: str
    difference: compare.Interval
    frames: int
    pairs: int = 1

    @property
    def significant(self) -> bool:
        """Whether 0 lies outside of the interval."""
        return self.difference.low > 0.0 or self.difference.high < 0.0

    def __str__(self) -> str:
        mean, low, high = self.difference
        better, worse = self.first, self.second
        if mean > 0.0:
            better, worse, low, high = worse, better, -high, -low
        said = f"{better} errs {abs(mean):.2f} mm less than {worse}"
        if np.isnan(low):
            return f"{said}; {self.frames} frames are too few to tell more"
        sure = "significant" if self.significant else "not significant"
        said = f"{said} [{-high:.2f}, {-low:.2f}] on {self.frames} frames: {sure}"
        if self.pairs == 1:
            return said
        level = 100 * compare.confidence(self.pairs)
        return f"{said} ({level:.4g} % interval, Bonferroni for {self.pairs} pairs)"


def compared(methods: Sequence[Scored], protocol: Protocol) -> list[Comparison]:
    """Methods against one another, on the frames that both have.

    Intervals are widened so that all pairs of methods could be looked at; that some
    are left out is known only after a look.
    """
    pairs, count = combinations(methods, 2), math.comb(len(methods), 2)
    if len(methods) > ALL_PAIRS:
        by_rank = sorted(methods, key=lambda one: metrics.mean(one.headline))
        pairs = pairwise(by_rank)
    found = []
    for one, other in pairs:
        first = max(one.span.first, other.span.first)
        last = min(one.span.last, other.span.last)
        if first < last:
            ours, theirs = (_rows(method, first, last) for method in (one, other))
            apart = of_mean(ours - theirs, protocol, count)
            names = one.name, other.name
            found.append(Comparison(*names, apart, last - first, count))
    return found


def _rows(method: Scored, first: int, last: int) -> Errors:
    e, start = method.headline, method.span.first
    return e[first - start : last - start]
