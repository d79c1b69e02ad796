"""`python -m handjax export`: one file, a page beside it, and what is refused."""

import errno
import json

import pytest
import trimesh

from handjax.__main__ import main
from handjax.export import command, onnx, stablehlo
from handjax.hands.template import load_template


def refused(capsys, *words):
    """What a refusal says."""
    try:
        status = main(["export", *map(str, words)])
    except SystemExit as end:
        status = end.code
    assert status == 2
    return capsys.readouterr().err


@pytest.mark.parametrize("form", [onnx, stablehlo], ids=["onnx", "stablehlo"])
def test_a_page_lies_beside_a_method(form, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(form, "content", lambda made: made.name.encode())
    name = form.__name__.split(".")[-1]
    out = tmp_path / "new" / f"hand.{name}"
    assert main(["export", "wan_spheres", "--format", name, "--out", str(out)]) == 0
    assert out.read_bytes() == b"wan_spheres"
    page = json.loads((out.parent / f"hand.{name}.json").read_text())
    assert page["format"] == name
    assert [x["name"] for x in page["inputs"]] == ["depth", "centre"]
    assert page["outputs"][0]["shape"] == ["batch", 21, 3]
    assert len(page["radii_mm"]) == 41
    assert "depth (batch, 64, 64) mm" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "level"), [("hand_790", "hand_790"), ("graph_cnn", "hand_1000")]
)
def test_a_hand_is_that_of_a_level_or_of_a_method(name, level, tmp_path):
    out = tmp_path / "hand.glb"
    assert main(["export", name, "--format", "glb", "--out", str(out)]) == 0
    mesh = trimesh.load(out, force="mesh", process=False)
    assert len(mesh.vertices) == len(load_template(level).vertices)


def test_names_of_nothing_are_refused(tmp_path, capsys):
    out = tmp_path / "x.glb"
    for form in ("onnx", "stablehlo", "glb"):
        said = refused(capsys, "wan_sphere", "--format", form, "--out", out)
        assert "wan_sphere" in said
        assert "wan_spheres" in said
    assert "hand_790" in said
    assert not list(tmp_path.iterdir())


def test_a_hand_is_no_program(tmp_path, capsys):
    said = refused(capsys, "hand_790", "--format", "onnx", "--out", tmp_path / "x")
    assert "--format glb" in said


def test_a_folder_that_holds_no_run_is_refused(tmp_path, capsys):
    out = tmp_path / "x.onnx"
    said = refused(capsys, "--workdir", tmp_path, "--format", "onnx", "--out", out)
    assert "no run" in said
    said = refused(capsys, tmp_path, "--format", "onnx", "--out", out)
    assert "--workdir" in said


def test_one_source_is_wanted(tmp_path, capsys):
    words = ("--format", "onnx", "--out", tmp_path / "x")
    assert "NAME" in refused(capsys, *words)
    assert "not allowed" in refused(capsys, "a", "--workdir", "b", *words)


def test_places_that_hold_no_file_are_refused(tmp_path, capsys):
    words = ("wan_spheres", "--format", "stablehlo", "--out")
    assert "is a folder" in refused(capsys, *words, tmp_path)
    (tmp_path / "file").write_text("")
    assert "can't be made" in refused(capsys, *words, tmp_path / "file" / "x")


def test_a_full_disk_is_told(tmp_path, capsys, monkeypatch):
    def full(path, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(command, "write", full)
    out = tmp_path / "x.glb"
    said = refused(capsys, "hand_790", "--format", "glb", "--out", out)
    assert "No space left" in said


def test_a_hand_wants_its_ending(tmp_path, capsys):
    said = refused(capsys, "hand_790", "--format", "glb", "--out", tmp_path / "x.gltf")
    assert ".glb" in said


def test_another_format_is_refused(tmp_path, capsys):
    said = refused(capsys, "hand_790", "--format", "fbx", "--out", tmp_path / "x")
    assert "invalid choice" in said
