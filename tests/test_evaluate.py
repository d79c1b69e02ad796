"""evaluate.py from the command line, on weights that nobody trained."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import evaluate
from configs import wan_spheres
from handjax import weights
from handjax.evaluation.protocols import JOINT_SETS
from handjax.experiment import assemble
from handjax.training import Checkpoints, TrainState, configs


def random_like(leaf):
    return np.random.default_rng(leaf.size).normal(size=leaf.shape).astype(np.float32)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a run with random parameters."""
    folder = tmp_path_factory.mktemp("run")
    config = wan_spheres.get_config("test")
    configs.write(folder / configs.FILE, config)
    shapes, state = weights.blank(assemble(config))
    params = jax.tree.map(lambda leaf: jnp.asarray(0.1 * random_like(leaf)), shapes)
    with Checkpoints(folder) as saved:
        saved.save(TrainState(params, state, params, (), jnp.int32(7)), 50.0)
    return folder


@pytest.fixture(scope="module")
def evaluated(run, tmp_path_factory):
    """The folder that its evaluation was written to."""
    out = tmp_path_factory.mktemp("out")
    arguments = ["--dataset", "synthetic", "--workdir", str(run), "--frames", "6"]
    assert evaluate.main([*arguments, "--out", str(out)]) == 0
    return out


def test_results_hold_the_figures_of_the_14_joints_at_the_top(evaluated):
    results = json.loads((evaluated / "results.json").read_text())
    assert results["joints"] == list(JOINT_SETS["nyu14"].names)
    assert results["per_joint_mm"].keys() == set(results["joints"])
    assert results["frames"] == 6
    assert list(results["success"]) == [str(mm) for mm in range(81)]
    mean = np.mean(list(results["per_joint_mm"].values()))
    assert results["mean_mm"] == pytest.approx(mean, rel=1e-5)
    assert results["median_mm"] > 0


def test_every_joint_set_stands_beside_the_constant_predictor(evaluated):
    results = json.loads((evaluated / "results.json").read_text())
    for figures in (results["sets"], results["constant"]):
        assert {name: len(figures[name]["joints"]) for name in figures} == {
            "nyu14": 14,
            "centres41": 41,
            "keypoints21": 21,
        }
    # No hand is known that well without looking, nor would one be 300 mm away.
    assert 30 < results["constant"]["nyu14"]["mean_mm"] < 100


def test_pictures_and_the_table_are_written(evaluated):
    assert {path.name for path in evaluated.iterdir()} == {
        "results.json",
        "figure.png",
        "predictions.png",
        "table.txt",
        "errors.npz",
    }
    table = (evaluated / "table.txt").read_text()
    assert "nyu14, constant" in table
    assert "crop centre from depth" in table


