"""MANO by hand of Python 2: read, posed, mirrored as the paper and smplx have it."""

import sys
import types
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads
from scipy.spatial.transform import Rotation

from handjax.hands import borrowed, mano, mano_files, mesh_grid, poses
from handjax.hands.articulate import Pose, articulate, keypoints, rest_pose
from handjax.hands.graph import load_tree
from handjax.hands.parameters import Parameters
from handjax.hands.skeleton import KEYPOINTS, POSED, to_dataset
from handjax.hands.template import level_map, load_template, mirror
from tests.hands import mano_model

# Compiled once for all tests.
move = jax.jit(articulate)
convert = jax.jit(mano.pose_from_official)
convert_back = jax.jit(mano.official_from_pose)

HANDS = 20
PARENTS = (-1, *mano_model.PARENTS[1:])
RIGHT = mano_model.random_model()
MODELS = {
    "MANO_RIGHT": RIGHT,
    "MANO_LEFT": mano_model.left_of(RIGHT),
    "OLD_LEFT": mano_model.left_of(RIGHT, wrong=True),
}
# What the old left hand should have been.
TRUE = MODELS | {"OLD_LEFT": MODELS["MANO_LEFT"]}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mano")
    for name, model in MODELS.items():
        (folder / f"{name}.pkl").write_bytes(mano_model.pickled(model))
    return folder


@pytest.fixture(scope="module")
def right(files):
    return mano.load(files / "MANO_RIGHT.pkl")


def load(files, name, dtype=np.float32):
    repair = True if name == "OLD_LEFT" else None
    return mano.load(files / f"{name}.pkl", repair=repair, dtype=dtype)


def draw(dtype=np.float32, *, shape=10):
    """Official parameters of random hands."""
    rng = np.random.default_rng(1)
    scales = {"turn": (1.0, 3), "fingers": (0.6, 45)}
    scales |= {"shape": (1.0, shape), "translation": (0.3, 3)}
    drawn = {k: rng.normal(0.0, s, (HANDS, n)) for k, (s, n) in scales.items()}
    return Parameters(**{k: jnp.asarray(v, dtype) for k, v in drawn.items()})


@jax.jit
@partial(jax.vmap, in_axes=(None, 0))
def points(hand, official):
    """Vertices and the 21 joints in MANO's order, metres, the file's axes."""
    posed = articulate(hand.template, mano.pose_from_official(hand, official))
    joints, _ = to_dataset("mano", keypoints(posed))
    return [mano.official_points(hand, x) for x in (posed.vertices, joints)]


def by_the_paper(model, official):
    """Vertices and joints of one hand, one matrix at a time, in float64."""
    official = jax.tree.map(lambda x: np.asarray(x, np.float64), official)
    shaped = model["v_template"] + model["shapedirs"] @ official.shape
    J = model["J_regressor"] @ shaped
    vectors = np.concatenate([official.turn, official.fingers]).reshape(16, 3)
    R = Rotation.from_rotvec(vectors).as_matrix()
    rest = shaped + model["posedirs"] @ (R[1:] - np.eye(3)).ravel()
    G = []
    for j, parent in enumerate(PARENTS):
        local = np.eye(4)
        local[:3, :3], local[:3, 3] = R[j], J[j] - R[j] @ J[j]
        G.append(local if parent < 0 else G[parent] @ local)
    blended = np.einsum("vj,jab->vab", model["weights"], G)
    vertices = np.einsum("vab,vb->va", blended[:, :3, :3], rest) + blended[:, :3, 3]
    joints = [g[:3, :3] @ x + g[:3, 3] for g, x in zip(G, J, strict=True)]
    tips = vertices[[744, 320, 443, 554, 671]]
    return [
        x + official.translation for x in (vertices, np.concatenate([joints, tips]))
    ]


@pytest.mark.parametrize("name", MODELS)
def test_hands_are_those_of_the_paper(files, name):
    official = draw()
    got = points(load(files, name), official)
    for hand in range(3):
        wanted = by_the_paper(
            TRUE[name], jax.tree.map(lambda x, n=hand: x[n], official)
        )
        for one, other in zip(got, wanted, strict=True):
            np.testing.assert_allclose(one[hand], other, atol=2e-6)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(("bits", "close"), [(64, 1e-7), (32, 2e-6)])
