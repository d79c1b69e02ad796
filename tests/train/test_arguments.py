"""What can't be trained is refused in a line, at once."""

import sys
from pathlib import Path

import pytest

import train
from configs import wan_spheres
from handjax import training
from handjax.experiment import assemble
from handjax.methods.wan_spheres import LOSSES
from handjax.training import configs
from tests.train.toy import ROOT, toy, toy_config, toy_method, toy_phase

PAGE = "--config=configs/wan_spheres.py:test"


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        ([PAGE, "--config.optimizer.learning_rat=1"], 'Did you mean "learning_rate"'),
        ([PAGE, "--config.optimizer.learning_rate=fast"], "could not convert"),
        ([PAGE, "--config.phases[9].steps=1"], "beyond the end"),
        (["--config=configs/wan_spheres.py:huge"], "'huge'"),
        (["--config=configs/nobody.py"], "no config at 'configs/nobody.py'"),
        ([PAGE, "--workdri=x"], "workdri"),
    ],
)
def test_a_wrong_argument_is_answered_in_a_line(arguments, answer, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    # Which fields are overridden, config_flags reads here.
    monkeypatch.setattr(sys, "argv", ["train.py", *arguments])
    with pytest.raises(SystemExit) as ending:
        train.parse(sys.argv)
    assert ending.value.code == 2
    said = capsys.readouterr().err
    assert answer in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("row", ["synthetic", "synthetic,adapt"])
def test_rows_alone_are_of_the_bare_size(row):
    assert wan_spheres.get_config(row) == wan_spheres.get_config(f",{row}")
    assert wan_spheres.get_config(row) != wan_spheres.get_config("")


def test_the_working_folder_is_named_after_the_config(monkeypatch):
    monkeypatch.chdir(ROOT)
    train.parse(["train.py", PAGE])
    assert train.default_workdir() == Path("runs/wan_spheres_test")


def test_another_config_is_refused_in_a_folder_with_a_run(finished):
    with pytest.raises(configs.ConfigError, match="seed: 4, 3"):
        train.train(toy(toy_config(seed=4)), finished)


@pytest.mark.parametrize(
    ("field", "value", "answer"),
    [
        ("template", "hand_7", "hand_790"),
        ("method", "nobody", "wan_spheres"),
        ("synthetic.center", "dept", "'depth', 'gt'"),
        ("synthetic.view", "front", "'haar', 'wan2019'"),
        ("synthetic.modality", "colour", "'depth', 'rgb'"),
        ("synthetic.rgb.labels", ("pose",), "'joints'"),
        ("evaluation.every", 0, "1 or more"),
        ("evaluation.frames", 0, "1 or more"),
        ("batch_size", -1, "1 or more"),
        ("phases", (), "needs one phase"),
        ("model.dtype", "float8", "bfloat16"),
        ("model.normalisation", "soft", "softmax"),
        ("model.stacks", 0, "1 or more"),
        ("model.widths", (8,) * 6, "1 to 5"),
        ("studio.subject", "E", "'D'"),
        ("studio.amount", "huge", "'small'"),
        ("studio.split", "all", "'both'"),
        ("studio.labels", ("depth",), "'centres'"),
        ("studio.frames", 1.5, "between 0.1 and 1"),
        ("studio.multi_view", -0.5, "between 0 and 1"),
    ],
)
def test_what_could_only_fail_later_is_refused_at_once(field, value, answer):
    config = wan_spheres.get_config("test").unlock()
    config.update_from_flattened_dict({field: value})
    with pytest.raises(configs.ConfigError, match=answer):
        assemble(config)


@pytest.mark.parametrize(
    "variant", [*wan_spheres.SIZES, *(f"test,{row},adapt" for row in wan_spheres.ROWS)]
)
def test_every_variant_names_what_exists(variant):
    experiment = assemble(wan_spheres.get_config(variant))
    phases = training.read_phases(experiment.config, experiment.method)
    assert all(set(phase.weights) <= set(LOSSES[phase.loss]) for phase in phases)
    assert all(set(phase.sources) <= experiment.sources.keys() for phase in phases)
    assert phases[0].optimizer.learning_rate > 0


def test_a_variant_that_is_not_there_is_refused_with_those_that_are():
    for variant in ("smal", "small,single"):
        with pytest.raises(ValueError, match="single_view"):
            wan_spheres.get_config(variant)


def test_a_figure_names_rows_of_the_table():
    for curves in wan_spheres.FIGURES.values():
        assert set(curves.rows) <= wan_spheres.ROWS.keys()


def test_a_batch_size_for_a_source_that_is_not_drawn_from_is_refused():
    config = toy_config()
    config.phases[0].batch_sizes = {"more": 2}
    with pytest.raises(configs.ConfigError, match=r"\['more'\].*\['synthetic'\]"):
        training.read_phases(config, toy_method())


def test_a_phase_may_have_an_optimiser_of_its_own():
    config = toy_config()
    config.phases[1].optimizer = {"learning_rate": 0.5}
    first, second = training.read_phases(config, toy_method())
    assert (first.optimizer.learning_rate, second.optimizer.learning_rate) == (0.1, 0.5)
    config.phases[1].optimizer = {"learning_rat": 0.5}
    with pytest.raises(configs.ConfigError, match="learning_rat"):
        training.read_phases(config, toy_method())


def test_an_unknown_phase_is_refused_with_the_known_ones(tmp_path):
    config = toy_config(phases=(toy_phase("third", ("synthetic",)),))
    with pytest.raises(configs.ConfigError, match=r"'third'.*\['first', 'second'\]"):
        train.train(toy(config), tmp_path)


def test_an_unknown_source_is_refused_with_the_known_ones(tmp_path):
    config = toy_config(phases=(toy_phase("first", ("real",)),))
    with pytest.raises(configs.ConfigError, match=r"\['real'\].*'synthetic'"):
        train.train(toy(config), tmp_path)


def test_a_folder_is_one_process_s(tmp_path):
    with (
        training.Alone(tmp_path),
        pytest.raises(configs.ConfigError, match="another process"),
    ):
        train.train(toy(), tmp_path)


def test_a_workdir_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(configs.ConfigError, match="can't be written to"):
        train.train(toy(), tmp_path / "file")