def test_a_release_holds_the_weights_of_the_run_to_bfloat16(run, tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    assert weights.main(["export", str(run), "random"]) == 0
    assert weights.released() == ["random"]
    trained, released = weights.from_run(run), weights.find("random")
    close = jax.tree.map(
        lambda a, b: np.allclose(a, b, rtol=2**-8, atol=0),
        trained.params,
        released.params,
    )
    assert jax.tree.all(close)
    assert configs.differences(trained.config, released.config) == []
    assert "step 7" in released.origin


def test_a_release_is_evaluated_as_the_run_it_came_from(
    run, evaluated, tmp_path, monkeypatch
):
    monkeypatch.setattr(weights, "FOLDER", tmp_path / "weights")
    weights.save_release(run, "random")
    arguments = ["--dataset", "synthetic", "--weights", "random", "--frames", "6"]
    assert evaluate.main([*arguments, "--out", str(tmp_path)]) == 0
    ours, theirs = (
        json.loads((folder / "results.json").read_text())
        for folder in (tmp_path, evaluated)
    )
    assert ours["mean_mm"] == pytest.approx(theirs["mean_mm"], rel=0.02)
    assert ours["synthetic"] == theirs["synthetic"]
    assert "release random" in ours["weights"]


def test_the_release_knows_hands(tmp_path):
    arguments = ["--dataset", "synthetic", "--weights", "wan_spheres"]
    assert evaluate.main([*arguments, "--frames", "64", "--out", str(tmp_path)]) == 0
    results = json.loads((tmp_path / "results.json").read_text())
    # 9.5 mm over 4,096 frames; the constant predictor has 66.
    assert 8.0 < results["mean_mm"] < 11.5
    assert results["median_mm"] < 7.5


def test_the_release_of_meshes_knows_hands(tmp_path):
    arguments = ["--dataset", "synthetic", "--weights", "dual_grid"]
    assert evaluate.main([*arguments, "--frames", "64", "--out", str(tmp_path)]) == 0
    sets = json.loads((tmp_path / "results.json").read_text())["sets"]
    # 14.1, 15.9 and 12.7 mm over 4,096 frames; the constant predictor has 56 to 61.
    assert sets["nyu14"]["mean_mm"] < 18.0
    assert sets["vertices"]["mean_mm"] < 20.0
    assert sets["refined"]["mean_mm"] < 0.9 * sets["vertices"]["mean_mm"]


def test_an_out_that_is_a_file_is_refused_at_once(capsys, tmp_path):
    (tmp_path / "file").touch()
    arguments = ["--dataset=synthetic", "--workdir=x", f"--out={tmp_path / 'file'}"]
    assert "can't be made" in refused(arguments, capsys)


@pytest.mark.parametrize("content", ["{", '{"method": "wan_spheres"}'])
def test_a_broken_config_is_refused(capsys, tmp_path, content):
    (tmp_path / configs.FILE).write_text(content)
    said = refused(
        ["--dataset=synthetic", f"--workdir={tmp_path}", f"--out={tmp_path}"], capsys
    )
    assert "no config of this handjax" in said


def test_a_release_needs_a_plain_name_and_spares_what_is_there(
    run, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    assert weights.main(["export", str(run), "../random"]) == 2
    assert "named by a-z" in capsys.readouterr().err
    weights.save_release(run, "random")
    before = (tmp_path / "random.npz").read_bytes()
    monkeypatch.setattr(weights, "LIMIT", 10)
    assert weights.main(["export", str(run), "random"]) == 2
    assert (tmp_path / "random.npz").read_bytes() == before


def refused(arguments, capsys):
    """What is said on stderr when the arguments end in status 2."""
    try:
        status = evaluate.main(arguments)
    except SystemExit as end:
        status = end.code
    assert status == 2
    return capsys.readouterr().err


def test_an_unknown_dataset_is_answered_with_the_known_ones(capsys, tmp_path):
    said = refused(["--dataset=nyuu", "--workdir=x", f"--out={tmp_path}"], capsys)
    assert "'nyuu'" in said
    assert "synthetic, studio, nyu" in said


def test_a_folder_without_a_run_is_answered_with_how_to_train(capsys, tmp_path):
    said = refused(
        ["--dataset=synthetic", "--workdir=nowhere", f"--out={tmp_path}"], capsys
    )
    assert "no run in 'nowhere'" in said
    assert "python train.py --config" in said


def test_a_run_without_a_checkpoint_is_refused(capsys, tmp_path):
    configs.write(tmp_path / configs.FILE, wan_spheres.get_config("test"))
    said = refused(
        ["--dataset=synthetic", f"--workdir={tmp_path}", f"--out={tmp_path}"], capsys
    )
    assert "no checkpoint yet" in said


def test_unknown_weights_are_answered_with_the_released_ones(
    capsys, tmp_path, monkeypatch
):
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    (tmp_path / "known.npz").touch()
    said = refused(
        ["--dataset=synthetic", "--weights=unknown", f"--out={tmp_path}"], capsys
    )
    assert "'unknown'" in said
    assert "known" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--dataset=synthetic", "--subject=D"], "--subject says nothing about synth"),
        (["--dataset=studio", "--seed=0"], "--seed says nothing about studio"),
        (["--dataset=studio", "--center=gt", "--no-noise"], "--noise and --center say"),
        (["--dataset=synthetic", "--root=x"], "--root says nothing about synthetic"),
        (["--dataset=synthetic", "--center=file"], "--center wants one of depth, gt"),
        (["--dataset=studio", "--subject=Q"], "--subject wants one of A, B, C, D"),
        (["--dataset=studio", "--amount=no"], "--amount wants one of"),
    ],
)
def test_options_that_mean_nothing_are_refused(arguments, said, capsys, tmp_path):
    assert said in refused(
        [*arguments, "--weights=wan_spheres", f"--out={tmp_path}"], capsys
    )


def test_no_frames_are_refused(capsys):
    arguments = ["--dataset=synthetic", "--workdir=x", "--out=x", "--frames=0"]
    assert "must be 1 or more" in refused(arguments, capsys)


def test_a_run_or_a_release_must_be_named(capsys):
    assert "--workdir" in refused(["--dataset=synthetic", "--out=x"], capsys)
