"""All phases of dual_grid through train.py, from nothing to unlabelled frames."""

import json

import numpy as np
import pytest

import evaluate
import train
from configs import dual_grid
from handjax import training
from handjax.experiment import assemble
from handjax.methods.dual_grid import LOSSES
from handjax.training import Checkpoints
from tests.train.toy import entries


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a run of all four phases."""
    folder = tmp_path_factory.mktemp("all")
    config = dual_grid.get_config("test")
    config.studio.subject = "C"
    config.evaluation.every = 4
    assert train.train(assemble(config), folder) == 0
    return folder


def test_phases_come_one_after_another_and_weigh_their_terms(run):
    said = [entry for entry in entries(run) if "loss" in entry]
    phases = dict.fromkeys(entry["phase"] for entry in said)
    assert list(phases) == [phase.name for phase in dual_grid.get_config("test").phases]
    last = {name for name in said[-1] if name.startswith("terms/")}
    weighed = dual_grid.get_config("test").phases[-1].weights
    assert last == {f"terms/{name}" for name in weighed}
    assert all(np.isfinite(said[-1][name]) for name in last)


def test_a_run_that_has_ended_is_left_as_it_is(run):
    with Checkpoints(run, read_only=True) as saved:
        assert saved.latest == 16
    before = entries(run)
    config = dual_grid.get_config("test")
    config.studio.subject = "C"
    config.evaluation.every = 4
    assert train.train(assemble(config), run) == 0
    with Checkpoints(run, read_only=True) as saved:
        assert saved.latest == 16
    assert [e for e in entries(run) if "loss" in e] == [
        e for e in before if "loss" in e
    ]


def test_vertices_are_measured_beside_joints(run, tmp_path, capsys):
    arguments = ["--dataset", "synthetic", "--workdir", str(run), "--frames", "8"]
    assert evaluate.main([*arguments, "--out", str(tmp_path)]) == 0
    results = json.loads((tmp_path / "results.json").read_text())
    sets = results["sets"]
    assert list(sets) == ["nyu14", "centres41", "keypoints21", "vertices", "refined"]
    assert sets["vertices"]["per_joint_mm"] == {}
    with np.load(tmp_path / "errors.npz", allow_pickle=False) as stored:
        assert stored["refined"].shape == (8, 790)
        mean = stored["refined"].mean()
    assert sets["refined"]["mean_mm"] == pytest.approx(mean, rel=1e-5)
    assert "refined" in capsys.readouterr().out


@pytest.mark.parametrize(
    "variant",
    [*dual_grid.SIZES, *(f"test,{row}" for row in dual_grid.ROWS), "small,adapt"],
)
def test_every_variant_names_what_exists(variant):
    experiment = assemble(dual_grid.get_config(variant))
    phases = training.read_phases(experiment.config, experiment.method)
    assert all(set(phase.weights) <= set(LOSSES[phase.loss]) for phase in phases)
    assert all(set(phase.sources) <= experiment.sources.keys() for phase in phases)


@pytest.mark.parametrize("variant", dual_grid.SIZES)
def test_no_label_of_the_studio_may_be_read(variant):
    assert dual_grid.get_config(variant).studio.labels == ()
    assert dual_grid.get_config("test,keypoints").studio.labels == ("joints",)


def test_a_row_about_fitting_is_refused_where_nothing_is_fitted():
    with pytest.raises(ValueError, match="small,single_view"):
        dual_grid.get_config(",without_arap")
    names = [phase.name for phase in dual_grid.get_config(",synthetic").phases]
    assert names == ["segmentation", "correspondence", "synthetic"]


def test_a_figure_names_rows_of_the_table():
    for curves in dual_grid.FIGURES.values():
        assert set(curves.rows) <= dual_grid.ROWS.keys()
