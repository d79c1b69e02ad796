"""Rates, masks and averages against values known by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from ml_collections import ConfigDict

from handjax.training import configs, optimizer


def settings(**changes):
    page = {
        "learning_rate": 0.5,
        "schedule": "constant",
        "warmup": 0,
        "weight_decay": 0.0,
        "clip": 0.0,
        "ema": 0.9,
    }
    return ConfigDict(page | changes)


@pytest.mark.parametrize(
    ("name", "rates"),
    [
        ("constant", [0.5, 0.5, 0.5, 0.5]),
        ("cosine", [0.5, 0.5 * 0.75, 0.25, 0.0]),
        ("step", [0.5, 0.05, 0.05, 0.005]),
    ],
)
def test_schedules_at_the_start_a_third_the_half_and_the_end(name, rates):
    schedule = optimizer.make_schedule(settings(schedule=name), 60)
    np.testing.assert_allclose(
        [schedule(step) for step in (0, 20, 30, 60)], rates, atol=1e-6
    )


def test_a_rate_may_fall_late_in_a_phase():
    falls = settings(schedule="step", drops=(30 / 35, 32 / 35))
    schedule = optimizer.make_schedule(falls, 70)
    np.testing.assert_allclose(
        [schedule(step) for step in (0, 59, 60, 63, 64, 70)],
        [0.5, 0.5, 0.05, 0.05, 0.005, 0.005],
        rtol=1e-5,
    )


def test_warmup_rises_to_the_rate_and_takes_a_tenth_of_the_steps_at_most():
    schedule = optimizer.make_schedule(settings(warmup=200), 100)
    np.testing.assert_allclose([schedule(step) for step in (0, 5, 10)], [0, 0.25, 0.5])


def test_an_unknown_schedule_is_refused_with_the_known_ones():
    with pytest.raises(configs.ConfigError, match=r"'linear'.*cosine"):
        optimizer.make_schedule(settings(schedule="linear"), 10)


def moved(gradient, **changes):
    """Where parameters at 1 go in one step; "still" does not move."""
    params = {"moves": jnp.ones(2), "still": {"inner": jnp.ones(2)}}
    moves = optimizer.moving(params, lambda path: path == ("moves",))
    rule = optimizer.make_optimizer(settings(**changes), 10, moves)
    updates, _ = rule.update(gradient, rule.init(params), params)
    return optax.apply_updates(params, updates)


def test_the_first_step_of_adam_is_the_rate_against_the_sign_of_the_gradient():
    gradient = {"moves": jnp.array([3.0, -0.1]), "still": {"inner": jnp.ones(2)}}
    after = moved(gradient)
    np.testing.assert_allclose(after["moves"], [0.5, 1.5], atol=1e-5)
    np.testing.assert_array_equal(after["still"]["inner"], 1.0)


def test_the_first_step_of_rmsprop_is_ten_rates_against_the_sign_of_the_gradient():
    gradient = {"moves": jnp.array([3.0, -0.1]), "still": {"inner": jnp.ones(2)}}
    # A hundredth of its square is all that the mean of squares has yet.
    after = moved(gradient, rule="rmsprop")
    np.testing.assert_allclose(after["moves"], [1 - 5.0, 1 + 5.0], atol=1e-3)
    np.testing.assert_array_equal(after["still"]["inner"], 1.0)


def test_rmsprop_moves_as_far_by_a_gradient_of_a_millionth_as_pytorch_does():
    gradient = {"moves": jnp.array([1e-6, -1e-6]), "still": {"inner": jnp.ones(2)}}
    after = moved(gradient, rule="rmsprop")
    # PyTorch's v = (1 - 0.99) g^2 and g / (sqrt(v) + 1e-8), at a rate of a half.
    step = 0.5 * 1e-6 / (1e-7 + 1e-8)
    np.testing.assert_allclose(after["moves"], [1 - step, 1 + step], rtol=1e-3)


def test_an_unknown_rule_is_refused_with_the_known_ones():
    with pytest.raises(configs.ConfigError, match=r"'sgd'.*adamw.*rmsprop"):
        moved({"moves": jnp.ones(2), "still": {"inner": jnp.ones(2)}}, rule="sgd")


def test_weight_decay_pulls_to_zero_only_what_moves():
    nothing = {"moves": jnp.zeros(2), "still": {"inner": jnp.zeros(2)}}
    after = moved(nothing, weight_decay=0.1)
    np.testing.assert_allclose(after["moves"], 1 - 0.5 * 0.1, atol=1e-6)
    np.testing.assert_array_equal(after["still"]["inner"], 1.0)


def test_clipping_measures_the_gradient_of_what_moves_alone():
    # Adam forgets the gradient's length, but not where it stands beside its epsilon.
    large_elsewhere = {"moves": jnp.full(2, 1e-3), "still": {"inner": jnp.full(2, 1e9)}}
    after = moved(large_elsewhere, clip=1.0)
    np.testing.assert_allclose(after["moves"], 0.5, atol=1e-4)


def test_the_average_starts_at_a_tenth_and_ends_at_its_decay():
    old, new = {"a": jnp.array(0.0)}, {"a": jnp.array(1.0)}
    ends = [optimizer.average(old, new, 0.9, jnp.array(step)) for step in (0, 10**6)]
    np.testing.assert_allclose([end["a"] for end in ends], [0.9, 0.1], rtol=1e-5)


def test_without_decay_the_average_is_the_parameters():
    average = optimizer.average({"a": 5.0}, {"a": 1.0}, 0.0, jnp.array(100))
    assert average["a"] == 1.0


def test_the_average_of_what_stays_is_what_stays_to_the_last_bit():
    still = {"a": jax.random.normal(jax.random.key(0), (1000,))}
    after = still
    for step in range(20):
        after = optimizer.average(after, still, 0.999, jnp.array(step))
    np.testing.assert_array_equal(after["a"], still["a"])
