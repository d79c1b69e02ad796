"""evaluate.py says what is wrong with labels, names and places, and ends with 2."""

import json

import numpy as np
import pytest

import evaluate
from handjax.evaluation import report
from handjax.evaluation.predictions import from_camera, write
from handjax.evaluation.protocols import PROTOCOLS

CAMERA = PROTOCOLS["nyu"].camera
RNG = np.random.default_rng(0)
TRUTH = RNG.uniform(-60.0, 60.0, (40, 14, 3)) + np.array([-30.0, 20.0, 700.0])
OURS = TRUTH + RNG.normal(0.0, 3.0, TRUTH.shape)


@pytest.fixture
def words(tmp_path):
    labels = write(tmp_path / "labels.txt", from_camera(TRUTH, "uvd", CAMERA))
    write(tmp_path / "ours.txt", from_camera(OURS, "uvd", CAMERA))
    return ["--dataset=nyu", f"--labels={labels}", f"--out={tmp_path / 'out'}"]


def test_labels_that_are_misread_are_refused_unless_that_is_wanted(
    words, tmp_path, capsys
):
    ours = [*words, f"--predictions={tmp_path / 'ours.txt'}", "--labels-format=xyz"]
    assert evaluate.main(ours) == 2
    assert "try --labels-format uvd" in capsys.readouterr().err
    assert evaluate.main([*ours, "--unchecked"]) == 0


def test_names_that_no_terminal_shows_reach_every_file(words, tmp_path):
    path = tmp_path / "m\udce9thode\n.txt"
    try:
        path.write_bytes((tmp_path / "ours.txt").read_bytes())
    except OSError:
        pytest.skip("file names must be Unicode here")
    assert evaluate.main([*words, f"--predictions={path}"]) == 0
    found = json.loads((tmp_path / "out" / "results.json").read_text())
    assert found["method"] == "m\ufffdthode\ufffd"
    head = (tmp_path / "out" / "curves.csv").read_text("utf-8").splitlines()[0]
    assert head.startswith("threshold_mm,m\ufffdthode\ufffd: frames")


def test_a_full_disk_is_told(words, tmp_path, capsys, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device", "results.json")

    monkeypatch.setattr(report, "write_json", full)
    assert evaluate.main([*words, f"--predictions={tmp_path / 'ours.txt'}"]) == 2
    assert "results.json can't be read or written: No space" in capsys.readouterr().err


@pytest.mark.parametrize("align", ["none", "procrustes"])
def test_pixels_of_another_camera_in_another_order_are_mended_as_it_is_said(
    words, tmp_path, capsys, align
):
    half = from_camera(OURS, "uvd", CAMERA)[..., [2, 0, 1]] * [1.0, 0.5, 0.5]
    path = write(tmp_path / "half.txt", half)
    ours = [*words, f"--predictions={path}", f"--align={align}"]
    status = evaluate.main([*ours, "--axes=zxy"])
    said = capsys.readouterr().err
    assert status == 2
    assert "counts pixels of half the picture" in said
    mend = said.split("read it with ")[1].split(". That")[0]
    assert mend == "--format uvd --axes zxy --camera 294.015,293.535,160,120"
    assert evaluate.main([*ours, *mend.split()]) == 0
    found = json.loads((tmp_path / "out" / "results.json").read_text())
    assert found["mean_mm"] < 6.0
    assert "warning" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("--axes=yx", "must be x, y and z in turn, got 'yx'"),
        ("--camera=kinect", "must be one of nyu, icvl, msra15, or fx,fy,u0,v0 in pix"),
        ("--camera=1,0,2,3", "must be one of nyu"),
        ("--camera=1,1,nan,3", "must be one of nyu"),
    ],
)
def test_axes_and_cameras_that_are_none_are_refused(words, capsys, word, said):
    with pytest.raises(SystemExit, match="2"):
        evaluate.main([*words, "--predictions=x", word])
    assert said in capsys.readouterr().err


def test_a_dataset_may_name_the_camera(words, tmp_path):
    pixels = from_camera(OURS, "uvd", PROTOCOLS["icvl"].camera)
    path = write(tmp_path / "small.txt", pixels)
    assert evaluate.main([*words, f"--predictions={path}", "--camera=icvl"]) == 0
