"""Calibrations are of one release's very weights, and say nothing of others."""

import numpy as np
import pytest

from handjax import weights
from handjax.predicting import confidence, methods
from handjax.predicting.calibration import Curve
from handjax.predicting.confidence import Calibration, Evidence

DEPTH = Evidence(0.8, 10.0, place_told=True, side_told=True)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    for name in ("mine", "yours"):
        (tmp_path / f"{name}.npz").write_bytes(name.encode())
    return tmp_path


def row(below=30.0):
    slopes = {"score": 2.0, "log_spread": -1.0}
    return {"sees": "depth", "below_mm": below, "slopes": slopes, "offset": 0.5}


def test_what_is_saved_is_found_by_name_and_keeps_what_was_there(folder):
    confidence.save({"mine": row()})
    confidence.save({"yours": row(25.0)})
    found = confidence.load("mine")
    assert found.names == ("score", "log_spread")
    assert found.curve == Curve((2.0, -1.0), 0.5)
    assert "below 30 mm" in found.event
    assert "below 25 mm" in confidence.load("yours").event
    assert confidence.load("theirs") is None
    assert confidence.load(None) is None


def test_other_weights_of_the_same_name_are_not_calibrated(folder):
    assert confidence.load("mine") is None
    confidence.save({"mine": row()})
    (folder / "mine.npz").write_bytes(b"trained again")
    assert confidence.load("mine") is None


def test_the_probability_is_of_the_numbers_that_are_named():
    calibrated = Calibration("", ("log_spread", "score"), Curve((-1.0, 2.0), 0.5))
    known = Evidence(0.8, np.e - 1.0, place_told=True, side_told=False)
    z = -1.0 + 1.6 + 0.5
    assert confidence.of(calibrated, known) == pytest.approx(1 / (1 + np.exp(-z)))


def test_in_colour_nobody_knows_where_the_place_was_not_told():
    calibrated = Calibration("", ("score", "side_told"), Curve((2.0, 0.1), 0.0))
    known = Evidence(0.8, None, place_told=True, side_told=True)
    assert confidence.of(calibrated, known) == pytest.approx(1 / (1 + np.exp(-1.7)))
    assert confidence.of(calibrated, known._replace(place_told=False)) is None


def test_released_methods_are_surer_the_better_crops_agree():
    names = [name for name in weights.released() if confidence.load(name)]
    assert {"wan_spheres", "dual_grid"} <= set(names)
    for name in ("wan_spheres", "dual_grid"):
        known = confidence.load(name)
        each = [confidence.of(known, DEPTH._replace(spread=s)) for s in (5.0, 50.0)]
        assert each[0] > 0.6 > 0.5 > each[1]


def test_spread_is_how_far_crops_are_from_their_median():
    joints = np.zeros((3, 21, 3))
    assert methods._spread(joints) == 0.0
    joints[2, :, 0] = 30.0
    assert methods._spread(joints) == pytest.approx(10.0)
