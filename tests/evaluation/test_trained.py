"""What is told of generated frames: surfaces beside joints."""

import argparse
import json

import numpy as np

from handjax.evaluation import trained
from handjax.evaluation.apart import FIGURES
from handjax.evaluation.protocols import PROTOCOLS
from handjax.training.examine import Estimates

FRAMES = 120
JOINTS = 40.0 * np.random.default_rng(0).normal(size=(FRAMES, 21, 3))
SURFACES = {name: np.full(FRAMES, 1.0 + k) for k, name in enumerate(FIGURES)}


def told(folder, surfaces):
    """table.txt and results.json of key points that are 3 mm off, and surfaces."""
    estimates = Estimates(
        {"keypoints21": JOINTS + np.array([0.0, 3.0, 0.0])},
        {"keypoints21": JOINTS},
        {"keypoints21": np.ones((FRAMES, 21), bool)},
        None,
        None,  # pyright: ignore[reportArgumentType]
        None,
        surfaces=surfaces,
    )
    chosen = argparse.Namespace(out=folder, denoiser=False)
    trained.tell(chosen, estimates, PROTOCOLS["studio"], "toy", {}, lambda *_: None)
    results = json.loads((folder / "results.json").read_text())
    return (folder / "table.txt").read_text(), results


def test_a_surface_is_told_beside_the_joints(tmp_path):
    table, results = told(tmp_path, SURFACES)
    assert results["mean_mm"] == 3.0
    assert [results[name] for name in FIGURES] == [1.0, 2.0, 3.0, 4.0]
    assert results["truth_to_surface_mm_95"] == [2.0, 2.0]
    row = next(line for line in table.splitlines() if line.startswith("surface "))
    assert row.split()[1] == "1.000"
    assert "2.000" in row
    with np.load(tmp_path / "errors.npz", allow_pickle=False) as stored:
        # Who compares seeds takes what stands first.
        assert stored.files == ["keypoints21", *FIGURES]
        assert stored["normal_degrees"].shape == (FRAMES, 1)


def test_a_method_without_a_surface_is_told_as_before(tmp_path):
    table, results = told(tmp_path, None)
    assert not results.keys() & set(FIGURES)
    assert "surface" not in table


def test_a_surface_that_is_infinitely_far_is_said_to_be(tmp_path):
    lost = SURFACES | {"surface_to_truth_mm": np.full(FRAMES, np.inf)}
    table, results = told(tmp_path, lost)
    assert results["surface_to_truth_mm"] is None
    assert "inf" in table
