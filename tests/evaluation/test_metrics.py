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


def test_a_prediction_that_is_no_number_is_no_unknown_joint():
    truth = np.zeros((1, 2, 3))
    predicted = np.array([[[np.nan, 0.0, 0.0], [0.0, 0.0, 1.0]]])
    errors = metrics.joint_errors(predicted, truth)
    assert errors.tolist() == [[np.inf, 1.0]]
    assert metrics.share_of_joints(errors, np.array([80.0])) == [0.5]
    assert metrics.success(errors, np.array([80.0])) == [0.0]


def test_pixel_errors_are_distances_in_the_picture():
    truth = np.array([[[10.0, 20.0], [np.nan, 0.0]]])
    errors = metrics.pixel_errors(np.array([[[13.0, 24.0], [0.0, 0.0]]]), truth)
    np.testing.assert_array_equal(errors, [[5.0, np.nan]])
    assert metrics.share_of_joints(errors, np.array([5.0, 6.0])).tolist() == [0.0, 1.0]


def test_joints_and_frames_that_nobody_knows_count_nowhere():
    e = np.array([[1.0, np.nan], [np.nan, np.nan], [5.0, np.nan]])
    np.testing.assert_array_equal(metrics.per_joint(e), [3.0, np.nan])
    np.testing.assert_array_equal(metrics.per_joint_median(e), [3.0, np.nan])
    np.testing.assert_array_equal(metrics.per_frame(e), [1.0, np.nan, 5.0])
    np.testing.assert_array_equal(metrics.worst_per_frame(e), [1.0, np.nan, 5.0])
    assert metrics.success(e, np.array([2.0])) == [0.5]
    assert metrics.auc(e, 0.0, 10.0) == metrics.auc(e[[0, 2], :1], 0.0, 10.0)


def test_over_nothing_all_is_nan():
    e, thresholds = np.full((2, 3), np.nan), np.array([1.0])
    for measure in (metrics.mean, metrics.median, lambda e: metrics.auc(e, 0.0, 50.0)):
        assert np.isnan(measure(e))
    for curve in (metrics.success, metrics.share_of_joints, metrics.pck_per_joint):
        assert np.isnan(curve(e, thresholds)).all()


def test_the_area_of_one_error_is_the_part_of_the_range_above_it():
    e = np.full((1, 1), 30.0)
    # On a grid of one a mm the step at 30 is drawn as a ramp from 29 to 30.
    assert metrics.auc(e, 20.0, 50.0, steps=31) == pytest.approx(20.5 / 30)
    assert metrics.auc(e, 0.0, 50.0, steps=51) == pytest.approx(20.5 / 50)
    assert metrics.auc(e, 20.0, 50.0) == pytest.approx(20 / 30, abs=1 / 99)
    assert metrics.auc(0.0 * e, 0.0, 50.0) == pytest.approx(1.0)


def evaluate_slowly(e, low, high, steps):
    """Mean, average median and area as [zimmermann2017] has them, joint by joint."""
    rows, thresholds = [], np.linspace(low, high, steps)
    for joint in range(e.shape[1]):
        known = [error for error in e[:, joint] if not np.isnan(error)]
        pck = [sum(error <= t for error in known) / len(known) for t in thresholds]
        area = sum(
            (pck[k] + pck[k + 1]) / 2 * (thresholds[k + 1] - thresholds[k])
            for k in range(steps - 1)
        )
        rows.append((np.mean(known), np.median(known), area / (high - low)))
    return np.mean(rows, axis=0)


@pytest.mark.parametrize("bounds", [(20.0, 50.0, 31), (0.0, 50.0, 100)])
def test_figures_are_those_of_a_loop_over_joints(bounds):
    rng = np.random.default_rng(2)
    e = rng.gamma(3.0, 8.0, (40, 5))
    e[rng.random(e.shape) < 0.2] = np.nan
    low, high, steps = bounds
    found = (
        metrics.per_joint(e).mean(),
        metrics.per_joint_median(e).mean(),
        metrics.auc(e, low, high, steps=steps),
    )
    np.testing.assert_allclose(found, evaluate_slowly(e, *bounds), rtol=1e-12)


def test_each_joint_has_its_own_curve_and_a_threshold_counts_for_it():
    curves = metrics.pck_per_joint(ERRORS, np.array([3.0, 5.0, 20.0]))
    assert curves.tolist() == [[0.5, 0.5, 1.0], [0.0, 0.5, 1.0], [0.0, 1.0, 1.0]]


def test_curves_are_those_of_comparing_each_error_with_each_threshold():
    rng = np.random.default_rng(3)
    e = rng.gamma(3.0, 8.0, (30, 4))
    e[0, 1] = np.nan
    thresholds = np.linspace(0.0, 80.0, 81)
    known, worst = e[~np.isnan(e)], np.nanmax(e, axis=1)
    np.testing.assert_allclose(
        metrics.share_of_joints(e, thresholds), [np.mean(known < t) for t in thresholds]
    )
    np.testing.assert_allclose(
        metrics.success(e, thresholds), [np.mean(worst < t) for t in thresholds]
    )


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
