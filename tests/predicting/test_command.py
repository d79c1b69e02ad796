"""The whole command: frames in, joints, meshes and pictures out; faults in a line."""

import csv
import io
import json
import sys

import jax.numpy as jnp
import numpy as np
import pytest
import trimesh
from PIL import Image

from handjax.__main__ import main
from handjax.geometry import cameras
from handjax.hands.skeleton import JOINTS, KEYPOINTS
from handjax.predicting import command, pyramid, smoothing, telling
from handjax.predicting.inputs import Clip
from tests.export.gltf_player import Player

pytestmark = pytest.mark.usefixtures("few")

CAMERA = ("--camera", "147,147,80,60")


def coded(depth):
    mm = depth.astype(np.uint16)
    return np.stack([0 * mm, mm >> 8, mm & 255], axis=-1).astype(np.uint8)


def saved(path, depth):
    Image.fromarray(depth.astype(np.uint16)).save(path)
    return str(path)


def read(out):
    return json.loads((out / "joints.json").read_text())


def joints_of(out):
    return np.array([frame["joints_mm"] for frame in read(out)["frames"]])


@pytest.fixture
def frame(tmp_path, depth):
    Image.fromarray(coded(depth)).save(tmp_path / "hand.png")
    return str(tmp_path / "hand.png")


