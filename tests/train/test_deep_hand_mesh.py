"""deep_hand_mesh through train.py and evaluate.py."""

import json

import numpy as np
import pytest

import evaluate
import train
from configs import deep_hand_mesh
from handjax import training
from handjax.experiment import assemble
from handjax.methods.deep_hand_mesh import LOSSES
from tests.train.toy import entries, evaluations


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a run."""
    folder = tmp_path_factory.mktemp("weak")
    assert train.train(assemble(deep_hand_mesh.get_config("test")), folder) == 0
    return folder


def test_every_term_of_a_capture_is_learnt_from(run):
    said = [entry for entry in entries(run) if "loss" in entry]
    found = {name for name in said[-1] if name.startswith("terms/")}
    assert found == {f"terms/{name}" for name in LOSSES["weak"]}
    assert all(np.isfinite(said[-1][name]) for name in found)


def test_a_run_is_watched_on_the_subject_and_says_that_it_learnt_from_that(run):
    (seen,) = evaluations(run)
    measured = {name for name in seen if name.startswith("eval/")}
    assert measured == {"eval/laid21_mean_mm_learnt", "eval/keypoints21_mean_mm_learnt"}


def test_a_subject_is_tested_with_its_surface_on_what_was_not_learnt_or_was(
    run, tmp_path, capsys
):
    arguments = ["--dataset", "studio", "--workdir", str(run), "--frames", "2"]
    said = {}
    for moments in ("test", "train"):
        out = tmp_path / moments
        more = ["--out", str(out), "--moments", moments]
        assert evaluate.main([*arguments, *more]) == 0
        found = json.loads((out / "results.json").read_text())
        assert set(found["sets"]) == {"laid21", "keypoints21"}
        assert found["surface_to_truth_mm"] > 0.0
        said[moments] = capsys.readouterr().out
    assert all("on the true wrist and finger roots" in text for text in said.values())
    assert "LEARNT FROM" in said["train"]
    assert "LEARNT FROM" not in said["test"]


@pytest.mark.parametrize(
    "variant",
    [
        *deep_hand_mesh.SIZES,
        *(f"test,{row}" for row in deep_hand_mesh.ROWS),
        "small,textured,adapt",
        "small,general,real,adapt",
    ],
)
def test_every_variant_names_what_exists(variant):
    experiment = assemble(deep_hand_mesh.get_config(variant))
    phases = training.read_phases(experiment.config, experiment.method)
    assert all(set(phase.weights) <= set(LOSSES[phase.loss]) for phase in phases)
    assert all(set(phase.sources) <= experiment.sources.keys() for phase in phases)


@pytest.mark.parametrize("variant", ["test", "test,linear", "test,textured"])
def test_no_surface_is_in_what_it_may_read(variant):
    config = deep_hand_mesh.get_config(variant)
    assert set(config.studio.labels) <= {"joints", "depth", "mask", "pictures"}


def test_others_hands_are_synthetic_ones_or_a_real_datasets_never_the_subjects():
    def sources(variant):
        return deep_hand_mesh.get_config(variant).phases[-1].sources

    assert sources("small,general,adapt") == ("synthetic",)
    assert sources("small,general,real,adapt") == ("real",)


def test_what_is_shown_must_be_known():
    config = deep_hand_mesh.get_config("test").unlock()
    config.phases[0].shown = "holiday"
    with pytest.raises(training.configs.ConfigError, match="shown is 'holiday'"):
        assemble(config)
