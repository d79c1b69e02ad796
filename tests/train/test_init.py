"""A run may start from the parameters of another."""

import jax
import jax.numpy as jnp
import pytest

import train
from handjax import training, weights
from handjax.training import Checkpoints
from tests.train.toy import (
    new_state,
    same,
    saved_params,
    toy,
    toy_config,
    toy_method,
    toy_phase,
)


def test_init_takes_the_parameters_that_fit():
    ours = {"reader": {"gain": jnp.zeros(3)}, "bias": jnp.zeros(2)}
    found = {"reader": {"gain": jnp.ones(3)}, "bias": jnp.ones(5), "more": jnp.ones(1)}
    params, taken = weights.carry_over(found, ours)
    assert taken == 1
    assert same(params, {"reader": {"gain": jnp.ones(3)}, "bias": jnp.zeros(2)})


def test_init_refuses_weights_of_which_nothing_fits(tmp_path, monkeypatch):
    alien = weights.Weights(toy_config(), {"other": jnp.ones(3)}, {}, "an alien run")
    monkeypatch.setattr(weights, "find", lambda name: alien)
    with pytest.raises(weights.MissingError, match="no parameter of an alien run"):
        train.train(toy(), tmp_path, init="alien")


def test_init_starts_from_the_parameters_and_the_state_of_another_run(
    finished, tmp_path, monkeypatch
):
    params, state = jax.device_get((saved_params(finished), {"steps": jnp.full((), 7)}))
    other = weights.Weights(toy_config(), params, state, "another run")
    monkeypatch.setattr(weights, "find", lambda name: other)
    config = toy_config(phases=(toy_phase("second", ("synthetic", "more"), steps=1),))
    assert train.train(toy(config), tmp_path, init="other") == 0
    with Checkpoints(tmp_path) as saved:
        phase = training.read_phases(config, toy_method())[0]
        state = saved.restore(training.enter(new_state(), toy_method(), phase))
    # The second phase leaves the reader alone, and predicts twice a step.
    assert same(state.params["reader"], params["reader"])
    assert state.state["steps"] == 9


def test_what_a_file_gives_is_there_from_the_first_step_and_gives_way_to_init(
    finished, tmp_path, monkeypatch, capsys
):
    def given(params):
        bias = jnp.full_like(params["bias"], 5.0)
        return params | {"bias": bias}, "bias from a file"

    method = toy_method()._replace(given=given)
    still = {**toy_config().optimizer, "learning_rate": 0.0}
    phases = (toy_phase("first", ("synthetic",), steps=1),)
    config = toy_config(phases=phases, optimizer=still)
    assert train.train(toy(config)._replace(method=method), tmp_path / "new") == 0
    assert "bias from a file" in capsys.readouterr().out
    for name in ("params", "ema"):
        assert jnp.all(getattr(saved(tmp_path / "new", config), name)["bias"] == 5.0)
    monkeypatch.setattr(
        weights,
        "find",
        lambda name: weights.Weights(config, saved_params(finished), {}, "another run"),
    )
    experiment = toy(config)._replace(method=method)
    assert train.train(experiment, tmp_path / "init", init="other") == 0
    assert same(saved(tmp_path / "init", config).params, saved_params(finished))


def saved(workdir, config):
    """The state of the latest checkpoint."""
    phase = training.read_phases(config, toy_method())[0]
    with Checkpoints(workdir) as checkpoints:
        return checkpoints.restore(training.enter(new_state(), toy_method(), phase))


def test_init_is_left_aside_where_a_run_goes_on(finished, capsys):
    assert train.train(toy(), finished, init="other") == 0
    assert "--init other was for the start" in capsys.readouterr().out


def test_what_the_first_phase_makes_of_the_others_need_not_be_there(
    finished, tmp_path, monkeypatch
):
    plain = toy_method()

    def init(key, batch):
        params, state = plain.init(key, batch)
        return params | {"copy": params["bias"]}, state

    def begin(loss, params, *, shown):
        assert loss == "second"
        return params | {"copy": jnp.copy(params["bias"])}

    method = plain._replace(init=init, begin=begin)
    other = weights.Weights(toy_config(), saved_params(finished), {}, "another run")
    monkeypatch.setattr(weights, "find", lambda name: other)
    phases = (toy_phase("second", ("synthetic", "more"), steps=1),)
    config = toy_config(phases=phases, needs_init=True)
    assert train.train(toy(config)._replace(method=method), tmp_path, init="other") == 0
