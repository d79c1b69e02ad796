"""graph_cnn through train.py, from full labels to weak ones."""

import json

import numpy as np
import pytest

import evaluate
import train
from configs import graph_cnn
from handjax import training
from handjax.experiment import assemble
from handjax.methods.graph_cnn import LOSSES
from tests.train.toy import entries


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a run whose last phase has weak labels."""
    folder = tmp_path_factory.mktemp("weak")
    config = graph_cnn.get_config("test,weak")
    # Drawing pictures takes long to compile: once without weak labels is enough.
    config.unlock()
    config.phases = config.phases[2:]
    config.lock()
    assert train.train(assemble(config), folder) == 0
    return folder


def test_phases_come_one_after_another_and_weigh_their_terms(run):
    said = [entry for entry in entries(run) if "loss" in entry]
    phases = dict.fromkeys(entry["phase"] for entry in said)
    assert list(phases) == ["synthetic", "hourglass", "weak"]
    last = {name for name in said[-1] if name.startswith("terms/")}
    weighed = graph_cnn.get_config("test,weak").phases[-1].weights
    assert last == {f"terms/{name}" for name in weighed}
    assert all(np.isfinite(said[-1][name]) for name in last)


def test_meshes_are_measured_with_scale_and_root_and_without(run, tmp_path, capsys):
    arguments = ["--dataset", "synthetic", "--workdir", str(run), "--frames", "4"]
    assert evaluate.main([*arguments, "--out", str(tmp_path)]) == 0
    sets = json.loads((tmp_path / "results.json").read_text())["sets"]
    assert set(sets) == {"keypoints21", "vertices", "given21", "given_vertices"}
    assert "scale and root" in capsys.readouterr().out


@pytest.mark.parametrize(
    "variant",
    [*graph_cnn.SIZES, *(f"test,{row}" for row in graph_cnn.ROWS), "small,weak,adapt"],
)
def test_every_variant_names_what_exists(variant):
    experiment = assemble(graph_cnn.get_config(variant))
    phases = training.read_phases(experiment.config, experiment.method)
    assert all(set(phase.weights) <= set(LOSSES[phase.loss]) for phase in phases)
    assert all(set(phase.sources) <= experiment.sources.keys() for phase in phases)


@pytest.mark.parametrize(
    ("row", "phases"),
    [
        ("weak", ["hourglass", "weak"]),
        ("baseline_1_joints", ["hourglass", "weak"]),
        ("transfer", ["goes_on"]),
        ("transfer_joints", ["goes_on"]),
        ("full", ["synthetic"]),
    ],
)
def test_what_adapts_keeps_all_that_changes_a_trained_model(row, phases):
    config = graph_cnn.get_config(f"small,{row},adapt")
    assert [phase.name for phase in config.phases] == phases


@pytest.mark.parametrize("row", graph_cnn.ROWS)
def test_what_adapts_wants_all_that_it_does_not_train(row):
    assert graph_cnn.get_config(f"small,{row},adapt").needs_init
    begins = graph_cnn.ROWS[row].begins
    assert begins is None or begins in graph_cnn.ROWS


def test_a_real_dataset_takes_the_studios_place_wherever_it_is_named():
    for variant in ("test,weak,real,adapt", "test,real,weak,adapt"):
        phases = graph_cnn.get_config(variant).phases
        assert [phase.sources for phase in phases] == [("real",), ("real",)]


def test_baselines_learn_heatmaps_as_hard_as_the_full_model():
    rows = ("full", "direct_lbs", "parameters")
    configs = [graph_cnn.get_config(f"small,{row}") for row in rows]
    assert {c.phases[-1].weights["heatmaps"] for c in configs} == {100.0}
    assert graph_cnn.get_config("paper").phases[-1].weights["heatmaps"] == 0.5


def test_the_papers_optimiser_is_that_of_its_recipe():
    found = graph_cnn.get_config("paper").optimizer
    assert (found.rule, found.learning_rate, found.weight_decay) == ("rmsprop", 1e-3, 0)


def test_the_control_takes_as_many_steps_as_both_weak_phases():
    rows = ("weak", "synthetic_goes_on")
    configs = (graph_cnn.get_config(f"small,{row},adapt") for row in rows)
    weak, control = (sum(phase.steps for phase in c.phases) for c in configs)
    assert weak == control == 1_500


def test_the_weak_stage_may_read_no_key_point_in_space_and_no_surface():
    labels = graph_cnn.get_config("test,weak").studio.labels
    assert set(labels) == {"keypoints2d", "scale", "depth", "mask"}
    with_joints = graph_cnn.get_config("test,weak_joints").studio.labels
    assert set(with_joints) == {*labels, "joints"}
    blind = graph_cnn.get_config("test,baseline_2").studio.labels
    assert set(blind) == {"keypoints2d", "scale"}
    assert graph_cnn.get_config("test").studio.labels == ()


def test_figures_name_rows_of_the_tables():
    for curves in graph_cnn.FIGURES.values():
        assert set(curves.rows) <= graph_cnn.ROWS.keys()
