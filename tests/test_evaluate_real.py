"""evaluate.py on real datasets: files of predictions, and weights on a tiny NYU."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.io

import evaluate
from handjax.evaluation.predictions import from_camera, read, write
from handjax.evaluation.protocols import PROTOCOLS
from handjax.hands.skeleton import KEYPOINTS
from tests.data import fixtures
from tests.data.real.scenes import write_nyu

CAMERAS = {name: PROTOCOLS[name].camera for name in ("nyu", "icvl")}
CAMERA = CAMERAS["nyu"]
RNG = np.random.default_rng(0)
TRUTH = np.cumsum(RNG.normal(0.0, 2.0, (200, 14, 3)), axis=0)
TRUTH += RNG.uniform(-60.0, 60.0, (14, 3)) + np.array([40.0, 50.0, 700.0])
OURS = TRUTH + RNG.normal(0.0, 3.0, TRUTH.shape)
WORSE = TRUTH + RNG.normal(0.0, 6.0, TRUTH.shape)


@pytest.fixture
def folder(tmp_path):
    """A folder with labels and predictions in several forms."""
    for name, joints in (("labels", TRUTH), ("ours", OURS), ("worse", WORSE)):
        write(tmp_path / f"{name}.txt", from_camera(joints, "uvd", CAMERA))
    scipy.io.savemat(tmp_path / "ours.mat", {"xyz": OURS})
    return tmp_path


def run(folder, *words, out="out"):
    """The exit status of evaluate.py on files of the folder."""
    files = [str(folder / w) if (folder / w).is_file() else w for w in words]
    chosen = ["--dataset", "nyu", "--labels", str(folder / "labels.txt")]
    return evaluate.main([*chosen, *files, "--out", str(folder / out)])


def results(folder, out="out"):
    return json.loads((folder / out / "results.json").read_text())


def refused(folder, capsys, *words):
    """What is said on stderr when the words end in status 2."""
    try:
        status = run(folder, *words)
    except SystemExit as end:
        status = end.code
    assert status == 2
    return capsys.readouterr().err


def test_a_file_of_predictions_is_told_in_full(folder, capsys):
    assert run(folder, "--predictions", "ours.txt") == 0
    printed = capsys.readouterr().out
    assert "mean hand, true centroid" in printed
    found, e = results(folder), np.linalg.norm(OURS - TRUTH, axis=-1)
    assert found["mean_mm"] == pytest.approx(e.mean(), abs=1e-3)
    assert found["median_mm"] == pytest.approx(np.median(e), abs=1e-2)
    assert found["success"]["10"] == pytest.approx(
        (e.max(axis=1) < 10).mean(), abs=0.02
    )
    assert found["frames"] == 200
    assert len(found["joints"]) == 14
    assert {path.name for path in (folder / "out").iterdir()} == {
        "results.json",
        "table.txt",
        "curves.csv",
        "success.png",
        "joints.png",
        "errors.npz",
        "report.html",
    }


def test_several_files_are_compared_under_their_names(folder, capsys):
    words = ("--predictions", "ours.txt", "worse.txt", "--names", "we", "they")
    assert run(folder, *words) == 0
    assert "we errs" in capsys.readouterr().out
    comparison = results(folder)["comparisons"][0]
    assert (comparison["first"], comparison["second"]) == ("we", "they")
    assert comparison["significant"] is True


def test_files_of_different_formats_stand_side_by_side(folder):
    words = ("--predictions", "ours.txt", "ours.mat", "--format", "uvd", "xyz")
    assert run(folder, *words) == 0
    means = [m["mean_mm"] for m in results(folder)["methods"].values()]
    assert means[0] == pytest.approx(means[1], abs=1e-3)


def test_formats_are_converted(folder):
    saved = folder / "saved.txt"
    words = ("--predictions", "ours.mat", "--format", "xyz")
    assert run(folder, *words, "--save-predictions", str(saved)) == 0
    ours = from_camera(OURS, "uvd", CAMERA)
    np.testing.assert_allclose(read(saved, {14}).numbers, ours, atol=1e-4)


def test_a_warning_is_printed_and_ends_nothing(folder, capsys):
    assert run(folder, "--predictions", "labels.txt") == 0
    assert "warning: labels equals the labels" in capsys.readouterr().err
    assert results(folder)["notes"][-1].startswith("warning")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["ours.txt", "--format", "xyz"], "holds uvd, not xyz"),
        (["ours.mat"], "holds xyz, not uvd"),
        (["ours.mat", "--format", "xyz", "--unit", "m"], "is in mm, not m"),
        (["ours.mat", "--format", "xyz", "--flip", "y"], "needs no --flip y"),
        (["ours.txt", "--format", "uvd", "uvd"], "--format wants one for all"),
        (["ours.txt", "--names", "a", "b"], "--names wants 1"),
        (["ours.txt", "--order", "a"], "must be whole numbers between commas"),
        (["ours.txt", "--flip", "w"], "must be some of x, y and z"),
        (["ours.txt", "--subset", "subject 1"], "not among the 200 frames"),
        (["ours.txt", "--center", "gt"], "--center says nothing about files of pred"),
        (["ours.txt", "--root", "x"], "two places for labels"),
        (["ours.txt", "--save-predictions", "x.doc"], "wants one of the endings"),
        (["ours.txt", "worse.txt", "--save-predictions", "x.txt"], "writes one file"),
        (["nowhere.txt"], "nowhere.txt can't be read"),
    ],
)
def test_what_can_not_be_done_is_refused(folder, capsys, words, said):
    assert said in refused(folder, capsys, "--predictions", *words)


def test_dexter_and_object_has_no_root_to_align_by(folder, capsys):
    write(folder / "tips.txt", TRUTH[:, :5])
    chosen = ["--dataset=dexter_object", f"--labels={folder / 'tips.txt'}"]
    chosen += [f"--predictions={folder / 'tips.txt'}", f"--out={folder}"]
    assert evaluate.main([*chosen, "--align=root"]) == 2
    assert "wants a root joint; dexter_object has none" in capsys.readouterr().err
    assert evaluate.main(chosen) == 0
    assert "auc_0_100" in json.loads((folder / "results.json").read_text())


def test_files_of_predictions_load_nothing_that_trains(folder):
    code = (
        "import sys, evaluate; status = evaluate.main(sys.argv[1:]); "
        "heavy = {'flax', 'optax', 'orbax', 'tensorflow_datasets', 'trimesh', 'scipy'};"
        "print(heavy & set(sys.modules), file=sys.stderr); sys.exit(status)"
    )
    words = ["--dataset=nyu", f"--labels={folder / 'labels.txt'}", f"--out={folder}"]
    command = [
        sys.executable,
        "-c",
        code,
        *words,
        f"--predictions={folder / 'ours.txt'}",
    ]
    root = Path(evaluate.__file__).parent
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (0, "set()")


def test_a_dataset_that_is_not_there_is_answered_with_where_it_is(
    folder, capsys, tmp_path, monkeypatch
):
    monkeypatch.setenv("HANDJAX_CACHE", str(tmp_path / "cache"))
    for source in (f"--predictions={folder / 'ours.txt'}", "--weights=wan_spheres"):
        for root in ((), ("--root", str(tmp_path / "no"))):
            words = ["--dataset=nyu", source, *root, f"--out={tmp_path}"]
            assert evaluate.main(words) == 2
            said = capsys.readouterr().err
            for part in ("NYU Hand Pose", "home page: http", "licence", "--root"):
                assert part in said


@pytest.fixture(scope="module")
def nyu(tmp_path_factory):
    """A download of NYU's test set that has five frames."""
    root = tmp_path_factory.mktemp("nyu")
    write_nyu(root, "test", 5, kinects=1)
    return root


