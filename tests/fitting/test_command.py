"""The command writes all of a fit, and answers bad input in a line."""

import json

import numpy as np
import pytest
import trimesh
from PIL import Image

from handjax.__main__ import main
from handjax.fitting import command

CAMERA_TEXT = "147,147,80,60"


@pytest.fixture
def frame(tmp_path, depth, encode):
    Image.fromarray(encode(depth)).save(tmp_path / "depth.png")
    return str(tmp_path / "depth.png")


@pytest.mark.parametrize("joint_set", ["canonical21", "nyu14"])
def test_everything_is_written(
    frame, tmp_path, monkeypatch, found, joint_set, schedule
):
    monkeypatch.setattr(command, "DEFAULT", schedule)
    out = tmp_path / "new" / "out"
    options = ["--joint-set", joint_set, "--starts", "16", "--out", str(out)]
    options += ["--center", "-20,0,690"] if joint_set == "nyu14" else []
    assert main(["fit", frame, "--camera", CAMERA_TEXT, *options]) == 0
    names = {"hand.glb", "hand.ply", "joints.json", "overlay.png"}
    assert {path.name for path in out.iterdir()} == names
    written = json.loads((out / "joints.json").read_text())
    joints, names = command.joint_set(joint_set, found.hand)
    assert written["names"] == list(names)
    if joint_set == "nyu14":  # from another centre, so another search
        found = np.asarray(written["joints_mm"])
        assert np.linalg.norm(found - joints, axis=-1).mean() < 15.0
        return
    np.testing.assert_allclose(written["joints_mm"], joints, atol=0.1)
    mesh = trimesh.load(out / "hand.ply")
    np.testing.assert_allclose(mesh.vertices, found.hand.vertices, atol=0.1)
    with Image.open(out / "overlay.png") as picture:
        assert min(picture.size) > 400


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"--camera": "kinect"}, "fx,fy,cx,cy"),
        ({"--center": "1,2"}, "X,Y,Z"),
        ({"--starts": "0"}, "--starts wants 1"),
        ({"--seed": "-1"}, "--seed wants 0"),
        ({"--template": "hand_3"}, "--template: no template is called 'hand_3'"),
        ({"--template": "hand.glb"}, "--template: hand.glb can't be read"),
        ({"--weights": "nobody"}, "no released weights are called 'nobody'"),
        ({"--center": "400,0,900"}, "check --camera"),
        ({"--center": "-20,50,99999"}, "too few pixels"),
    ],
)
def test_bad_input_is_answered_in_a_line(frame, tmp_path, capsys, changes, message):
    options = {"--camera": CAMERA_TEXT, "--out": str(tmp_path / "out")} | changes
    given = [text for pair in options.items() for text in pair]
    assert main(["fit", frame, *given]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


def test_an_out_that_is_a_file_is_refused_before_the_fit(frame, capsys):
    assert main(["fit", frame, "--camera", "nyu", "--out", frame]) == 2
    assert "can't be made" in capsys.readouterr().err