def test_hands_are_those_of_smplx(files, name, bits, close, x64):
    peer = peer_of(TRUE[name], bits, right="RIGHT" in name)
    hand = load(files, name, np.dtype(f"float{bits}"))
    official = draw(np.dtype(f"float{bits}"))
    posed = official._replace(fingers=official.fingers + hand.mean)
    vertices, joints = points(hand, posed)
    wanted = peer(**asked(official))
    np.testing.assert_allclose(vertices, wanted.vertices.detach(), atol=close)
    np.testing.assert_allclose(joints[:, :16], wanted.joints.detach(), atol=close)


@pytest.mark.parametrize("flat", [True, False])
@pytest.mark.parametrize("count", [1, 6, 30])
def test_components_are_those_of_smplx(files, right, count, flat):
    pca = {"use_pca": True, "num_pca_comps": count, "flat_hand_mean": flat}
    peer = peer_of(RIGHT, 32, right=True, **pca)
    official = draw()
    few = official.fingers[:, :count]
    bent = jax.vmap(lambda c: mano.fingers_from_components(right, c, flat=flat))(few)
    vertices, _ = points(right, official._replace(fingers=bent))
    wanted = peer(**asked(official._replace(fingers=few)))
    np.testing.assert_allclose(vertices, wanted.vertices.detach(), atol=2e-6)


def test_smplx_reads_what_is_read_here(files, monkeypatch):
    smplx = pytest.importorskip("smplx", reason=ABSENT)
    for name, module in chumpy().items():
        monkeypatch.setitem(sys.modules, name, module)
    with pytest.warns(DeprecationWarning, match="csc_matrix"):
        peer = smplx.MANO(str(files / "MANO_RIGHT.pkl"), use_pca=False)
    still = np.asarray(peer.v_template.detach())
    np.testing.assert_allclose(still, RIGHT["v_template"], atol=1e-8)
    shapes = np.asarray(peer.shapedirs.detach())
    np.testing.assert_allclose(shapes, RIGHT["shapedirs"], atol=1e-8)


ABSENT = "smplx and torch are not installed: pip install -e '.[compare]'"


def peer_of(model, bits, *, right, **options):
    """smplx's module with a model's numbers."""
    smplx = pytest.importorskip("smplx", reason=ABSENT)
    torch = pytest.importorskip("torch", reason=ABSENT)
    options = {"use_pca": False, "flat_hand_mean": False} | options
    return smplx.MANO(
        "",
        data_struct=smplx.utils.Struct(**model),
        is_rhand=right,
        batch_size=HANDS,
        dtype=getattr(torch, f"float{bits}"),
        **options,
    )


def asked(official):
    """Parameters by the names of smplx."""
    torch = pytest.importorskip("torch", reason=ABSENT)
    names = ("global_orient", "hand_pose", "betas", "transl")
    return {
        k: torch.tensor(np.asarray(v)) for k, v in zip(names, official, strict=True)
    }


def chumpy():
    """As much of chumpy as a released file needs, which installs no more."""

    class Held:
        shape = property(lambda self: self.value().shape)

        def __getitem__(self, places):
            return self.value()[places]

        def value(self):
            return self.x

    class Picked(Held):
        def value(self):
            return self.a.value().ravel()[self.idxs].reshape(self.preferred_shape)

    modules = {n: types.ModuleType(n) for n in ("chumpy.ch", "chumpy.reordering")}
    modules["chumpy.ch"].Ch, modules["chumpy.reordering"].Select = Held, Picked
    return {"chumpy": types.ModuleType("chumpy")} | modules


def test_any_number_of_components_bends_the_mean_hand(right):
    coefficients = jnp.arange(1.0, 8.0)
    wanted = coefficients @ right.components[:7]
    flat = mano.fingers_from_components(right, coefficients, flat=True)
    np.testing.assert_allclose(flat, wanted, atol=1e-5)
    bent = mano.fingers_from_components(right, coefficients)
    np.testing.assert_allclose(bent, wanted + right.mean, atol=1e-5)
    np.testing.assert_array_equal(
        mano.fingers_from_components(right, jnp.zeros(0)), right.mean
    )


def test_a_left_hand_is_a_right_one_once_it_is_through_the_door(files, right):
    left = load(files, "MANO_LEFT")
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, atol=1e-4),
        left.template,
        right.template,
    )
    # The same parameters, mirrored, pose the mirrored hand.
    official = draw()
    flip = jnp.array([-1.0, 1.0, 1.0])
    other = Parameters(
        official.turn * -flip,
        official.fingers * jnp.tile(-flip, 15),
        official.shape,
        official.translation * flip,
    )
    for one, two in zip(points(left, other), points(right, official), strict=True):
        np.testing.assert_allclose(one, two * flip, atol=2e-6)


