"""Rigged hands of glTF files are drawn where the rules of glTF draw them."""

import json
import struct

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.geometry.meshes import edges
from handjax.hands import gltf, mesh_grid
from handjax.hands.articulate import Pose, articulate, rest_pose
from handjax.hands.graph import load_tree
from handjax.hands.skeleton import JOINTS, POSED
from handjax.hands.template import Template, level_map, load_template
from tests.data.fixtures import REAL
from tests.hands import gltf_model
from tests.hands.gltf_model import SCHEMES, rig, write

HUNDREDTH = 1e-5
"""Of a mm, in metres."""

WEBXR = REAL / "webxr" / "left.glb"
needs_webxr = pytest.mark.skipif(
    not WEBXR.is_file(),
    reason="no hand of WebXR in shared/real/webxr beside the checkout",
)

move = jax.jit(articulate)


def some_pose(template, seed=0):
    """A pose far from rest, its shape the mean one."""
    rng = np.random.default_rng(seed)
    turns = rng.normal(0.0, 0.5, (len(POSED), 3))
    turns[0] *= 3.0
    return rest_pose(template)._replace(
        rotations=jnp.asarray(turns, jnp.float32),
        translation=jnp.array([40.0, -70.0, 500.0]),
    )


def wanted(made, pose):
    """Vertices and joints of a rig in a pose, by the rules of glTF, metres."""
    T = gltf_model.turns_of(
        made, np.asarray(pose.rotations, float), np.asarray(pose.translation, float)
    )
    G = T[[gltf_model.carrier(name) for name in made.ours]] @ made.bound
    vertices = gltf_model.skinned(
        made.weights, G, np.linalg.inv(made.bound), made.vertices
    )
    return vertices, G[:, :3, 3]


def assert_drawn_alike(path, made, *, atol=HUNDREDTH, **options):
    """Our hand of a file is, in one pose, where glTF's rules draw the rig."""
    hand = gltf.load(path, **options)
    pose = some_pose(hand.template)
    posed = move(hand.template, pose)
    vertices, joints = wanted(made, pose)
    assert hand.names == tuple(made.names)
    found = gltf.file_points(hand, gltf.file_joints(hand, posed))
    np.testing.assert_allclose(found, joints, atol=atol)
    ours = np.asarray(gltf.file_points(hand, posed.vertices))
    back = dict.fromkeys(map(tuple, np.round(vertices, 4)))
    assert len(ours) == len(vertices) == len(back)
    off = np.linalg.norm(ours[:, None] - vertices, axis=-1)
    assert off.min(axis=1).max() < atol
    assert len(set(off.argmin(axis=1))) == len(vertices)
    return hand, posed


