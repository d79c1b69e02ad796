"""What docs/export.md shows, runs as it stands there."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from handjax.__main__ import main
from handjax.hands.template import load_template

PAGE = (Path(__file__).parents[2] / "docs" / "export.md").read_text()


def block(name):
    pattern = rf"<!-- example: {name} -->\n```python\n(.*?)```"
    return re.search(pattern, PAGE, re.DOTALL)[1]


def run(code, folder):
    """What a block prints in a process of its own."""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The files that the page names, and a frame of a flat hand 690 mm away."""
    folder = tmp_path_factory.mktemp("page")
    for form, name in (("onnx", "spheres.onnx"), ("stablehlo", "spheres.stablehlo")):
        out = str(folder / name)
        assert main(["export", "wan_spheres", "--format", form, "--out", out]) == 0
    hand = np.asarray(load_template("hand_12553").vertices)
    x, y, z = (hand - hand.mean(axis=0) + [-15.0, 5.0, 690.0]).T
    column = np.round(147.0 * x / z + 80.0).astype(int)
    row = np.round(147.0 * y / z + 60.0).astype(int)
    frame = np.full((120, 160), np.inf)
    np.minimum.at(frame, (row, column), z)
    np.save(folder / "frame.npy", np.where(np.isfinite(frame), frame, 0.0))
    return folder


def test_the_pages_examples_find_the_same_hand(folder):
    alone = "\nimport sys\nassert not {'jax', 'handjax'} & set(sys.modules)"
    by_onnx = run(block("onnx") + alone, folder).splitlines()
    name, *wrist = by_onnx[0].split()
    assert name == "wrist"
    assert len(by_onnx) == 21
    alone = "\nimport sys\nassert 'handjax' not in sys.modules"
    shapes, at = run(block("stablehlo") + alone, folder).splitlines()
    assert shapes == "(1, 21, 3) (1, 41, 3)"
    at = np.array(at.strip("[]").split(), float)
    np.testing.assert_allclose(at, np.array(wrist, float), atol=0.11)
    assert np.linalg.norm(at - [-15.0, 5.0, 690.0]) < 150.0
