"""Measures against values known by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handjax.evaluation import metrics

# Two frames of three joints; the last joint of the second frame is unknown.
ERRORS = np.array([[3.0, 4.0, 5.0], [10.0, 20.0, np.nan]])


def test_joint_errors_are_distances():
    truth = np.zeros((1, 2, 3))
    predicted = np.array([[[3.0, 4.0, 0.0], [2.0, 3.0, 6.0]]])
    assert metrics.joint_errors(predicted, truth).tolist() == [[5.0, 7.0]]


def test_joints_without_truth_count_nowhere():
    truth, valid = np.zeros((1, 2, 3)), np.array([[True, False]])
    predicted = np.array([[[0.0, 0.0, 1.0], [0.0, 0.0, 99.0]]])
    errors = metrics.joint_errors(predicted, truth, valid)
    assert metrics.mean(errors) == 1.0
    assert metrics.success(errors, np.array([2.0])) == [1.0]


def test_mean_and_median_run_over_all_known_joints():
    assert metrics.mean(ERRORS) == pytest.approx(42 / 5)
    assert metrics.median(ERRORS) == 5.0
    assert metrics.per_joint(ERRORS).tolist() == [6.5, 12.0, 5.0]


def test_a_frame_succeeds_if_its_worst_joint_does():
    thresholds = np.array([5.0, 5.1, 20.1])
    assert metrics.success(ERRORS, thresholds).tolist() == [0.0, 0.5, 1.0]


def test_share_of_joints_counts_joints_not_frames():
    assert metrics.share_of_joints(ERRORS, np.array([4.5])).tolist() == [0.4]


def test_area_under_a_ramp_is_a_half():
    thresholds = np.linspace(20.0, 50.0, 31)
    assert metrics.area_under((thresholds - 20) / 30, thresholds) == pytest.approx(0.5)
    assert metrics.area_under(np.ones(31), thresholds) == pytest.approx(1.0)


def test_no_other_constant_is_better_in_the_square():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(50, 4, 3))
    constant = metrics.constant_predictor(truth)

    def square(predicted):
        return np.mean(metrics.joint_errors(predicted, truth) ** 2)

    others = constant + 0.1 * rng.normal(size=(20, 1, 4, 3))
    assert all(square(constant) <= square(other) for other in others)


@given(st.floats(-500, 500), st.floats(0, 6))
def test_errors_do_not_depend_on_the_frame_they_are_measured_in(shift, angle):
    rng = np.random.default_rng(1)
    predicted, truth = rng.normal(size=(2, 3, 5, 3))
    turn = np.array(
        [
            [np.cos(angle), -np.sin(angle), 0.0],
            [np.sin(angle), np.cos(angle), 0.0],
            [0.0, 0.0, 1.0],
        ]
    )
    moved = (points @ turn.T + shift for points in (predicted, truth))
    np.testing.assert_allclose(
        metrics.joint_errors(*moved), metrics.joint_errors(predicted, truth), atol=1e-9
    )
