"""The table, the file and the figure say what the errors say."""

import json

import numpy as np
import pytest
from PIL import Image

from handjax.evaluation import report
from handjax.evaluation.protocols import JOINT_SETS, PROTOCOLS

PROTOCOL = PROTOCOLS["synthetic"]


def even(joint_set, *frames):
    """Errors equal over the joints of each frame."""
    return np.repeat(np.array(frames)[:, None], len(JOINT_SETS[joint_set].names), 1)


@pytest.fixture
def errors():
    return {
        "nyu14": even("nyu14", 10.0, 25.0),
        "centres41": even("centres41", 1.0, 3.0),
    }


@pytest.fixture
def constant():
    spheres = even("centres41", 50.0, 52.0)
    return {"nyu14": even("nyu14", 60.0, 70.0), "centres41": spheres}


def test_the_headline_stands_at_the_top_and_among_the_sets(errors, constant):
    found = report.results(errors, constant, PROTOCOL)
    assert found["joint_set"] == "nyu14"
    assert found["mean_mm"] == found["sets"]["nyu14"]["mean_mm"] == 17.5
    assert found["success"] == {"20": 0.5, "30": 1.0, "40": 1.0}
    assert found["sets"]["centres41"]["tips_mean_mm"] == 2.0
    assert found["constant"]["nyu14"]["mean_mm"] == 65.0


def test_the_table_names_every_set_and_joint(errors, constant):
    found = report.results(errors, constant, PROTOCOL)
    lines = report.table(found, PROTOCOL).splitlines()
    first = next(line for line in lines if line.startswith("nyu14 "))
    assert first.split() == [
        "nyu14",
        "17.50",
        "17.50",
        "17.50",
        *("50.0%", *["100.0%"] * 2),
    ]
    assert all(any(line.startswith(j) for line in lines) for j in found["joints"])
    assert "2 frames" in lines[-2]


def test_results_survive_the_file(errors, constant, tmp_path):
    found = report.results(errors, constant, PROTOCOL)
    path = report.write_json(tmp_path, found)
    assert json.loads(path.read_text()) == found


def test_the_figure_is_a_picture(errors, constant, tmp_path):
    path = report.write_figure(tmp_path, errors, constant, PROTOCOL)
    with Image.open(path) as picture:
        assert picture.width > 1000