def test_an_old_left_hand_is_repaired_and_that_is_said(files):
    path = files / "OLD_LEFT.pkl"
    with pytest.warns(UserWarning, match=r"OLD_LEFT\.pkl: the shape directions.*1\.2"):
        repaired = mano.load(path)
    new = load(files, "MANO_LEFT").template
    np.testing.assert_array_equal(repaired.template.shape_vertices, new.shape_vertices)
    np.testing.assert_array_equal(repaired.template.shape_joints, new.shape_joints)
    left_alone = mano.load(path, repair=False).template
    off = np.abs(left_alone.shape_vertices - new.shape_vertices)
    assert off[..., 1].max() > 1.0
    np.testing.assert_allclose(off[..., [0, 2]], 0.0, atol=1e-5)


def test_a_side_may_be_said(files):
    said = mano.load(files / "MANO_RIGHT.pkl", side="left", repair=False)
    assert np.linalg.det(said.house_from_file) == -1.0
    with pytest.raises(ValueError, match="side wants one of right, left; got 'lef'"):
        mano.load(files / "MANO_RIGHT.pkl", side="lef")


def test_a_human_hand_is_told_by_its_growth_and_its_fingers(tmp_path, recwarn):
    human = mano_model.human_model()
    path, hands = tmp_path / "hand.pkl", {}
    for name, model in {
        "right": human,
        "left": mano_model.left_of(human),
        "old left": mano_model.left_of(human, wrong=True),
    }.items():
        path.write_bytes(mano_model.pickled(model))
        hands[name] = mano.load(path)
        assert len(recwarn) == (name == "old left")
        jax.tree.map(
            lambda a, b: np.testing.assert_allclose(a, b, atol=1e-4),
            hands[name].template,
            hands["right"].template,
        )
    recwarn.clear()


def test_parameters_come_back_from_a_pose(files):
    for name in MODELS:
        hand, official = load(files, name), jax.tree.map(lambda x: x[0], draw(shape=7))
        pose = convert(hand, official)
        np.testing.assert_array_equal(pose.shape[7:], 0.0)
        back = convert_back(hand, pose)
        wanted = official._replace(shape=jnp.pad(official.shape, (0, 3)))
        jax.tree.map(
            lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), back, wanted
        )


def test_the_wrist_is_the_origin_whatever_the_shape(right):
    template = right.template
    np.testing.assert_allclose(template.joints[0], 0.0, atol=1e-5)
    np.testing.assert_allclose(template.shape_joints[:, 0], 0.0, atol=1e-5)
    pose = rest_pose(template)._replace(shape=jnp.ones(10))
    pose = pose._replace(translation=jnp.array([10.0, 20.0, 500.0]))
    wrist = keypoints(move(template, pose))[KEYPOINTS.index("wrist")]
    np.testing.assert_allclose(wrist, pose.translation, atol=1e-4)


def test_the_mirrored_template_makes_the_mirrored_hand(right):
    pose = Pose(
        0.6 * jax.random.normal(jax.random.key(0), (len(POSED), 3)),
        jnp.array([10.0, -20.0, 30.0]),
        jax.random.normal(jax.random.key(1), (10,)),
    )
    flip = jnp.array([-1.0, 1.0, 1.0])
    other = pose._replace(
        rotations=-pose.rotations * flip, translation=pose.translation * flip
    )
    one, two = (
        move(right.template, pose),
        move(mirror(right.template), other),
    )
    for part in ("joints", "vertices", "centres"):
        np.testing.assert_allclose(
            getattr(two, part), getattr(one, part) * flip, atol=2e-3
        )


def test_gradients_are_those_of_finite_differences(files, x64):
    hand = load(files, "MANO_RIGHT", np.float64)
    still = jax.tree.map(lambda x: 0.0 * x[0], draw(np.float64))
    for official in (still, jax.tree.map(lambda x: x[0], draw(np.float64))):

        def some(official):
            posed = articulate(hand.template, mano.pose_from_official(hand, official))
            return jnp.concatenate([posed.vertices[::99], keypoints(posed)]) / 1000.0

        check_grads(jax.jit(some), (official,), order=1, modes=["rev"], rtol=1e-4)


def test_a_stored_file_holds_the_same_hand_and_no_pickle(files, right, tmp_path):
    path = tmp_path / "right.npz"
    with path.open("wb") as file:
        released = mano_files.read_released(files / "MANO_RIGHT.pkl")
        mano_files.write_stored(file, mano.converted(released))
    jax.tree.map(np.testing.assert_array_equal, mano.load(path), right)
    with np.load(path, allow_pickle=False) as stored:
        assert all(stored[name].dtype.kind in "iuf" for name in stored.files)
    for name in (path, files / "MANO_RIGHT.pkl"):
        template = load_template(str(name))
        jax.tree.map(np.testing.assert_array_equal, template, right.template)
    with pytest.raises(ValueError, match="settled; side and repair are of released"):
        mano.load(path, side="right")