def test_everything_is_written_of_a_frame(frame, tmp_path, capsys, joints, camera):
    out = tmp_path / "new" / "out"
    assert main(["predict", frame, *CAMERA, "--side", "right", "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "x right, y down, z forward" in said
    page = read(out)
    assert page["names"] == list(KEYPOINTS)
    assert page["metric"] is True
    assert "the probability that" in page["confidence_means"]
    (one,) = page["frames"]
    assert 0.5 < one["confidence"] <= 1.0
    assert f"hand  right  confidence {one['confidence']:.2f}" in said
    assert 0.5 < one["score"] < 1.0
    found = np.array(one["joints_mm"])
    assert np.linalg.norm(found - joints, axis=-1).mean() < 30.0
    uv = cameras.project(camera, jnp.asarray(found, jnp.float32))
    np.testing.assert_allclose(one["joints_px"], uv, atol=0.01)
    rows = list(csv.DictReader((out / "joints.csv").open()))
    assert [row["joint"] for row in rows] == list(KEYPOINTS)
    for name in ("confidence", "score", "spread_mm"):
        assert {float(row[name]) for row in rows} == {one[name]}
    table = [[float(row[f"{axis}_mm"]) for axis in "xyz"] for row in rows]
    np.testing.assert_allclose(table, found, atol=1e-3)
    ply, obj = (trimesh.load(out / f"meshes/hand.{kind}") for kind in ("ply", "obj"))
    np.testing.assert_allclose(ply.bounds, obj.bounds, atol=0.01)
    assert ply.volume > 0.0
    glb = trimesh.load(out / "meshes" / "hand.glb").to_geometry()
    low, high = ply.bounds
    np.testing.assert_allclose(glb.bounds[:, 0], 1e-3 * ply.bounds[:, 0], atol=1e-4)
    np.testing.assert_allclose(glb.bounds[:, 1], -1e-3 * np.array([high[1], low[1]]))
    x, y, w, h = one["box"]
    assert x < found_px(one)[0] < x + w
    assert y < found_px(one)[1] < y + h
    with Image.open(out / "overlays" / "hand.png") as picture:
        assert min(picture.size) > 400
    rig = Player((out / "rigs" / "hand.glb").read_bytes()).joints()
    apart = np.linalg.norm(rig * [1e3, -1e3, -1e3] - found[0], axis=-1)
    assert apart[JOINTS.index("wrist")] < 30.0


def found_px(one):
    return np.mean(one["joints_px"], axis=0)


def test_weights_that_nobody_calibrated_give_a_raw_score(
    frame, tmp_path, capsys, monkeypatch
):
    from handjax.predicting import confidence, methods

    monkeypatch.setattr(confidence, "load", lambda name: None)
    methods.load.cache_clear()
    options = ["--side", "right", "--mesh", "none", "--no-overlay"]
    assert main(["predict", frame, *CAMERA, *options, "--out", str(tmp_path)]) == 0
    methods.load.cache_clear()
    said = capsys.readouterr().out
    assert "confidence  none: " in said
    assert "hand  right  raw score 0." in said
    page = read(tmp_path)
    assert page["confidence_means"] == confidence.RAW
    assert page["frames"][0]["confidence"] is None
    rows = list(csv.DictReader((tmp_path / "joints.csv").open()))
    assert {row["confidence"] for row in rows} == {""}
    assert 0.0 < float(rows[0]["score"]) < 1.0


def test_a_left_hand_is_a_mirrored_right_one(tmp_path, depth):
    right = saved(tmp_path / "right.png", depth)
    left = saved(tmp_path / "left.png", depth[:, ::-1])
    options = ["--mesh", "ply", "--no-overlay"]
    for side, file, camera in (
        ("right", right, "147,147,80,60"),
        ("left", left, "147,147,79,60"),
    ):
        out = str(tmp_path / side)
        given = ["--side", side, "--camera", camera, "--out", out]
        assert main(["predict", file, *given, *options]) == 0
    found = [joints_of(tmp_path / side)[0] for side in ("right", "left")]
    np.testing.assert_allclose(found[1] * [-1.0, 1.0, 1.0], found[0], atol=0.5)
    meshes = [trimesh.load(tmp_path / f"{s}/meshes/{s}.ply") for s in ("right", "left")]
    assert meshes[1].volume == pytest.approx(meshes[0].volume, rel=0.01)


def test_both_sides_are_tried_and_the_surer_is_kept(frame, tmp_path):
    sure = {}
    for side in ("right", "left", "both"):
        given = ["--side", side, "--mesh", "none", "--no-overlay"]
        out = tmp_path / side
        assert main(["predict", frame, *CAMERA, *given, "--out", str(out)]) == 0
        assert not (out / "meshes").exists()
        (one,) = read(out)["frames"]
        sure[side] = one["score"], one["side"]
    assert sure["both"] == max(sure["right"], sure["left"])


def test_a_sequence_is_smoothed_and_its_bad_frames_are_skipped(
    tmp_path, draw, capsys, depth
):
    folder = tmp_path / "frames"
    folder.mkdir()
    for k, x in enumerate((-20.0, -15.0, -10.0)):
        saved(folder / f"f{k + 8}.png", draw(x, 50.0, 700.0)[1])
    (folder / "f9_5.png").write_bytes(b"broken")
    saved(folder / "f11.png", depth[:60])
    saved(folder / "f12.png", np.zeros_like(depth))
    saved(folder / "f13.png", np.full_like(depth, 700.0))
    options = ["--side", "right", "--mesh", "none", "--no-overlay", *CAMERA]
    for name, more in (("raw", ["--no-smooth"]), ("smooth", ["--fps", "10"])):
        out = str(tmp_path / name)
        assert main(["predict", str(folder), *options, *more, "--out", out]) == 0
    said = capsys.readouterr().out
    assert "f9_5  skipped: can't be read as a picture" in said
    assert "f11  skipped: it has 160 x 60 pixels" in said
    assert "f12  skipped: holds no depth" in said
    assert "f13  skipped: no hand" in said
    raw, smooth = (joints_of(tmp_path / name) for name in ("raw", "smooth"))
    assert [f["frame"] for f in read(tmp_path / "raw")["frames"]] == ["f8", "f9", "f10"]
    told = [read(tmp_path / name)["smoothed"] for name in ("raw", "smooth")]
    assert told == [False, True]
    memory = smoothing.begin(raw[0])
    wanted = [memory.position]
    # A frame between the second and the third could not be read.
    for x, period in ((raw[1], 0.1), (raw[2], 0.2)):
        memory = smoothing.step(memory, x, period, smoothing.Settings())
        wanted.append(memory.position)
    np.testing.assert_allclose(smooth, wanted, atol=0.01)


def test_of_two_hands_the_one_is_taken_that_was_pointed_at(tmp_path, draw, capsys):
    (_, left), (_, right) = (draw(x, 50.0, 700.0) for x in (-180.0, 150.0))
    frame = saved(tmp_path / "two.png", np.where(left > 0.0, left, right))
    options = ["--side", "right", "--mesh", "none", "--no-overlay", *CAMERA]
    assert main(["predict", frame, *options, "--out", str(tmp_path / "none")]) == 2
    said = capsys.readouterr()
    assert "two  skipped: two things as large as a hand" in said.out
    assert "no hand was found in any of the frames" in said.err
    pointed = {"centre": ["--center", "-160,0,680"], "box": ["--box", "85,10,70,75"]}
    for name, place in pointed.items():
        out = tmp_path / name
        assert main(["predict", frame, *options, *place, "--out", str(out)]) == 0
        middle = joints_of(out)[0].mean(axis=0)[0]
        assert abs(middle - {"centre": -150.0, "box": 180.0}[name]) < 60.0


def test_colour_wants_a_box_where_no_hand_is_found(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(pyramid, "SMALLEST", 0.9)
    Image.new("RGB", (96, 64), (130, 120, 110)).save(tmp_path / "grey.png")
    frame, out = str(tmp_path / "grey.png"), str(tmp_path / "out")
    assert main(["predict", frame, "--out", out]) == 2
    said = capsys.readouterr()
    assert "a view of 60 degrees, so depth is relative" in said.out
    assert "grey  skipped: no hand" in said.out
    given = ["--box", "20,10,40,40", "--mesh", "glb,ply,obj", "--out", out]
    assert main(["predict", frame, *given]) == 0
    page = read(tmp_path / "out")
    assert (page["metric"], page["camera"]["given"]) == (False, False)
    (one,) = page["frames"]
    assert np.min(one["joints_mm"], axis=0)[2] > 0.0
    for kind in ("glb", "ply", "obj"):
        assert (tmp_path / f"out/meshes/grey.{kind}").stat().st_size > 1000


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"--camera": "kinect"}, "fx,fy,cx,cy"),
        ({"--camera": "1000,1000,960,540"}, "another resolution"),
        ({"--box": "1,2,3"}, "x,y,w,h"),
        ({"--box": "1,2,3,4"}, "8 or more"),
        ({"--box": "-5,2,3,4"}, "8 or more"),
        ({"--center": "1,2"}, "X,Y,Z"),
        ({"--fps": "0"}, "--fps wants"),
        ({"--min-confidence": "2"}, "--min-confidence wants 0 to 1"),
        ({"--min-confidence": "nan"}, "--min-confidence wants 0 to 1"),
        ({"--refine": "-1"}, "--refine wants 0"),
        ({"--refine": "5"}, "wan_spheres can't"),
        ({"--mesh": "stl"}, "--mesh wants"),
        ({"--method": "nobody"}, "--method wants"),
        ({"--method": "graph_cnn"}, "give --method wan_spheres"),
        ({"--method": "dense_hand_pose"}, "give --method wan_spheres"),
        ({"--method": "dual_grid", "--weights": "wan_spheres"}, "is of wan_spheres"),
        ({"--weights": "nobody"}, "no released weights are called 'nobody'"),
        ({"--workdir": "nowhere"}, "'nowhere'"),
    ],
)
def test_bad_options_are_answered_in_a_line(frame, tmp_path, capsys, changes, message):
    options = {"--camera": CAMERA[1], "--out": str(tmp_path / "out")} | changes
    given = [text for pair in options.items() for text in pair]
    assert main(["predict", frame, *given]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


def test_depth_without_a_camera_and_frames_that_are_none_are_refused(
    frame, tmp_path, capsys
):
    out = ["--out", str(tmp_path / "out")]
    assert main(["predict", frame, *out]) == 2
    assert "depth frames want --camera" in capsys.readouterr().err
    (tmp_path / "bad.png").write_bytes(b"nothing")
    assert main(["predict", str(tmp_path / "bad.png"), *out]) == 2
    said = capsys.readouterr()
    assert "bad  skipped: can't be read as a picture" in said.out
    assert "none of the frames can be used" in said.err


def test_what_was_found_before_an_interruption_stays(frame, tmp_path, monkeypatch):
    def interrupted(row):
        raise KeyboardInterrupt

    monkeypatch.setattr(telling, "line", interrupted)
    out = tmp_path / "out"
    given = ["predict", frame, *CAMERA, "--side", "right", "--out", str(out)]
    with pytest.raises(KeyboardInterrupt):
        main(given)
    assert joints_of(out).shape == (1, 21, 3)


class Terminal(io.StringIO):
    """What says that it is one."""

    def isatty(self):
        return True


def test_lines_go_into_a_file_though_a_bar_is_drawn_on_a_terminal(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stderr", Terminal())
    with command._bar(Clip("hand", iter(()), 1, True)) as advance:
        print("hand_000000  right")
        advance()
    assert capsys.readouterr().out == "hand_000000  right\n"
    assert "hand_000000" not in sys.stderr.getvalue()
    assert "100%" in sys.stderr.getvalue()
