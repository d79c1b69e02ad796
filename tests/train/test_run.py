"""A run goes through its phases and leaves what it promises."""

import jax
import jax.numpy as jnp
import pytest

import train
from handjax import training
from handjax.batch import Source
from handjax.experiment import Experiment
from handjax.training import Checkpoints
from tests.train.toy import (
    FRAMES,
    entries,
    evaluations,
    new_state,
    same,
    saved_params,
    toy,
    toy_config,
    toy_method,
    toy_source,
)


def test_a_run_goes_through_every_phase(finished):
    with Checkpoints(finished) as saved:
        assert saved.latest == 12
    assert {entry["phase"] for entry in entries(finished)} == {"first", "second"}


def test_the_log_holds_every_term_the_gradient_norm_and_the_rate(finished):
    readings = [entry for entry in entries(finished) if "loss" in entry]
    wanted = {"terms/centres", "terms/bias", "gradient_norm", "learning_rate"}
    assert all(wanted <= reading.keys() for reading in readings)
    assert readings[0]["loss"] > readings[1]["loss"]
    assert readings[0]["loss"] == pytest.approx(
        readings[0]["terms/centres"] + 0.1 * readings[0]["terms/bias"], rel=1e-5
    )


def test_each_evaluation_leaves_figures_and_a_picture(finished):
    steps = [entry["step"] for entry in evaluations(finished)]
    pictures = sorted(path.name for path in (finished / "pictures").iterdir())
    assert steps == [4, 6, 8, 12]
    assert pictures == [f"step_{step:07}.png" for step in steps]


def test_figures_say_when_crops_stood_on_the_true_hand(finished, tmp_path):
    in_colour = {"center": "depth", "modality": "rgb"}
    config = toy_config(phases=toy_config().phases[:1], synthetic=in_colour)
    train.train(toy(config), tmp_path)
    for folder, said in ((finished, "_mean_mm"), (tmp_path, "_mean_mm_true_centre")):
        names = [name for name in evaluations(folder)[0] if "_mm" in name]
        assert names
        assert all(name.endswith(said) for name in names)


def test_only_the_latest_and_the_best_checkpoint_are_kept(tmp_path):
    state = new_state()
    with Checkpoints(tmp_path) as saved:
        for step, mean_mm in ((1, 9.0), (2, 5.0), (3, 7.0), (4, None)):
            saved.save(state._replace(step=jnp.int32(step)), mean_mm)
    with Checkpoints(tmp_path) as saved:
        assert (saved.best, saved.latest) == (2, 4)
    kept = {path.name for path in (tmp_path / "checkpoints").iterdir()}
    assert kept == {"2", "4"}


def test_what_was_compiled_before_arrays_were_saved_serves_them_after(tmp_path):
    state = new_state()
    with Checkpoints(tmp_path) as saved:
        saved.save(state)
    with Checkpoints(tmp_path) as saved:
        whole = saved.restore(state).params
        averaged, _ = saved.restore_model(state.params, state.state, 0)
    program = jax.jit(lambda params: jax.tree.map(jnp.sin, params))
    programs = {
        program.lower(params).as_text() for params in (state.params, whole, averaged)
    }
    assert len(programs) == 1


def test_what_draws_is_traced_once_for_all_who_draw_as_many(tmp_path):
    plain, traced = toy_source(FRAMES), []

    def sample(key, held):
        traced.append(1)
        return plain.sample(key, held)

    source = Source(sample, plain.held)
    config = toy_config(phases=toy_config().phases[:1])
    experiment = Experiment(config, toy_method(), {"synthetic": lambda size: source})
    assert train.train(experiment, tmp_path) == 0
    assert len(traced) == 1


def test_a_phase_moves_only_what_is_trainable_in_it(finished, tmp_path):
    train.train(toy(toy_config(phases=toy_config().phases[:1])), tmp_path)
    before, after = saved_params(tmp_path, phase=0), saved_params(finished)
    assert same(before["reader"], after["reader"])
    assert not same(before["bias"], after["bias"])


def test_a_term_that_is_nan_stops_the_run_and_spares_the_checkpoint(tmp_path):
    with pytest.raises(training.NotFiniteError, match="'bias' is nan at step 6"):
        train.train(toy(breaks_at=6), tmp_path)
    with Checkpoints(tmp_path) as saved:
        assert saved.latest == 4


def test_what_is_not_finite_is_never_saved():
    params = {"reader": {"gain": jnp.array([1.0, jnp.inf])}}
    with pytest.raises(training.NotFiniteError, match=r"'reader/gain'.*step 7"):
        training.check_finite(7, params)


def test_a_phase_begins_by_looking_at_one_example_of_what_it_is_shown(tmp_path):
    config = toy_config()
    config.phases[1].shown = "more"
    seen = {}

    def begin(loss, params, *, shown):
        seen.setdefault(loss, shown)
        return params

    method = toy_method()._replace(begin=begin)
    sources = {"synthetic": toy_source, "more": toy_source}
    assert train.train(Experiment(config, method, sources), tmp_path) == 0
    assert seen["first"] is None
    assert seen["second"].labels.centres.shape == (1, 41, 3)
