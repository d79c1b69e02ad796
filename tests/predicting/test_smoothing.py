"""The One-Euro filter is the paper's: by a slow loop, and on signals that are known."""

import math

import numpy as np
import pytest

from handjax.predicting import smoothing
from handjax.predicting.smoothing import Settings, smooth

FPS = 30.0


def slowly(xs, fps, rest, follow, speed):
    """The paper's Algorithm 1, one number at a time."""

    def alpha(cutoff):
        tau, period = 1.0 / (2.0 * math.pi * cutoff), 1.0 / fps
        return 1.0 / (1.0 + tau / period)

    last, d_last, filtered = None, 0.0, []
    for x in xs:
        if last is None:
            last = x
        else:
            d = (x - last) * fps
            d_last = alpha(speed) * d + (1.0 - alpha(speed)) * d_last
            a = alpha(rest + follow * abs(d_last))
            last = a * x + (1.0 - a) * last
        filtered.append(last)
    return filtered


@pytest.mark.parametrize("settings", [Settings(), Settings(0.3, 0.5, 2.0)])
def test_arrays_are_filtered_as_numbers_one_by_one(settings):
    x = np.cumsum(np.random.default_rng(0).normal(0, 5, (40, 3, 2)), axis=0)
    found = smooth(x, FPS, settings)
    for at in np.ndindex(3, 2):
        column = x[(slice(None), *at)]
        np.testing.assert_allclose(
            found[(slice(None), *at)], slowly(column, FPS, *settings), rtol=1e-12
        )


def test_a_step_is_answered_by_the_value_of_the_equations():
    # T = 1/30 and f_d = 1: a = 1 / (1 + 30 / (2 pi)) = 0.17317, so dX_hat = 5.1952,
    # f_c = 1 + 0.5 * 5.1952 = 3.5976, a = 0.42970.
    found = smooth(np.array([0.0, 1.0]), FPS, Settings(1.0, 0.5, 1.0))
    assert found[1] == pytest.approx(0.42970, abs=1e-5)


def test_what_rests_stays():
    x = np.full((20, 3), 700.0)
    np.testing.assert_array_equal(smooth(x, FPS), x)


def test_without_beta_it_is_a_low_pass_of_its_cutoff():
    """At f_c an exponential average lets 1/sqrt(2) through, where T is short."""
    fps, cutoff = 500.0, 2.0
    t = np.arange(0, 3, 1 / fps)
    wave = np.sin(2 * np.pi * cutoff * t)
    found = smooth(wave, fps, Settings(cutoff, 0.0, 1.0))
    assert np.abs(found[len(t) // 2 :]).max() == pytest.approx(2**-0.5, abs=0.01)


def test_jitter_of_a_hand_at_rest_falls_and_a_moving_one_is_followed():
    rng = np.random.default_rng(0)
    jitter = rng.normal(0.0, 2.0, 300)
    assert smooth(jitter, FPS)[30:].std() < 0.5 * jitter[30:].std()
    moving = 600.0 / FPS * np.arange(60)  # 600 mm a second
    slow = smooth(moving, FPS, Settings(follow=0.0))
    assert moving[-1] - smooth(moving, FPS)[-1] < 10.0
    assert moving[-1] - slow[-1] > 50.0


def test_after_a_long_gap_the_sample_is_taken_nearly_as_it_is():
    memory = smoothing.begin(np.zeros(3))
    later = smoothing.step(memory, np.full(3, 100.0), 20.0, Settings())
    np.testing.assert_allclose(later.position, 100.0, atol=1.0)
