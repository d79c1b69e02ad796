"""STB: its own files of labels, the palm or the wrist, and pictures of a left hand."""

import numpy as np
import pytest
from scipy.io import savemat

from handjax.evaluation.joint_sets import scored
from handjax.evaluation.predictions import write
from tests.data import fixtures
from tests.data.test_stb import drawn, root, shots
from tests.held_out.commands import RNG, evaluated, labels, predictions, refused

FRAMES = 40


@pytest.fixture(scope="module")
def own():
    """STB's own joints of moving hands, the palm first."""
    one = fixtures.in_order("stb", fixtures.hand((60.0, 20.0, 600.0)).keypoints)
    moves = np.cumsum(RNG.normal(0.0, 2.0, (2 * FRAMES, 1, 3)), axis=0)
    return one + moves + RNG.normal(0.0, 1.0, (2 * FRAMES, 21, 3))


@pytest.fixture
def words(own, tmp_path):
    """The command line of both sequences' labels, and of predictions from the wrist."""
    names = ["B1Counting_BB.mat", "B1Random_BB.mat"]
    for name, joints in zip(names, np.split(own, 2), strict=True):
        savemat(tmp_path / name, {"handPara": joints.transpose(2, 1, 0)})
    wrist = scored("stb", own, np.ones((2 * FRAMES, 21), bool))[0]
    write(tmp_path / "wrist.npz", wrist)
    predictions(tmp_path / "ours.txt", wrist, 5.0)
    predictions(tmp_path / "palm.txt", own, 5.0)
    files = [tmp_path / name for name in names]
    return ["--dataset", "stb", "--out", tmp_path / "out", "--labels", *files]


def test_files_of_labels_are_read_one_after_another(words, own, tmp_path, capsys):
    import evaluate

    words = [*words, "--predictions", tmp_path / "ours.txt", "--align", "none"]
    assert evaluate.main([str(word) for word in words]) == 0
    table = capsys.readouterr().out
    assert "B1Random_BB.mat, 80 frames" in table
    mean = float(
        next(x for x in table.splitlines() if x.startswith("ours  ")).split()[1]
    )
    assert mean == pytest.approx(4.6, abs=0.3)


@pytest.mark.parametrize("align", ["none", "root", "scale", "procrustes"])
def test_predictions_that_begin_with_the_palm_are_recognised(
    words, tmp_path, capsys, align
):
    words = [*words, "--align", align, "--predictions", tmp_path / "palm.txt"]
    said = refused(capsys, *words)
    assert "begins with the palm and not the wrist" in said
    assert "--palm" in said


def test_predictions_that_begin_with_the_wrist_are_recognised(words, tmp_path, capsys):
    words = [*words, "--align", "none", "--palm", "--predictions"]
    said = refused(capsys, *words, tmp_path / "ours.txt")
    assert "begins with the wrist and not the palm" in said


def test_labels_that_begin_with_the_wrist_want_to_be_told(words, tmp_path, capsys):
    import evaluate

    words = [*words[:5], tmp_path / "wrist.npz", "--predictions", tmp_path / "ours.txt"]
    said = refused(capsys, *words)
    assert "as a wrist has it: try --no-labels-palm" in said
    assert evaluate.main([str(word) for word in (*words, "--no-labels-palm")]) == 0
    assert "wrist.npz, 80 frames" in capsys.readouterr().out


def test_labels_that_begin_with_the_palm_are_not_taken_for_others(
    words, tmp_path, capsys
):
    words = [*words, "--no-labels-palm", "--predictions", tmp_path / "ours.txt"]
    assert "as a palm has it: try --labels-palm" in refused(capsys, *words)


def test_other_datasets_have_no_such_palm(words, tmp_path, capsys):
    words = ["--dataset", "rhd", *words[2:], "--predictions", tmp_path / "ours.txt"]
    said = refused(capsys, *words, "--labels-palm")
    assert "--labels-palm says nothing about files of predictions" in said


@pytest.mark.skipif(not fixtures.REAL.is_dir(), reason=f"nothing at {fixtures.REAL}")
def test_the_published_labels_pass(tmp_path, capsys):
    import evaluate

    path = fixtures.REAL / "stb" / "B1Counting_BB.mat"
    words = ["--dataset", "stb", "--labels", path, "--palm", "--out", tmp_path]
    assert evaluate.main([str(word) for word in (*words, "--predictions", path)]) == 0
    assert "equals the labels" in capsys.readouterr().err


@pytest.mark.parametrize("split", ["test", "sk_test"])
def test_both_rigs_are_drawn(root, monkeypatch, split):
    monkeypatch.setenv("HANDJAX_CACHE", str(root / "cache"))
    truth, _ = labels("stb", root, split)
    path = predictions(root / "ours.txt", truth)
    words = ("--subset", split, "--predictions", path)
    found = evaluated("stb", root, *words)
    assert found["frames"] == 4
    assert (root / "out" / "predictions.png").stat().st_size > 20_000


def test_what_one_camera_shows_is_measured_in_that_of_the_labels(root, monkeypatch):
    monkeypatch.setenv("HANDJAX_CACHE", str(root / "cache"))
    words = ("--subset", "sk_test", "--weights", "wan_spheres", "--align", "none")
    found = evaluated("stb", root, *words)
    # It saw depth, whose camera is 24 mm beside that of colour.
    assert found["mean_mm"] < 15.0
