"""What is told of generated frames: surfaces beside joints."""

import argparse
import json

import numpy as np
import pytest

from handjax.evaluation import trained
from handjax.evaluation.apart import FIGURES
from handjax.evaluation.protocols import PROTOCOLS
from handjax.training.examine import Estimates

FRAMES = 120
JOINTS = 40.0 * np.random.default_rng(0).normal(size=(FRAMES, 21, 3))
SURFACES = {name: np.full(FRAMES, 1.0 + k) for k, name in enumerate(FIGURES)}


def told(folder, surfaces, truth=JOINTS, name="keypoints21"):
    """table.txt and results.json of key points that are 3 mm off, and surfaces."""
    estimates = Estimates(
        {name: truth + np.array([0.0, 3.0, 0.0])},
        {name: truth},
        {name: np.ones((FRAMES, 21), bool)},
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


def test_a_constant_is_told_where_hands_are_where_methods_are(tmp_path):
    places = np.linspace(0.0, 500.0, FRAMES)[:, None, None]
    hand = JOINTS[:1] - JOINTS[0].mean(axis=0)
    _, blind = told(tmp_path, None, hand + places)
    _, knows = told(tmp_path, None, hand + places, "given21")
    assert blind["constant"]["keypoints21"]["mean_mm"] > 100.0
    assert knows["constant"]["given21"]["mean_mm"] < 1e-9


@pytest.mark.parametrize("block", [1, FRAMES])
def test_refined_estimates_and_masks_are_compared_with_those_before(tmp_path, block):
    off = np.array([0.0, 3.0, 0.0])
    known = {
        "keypoints21": JOINTS + off,
        "keypoints21_refined": JOINTS + off / 3.0,
    }
    true = dict.fromkeys(known, JOINTS)
    n = np.tile([30, 10, 10, 50], (FRAMES, 1))
    estimates = Estimates(
        known,
        true,
        {name: np.ones((FRAMES, 21), bool) for name in known},
        None,
        None,  # pyright: ignore[reportArgumentType]
        None,
        masks={"vertices": n, "vertices_refined": n + np.array([5, 0, -5, 0])},
    )
    chosen = argparse.Namespace(out=tmp_path, denoiser=False)
    protocol = PROTOCOLS["studio"]._replace(block=block)
    trained.tell(chosen, estimates, protocol, "toy", {}, lambda *_: None)
    table = (tmp_path / "table.txt").read_text()
    # Of one block of frames nothing is said; 30 of 50 pixels before, 35 of 50 after.
    for said in (
        "keypoints21_refined less keypoints21: -2.00 [-2.00, -2.00] mm",
        "vertices_refined has 0.1000 more IoU than vertices",
    ):
        assert (said in table) == (block == 1)
    results = json.loads((tmp_path / "results.json").read_text())
    assert results["masks"]["vertices"]["iou"] == 0.6
    with np.load(tmp_path / "errors.npz", allow_pickle=False) as stored:
        np.testing.assert_array_equal(stored["masks_vertices"], n)
