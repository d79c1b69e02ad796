"""InterHand2.6M: both hands, several cameras, joints that a picture does not show."""

import numpy as np
import pytest

from tests.data.test_interhand import drawn, labels_of, rewrite, root, shots
from tests.held_out.commands import evaluated, labels, predictions


def test_single_hands_are_measured_from_the_wrist(root, monkeypatch):
    monkeypatch.setenv("HANDJAX_CACHE", str(root / "cache"))
    truth, valid = labels("interhand", root, "test")
    assert truth.shape == (4, 21, 3)
    path = predictions(root / "ours.npz", truth + np.array([30.0, 0.0, 50.0]), 6.0)
    found = evaluated("interhand", root, "--predictions", path)
    ours = np.load(path)["joints"]
    about = (ours - ours[:, 20:]) - (truth - truth[:, 20:])
    e = np.linalg.norm(about, axis=-1)[valid]
    assert found["mean_mm"] == pytest.approx(e.mean(), abs=1e-3)
    assert found["per_joint_mm"]["wrist"] == 0.0
    assert found["aligned_mm"]["none"] > 50.0
    assert found["align"] == "root"
    assert "1 joints without a label count nowhere" in found["notes"]
    assert "4 of 488968 frames" in found["notes"]
    with np.load(root / "out" / "errors.npz") as stored:
        np.testing.assert_allclose(stored["interhand"][valid], e, atol=1e-3)
    assert (root / "out" / "predictions.png").stat().st_size > 20_000


def test_a_picture_without_a_known_joint_keeps_its_row(root, drawn, monkeypatch):
    monkeypatch.setenv("HANDJAX_CACHE", str(root / "cache"))
    values = labels_of(drawn)["data"]
    values["annotations"][1]["joint_valid"] = [[0]] * 42
    rewrite(root, "data", values)
    truth, valid = labels("interhand", root, "test")
    assert valid.any(axis=1).tolist() == [True, False, True, True]
    found = evaluated(
        "interhand", root, "--predictions", predictions(root / "a.txt", truth)
    )
    assert found["frames"] == 4
    assert found["mean_mm"] < 10.0
