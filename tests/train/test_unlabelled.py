"""All phases of wan_spheres through train.py, from nothing to unlabelled frames."""

import json

import numpy as np
import pytest

import evaluate
import train
from configs import wan_spheres
from handjax.experiment import assemble
from handjax.training import Checkpoints, configs
from tests.train.toy import entries


def config(variant):
    found = wan_spheres.get_config(variant)
    found.studio.subject = "C"
    return found


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a run of all four phases."""
    folder = tmp_path_factory.mktemp("all")
    assert train.train(assemble(config("test")), folder) == 0
    return folder


def test_phases_come_one_after_another_and_weigh_their_terms(run):
    said = [entry for entry in entries(run) if "loss" in entry]
    phases = dict.fromkeys(entry["phase"] for entry in said)
    assert list(phases) == ["prior", "denoiser", "synthetic", "fitting"]
    last = {name for name in said[-1] if name.startswith("terms/")}
    weighed = wan_spheres.get_config("test").phases[-1].weights
    assert last == {f"terms/{name}" for name in weighed}
    assert all(np.isfinite(said[-1][name]) for name in last)


def test_the_last_phase_keeps_its_latest_checkpoint(run):
    with Checkpoints(run, read_only=True) as saved:
        assert saved.best == saved.latest == 16


def test_the_last_phase_alone_wants_the_others_from_somewhere(run, tmp_path):
    alone = config("test,adapt")
    with pytest.raises(configs.ConfigError, match="--init"):
        train.train(assemble(alone), tmp_path / "a")
    other = alone.unlock()
    other.model.widths = (16, 32)
    with pytest.raises(configs.ConfigError, match="is its model the same"):
        train.train(assemble(other), tmp_path / "b", str(run))


def test_a_run_is_tested_in_the_studio(run, tmp_path, capsys):
    arguments = ["--dataset", "studio", "--workdir", str(run), "--denoiser"]
    assert evaluate.main([*arguments, "--out", str(tmp_path)]) == 0
    results = json.loads((tmp_path / "results.json").read_text())
    assert results["frames"] == 12
    assert results["subject"] == "C"
    assert results["studio"] in capsys.readouterr().out
    assert {"nyu14", "nyu14_denoised"} <= results["sets"].keys()
    with np.load(tmp_path / "errors.npz", allow_pickle=False) as stored:
        assert stored["nyu14"].shape == (12, 14)
        assert stored["nyu14"].mean() == pytest.approx(results["mean_mm"], rel=1e-5)


@pytest.mark.parametrize(
    ("dataset", "option"),
    [("studio", "--seed=1"), ("studio", "--no-noise"), ("synthetic", "--subject=C")],
)
def test_options_of_another_dataset_are_refused(dataset, option, run, tmp_path, capsys):
    arguments = ["--dataset", dataset, "--workdir", str(run), option]
    assert evaluate.main([*arguments, "--out", str(tmp_path / "out")]) == 2
    assert option.split("=")[0].replace("no-", "") in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
