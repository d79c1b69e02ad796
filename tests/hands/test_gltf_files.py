"""Files that are no rigged hand get an answer: what was wanted, what came."""

import json

import numpy as np
import pytest

from handjax.hands import gltf, gltf_names
from handjax.hands.gltf_files import File, accessor
from handjax.hands.gltf_skins import FAN, STRIP, _triangles
from handjax.hands.template import load_template
from tests.hands.gltf_model import SCHEMES, rig, write


@pytest.fixture(scope="module")
def made():
    return rig("webxr")


def no_skin(content):
    for node in content["nodes"]:
        node.pop("skin", None)


def no_weights(content):
    attributes = content["meshes"][0]["primitives"][0]["attributes"]
    attributes.pop("JOINTS_0")


def nothing_often(content):
    position = content["accessors"][POSITION]
    position.pop("bufferView")
    position["count"] = 10**7


def lines(content):
    content["meshes"][0]["primitives"][0]["mode"] = 1


def at(*path, value):
    """What puts a value somewhere into a file's JSON."""

    def change(content):
        for step in path[:-1]:
            content = content[step]
        content[path[-1]] = value

    return change


POSITION, JOINTS_0, WEIGHTS_0, INDICES, BINDS = range(5)
WRONG = {
    "a mesh without joints": (no_skin, "has no skin.*rigged hand is wanted"),
    "no weights": (no_weights, "has no JOINTS_0"),
    "lines": (lines, "wants triangles; mode is 1"),
    "glTF 1": (at("asset", "version", value="1.0"), r"glTF 1\.0, 2\.0 is wanted"),
    "no asset": (lambda c: c.pop("asset"), "no 'asset'"),
    "compressed": (
        at("extensionsRequired", value=["KHR_draco_mesh_compression"]),
        "compressed by KHR_draco",
    ),
    "a node of itself": (at("nodes", 0, "children", value=[0]), "hang"),
    "a skin that is a list": (
        lambda c: [n.update(skin=[0]) for n in c["nodes"] if "skin" in n],
        "skins has 1 entries",
    ),
    "meshes that are a number": (lambda c: (no_skin(c), c.update(meshes=1)), "broken"),
    "a face before the first": (
        at("accessors", INDICES, "componentType", value=5120),
        "a face points beyond its 790",
    ),
    "two parents": (at("nodes", 0, "children", value=[1]), "hangs on two"),
    "a node that is not": (at("nodes", 0, "children", value=[99]), "99 is asked for"),
    "a joint that is not": (at("skins", 0, "joints", 0, value=-1), "-1 is asked for"),
    "a joint that is a name": (at("skins", 0, "joints", 0, value="a"), "a is asked"),
    "a view beyond the end": (
        at("bufferViews", POSITION, "byteLength", value=9),
        "ends before the numbers",
    ),
    "a negative offset": (
        at("bufferViews", POSITION, "byteOffset", value=-4),
        "byteOffset wants a whole number",
    ),
    "endless": (at("accessors", POSITION, "count", value=10**12), "more than"),
    "endless matrices": (at("accessors", BINDS, "count", value=10**12), "4 takes more"),
    "endless without a buffer": (nothing_often, "weights of 10000000 vertices on 25"),
    "no such numbers": (
        at("accessors", POSITION, "componentType", value=5130),
        "componentType wants one of",
    ),
    "of another kind": (
        at("accessors", POSITION, "type", value="VEC2"),
        "wants VEC3; it is VEC2",
    ),
    "other joints": (at("accessors", JOINTS_0, "type", value="MAT4"), "wants VEC4"),
    "fewer matrices": (at("accessors", BINDS, "count", value=3), "3 inverse bind"),
    "faces beyond": (
        lambda c: c["meshes"][0]["primitives"].append(
            {**c["meshes"][0]["primitives"][0], "indices": JOINTS_0}
        ),
        "wants SCALAR",
    ),
    "still quaternion": (at("nodes", 0, "rotation", value=[0, 0, 0, 0]), "length 0"),
    "short quaternion": (at("nodes", 0, "rotation", value=[0, 1]), "a node is broken"),
    "infinite": (at("nodes", 0, "scale", value=[1e999, 1, 1]), "finite numbers"),
    "no joints of a hand": (
        lambda c: [node.update(name=f"joint {k}") for k, node in enumerate(c["nodes"])],
        r"no joint is called wrist, .*names=\{'wrist': 'joint 0'",
    ),
    "a list": (at("nodes", value={"a": 1}), "broken"),
    "no buffer": (at("buffers", 0, "byteLength", value=10**9), "wants 1000000000 by"),
    "from the net": (
        at("buffers", 0, "uri", value="https://example.org/hand.bin"),
        "not beside it, and is not fetched",
    ),
    "from above": (at("buffers", 0, "uri", value="../hand.bin"), "not beside it"),
    "not there": (at("buffers", 0, "uri", value="other.bin"), "no such file"),
    "no base64": (at("buffers", 0, "uri", value="data:a;base64,%"), "no base64"),
    "without binds": (
        lambda c: c["skins"][0].pop("inverseBindMatrices"),
        "coincide.*inverse bind matrices",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said(tmp_path, made, name):
    change, message = WRONG[name]
    path = write(tmp_path / "hand.glb", made, change=change)
    with pytest.raises(gltf.GltfError, match=message) as wrong:
        gltf.load(path)
    assert str(path) in str(wrong.value)


RAW = {
    "empty": (lambda raw: b"", "no whole glTF"),
    "cut": (lambda raw: raw[:-10], "wants .* bytes and has"),
    "half a head": (lambda raw: raw[:10], "no whole glTF"),
    "a picture": (lambda raw: b"\x89PNG" + raw[4:], "no whole glTF"),
    "another version": (lambda raw: raw[:4] + b"\1" + raw[5:], "of version 1, 2 is"),
    "a chunk beyond": (lambda raw: raw[:12] + b"\xff" * 3 + raw[15:], "goes on beyond"),
    "no JSON first": (lambda raw: raw[:16] + b"BIN\0" + raw[20:], "chunk is not JSON"),
    "broken JSON": (lambda raw: raw[:20] + b"}" + raw[21:], "no whole glTF"),
    "a list": (lambda raw: b"[]", "no object"),
    "deep": (lambda raw: b"[" * 100_000, "no whole glTF"),
}


@pytest.mark.parametrize("name", RAW)
def test_files_that_are_no_gltf_are_refused(tmp_path, made, name):
    change, message = RAW[name]
    path = write(tmp_path / "hand.glb", made)
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(gltf.GltfError, match=message):
        load_template(str(path))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(
        gltf.GltfError, match=r"hand\.gltf can't be read \(No such file"
    ):
        load_template(str(tmp_path / "hand.gltf"))


def test_vertices_that_hang_on_nothing_are_counted(tmp_path, made):
    loose = made.weights.copy()
    loose[:5] = 0.0
    path = write(tmp_path / "hand.glb", made._replace(weights=loose))
    with pytest.raises(gltf.GltfError, match="5 of 790 vertices hang on no joint"):
        gltf.load(path)


def test_a_matrix_without_inverse_is_named(tmp_path, made):
    def flat(content):
        content["accessors"][BINDS]["bufferView"] = 0
        content["accessors"][BINDS].pop("bufferView")

    path = write(tmp_path / "hand.glb", made, change=flat)
    with pytest.raises(gltf.GltfError, match=r"bind matrix of .* has no inverse"):
        gltf.load(path)


def test_whole_numbers_are_normalised_as_specified():
    raw = np.array([-128, -127, 0, 127], "<i1").tobytes()
    content = {
        "accessors": [
            {"bufferView": 0, "componentType": 5120, "count": 4, "type": "SCALAR"},
        ],
        "bufferViews": [{"buffer": 0, "byteLength": 4}],
        "buffers": [{"byteLength": 4}],
    }
    file = File("hand.glb", content, (raw,))
    np.testing.assert_array_equal(
        accessor(file, 0, "SCALAR")[:, 0], [-128, -127, 0, 127]
    )
    content["accessors"][0]["normalized"] = True
    np.testing.assert_array_equal(accessor(file, 0, "SCALAR")[:, 0], [-1, -1, 0, 1])


def test_strips_and_fans_turn_as_their_triangles_do():
    order = np.array([4, 5, 6, 7, 8])
    strip = [[4, 5, 6], [5, 7, 6], [6, 7, 8]]
    np.testing.assert_array_equal(_triangles(order, STRIP), strip)
    fan = [[5, 6, 4], [6, 7, 4], [7, 8, 4]]
    np.testing.assert_array_equal(_triangles(order, FAN), fan)


def test_names_are_told_whatever_their_prefix_and_case():
    for scheme, called in SCHEMES.items():
        names = [*called.values()]
        ways = [names, [f"rig|{name}" for name in names], names[::-1]]
        # Capitals are what tells words apart in other schemes.
        ways += (
            [[name.upper() for name in names]] if scheme in ("mano", "quest") else []
        )
        for told in ways:
            found = gltf_names.known(told, [-1] * len(told)).joints
            back = {k: told[i].split("|")[-1].lower() for k, i in found.items()}
            wanted = {k: v.lower() for k, v in called.items() if "palm" not in k}
            assert back == wanted


def test_leaves_of_blender_are_tips_where_there_are_three_segments():
    names = ["hand.L"] + [
        f"{finger}.{k:02d}.L{leaf}"
        for finger in ("thumb", "f_index", "f_middle", "f_ring", "f_pinky")
        for k, leaf in ((1, ""), (2, ""), (3, ""), (3, "_end"))
    ]
    found = gltf_names.known(names, [-1] * len(names)).joints
    assert names[found["index_tip"]] == "f_index.03.L_end"
    assert names[found["index_dip"]] == "f_index.03.L"
    assert gltf_names.side_of(names) == "left"


def test_joints_of_two_hands_are_told_apart_by_side_alone():
    names = [f"{side}_{n}" for side in ("l", "r") for n in SCHEMES["mano"].values()]
    with pytest.raises(
        gltf_names.NamesError, match=r"each be a joint of the thumb.*side"
    ):
        gltf_names.known(names, [-1] * len(names))
    found = gltf_names.known(names, [-1] * len(names), side="right").joints
    assert {names[k][0] for k in found.values()} == {"r"}


def test_nothing_is_written_by_reading(tmp_path, made):
    path = write(tmp_path / "hand.gltf", made, store="data")
    before = path.read_bytes()
    gltf.load(path)
    assert [p.name for p in tmp_path.iterdir()] == ["hand.gltf"]
    assert path.read_bytes() == before
    assert json.loads(before)["asset"]["version"] == "2.0"
