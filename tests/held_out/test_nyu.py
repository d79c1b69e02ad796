"""NYU: weights beside files of predictions, on the same frames and one page."""

import json
from pathlib import Path

import numpy as np
import pytest

import evaluate
from handjax.evaluation.predictions import from_camera, write
from handjax.evaluation.protocols import PROTOCOLS
from tests.data.real.scenes import write_nyu
from tests.held_out.commands import RNG, evaluated, labels, refused

FRAMES = 5


@pytest.fixture(scope="module")
def nyu(tmp_path_factory):
    """A download of NYU's test set, predictions for it, and their true errors."""
    root = tmp_path_factory.mktemp("nyu")
    write_nyu(root, "test", FRAMES, kinects=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HANDJAX_CACHE", str(root / "cache"))
        truth, _ = labels("nyu", root, "test")
        theirs = truth + RNG.normal(0.0, 4.0, truth.shape)
        path = root / "theirs.txt"
        write(path, from_camera(theirs, "uvd", PROTOCOLS["nyu"].camera))
        yield root, path, np.linalg.norm(theirs - truth, axis=-1)


def test_weights_and_files_are_measured_on_the_same_frames(nyu, tmp_path):
    root, path, e = nyu
    words = ("--weights", "wan_spheres", "--frames", 3)
    both = evaluated("nyu", root, *words, "--predictions", path, out=tmp_path / "a")
    alone = evaluated("nyu", root, *words, out=tmp_path / "b")
    ours, theirs = both["methods"].values()
    assert list(both["methods"]) == ["wan_spheres", "theirs"]
    assert (ours["frames"], theirs["frames"]) == (3, 3)
    assert ours["mean_mm"] == alone["mean_mm"] == both["mean_mm"]
    assert theirs["mean_mm"] == pytest.approx(e[:3].mean(), abs=2e-3)
    (comparison,) = both["comparisons"]
    assert comparison["frames"] == 3
    assert both["center"] == "depth"
    head = (tmp_path / "a" / "table.txt").read_text()
    assert "the nearest thing in the picture; of the files as whoever made" in head
    assert "wan_spheres and theirs" in (tmp_path / "a" / "report.html").read_text()


def test_several_weights_are_told_apart_and_may_be_named(nyu, tmp_path):
    root, path, _ = nyu
    words = ("--weights", "wan_spheres", "wan_spheres", "--predictions", path)
    found = evaluated("nyu", root, *words, out=tmp_path / "a")
    names = ["1: wan_spheres", "2: wan_spheres", "theirs"]
    assert list(found["methods"]) == names
    words += ("--names", "p", "q", "r")
    found = evaluated("nyu", root, *words, out=tmp_path / "b")
    assert list(found["methods"]) == ["p", "q", "r"]
    assert len(found["weights"]) == 2
    assert found["comparisons"][0]["pairs"] == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--names", "a"), "--names wants 2 different ones, one a method, weights"),
        (("--save-predictions", "x.txt"), "writes one file; evaluate one method"),
        (("--labels", "x.txt"), "--labels says nothing about trained methods"),
        (("--center", "file"), "--center file and --centers FILE want one another"),
        (("--align", "rigid"), "for nyu it names none"),
    ],
)
def test_what_does_not_go_together_is_refused(nyu, tmp_path, capsys, words, said):
    root, path, _ = nyu
    chosen = ["--dataset", "nyu", "--root", root, "--out", tmp_path, *words]
    chosen += ["--weights", "wan_spheres", "--predictions", path]
    assert said in refused(capsys, *chosen)


def test_generated_frames_are_for_one_method(tmp_path, capsys):
    chosen = ["--dataset", "synthetic", "--out", tmp_path, "--weights"]
    said = refused(capsys, *chosen, "wan_spheres", "wan_spheres")
    assert "synthetic takes one method at a time; got 2" in said


def test_relative_predictions_are_drawn_where_they_are_measured(nyu, tmp_path):
    root, _, _ = nyu
    truth, _ = labels("nyu", root, "test")
    palm = PROTOCOLS["nyu"].root
    path = write(tmp_path / "relative.npz", truth - truth[:, [palm]])
    words = ("--predictions", path, "--format", "xyz", "--align", "root")
    evaluated("nyu", root, *words, "--unchecked", out=tmp_path)
    text = (tmp_path / "report.html").read_text()
    data = text.split('type="application/json"')[1].split(">", 1)[1]
    example = json.loads(data.split("</script")[0])["examples"][0]
    (predicted,) = example["predicted"]
    np.testing.assert_allclose(predicted, example["truth"], atol=0.02)