@pytest.fixture(scope="module")
def human(tmp_path_factory):
    """The path of a file with our own hand in it."""
    path = tmp_path_factory.mktemp("human") / "MANO_RIGHT.pkl"
    path.write_bytes(mano_model.pickled(mano_model.human_model()))
    return str(path)


def test_a_hand_like_ours_borrows_what_ours_has(human):
    ours, theirs = load_template("hand_790"), load_template(human)
    bent = np.array([k for k, joint in enumerate(POSED) if joint != "thumb_carpal"])
    for name, close in {"axes": 0.12, "limits": 1e-6}.items():
        one, other = (getattr(t, name)[bent] for t in (ours, theirs))
        np.testing.assert_allclose(one, other, atol=close)
    np.testing.assert_array_equal(theirs.limits[POSED.index("thumb_carpal")], 0.0)
    np.testing.assert_allclose(theirs.sphere_centres, ours.sphere_centres, atol=1.5)
    np.testing.assert_allclose(theirs.sphere_radii, ours.sphere_radii, atol=0.6)
    np.testing.assert_allclose(theirs.shape_centres, ours.shape_centres[:10], atol=0.4)
    np.testing.assert_allclose(theirs.shape_radii, ours.shape_radii[:10], atol=0.6)


def test_a_larger_hand_borrows_larger_spheres(human):
    theirs = jax.tree.map(lambda x: np.asarray(x, float), load_template(human))
    hand = borrowed.Rigged(
        theirs.vertices,
        theirs.faces.astype(int),
        theirs.weights,
        theirs.joints,
        theirs.shape_vertices,
    )
    grown = hand._replace(vertices=1.2 * hand.vertices, joints=1.2 * hand.joints)
    one, other = borrowed.borrow(hand), borrowed.borrow(grown)
    for name in ("sphere_centres", "sphere_radii"):
        np.testing.assert_allclose(1.2 * one[name], other[name], atol=1e-6)
    for name in ("axes", "uv"):
        np.testing.assert_allclose(one[name], other[name], atol=1e-6)
    # Thicker flesh on the same bones makes thicker spheres.
    thick = hand._replace(vertices=hand.vertices * [1.0, 1.0, 1.3])
    radii = borrowed.borrow(thick)["sphere_radii"]
    assert np.mean(radii / one["sphere_radii"]) > 1.05


def test_its_texture_is_where_ours_is(human):
    ours, theirs = load_template("hand_790"), load_template(human)
    at = borrowed.places(theirs, "hand_790")
    corners = np.asarray(ours.uv)[np.asarray(ours.uv_faces)[at.faces]]
    wanted = np.einsum("vk,vkc->vc", at.weights, corners)
    off = np.linalg.norm(
        np.asarray(theirs.uv).reshape(-1, 3, 2) - wanted[np.asarray(theirs.faces)],
        axis=-1,
    )
    # Where the texture is cut a corner lies on another piece of it.
    assert np.median(off) < 1e-3
    assert np.mean(off < 0.01) > 0.85


def test_surfaces_of_files_have_layouts_and_trees(human):
    theirs, ours = load_template(human), load_template("hand_1721")
    found = level_map("hand_1721", human)
    at = np.einsum("vk,vkc->vc", found.weights, ours.vertices[found.corners])
    assert np.linalg.norm(at - theirs.vertices, axis=-1).max() < 3.0
    uv = mesh_grid.load_coordinates(human, "sheets")
    known = mesh_grid.load_coordinates("hand_1721", "sheets")
    nearest = np.argmin(
        np.linalg.norm(theirs.vertices[:, None] - ours.vertices, axis=-1), axis=1
    )
    assert np.median(np.linalg.norm(uv - known[nearest], axis=-1)) < 0.02
    tree = load_tree(human)
    assert len(tree.vertices) % 16 == 0
    np.testing.assert_array_equal(np.sort(tree.vertices)[-778:], np.arange(778))


def test_samples_keep_to_the_limits_of_their_hand(human):
    template = load_template(human)
    narrow = template._replace(limits=template.limits / 2.0)
    for hand in (template, narrow):
        angles = jax.jit(poses.sample_angles)(jax.random.key(0), hand)
        assert np.all(poses.limits_violation(angles, hand.limits) == 0.0)
        np.testing.assert_array_equal(angles[POSED.index("thumb_carpal")], 0.0)
