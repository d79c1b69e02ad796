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


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("ours.txt", "would write over"),
        ("link to labels", "would write over"),
        ("kept.txt", "may not be changed"),
        ("folder.txt", "is a folder"),
        ("ours.txt/x.txt", "can't be written into"),
    ],
)
def test_what_is_there_stays_there(words, tmp_path, capsys, place, said):
    (tmp_path / "kept.txt").write_text("1 2 3")
    (tmp_path / "kept.txt").chmod(0o444)
    (tmp_path / "folder.txt").mkdir()
    ours = [*words, f"--predictions={tmp_path / 'ours.txt'}"]
    if place == "link to labels":
        place = "link.txt"
        (tmp_path / place).symlink_to(tmp_path / "labels.txt")
    if place == "ours.txt/x.txt":
        (tmp_path / "theirs.txt").write_bytes((tmp_path / "ours.txt").read_bytes())
        ours = [*words, f"--predictions={tmp_path / 'theirs.txt'}"]
    before = (tmp_path / "ours.txt").read_bytes()
    assert evaluate.main([*ours, f"--save-predictions={tmp_path / place}"]) == 2
    assert said in capsys.readouterr().err
    assert (tmp_path / "ours.txt").read_bytes() == before


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
    words += [f"--out={tmp_path / 'out'}", "--predictions=x"]
    for name, wanted in (
        ("verts", "has 3 frames where the labels have 4"),
        ("xyz", "has 21 points a frame: joints, and no surface"),
    ):
        path = tmp_path / f"{name}.json"
        assert evaluate.main([*words, f"--labels-vertices={path}"]) == 2
        said = capsys.readouterr().err
        assert f"--labels-vertices {path} {wanted}" in said


def test_true_surfaces_may_stand_beside_joints_and_bring_their_faces(tmp_path):
    joints, vertices = freihand(np.random.default_rng(0))
    faces = np.arange(777).reshape(-1, 3)
    np.savez(tmp_path / "truth.npz", joints=joints, vertices=vertices, faces=faces)
    np.savez(tmp_path / "ours.npz", joints=joints, vertices=vertices + MIDDLE / 700.0)
    words = ["--dataset=freihand", "--align=none", f"--out={tmp_path / 'out'}"]
    words += [f"--labels={tmp_path / 'truth.npz'}", "--labels-key", "joints"]
    words += [f"--predictions={tmp_path / 'ours.npz'}"]
    alone = tmp_path / "surface.npz"
    np.savez(alone, vertices=vertices, faces=faces)
    for path in (tmp_path / "truth.npz", alone):
        assert evaluate.main([*words, f"--labels-vertices={path}"]) == 0
        found = results(tmp_path)["vertices"]
        assert found["mpvpe_mm"] == pytest.approx(1.0, abs=1e-3)
        assert 0.0 < found["surface_mm"] <= 1.0