def test_released_weights_are_scored_on_a_download(nyu, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HANDJAX_CACHE", str(tmp_path / "cache"))
    saved, words = tmp_path / "ours.txt", ["--dataset=nyu", f"--root={nyu}"]
    own = ["--weights=wan_spheres", f"--out={tmp_path / 'a'}"]
    assert evaluate.main([*words, *own, f"--save-predictions={saved}"]) == 0
    assert "crop centre: depth" in capsys.readouterr().out
    found = json.loads((tmp_path / "a" / "results.json").read_text())
    # 8 mm; hands of the template, drawn without noise.
    assert found["mean_mm"] < 15.0
    assert (tmp_path / "a" / "predictions.png").stat().st_size > 5000
    # Others, who have the file alone, measure the same.
    again = [f"--predictions={saved}", f"--out={tmp_path / 'b'}"]
    assert evaluate.main([*words, *again]) == 0
    theirs = json.loads((tmp_path / "b" / "results.json").read_text())
    assert theirs["mean_mm"] == pytest.approx(found["mean_mm"], abs=2e-3)
    # Who is told where the hand is says so.
    told = ["--center=gt", "--frames=2", "--denoiser"]
    assert evaluate.main([*words, *own, *told]) == 0
    assert "crop centre: GROUND TRUTH" in capsys.readouterr().out
    found = json.loads((tmp_path / "a" / "results.json").read_text())
    assert (found["center"], found["frames"]) == ("gt", 2)
    assert list(found["sets"]) == ["nyu14", "nyu12", "nyu14_denoised"]


def write_icvl(root):
    """A download of ICVL with a frame a sequence; returns its labels, u, v, d."""
    left, camera = fixtures.hand((10.0, 20.0, 380.0), right=False), CAMERAS["icvl"]
    shot = fixtures.shoot(left, camera.focal, camera.centre, (240, 320))
    depth = np.where(shot.mask, np.rint(shot.depth), 32001).astype(np.uint16)
    palm = (left.keypoints[0] + left.keypoints[KEYPOINTS.index("middle_mcp")]) / 2
    rows = [k + j for k in (2, 6, 10, 14, 18) for j in range(3)]
    uvd = from_camera(np.array([[palm, *left.keypoints[rows]]]), "uvd", camera)
    for sequence in ("test_seq_1", "test_seq_2"):
        name = f"{sequence}/image_0000.png"
        fixtures.write(root / "Testing" / "Depth" / name, depth)
        line = " ".join([name, *map(str, uvd.ravel())])
        (root / "Testing" / f"{sequence}.txt").write_text(f"{line} \n")
    return uvd


def test_left_hands_leave_as_the_pictures_have_them(tmp_path, monkeypatch):
    monkeypatch.setenv("HANDJAX_CACHE", str(tmp_path / "cache"))
    uvd, saved = write_icvl(tmp_path / "icvl"), tmp_path / "ours.txt"
    words = ["--dataset=icvl", f"--root={tmp_path / 'icvl'}", f"--out={tmp_path}"]
    own = ["--weights=wan_spheres", f"--save-predictions={saved}"]
    assert evaluate.main([*words, *own]) == 0
    results = json.loads((tmp_path / "results.json").read_text())
    assert results["mean_mm"] < 15.0
    assert "palm is taken as 0.5 wrist + 0.5 middle_mcp" in results["notes"]
    # About 3 mm: 2 pixels of the picture, which is 320 wide.
    np.testing.assert_allclose(read(saved, {16}).numbers[0], uvd[0], atol=15.0)


def test_msra15_is_tested_subject_by_subject(tmp_path, capsys):
    words = ["--dataset=msra15", "--weights=wan_spheres", f"--out={tmp_path}"]
    assert evaluate.main(words) == 2
    assert "--subset, one of P0, P1" in capsys.readouterr().err
