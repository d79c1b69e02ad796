"""Intervals: as wide as the spread says, wider where frames are alike."""

import numpy as np
import pytest

from handjax.evaluation import intervals
from handjax.evaluation.compare import (
    ALONE,
    BLOCK,
    ROUNDS,
    confidence,
    interval,
    paired,
    pooled,
)
from handjax.evaluation.protocols import PROTOCOLS

RNG = np.random.default_rng(0)


def test_the_interval_of_independent_frames_is_four_standard_errors_wide():
    e = RNG.normal(20.0, 5.0, (1, 3000))
    found = interval(e)
    assert found.mean == pytest.approx(e.mean())
    assert found.high - found.low == pytest.approx(4 * 5.0 / 3000**0.5, rel=0.25)


def test_frames_that_are_alike_count_less():
    alone = RNG.normal(20.0, 5.0, 100)
    alike = np.repeat(alone, BLOCK)[None]
    shuffled = RNG.permutation(alike[0])[None]
    widths = [found.high - found.low for found in map(interval, (alike, shuffled))]
    assert widths[0] > 3 * widths[1]


def test_blocks_of_one_frame_take_frames_as_independent():
    alone = RNG.normal(20.0, 5.0, 100)
    alike = np.repeat(alone, BLOCK)[None]
    wide, narrow = (interval(alike, block=block) for block in (BLOCK, ALONE))
    width = 4 * np.std(alike) / alike.size**0.5
    assert narrow.high - narrow.low == pytest.approx(width, rel=0.05)
    assert wide.high - wide.low > 3 * width


@pytest.mark.parametrize("block", [ALONE, 3, 4, 100])
def test_the_interval_is_that_of_a_loop_over_rounds(block):
    e, rng = RNG.gamma(2.0, 5.0, (2, 10)), np.random.default_rng(7)
    length = min(block, 10)
    first = rng.integers(0, 11 - length, (ROUNDS, -(-10 // length)))
    drawn = rng.integers(0, 2, (ROUNDS, 2))
    means = [
        np.mean([e[run, start : start + length] for run in runs for start in starts])
        for runs, starts in zip(drawn, first, strict=True)
    ]
    found = interval(e, block=block, seed=7)
    slow = np.percentile(means, (2.5, 97.5))
    np.testing.assert_allclose((found.low, found.high), slow)


def test_frames_that_are_unknown_in_any_run_are_left_out():
    e = RNG.normal(20.0, 5.0, (2, 80))
    known, e[1, 7] = np.delete(e, 7, axis=1), np.nan
    assert interval(e) == interval(known)
    assert np.isnan(interval(np.full((1, 5), np.nan))).all()


def partly(frames):
    """Errors of frames of which the bad ones have few labels."""
    e = RNG.normal(10.0, 1.0, (frames, 14))
    e[::2] += 20.0
    e[::2, 2:] = np.nan
    return e


def test_the_pooled_mean_is_that_of_all_joints_and_lies_in_its_interval():
    e = partly(900)
    found = pooled(e)
    assert found.mean == pytest.approx(np.nanmean(e))
    assert found.low < found.mean < found.high
    # The mean of frames' means is another one, which the interval does not hold.
    assert not found.low < np.nanmean(e, axis=1).mean() < found.high


def test_the_pooled_interval_is_that_of_a_loop_over_rounds():
    e, rng = partly(10), np.random.default_rng(7)
    first = rng.integers(0, 8, (ROUNDS, 4))
    means = [
        np.nanmean(np.concatenate([e[start : start + 3] for start in starts]))
        for starts in first
    ]
    found = pooled(e, block=3, seed=7)
    slow = np.percentile(means, (2.5, 97.5))
    np.testing.assert_allclose((found.low, found.high), slow)


def test_complete_frames_have_the_interval_of_their_means():
    e = RNG.normal(20.0, 5.0, (200, 14))
    np.testing.assert_allclose(pooled(e), interval(e.mean(axis=1)[None]))
    gap = np.concatenate([e, np.full((50, 14), np.nan)])
    np.testing.assert_allclose(pooled(gap), pooled(e))
    assert np.isnan(pooled(np.full((5, 2), np.nan))).all()


def test_blocks_of_no_frames_are_refused():
    with pytest.raises(ValueError, match="1 or more; got 0"):
        interval(np.zeros((1, 5)), block=0)


def test_runs_that_differ_widen_the_interval():
    same = np.full((3, 300), 20.0)
    apart = same + np.array([[-2.0], [0.0], [2.0]])
    assert interval(same).low == interval(same).high
    assert interval(apart).low < 19.0


def test_a_difference_on_every_frame_is_sure_although_frames_differ_more():
    theirs = RNG.normal(30.0, 10.0, (1, 600))
    ours = theirs - 1.0 + RNG.normal(0.0, 0.5, (1, 600))
    found = paired(ours, theirs)
    assert found.mean == pytest.approx(-1.0, abs=0.1)
    assert found.high < 0.0
    assert interval(theirs).high - interval(theirs).low > 1.0
    assert paired(ours, theirs, block=ALONE) == interval(ours - theirs, block=ALONE)


def test_a_difference_of_nothing_may_be_nothing():
    theirs = RNG.normal(30.0, 10.0, (2, 600))
    found = paired(theirs + RNG.normal(0.0, 1.0, (2, 600)), theirs)
    assert found.low < 0.0 < found.high


def test_the_same_seed_gives_the_same_interval():
    e = RNG.normal(20.0, 5.0, (2, 100))
    assert interval(e) == interval(e)


def test_a_handful_of_frames_is_one_block():
    found = interval(np.array([[1.0, 2.0, 3.0]]))
    assert found.mean == 2.0


def test_other_frames_are_refused():
    with pytest.raises(ValueError, match=r"\(1, 10\) and \(1, 9\)"):
        paired(np.zeros((1, 10)), np.zeros((1, 9)))


def test_it_reads_as_a_mean_and_its_range():
    assert str(interval(np.full((1, 60), 12.5))) == "12.50 [12.50, 12.50]"


def test_intervals_of_several_pairs_are_as_wide_as_bonferroni_has_them():
    e = np.random.default_rng(5).normal(3.0, 2.0, (4000, 1))
    # Quantiles of the normal distribution at 1 - 0.025 / pairs.
    for pairs, quantile in ((1, 1.960), (6, 2.638), (66, 3.364)):
        _, low, high = pooled(e, block=ALONE, pairs=pairs)
        wanted = 2 * quantile * 2.0 / 4000**0.5
        assert high - low == pytest.approx(wanted, rel=0.08)
    assert confidence(1) == 0.95
    assert confidence(6) == pytest.approx(1 - 0.05 / 6)


def test_intervals_of_figures_are_drawn_by_the_protocols_blocks():
    # Seconds of a capture that err alike: frames alone would seem far more sure.
    e = np.repeat(np.random.default_rng(0).normal(10.0, 3.0, (40, 1)), 30, axis=0)
    protocol = PROTOCOLS["nyu"]
    wide = intervals.of_mean(e, protocol)
    narrow = intervals.of_mean(e, protocol._replace(block=1))
    assert wide.high - wide.low > 3.0 * (narrow.high - narrow.low)