@pytest.mark.parametrize("left", [False, True], ids=["right", "left"])
@pytest.mark.parametrize("flat", [False, True], ids=["tree", "flat"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_joints_are_told_by_name_in_any_order_and_tree(tmp_path, scheme, flat, left):
    made = rig(scheme, left=left, seed=len(scheme))
    path = write(tmp_path / "hand.glb", made, flat=flat)
    hand, posed = assert_drawn_alike(path, made)
    assert hand.side == ("left" if left else "right")
    assert [*hand.carriers] == [gltf_model.carrier(name) for name in made.ours]
    # Ours are theirs, in our order.
    at = np.asarray(gltf.file_joints(hand, posed))
    for k, name in enumerate(made.ours):
        if name in JOINTS:
            np.testing.assert_allclose(
                posed.joints[JOINTS.index(name)], at[k], atol=0.01
            )


VARIANTS = {
    "matrices": {"matrix": True},
    "centimetres": {"scale": 0.01},
    "millimetres by matrices": {"scale": 0.001, "matrix": True},
    "data URI": {"store": "data"},
    "buffer beside": {"store": "beside"},
    "eight weights": {"eight": True},
    "rows apart": {"stride": True, "joints": "<u2"},
    "sparse": {"positions": "sparse"},
    "no indices": {"indices": None},
    "indices of four bytes": {"indices": "<u4"},
    "three primitives": {"parts": 3},
    "seams everywhere": {"seams": True},
    "small indices": {"indices": "<u1", "parts": 40, "flat": True},
}


@pytest.mark.parametrize("options", VARIANTS.values(), ids=VARIANTS)
@pytest.mark.parametrize("scheme", ["webxr", "unity"])
def test_all_ways_to_say_it_say_the_same(tmp_path, scheme, options):
    made = rig(scheme, seed=3)
    ending = "glb" if options.get("store", "glb") == "glb" else "gltf"
    path = write(tmp_path / f"hand.{ending}", made, **options)
    assert_drawn_alike(path, made)


COARSE = {
    # Half a step of each: 1 / 255 of a bone's turn, or of the reach of the surface.
    "weights of a byte": ({"weights": "<u1"}, 2e-3),
    "weights of two bytes": ({"weights": "<u2"}, 1e-5),
    "positions of two bytes": ({"positions": "short"}, 3e-5),
}


@pytest.mark.parametrize("name", COARSE)
def test_whole_numbers_stand_for_parts_of_one(tmp_path, name):
    options, step = COARSE[name]
    made = rig("webxr", seed=2)
    assert_drawn_alike(write(tmp_path / "a.glb", made, **options), made, atol=step)


def test_normalised_numbers_are_those_of_the_specification(tmp_path):
    made = rig()
    path = write(tmp_path / "hand.glb", made, weights="<u1")
    hand = gltf.load(path)
    stored = np.round(made.weights * 255.0)
    stored /= stored.sum(axis=1, keepdims=True)
    ours = stored[:, [made.ours.index(name) for name in POSED]]
    np.testing.assert_allclose(hand.template.weights, ours, atol=1e-6)


def test_a_hand_in_units_unsaid_wants_them_said(tmp_path):
    made = rig()
    big = made._replace(
        vertices=100.0 * made.vertices,
        bound=np.concatenate([made.bound[..., :3], 100.0 * made.bound[..., 3:]], -1),
    )
    big.bound[:, 3, 3] = 1.0
    path = write(tmp_path / "hand.glb", big)
    with pytest.raises(gltf.GltfError, match=r"1\.8.*mm.*metres=0\.01"):
        gltf.load(path)
    hand, plain = gltf.load(path, metres=0.01), write(tmp_path / "b.glb", made)
    one, other = hand.template, gltf.load(plain).template
    np.testing.assert_allclose(one.vertices, other.vertices, atol=1e-3)
    found = gltf.file_points(hand, one.joints)
    k = [made.ours.index(name) for name in JOINTS]
    np.testing.assert_allclose(found, big.bound[k, :3, 3], atol=1e-3)


def test_what_names_do_not_tell_is_said(tmp_path):
    made = rig("ours")
    strange = {name: f"Bone.{k:03d}" for k, name in enumerate(JOINTS)}
    called = made._replace(names=[strange[name] for name in made.ours])
    path = write(tmp_path / "hand.glb", called, labels="right hand", flat=True)
    with pytest.raises(
        gltf.GltfError, match=r"no joint is called wrist, thumb_cmc.*nam"
    ):
        gltf.load(path)
    assert_drawn_alike(path, called, names=strange)
    few = {k: v for k, v in strange.items() if k not in ("thumb_carpal", "little_tip")}
    with pytest.raises(gltf.GltfError, match=r"none of this hand's: Bone\.001"):
        gltf.load(path, names=few)
    riding = few | {"wrist": (strange["wrist"], strange["thumb_carpal"])}
    hand = gltf.load(path, names=riding)
    moved = np.asarray(hand.template.weights)[:, 0]
    np.testing.assert_allclose(
        moved, made.weights[:, _of(made, 0, 1)].sum(1), atol=1e-6
    )
    with pytest.raises(gltf.GltfError, match="got 'index'"):
        gltf.load(path, names={"index": "Bone.005"})
    with pytest.raises(gltf.GltfError, match=r"index_mcp: 'Bone', and 0 joints"):
        gltf.load(path, names={"index_mcp": "Bone"})


def _of(made, *joints):
    return [made.ours.index(JOINTS[j]) for j in joints]


def test_vertices_cut_apart_by_texture_are_one(tmp_path):
    made = rig("webxr")
    cut = gltf.load(write(tmp_path / "cut.glb", made, seams=True))
    assert len(cut.welded) == made.faces.size
    assert cut.template.vertices.shape == (790, 3)
    # A closed surface again: Euler's formula for a ball.
    faces = np.asarray(cut.template.faces)
    assert 790 - len(edges(faces)) + len(faces) == 2
    rest = gltf.file_points(cut, cut.template.vertices)[cut.welded]
    np.testing.assert_allclose(rest, made.vertices[made.faces.ravel()], atol=HUNDREDTH)


def test_faces_look_outwards_whatever_the_side(tmp_path):
    for left in (False, True):
        made = rig("mixamo", left=left)
        for faces in (made.faces, made.faces[:, ::-1]):
            path = write(tmp_path / "hand.glb", made._replace(faces=faces))
            hand = gltf.load(path).template
            a, b, c = np.asarray(hand.vertices)[np.asarray(hand.faces)].swapaxes(0, 1)
            assert np.sum(a * np.cross(b, c)) > 0.0


def test_a_hand_stands_as_ours_does_and_borrows_what_ours_has(tmp_path):
    ours = load_template("hand_790")
    for left in (False, True):
        made = rig("ours", left=left, seed=1)
        theirs = load_template(str(write(tmp_path / "hand.glb", made)))
        assert isinstance(theirs, Template)
        order = _nearest(theirs.vertices, ours.vertices)
        for name in ("joints", "axes", "limits", "sphere_centres", "sphere_radii"):
            np.testing.assert_allclose(
                getattr(theirs, name), getattr(ours, name), atol=0.01, err_msg=name
            )
        np.testing.assert_allclose(theirs.vertices, ours.vertices[order], atol=1e-3)
        np.testing.assert_allclose(theirs.weights, ours.weights[order], atol=1e-6)
        # Shapes come through the surface of ours, which is theirs.
        np.testing.assert_allclose(theirs.shape_joints, ours.shape_joints, atol=1e-3)
        np.testing.assert_allclose(
            theirs.shape_vertices, ours.shape_vertices[:, order], atol=0.02
        )


def _nearest(points, others):
    off = np.asarray(points)[:, None] - np.asarray(others)
    return np.linalg.norm(off, axis=-1).argmin(axis=1)


def test_a_tip_that_the_rig_lacks_is_the_end_of_the_flesh(tmp_path):
    ours = load_template("hand_790")
    hand = gltf.load(write(tmp_path / "hand.glb", rig("unity"))).template
    off = np.linalg.norm(hand.joints[17:] - ours.joints[17:], axis=-1)
    assert off.max() < 5.0
    surface = np.linalg.norm(hand.joints[17:, None] - hand.vertices, axis=-1)
    assert surface.min(axis=1).max() < 1e-3


def test_larger_shapes_make_longer_bones(tmp_path):
    hand = gltf.load(write(tmp_path / "hand.glb", rig("webxr"))).template
    shaped = rest_pose(hand)._replace(shape=jnp.ones(hand.shape_joints.shape[0]))
    posed, ours = move(hand, shaped), load_template("hand_790")
    grown = ours.joints + ours.shape_joints.sum(0)
    # The carpal joint, which the rig lacks, stands elsewhere than ours.
    np.testing.assert_allclose(posed.joints[2:], grown[2:], atol=0.15)
    np.testing.assert_allclose(posed.joints[5:17], grown[5:17], atol=0.02)


def test_two_hands_in_a_file_are_told_by_their_side(tmp_path):
    """One file, two skins: the left hand's nodes follow the right one's."""
    right, left = rig("mixamo"), rig("mixamo", left=True)
    content, raw = {}, {}
    for name, made in (("right", right), ("left", left)):
        path = write(tmp_path / f"{name}.glb", made, labels="skin")
        content[name], raw[name] = _read(path)
    both = _joined(content["right"], content["left"], len(raw["right"]))
    path = tmp_path / "both.glb"
    gltf_model.store_as(path, both, raw["right"] + raw["left"], "glb")
    with pytest.raises(gltf.GltfError, match="2 of them could be the hand"):
        gltf.load(path)
    assert_drawn_alike(path, right, side="right")
    assert_drawn_alike(path, left, side="left")


def _read(path):
    raw = path.read_bytes()
    size = struct.unpack_from("<I", raw, 12)[0]
    return json.loads(raw[20 : 20 + size]), raw[28 + size :]


def _joined(a, b, offset):
    n, accessors, views = len(a["nodes"]), len(a["accessors"]), len(a["bufferViews"])
    for node in b["nodes"]:
        node["children"] = [c + n for c in node.get("children", ())]
        if "mesh" in node:
            node |= {"mesh": 1, "skin": 1}
    for view in b["bufferViews"]:
        view["byteOffset"] += offset
    for made in b["accessors"]:
        made["bufferView"] += views
    skin, part = b["skins"][0], b["meshes"][0]["primitives"][0]
    skin["inverseBindMatrices"] += accessors
    skin["joints"] = [j + n for j in skin["joints"]]
    part["indices"] += accessors
    part["attributes"] = {k: v + accessors for k, v in part["attributes"].items()}
    for name in ("nodes", "accessors", "bufferViews", "skins", "meshes"):
        a[name] += b[name]
    a["buffers"][0]["byteLength"] = offset + b["buffers"][0]["byteLength"]
    return a


def test_a_side_that_names_and_joints_dispute_wants_to_be_said(tmp_path):
    made = rig("mixamo", left=True)
    wrong = made._replace(names=rig("mixamo").names)
    path = write(tmp_path / "hand.glb", wrong)
    with pytest.raises(gltf.GltfError, match=r"names the hand is right.*joints left"):
        gltf.load(path)
    assert gltf.load(path, side="left").side == "left"
    with pytest.raises(ValueError, match="side wants one of right, left; got 'lef'"):
        gltf.load(path, side="lef")


def test_surfaces_of_files_have_layouts_and_trees(tmp_path):
    path = str(write(tmp_path / "hand.glb", rig("webxr")))
    theirs, ours = load_template(path), load_template("hand_1721")
    found = level_map("hand_1721", path)
    at = np.einsum("vk,vkc->vc", found.weights, ours.vertices[found.corners])
    assert np.linalg.norm(at - theirs.vertices, axis=-1).max() < 3.0
    uv = np.asarray(mesh_grid.load_coordinates(path, "sheets"))
    assert uv.min() >= 0.0
    assert uv.max() <= 1.0
    tree = load_tree(path)
    np.testing.assert_array_equal(np.sort(tree.vertices)[-790:], np.arange(790))


# What WebXR's joints are, written out for the test: name, ours, parent.
FINGERS = {"index": "index", "middle": "middle", "ring": "ring", "pinky": "little"}
PARENT = {"wrist": None, "thumb-metacarpal": "wrist"}
PARENT |= {"thumb-phalanx-proximal": "thumb-metacarpal"}
PARENT |= {"thumb-phalanx-distal": "thumb-phalanx-proximal"}
PARENT |= {"thumb-tip": "thumb-phalanx-distal"}
OURS = {
    "wrist": "wrist",
    "thumb-metacarpal": "thumb_cmc",
    "thumb-phalanx-proximal": "thumb_mcp",
    "thumb-phalanx-distal": "thumb_ip",
    "thumb-tip": "thumb_tip",
}
for theirs_, ours_ in FINGERS.items():
    last = "wrist"
    for part, joint in (
        ("metacarpal", None),
        ("phalanx-proximal", "mcp"),
        ("phalanx-intermediate", "pip"),
        ("phalanx-distal", "dip"),
        ("tip", "tip"),
    ):
        name_ = f"{theirs_}-finger-{part}"
        PARENT[name_], last = last, name_
        if joint:
            OURS[name_] = f"{ours_}_{joint}"


class WebXR:
    """The file by its own rules: node globals, inverse binds, weights; plain NumPy."""

    def __init__(self):
        content, raw = _read(WEBXR)

        def numbers(index, dtype):
            made = content["accessors"][index]
            width = {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}[made["type"]]
            start = content["bufferViews"][made["bufferView"]].get("byteOffset", 0)
            found = np.frombuffer(raw, dtype, made["count"] * width, start)
            return found.reshape(-1, width).astype(float)

        skin, mesh = content["skins"][0], content["meshes"][0]["primitives"][0]
        at = mesh["attributes"]
        nodes = [content["nodes"][k] for k in skin["joints"]]
        # All joints hang on a node that is not moved.
        self.names = [node["name"] for node in nodes]
        self.G = np.stack([self.local(node) for node in nodes])
        columns = numbers(skin["inverseBindMatrices"], "<f4").reshape(-1, 4, 4)
        self.B = columns.swapaxes(1, 2)
        self.vertices = numbers(at["POSITION"], "<f4")
        which, much = numbers(at["JOINTS_0"], "u1"), numbers(at["WEIGHTS_0"], "<f4")
        self.weights = np.zeros((len(self.vertices), len(nodes)))
        for k in range(4):
            rows = np.arange(len(which)), which[:, k].astype(int)
            np.add.at(self.weights, rows, much[:, k])

    @staticmethod
    def local(node):
        from scipy.spatial.transform import Rotation

        made = np.eye(4)
        turn = Rotation.from_quat(node.get("rotation", [0, 0, 0, 1])).as_matrix()
        made[:3, :3] = turn * node.get("scale", [1, 1, 1])
        made[:3, 3] = node["translation"]
        return made

    def pose(self, M, rotations, translation):
        """Globals of all 25 joints: each turns what hangs on it about itself."""
        from scipy.spatial.transform import Rotation

        T = {}
        for name in PARENT:
            turn, k = np.eye(3), self.names.index(name)
            if OURS.get(name) in POSED:
                v = rotations[POSED.index(OURS[name])]
                turn = M @ Rotation.from_rotvec(v).as_matrix() @ M.T
            own = np.eye(4)
            own[:3, :3], at = turn, self.G[k, :3, 3]
            own[:3, 3] = at - turn @ at
            if name == "wrist":
                own[:3, 3] += M @ translation / 1000.0
            T[name] = own if PARENT[name] is None else T[PARENT[name]] @ own
        return np.stack([T[name] for name in self.names]) @ self.G


@needs_webxr
def test_the_webxr_hand_is_posed_by_the_rules_of_gltf():
    """The bar: 25 joints and 1360 vertices in known poses, under 0.01 mm."""
    file, hand = WebXR(), gltf.load(WEBXR)
    assert hand.side == "left"
    assert hand.template.vertices.shape == (1159, 3)
    assert hand.names == tuple(file.names)
    M = np.asarray(hand.house_from_file, float).T
    np.testing.assert_allclose(M.T @ M, np.eye(3), atol=1e-6)
    for seed in range(3):
        pose = some_pose(hand.template, seed)
        # The rig has no carpal joint.
        turns = pose.rotations.at[POSED.index("thumb_carpal")].set(0.0)
        pose = pose._replace(rotations=turns)
        G = file.pose(M, np.asarray(turns, float), np.asarray(pose.translation, float))
        posed = move(hand.template, pose)
        found = gltf.file_points(hand, gltf.file_joints(hand, posed))
        off = np.linalg.norm(found - G[:, :3, 3], axis=-1)
        assert off.max() < HUNDREDTH
        vertices = gltf_model.skinned(file.weights, G, file.B, file.vertices)
        ours = np.asarray(gltf.file_points(hand, posed.vertices))[hand.welded]
        off = np.linalg.norm(ours - vertices, axis=-1)
        assert off.max() < HUNDREDTH
        keys = [file.names.index(name) for name in OURS]
        same = gltf.file_points(hand, posed.joints)[
            np.array([JOINTS.index(name) for name in OURS.values()])
        ]
        np.testing.assert_allclose(same, G[keys, :3, 3], atol=HUNDREDTH)


@needs_webxr
def test_the_webxr_hand_opens_where_its_file_has_it():
    file, hand = WebXR(), gltf.load(WEBXR)
    opened = gltf_model.skinned(file.weights, file.G, file.B, file.vertices)
    rest = np.asarray(gltf.file_points(hand, hand.template.vertices))[hand.welded]
    np.testing.assert_allclose(rest, opened, atol=HUNDREDTH)


def test_gradients_flow_through_a_hand_of_a_file(tmp_path):
    hand = gltf.load(write(tmp_path / "hand.glb", rig("webxr"))).template

    def loss(pose: Pose):
        return jnp.sum(articulate(hand, pose).vertices ** 2)

    slopes = jax.jit(jax.grad(loss))(rest_pose(hand))
    assert all(np.isfinite(x).all() and np.abs(x).max() > 0.0 for x in slopes)
