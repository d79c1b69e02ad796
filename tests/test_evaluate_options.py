"""Options of evaluate.py that go with one file each, or that are looked at first."""

import json

import numpy as np
import pytest

import evaluate
from handjax.evaluation import summary
from handjax.evaluation.predictions import from_camera, write
from handjax.evaluation.protocols import PROTOCOLS
from tests.test_evaluate_checks import CAMERA, OURS, words

__all__ = ["words"]

MIDDLE = np.array([0.0, 0.0, 700.0])


def results(tmp_path):
    return json.loads((tmp_path / "out" / "results.json").read_text())


def test_files_may_have_each_their_own_convention(words, tmp_path):
    plain = write(tmp_path / "plain.txt", OURS)
    odd = write(
        tmp_path / "odd.txt", (OURS * [1.0, -1.0, 1.0] / 1000.0)[..., [1, 0, 2]]
    )
    pixels = from_camera(OURS, "uvd", PROTOCOLS["icvl"].camera)
    small = write(tmp_path / "small.txt", pixels)
    status = evaluate.main(
        [
            *(*words, "--predictions", str(plain), str(odd), str(small)),
            *("--format", "xyz", "xyz", "uvd", "--unit", "mm", "m", "mm"),
            *("--flip", "none", "y", "none", "--axes", "xyz", "yxz", "xyz"),
            *("--camera", "own", "own", "icvl", "--shift", "0", "0", "0"),
        ]
    )
    assert status == 0
    means = [one["mean_mm"] for one in results(tmp_path)["methods"].values()]
    np.testing.assert_allclose(means, means[0], atol=0.1)
    assert means[0] < 6.0


def test_options_are_one_for_all_or_one_a_file(words, tmp_path, capsys):
    path = str(tmp_path / "ours.txt")
    three = [*words, "--predictions", path, path, path, "--names", "a", "b", "c"]
    assert evaluate.main([*three, "--unit", "mm", "m"]) == 2
    said = capsys.readouterr().err
    assert "--unit wants one for all files or one for each of 3; got 2" in said


def test_a_camera_that_is_not_the_files_is_told(words, tmp_path, capsys):
    path = tmp_path / "ours.txt"
    # Near enough that hands are still where hands may be.
    near = f"--camera={0.8 * CAMERA.focal[0]},{0.8 * CAMERA.focal[1]},320,240"
    for camera in (near, "--camera=icvl"):
        assert evaluate.main([*words, f"--predictions={path}", camera]) == 2
        said = capsys.readouterr().err
        assert "was made with the dataset's own camera" in said
        assert "read it with --format uvd. That" in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--save-predictions=x.foo"], "x.foo wants one of the endings .txt"),
        (["--save-format=uvd"], "--save-format says nothing about files"),
    ],
)
def test_where_predictions_can_t_go_is_told_before_anything_is_done(
    words, tmp_path, capsys, options, said
):
    ours = [*words, f"--predictions={tmp_path / 'nowhere.txt'}", *options]
    assert evaluate.main(ours) == 2
    assert said in capsys.readouterr().err


def test_pixels_of_many_cameras_are_not_saved(tmp_path, capsys):
    words = ["--dataset=stb", f"--out={tmp_path / 'out'}", "--predictions=x.txt"]
    words += ["--labels=y.txt", "--save-predictions=z.txt", "--save-format=uvd"]
    assert evaluate.main(words) == 2
    assert "more: --save-format xyz" in capsys.readouterr().err


def test_options_of_labels_want_labels(tmp_path, capsys):
    words = ["--dataset=nyu", f"--out={tmp_path}", "--root=x", "--predictions=y"]
    assert evaluate.main([*words, "--labels-unit=m", "--labels-flip=y"]) == 2
    said = capsys.readouterr().err
    assert "--labels-unit and --labels-flip say nothing about" in said


def test_published_means_stand_beside_what_they_compare_with_alone():
    protocol = PROTOCOLS["nyu"]
    known = type("Labels", (), {"joints": np.zeros((8252, 14, 3))})()
    told = summary.Told("nyu", protocol, known, "none", (), {})
    assert len(summary._published(told)) > 20
    assert not summary._published(told._replace(align="procrustes"))
    known.joints = known.joints[:2440]
    assert not summary._published(told)


def freihand(rng, frames=4):
    joints = rng.uniform(-60.0, 60.0, (frames, 21, 3)) + MIDDLE
    vertices = rng.uniform(-60.0, 60.0, (frames, 778, 3)) + MIDDLE
    return joints, vertices


def test_true_surfaces_may_have_a_file_of_their_own_and_submissions_keep_theirs(
    tmp_path,
):
    joints, vertices = freihand(np.random.default_rng(0))
    for name, points in (("xyz", joints), ("verts", vertices)):
        text = json.dumps((points / 1000.0).tolist())
        (tmp_path / f"evaluation_{name}.json").write_text(text)
    submitted = json.dumps([((p + 2.0) / 1000.0).tolist() for p in (joints, vertices)])
    (tmp_path / "pred.json").write_text(submitted)
    words = [
        "--dataset=freihand",
        f"--labels={tmp_path / 'evaluation_xyz.json'}",
        f"--labels-vertices={tmp_path / 'evaluation_verts.json'}",
        f"--out={tmp_path / 'out'}",
        "--align=none",
    ]
    saved = tmp_path / "again.json"
    first = [f"--predictions={tmp_path / 'pred.json'}", f"--save-predictions={saved}"]
    for given in (first, [f"--predictions={saved}"]):
        assert evaluate.main([*words, *given]) == 0
        found = results(tmp_path)["vertices"]
        assert found["mpvpe_mm"] == pytest.approx(2.0 * 3**0.5, abs=1e-3)
        assert found["pa_mpvpe_mm"] == pytest.approx(0.0, abs=1e-3)


def test_true_surfaces_of_other_frames_are_refused(tmp_path, capsys):
    joints, vertices = freihand(np.random.default_rng(0))
    for name, points in (("xyz", joints), ("verts", vertices[:3])):
        text = json.dumps((points / 1000.0).tolist())
        (tmp_path / f"{name}.json").write_text(text)
    words = ["--dataset=freihand", f"--labels={tmp_path / 'xyz.json'}"]
    words += [f"--labels-vertices={tmp_path / 'verts.json'}", "--predictions=x"]
    assert evaluate.main([*words, f"--out={tmp_path / 'out'}"]) == 2
    said = capsys.readouterr().err
    assert "--labels-vertices" in said
    assert "has 3 frames where the labels have 4" in said
