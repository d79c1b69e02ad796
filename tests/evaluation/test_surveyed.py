"""What a download knows besides joints, brought to the camera of each frame."""

import json
from typing import Any

import numpy as np
import pytest

import evaluate
from handjax.data import freihand
from handjax.data.real.survey import Survey
from handjax.evaluation import surveyed
from handjax.evaluation.protocols import PROTOCOLS
from handjax.evaluation.save import save
from handjax.evaluation.submissions import write_freihand
from tests.data.fixtures import matrix, write

RNG = np.random.default_rng(0)
MIRROR = np.array([-1.0, 1.0, 1.0])


def survey(places, right, **more):
    frames = len(places)
    joints = RNG.normal(0.0, 50.0, (frames, 21, 3)).astype(np.float32)
    nothing = np.zeros((frames, 3), np.float32)
    return Survey(
        names=tuple(f"B1Counting/BB_{place}" for place in places),
        places=np.array(places),
        right=np.array(right),
        subjects=np.zeros(frames, int),
        cubes=np.full(frames, 300.0),
        found=nothing,
        joints=joints + np.array([0.0, 0.0, 600.0], np.float32),
        valid=np.ones((frames, 21), bool),
        camera_from_world=np.tile(np.eye(4, dtype=np.float32), (frames, 1, 1)),
        **more,
    )


def test_what_lies_beside_joints_has_a_row_for_every_frame_too():
    vertices = RNG.normal(0.0, 50.0, (3, 5, 3)).astype(np.float32)
    focal = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    shown = survey([0, 1, 3], [True, False, True], vertices=vertices, focal=focal)
    known = surveyed.known_of([shown], {"test": 0}, PROTOCOLS["stb"], "here")
    beside: Any = known.beside
    assert beside.focal[:, 0].tolist() == [1.0, 3.0, 3.0, 5.0]
    np.testing.assert_allclose(beside.vertices[0], vertices[0])
    np.testing.assert_allclose(beside.vertices[1], vertices[1] * MIRROR)
    assert np.isnan(beside.vertices[2]).all()
    # Nobody knows where the frame that is missing would have been.
    assert len(np.unique(beside.sequence)) > 1


def test_two_splits_stand_one_after_another():
    parts = [survey([0, 1], [True, True]), survey([0], [True])]
    known = surveyed.known_of(parts, {"a": 0, "b": 0}, PROTOCOLS["stb"], "here")
    assert len(known.joints) == 3
    assert known.beside == (None, None, None, known.beside.sequence)


@pytest.fixture
def download(tmp_path, monkeypatch):
    """FreiHAND's evaluation set of two frames, with all labels; joints and vertices."""
    monkeypatch.setenv("HANDJAX_CACHE", str(tmp_path / "cache"))
    place = np.array([0.0, 0.0, 700.0])
    joints = RNG.uniform(-50.0, 50.0, (2, 21, 3)) + place
    vertices = RNG.uniform(-50.0, 50.0, (2, 778, 3)) + place
    camera = matrix((480.0, 480.0), (112.0, 112.0))
    kinds = {"K": [camera] * 2, "xyz": joints / 1000, "verts": vertices / 1000}
    for kind, values in kinds.items():
        path = tmp_path / f"evaluation_{kind}.json"
        path.write_text(json.dumps(np.asarray(values).tolist()))
    for number in range(2):
        path = tmp_path / "evaluation" / "rgb" / f"{number:08d}.jpg"
        write(path, np.full((224, 224, 3), 90, np.uint8))
    freihand._read_list.cache_clear()
    freihand._points.cache_clear()
    return tmp_path, joints, vertices


def test_a_submission_is_scored_beside_freihands_own_vertices(download):
    root, joints, vertices = download
    aside = np.array([3.0, 0.0, 0.0])
    write_freihand(
        root / "pred.zip", joints + aside, vertices + 2 * aside, partial=True
    )
    words = ["--dataset=freihand", f"--root={root}", f"--out={root / 'out'}"]
    words += [f"--predictions={root / 'pred.zip'}"]
    assert evaluate.main([*words, "--align=none"]) == 0
    found = json.loads((root / "out" / "results.json").read_text())
    mesh = found["vertices"]
    assert mesh["mpvpe_mm"] == pytest.approx(6.0, abs=1e-2)
    assert mesh["pa_mpvpe_mm"] == pytest.approx(0.0, abs=1e-2)
    assert mesh["f_aligned_5"] == 1.0
    assert found["mean_mm"] == pytest.approx(3.0, abs=1e-2)
    wanted = np.mean(480.0 * 3.0 / joints[..., 2])
    assert found["pixels"]["mean_px"] == pytest.approx(wanted, abs=1e-2)
    # Who sends joints alone is asked for no surface.
    protocol = PROTOCOLS["freihand"]
    save(root / "alone.json", joints + aside, protocol)
    words[-1] = f"--predictions={root / 'alone.json'}"
    assert evaluate.main(words) == 0
    assert "vertices" not in json.loads((root / "out" / "results.json").read_text())
