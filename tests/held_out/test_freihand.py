"""FreiHAND: predictions beside labels of a download, over its pictures."""

from tests.data.test_freihand import rewrite, root, samples
from tests.held_out.commands import evaluated, labels, predictions, refused


def test_the_evaluation_set_is_drawn(root, samples, monkeypatch):
    monkeypatch.setenv("HANDJAX_CACHE", str(root / "cache"))
    xyz = [(one.keypoints / 1000).tolist() for one in samples[0]]
    rewrite(root, "evaluation", "xyz", xyz)
    truth, _ = labels("freihand", root, "evaluation")
    path = predictions(root / "ours.txt", truth)
    evaluated("freihand", root, "--predictions", path)
    assert (root / "out" / "predictions.png").stat().st_size > 20_000


def test_methods_on_depth_are_told_that_there_is_none(
    root, samples, monkeypatch, capsys
):
    monkeypatch.setenv("HANDJAX_CACHE", str(root / "cache"))
    xyz = [(one.keypoints / 1000).tolist() for one in samples[0]]
    rewrite(root, "evaluation", "xyz", xyz)
    words = ["--dataset", "freihand", "--root", root, "--weights", "wan_spheres"]
    said = refused(capsys, *words, "--out", root / "out")
    assert "can't see these frames: evaluation/00000000 has no depth\n" in said
