"""How sure a difference is: paired bootstrap over blocks of neighbouring frames.

Notation, shared by every function here and by the tests:
    e: mean joint error of each frame, mm, (frames,); several runs, (runs, frames).
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

BLOCK = 30
"""Frames that are drawn together: a second of a capture, whose frames are alike."""
ALONE = 1
"""Length of the blocks where frames have nothing to do with one another."""
ROUNDS = 4000
CONFIDENCE = 0.95
IN_TAIL = 10
"""Rounds that lie beyond either end of an interval, at the least."""
DRAWS_A_TURN = 2_000_000  # of blocks, whose memory it bounds


Fraction = tuple[Float[np.ndarray, "frames"], Float[np.ndarray, "frames"]]
"""What each frame adds to a sum, and to another one that divides it."""


class Interval(NamedTuple):
    """A mean and where 95 % of its bootstrap lies, or more, mm."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:.2f} [{self.low:.2f}, {self.high:.2f}]"


def interval(
    e: Float[np.ndarray, "runs frames"], *, block: int = BLOCK, seed: int = 0
) -> Interval:
    """The mean error of some runs: runs and blocks of frames are drawn anew.

    With one run the interval tells how far other frames would move the mean, not how
    far another seed of training would; with two or three it still understates that,
    since they can't tell their own spread: see each seed's mean beside it.

    Args:
        e: of each run on the same frames; frames that are NaN in any run are left out.
            Anything that has a mean over frames will do: 1 where a frame succeeds.
        block: frames drawn together; `ALONE` where they are independent.
        seed: of the draws.

    Raises:
        ValueError: a block of no frames.

    Source: Efron & Tibshirani, An introduction to the bootstrap, 1993, Sec. 8.6
    (moving blocks).
    """
    if block < 1:
        raise ValueError(f"block wants a number of frames, 1 or more; got {block}")
    e = e[:, ~np.isnan(e).any(axis=0)].astype(np.float64)
    if not e.size:
        return Interval(np.nan, np.nan, np.nan)
    low, high = np.percentile(_means(e, min(block, e.shape[1]), seed), (2.5, 97.5))
    return Interval(float(e.mean()), float(low), float(high))


def pooled(
    e: Float[np.ndarray, "frames values"],
    *,
    block: int = BLOCK,
    seed: int = 0,
    pairs: int = 1,
) -> Interval:
    """The mean of all that is known, where frames know more or fewer values.

        sum of values / number of values,    both of the frames that are drawn

    Where every frame knows as many this is `interval` of their means.

    Args:
        e: values of each frame, NaN where unknown.
        block, seed: as for `interval`.
        pairs: how many such intervals are to hold together, in 95 % of cases: each is
            widened to `confidence(pairs)`.

    Source: Bonferroni's inequality, for `pairs`.
    """
    counts = (~np.isnan(e)).sum(axis=1).astype(float)
    return ratio(np.nansum(e, axis=1), counts, block=block, seed=seed, pairs=pairs)


def ratio(
    over: Float[np.ndarray, "frames"],
    under: Float[np.ndarray, "frames"],
    *,
    block: int = BLOCK,
    seed: int = 0,
    pairs: int = 1,
) -> Interval:
    """A sum over frames by another one, both of the frames that are drawn.

    Args:
        over, under: what each frame adds; frames that add nothing to `under` are left
            out.
        block, seed: as for `interval`.
        pairs: as for `pooled`.
    """
    some = under > 0
    if not some.any():
        return Interval(np.nan, np.nan, np.nan)
    total, count = over[None, some], under[None, some]
    length = min(block, count.shape[1])
    # One seed: both are of the same draws.
    outside = (1.0 - confidence(pairs)) / 2
    rounds = max(ROUNDS, round(IN_TAIL / outside))
    means = _means(total, length, seed, rounds) / _means(count, length, seed, rounds)
    low, high = np.quantile(means, (outside, 1.0 - outside))
    return Interval(float(total.sum() / count.sum()), float(low), float(high))


def ratio_less(
    ours: Fraction,
    theirs: Fraction,
    *,
    block: int = BLOCK,
    seed: int = 0,
    pairs: int = 1,
) -> Interval:
    """A ratio of sums over frames less another one, both of the frames that are drawn.

    Args:
        ours, theirs: what each frame adds above and below, as for `ratio`; frames
            that add nothing below on both sides are left out.
        block, seed, pairs: as for `ratio`.
    """
    some = (ours[1] > 0) | (theirs[1] > 0)
    if not (ours[1].any() and theirs[1].any()):
        return Interval(np.nan, np.nan, np.nan)
    outside = (1.0 - confidence(pairs)) / 2
    rounds, length = max(ROUNDS, round(IN_TAIL / outside)), min(block, int(some.sum()))
    # One seed: all are of the same draws.
    over, under, their_over, their_under = (
        _means(sums[None, some], length, seed, rounds) for sums in (*ours, *theirs)
    )
    # Draws of nothing but frames in which one has no share say nothing.
    drawn = (under > 0) & (their_under > 0)
    apart = over[drawn] / under[drawn] - their_over[drawn] / their_under[drawn]
    low, high = np.quantile(apart, (outside, 1.0 - outside))
    whole = [above.sum() / below.sum() for above, below in (ours, theirs)]
    return Interval(float(whole[0] - whole[1]), float(low), float(high))


def confidence(pairs: int) -> float:
    """Of each of so many intervals, that all hold together in 95 % of cases.

    1 - 0.05 / pairs
    """
    return 1.0 - (1.0 - CONFIDENCE) / pairs


def paired(
    ours: Float[np.ndarray, "runs frames"],
    theirs: Float[np.ndarray, "their_runs their_frames"],
    *,
    block: int = BLOCK,
    seed: int = 0,
) -> Interval:
    """The mean difference, ours less theirs, on the same frames by the same seeds.

    Args:
        ours, theirs, block, seed: as for `interval`.

    Raises:
        ValueError: the runs or frames are not the same.
    """
    if ours.shape != theirs.shape:
        raise ValueError(
            "a paired comparison wants as many runs on the same frames; got "
            f"{ours.shape} and {theirs.shape}"
        )
    return interval(ours - theirs, block=block, seed=seed)


def _means(
    e: Float[np.ndarray, "runs frames"], length: int, seed: int, count: int = ROUNDS
) -> Float[np.ndarray, "rounds"]:
    """The mean of each of `count` rounds of draws."""
    (runs, frames), rng = e.shape, np.random.default_rng(seed)
    # Sums over a block are differences of one running sum.
    running = np.cumsum(np.pad(e, ((0, 0), (1, 0))), axis=1)
    blocks = e if length == 1 else (running[:, length:] - running[:, :-length]) / length
    starts, drawn_blocks = blocks.shape[1], -(-frames // length)
    turn, means = max(1, DRAWS_A_TURN // drawn_blocks), []
    for done in range(0, count, turn):
        rounds = min(turn, count - done)
        first = rng.integers(0, starts, (rounds, 1, drawn_blocks))
        drawn = rng.integers(0, runs, (rounds, runs, 1))
        means.append(np.take(blocks, drawn * starts + first).mean(axis=(1, 2)))
    return np.concatenate(means)
