"""Curves are found again, and measures are as by hand."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit

from handjax.predicting import calibration
from handjax.predicting.calibration import Curve

W, B = (4.0, -1.5), 0.7


@pytest.fixture(scope="module")
def seen():
    rng = np.random.default_rng(0)
    x = rng.uniform([0.0, 0.0], [1.0, 4.0], (20_000, 2))
    return x, rng.random(len(x)) < expit(x @ W + B)


def test_a_curve_is_found_again(seen):
    x, y = seen
    found = calibration.fit(x, y)
    np.testing.assert_allclose([*found.w, found.b], [*W, B], rtol=0.05)


def test_no_other_curve_is_more_likely(seen):
    x, y = (part[:300] for part in seen)
    right, wrong = y.sum(), (~y).sum()
    target = np.where(y, (right + 1) / (right + 2), 1 / (wrong + 2))
    scale = x.std(axis=0)

    def loss(theta):
        z = x @ theta[:2] + theta[2]
        ridge = calibration.RIDGE / 2 * np.sum((theta[:2] * scale) ** 2)
        return np.mean(np.logaddexp(0.0, z) - target * z) + ridge

    least = minimize(loss, np.zeros(3), options={"gtol": 1e-9}).x
    found = calibration.fit(x, y)
    np.testing.assert_allclose([*found.w, found.b], least, atol=1e-4)


def test_who_never_errs_is_not_certain():
    x = np.linspace(0.0, 1.0, 20)[:, None]
    p = calibration.probability(calibration.fit(x, x[:, 0] > 0.5), x)
    assert (np.diff(p) > 0.0).all()
    assert 0.0 < p[0] < 0.1 < 0.9 < p[-1] < 1.0


def test_numbers_that_never_change_do_no_harm():
    x = np.column_stack([np.linspace(0.0, 1.0, 20), np.ones(20)])
    found = calibration.fit(x, x[:, 0] > 0.4)
    assert np.isfinite([*found.w, found.b]).all()


@pytest.mark.parametrize("right", [0, 1, 7, 8])
def test_frames_all_alike_are_refused(right):
    y = np.arange(8) < right
    with pytest.raises(ValueError, match=f"got {right} and {8 - right}"):
        calibration.fit(np.linspace(0.0, 1.0, 8)[:, None], y)


def test_probabilities_are_of_the_logistic_curve():
    x = np.array([[0.0], [1.0], [500.0], [-500.0]])
    p = calibration.probability(Curve((2.0,), -1.0), x)
    np.testing.assert_allclose(p, [0.26894142, 0.73105858, 1.0, 0.0], atol=1e-8)


def test_measures_are_as_by_hand():
    p = np.array([0.9, 0.1, 0.3, 0.7])
    y = np.array([True, False, True, True])
    assert calibration.brier_score(p, y) == pytest.approx(0.15)
    # Bins {0.1, 0.3} and {0.7, 0.9}: 0.2 said and 0.5 right, 0.8 said and 1 right.
    assert calibration.expected_calibration_error(p, y, bins=2) == pytest.approx(0.25)
    low, high = calibration.reliability(p, y, bins=2)
    assert (low.said, low.right, low.frames) == (pytest.approx(0.2), 0.5, 2)
    assert (high.said, high.right, high.frames) == (pytest.approx(0.8), 1.0, 2)


def test_bins_are_no_more_than_frames():
    found = calibration.reliability(np.array([0.5, 0.2]), np.array([True, False]))
    assert [(one.said, one.right) for one in found] == [(0.2, 0.0), (0.5, 1.0)]


def test_a_true_probability_errs_little_and_a_false_one_much(seen):
    x, y = seen
    p = expit(x @ W + B)
    assert calibration.expected_calibration_error(p, y) < 0.02
    assert calibration.expected_calibration_error(1.0 - p, y) > 0.3
