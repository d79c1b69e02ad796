"""What is written can be read back by others, whole or not at all."""

import json

import numpy as np
import pytest
import trimesh

from handjax import export
from handjax.hands.template import load_template


@pytest.fixture(scope="module")
def hand():
    template = load_template("hand_790")
    place = np.array([20.0, -30.0, 700.0])
    return np.asarray(template.vertices) + place, np.asarray(template.faces)


@pytest.mark.parametrize("ending", [".ply", ".obj"])
def test_a_mesh_comes_back_in_the_axes_of_the_house(hand, tmp_path, ending):
    vertices, faces = hand
    path = export.save_mesh(tmp_path / f"hand{ending}", vertices, faces)
    mesh = trimesh.load(path, process=False)
    np.testing.assert_allclose(mesh.vertices, vertices, atol=1e-3)
    np.testing.assert_array_equal(mesh.faces, faces)


def test_glb_is_in_metres_with_y_up_and_faces_outwards(hand, tmp_path):
    vertices, faces = hand
    path = export.save_mesh(tmp_path / "hand.glb", vertices, faces)
    mesh = trimesh.load(path, force="mesh", process=False)
    expected = vertices * [1e-3, -1e-3, -1e-3]
    np.testing.assert_allclose(mesh.vertices, expected, atol=1e-6)
    assert mesh.is_watertight
    assert mesh.volume > 0.0


def test_an_unknown_ending_is_refused(hand, tmp_path):
    with pytest.raises(ValueError, match="endings"):
        export.save_mesh(tmp_path / "hand.stl", *hand)
    assert not list(tmp_path.iterdir())


def test_joints_come_back_with_their_names_unit_and_axes(tmp_path):
    joints = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    path = export.save_joints(tmp_path / "a" / "joints.json", joints, "ab", frame="x")
    fields = json.loads(path.read_text())
    assert fields["joints_mm"] == joints.tolist()
    assert fields["names"] == ["a", "b"]
    assert fields["unit"] == "mm"
    assert "z forward" in fields["axes"]
    assert fields["frame"] == "x"


def test_joints_without_as_many_names_are_refused():
    with pytest.raises(ValueError, match="2 joints"):
        export.joints_json(np.zeros((2, 3)), ["one"])
