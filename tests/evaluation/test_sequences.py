"""Acceleration errors: by hand, by a loop, and not across the seams of sequences."""

import numpy as np
import pytest

from handjax.evaluation import metrics
from handjax.evaluation.sequences import acceleration_errors

RNG = np.random.default_rng(0)
TRUTH = RNG.normal(0.0, 30.0, (12, 4, 3))
PREDICTED = TRUTH + RNG.normal(0.0, 5.0, TRUTH.shape)


def test_a_jump_of_one_frame_is_three_accelerations():
    truth = np.zeros((7, 1, 3))
    predicted = truth.copy()
    predicted[3, 0, 1] = 2.0
    found = acceleration_errors(predicted, truth)[:, 0]
    assert found.tolist() == [0.0, 2.0, 4.0, 2.0, 0.0]


def test_drifting_evenly_is_no_acceleration_error():
    drift = np.arange(12.0)[:, None, None] * np.array([3.0, -1.0, 0.5])
    errors = acceleration_errors(TRUTH + 10.0 + drift, TRUTH)
    np.testing.assert_allclose(errors, 0.0, atol=1e-12)


def test_it_is_that_of_a_loop():
    def bend(x, frame, joint):
        return x[frame, joint] - 2 * x[frame + 1, joint] + x[frame + 2, joint]

    slow = [
        np.linalg.norm(bend(PREDICTED, frame, joint) - bend(TRUTH, frame, joint))
        for frame in range(10)
        for joint in range(4)
    ]
    found = acceleration_errors(PREDICTED, TRUTH)
    np.testing.assert_allclose(found.ravel(), slow)
    assert metrics.mean(found) == pytest.approx(np.mean(slow))


def test_a_rate_makes_seconds_of_frames():
    found = acceleration_errors(PREDICTED, TRUTH, rate=30.0)
    np.testing.assert_allclose(found, 900.0 * acceleration_errors(PREDICTED, TRUTH))


def test_no_acceleration_is_taken_across_sequences():
    # The first sequence comes back: its number alone doesn't join the parts.
    sequence = np.array([5] * 4 + [2] * 5 + [5] * 3)
    found = acceleration_errors(PREDICTED, TRUTH, sequence=sequence)
    parts = [(0, 4), (4, 9), (9, 12)]
    alone = [acceleration_errors(PREDICTED[a:b], TRUTH[a:b]) for a, b in parts]
    known = ~np.isnan(found[:, 0])
    assert np.flatnonzero(~known).tolist() == [2, 3, 7, 8]
    np.testing.assert_allclose(found[known], np.concatenate(alone))


def test_an_unknown_joint_is_unknown_in_each_three_frames_that_hold_it():
    valid = np.ones((12, 4), bool)
    valid[5, 1] = False
    truth = TRUTH.copy()
    truth[5, 1] = np.nan
    for found in (
        acceleration_errors(PREDICTED, TRUTH, valid),
        acceleration_errors(PREDICTED, truth),
    ):
        assert np.argwhere(np.isnan(found)).tolist() == [[3, 1], [4, 1], [5, 1]]


def test_a_prediction_that_is_no_number_errs_infinitely():
    predicted = PREDICTED.copy()
    predicted[0, 0] = np.nan
    assert acceleration_errors(predicted, TRUTH)[0, 0] == np.inf


@pytest.mark.parametrize("frames", [0, 1, 2])
def test_two_frames_have_no_acceleration(frames):
    sequence = np.zeros(frames, int)
    found = acceleration_errors(PREDICTED[:frames], TRUTH[:frames], sequence=sequence)
    assert found.shape == (0, 4)
    assert np.isnan(metrics.mean(found))
