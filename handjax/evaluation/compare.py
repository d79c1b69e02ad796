"""How sure a difference is: paired bootstrap over blocks of neighbouring frames.

Notation, shared by every function here and by the tests:
    e: mean joint error of each frame, mm, (frames,); several runs, (runs, frames).
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

BLOCK = 30
"""Frames that are drawn together: a second of a capture, whose frames are alike."""
ROUNDS = 4000


class Interval(NamedTuple):
    """A mean and where 95 % of its bootstrap lies, mm."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:.2f} [{self.low:.2f}, {self.high:.2f}]"


def interval(e: Float[np.ndarray, "runs frames"], *, seed: int = 0) -> Interval:
    """The mean error of some runs: runs and blocks of frames are drawn anew.

    With one run the interval tells how far other frames would move the mean, not how
    far another seed of training would; with two or three it still understates that,
    since they can't tell their own spread: see each seed's mean beside it.

    Args:
        e: of each run on the same frames.
        seed: of the draws.

    Source: Efron & Tibshirani, An introduction to the bootstrap, 1993, Sec. 8.6
    (moving blocks).
    """
    runs, frames = e.shape
    rng = np.random.default_rng(seed)
    length = min(BLOCK, frames)
    # Sums over a block are differences of one running sum.
    running = np.cumsum(np.pad(e, ((0, 0), (1, 0))), axis=1)
    blocks = (running[:, length:] - running[:, :-length]) / length
    count = -(-frames // length)
    first = rng.integers(0, blocks.shape[1], (ROUNDS, 1, count))
    drawn = rng.integers(0, runs, (ROUNDS, runs, 1))
    means = blocks[drawn, first].mean(axis=(1, 2))
    low, high = np.percentile(means, (2.5, 97.5))
    return Interval(float(e.mean()), float(low), float(high))


def paired(
    ours: Float[np.ndarray, "runs frames"],
    theirs: Float[np.ndarray, "their_runs their_frames"],
    *,
    seed: int = 0,
) -> Interval:
    """The mean difference, ours less theirs, on the same frames by the same seeds.

    Raises:
        ValueError: the runs or frames are not the same.
    """
    if ours.shape != theirs.shape:
        raise ValueError(
            "a paired comparison wants as many runs on the same frames; got "
            f"{ours.shape} and {theirs.shape}"
        )
    return interval(ours - theirs, seed=seed)
