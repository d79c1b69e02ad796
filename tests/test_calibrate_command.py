"""Cameras are found by a hand that both saw; what can't be used is said in a line."""

import json

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from handjax.__main__ import main
from handjax.hands.articulate import articulate, keypoints, rest_pose
from handjax.hands.template import load_template

FRAMES = 24
ABOVE = np.eye(4)
ABOVE[:3, :3] = Rotation.from_euler("xyz", [0.9, 0.2, -0.4]).as_matrix()
ABOVE[:3, 3] = 30.0, -200.0, 90.0
CAMERAS = {"front": np.eye(4), "above": ABOVE}


@pytest.fixture(scope="module")
def hand():
    """Key points of a hand that moves, mm in the world."""
    template = load_template("hand_790")
    rest = np.asarray(keypoints(articulate(template, rest_pose(template))))
    generator = np.random.default_rng(0)
    turns = Rotation.random(FRAMES, random_state=1).as_matrix()
    at = generator.normal([0.0, 0.0, 700.0], 100.0, (FRAMES, 3))
    return np.einsum("fij,pj->fpi", turns, rest) + at[:, None]


def write(folder, joints, names=None, confidence=0.9):
    """As predict writes it."""
    folder.mkdir()
    names = names or [f"{k:06}" for k in range(len(joints))]
    rows = [
        {
            "frame": name,
            "confidence": confidence,
            "score": 0.8,
            "joints_mm": np.asarray(x).tolist(),
        }
        for name, x in zip(names, joints, strict=True)
    ]
    (folder / "joints.json").write_text(json.dumps({"frames": rows}))
    return str(folder)


def seen(hand, name):
    """The hand in a camera's frame, estimated 4 mm off."""
    T = CAMERAS[name]
    generator = np.random.default_rng(list(CAMERAS).index(name) + 1)
    noisy = hand + generator.normal(0.0, 4.0, hand.shape)
    return noisy @ T[:3, :3].T + T[:3, 3]


def test_cameras_stand_where_they_stood(hand, tmp_path, capsys):
    folders = [write(tmp_path / name, seen(hand, name)) for name in CAMERAS]
    out = tmp_path / "new" / "cameras.json"
    assert main(["calibrate", *folders, "--out", str(out)]) == 0
    page = json.loads(out.read_text())
    found = np.asarray(page["cameras"]["above"]["camera_from_world"])
    true = CAMERAS["above"]
    turn = Rotation.from_matrix(found[:3, :3] @ true[:3, :3].T).magnitude()
    assert np.degrees(turn) < 0.5
    assert np.linalg.norm(found[:3, 3] - true[:3, 3]) < 5.0
    assert page["frames"] == FRAMES
    assert 4.0 < page["apart_mm"] < 16.0
    assert page["cameras"]["front"]["camera_from_world"] == np.eye(4).tolist()
    assert "above  at (" in capsys.readouterr().out


def test_frames_go_by_name_and_a_hand_that_stays_is_warned_of(hand, tmp_path, capsys):
    few = slice(0, 12)
    names = [f"{k:06}" for k in range(FRAMES)]
    still = np.repeat(hand[:1], FRAMES, axis=0)
    folders = [
        # What nobody has calibrated, as a run of one's own, has a score alone.
        write(tmp_path / "front", seen(still, "front"), confidence=None),
        write(tmp_path / "above", seen(still, "above")[few][::-1], names[few][::-1]),
    ]
    out = tmp_path / "cameras.json"
    assert main(["calibrate", *folders, "--out", str(out)]) == 0
    assert "moved little" in capsys.readouterr().out
    page = json.loads(out.read_text())
    assert page["frames"] == 12
    assert page["apart_mm"] < 16.0


def test_what_cannot_be_used_is_said(hand, tmp_path, capsys):
    front = write(tmp_path / "front", seen(hand, "front"))
    other = write(tmp_path / "other", hand, [f"other_{k}" for k in range(FRAMES)])
    odd = write(tmp_path / "odd", hand[:, :20])
    (tmp_path / "none").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "joints.json").write_text("{")
    cases = {
        (front,): "two cameras or more",
        (front, front): "called as their cameras",
        (front, str(tmp_path / "none")): "no joints.json in",
        (front, str(tmp_path / "broken")): "is not what predict writes",
        (front, odd): "has not 21 key points",
        (front, other): "share 0 frames by name, as other_0",
    }
    for folders, message in cases.items():
        out = tmp_path / "cameras.json"
        assert main(["calibrate", *folders, "--out", str(out)]) == 2
        said = capsys.readouterr().err
        assert message in said, said
        assert said.count("\n") == 1
        assert not out.exists()
