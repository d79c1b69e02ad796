"""HO-3D as its authors wrote it: OpenGL's axes, pickles, depth in two bytes."""

import json
import pickle

import numpy as np
import pytest

from handjax.data import ho3d
from handjax.data.real import store
from handjax.data.real.frame import DatasetError, FrameError
from tests.data.fixtures import (
    assert_on_hand,
    coded,
    hand,
    in_order,
    matrix,
    project,
    shoot,
    write,
)
from tests.data.python_2 import python_2

CAMERA = (614.627, 614.101), (320.262, 238.469)
OPENGL = np.array([1.0, -1.0, -1.0]) / 1000.0
UNIT = 0.12498664727900177


@pytest.fixture(scope="module")
def drawn():
    return hand((40.0, 20.0, 500.0))


@pytest.fixture(scope="module")
def shot(drawn):
    return shoot(drawn, *CAMERA, (480, 640))


def label(drawn, split):
    """What a meta pickle holds, as far as hands go."""
    joints = in_order("ho3d", drawn.keypoints) * OPENGL
    known = {
        "camMat": matrix(*CAMERA),
        "objName": "021_bleach_cleanser",
        "objLabel": 12,
        "objRot": np.zeros((3, 1), np.float32),
        "handJoints3D": joints.astype(np.float32),
        "handPose": np.zeros(48, np.float32),
        "handBeta": np.zeros(10, np.float32),
    }
    if split == "train":
        return known
    uv = drawn.keypoints[:, :2] / drawn.keypoints[:, 2:] * CAMERA[0] + CAMERA[1]
    box = [*uv.min(axis=0).tolist(), *uv.max(axis=0).tolist()]
    root = joints[0].astype(np.float32)
    return {"camMat": known["camMat"], "handJoints3D": root, "handBoundingBox": box}


@pytest.fixture(params=["png", "jpg"])
def root(request, tmp_path, drawn, shot):
    """Two frames a split; version 2 has PNG, version 3 JPEG."""
    stored = np.rint(shot.depth / UNIT).astype(np.uint16)
    options = {} if request.param == "png" else {"quality": 95}
    for split, sequence in (("train", "ABF10"), ("evaluation", "SM1")):
        folder = tmp_path / split / sequence
        (folder / "meta").mkdir(parents=True)
        for number in ("0000", "0003"):
            write(folder / "rgb" / f"{number}.{request.param}", shot.image, **options)
            pixels = coded(stored >> 8, stored & 255, order="lh0")
            write(folder / "depth" / f"{number}.png", pixels)
            path = folder / "meta" / f"{number}.pkl"
            path.write_bytes(python_2(label(drawn, split)))
        (tmp_path / f"{split}.txt").write_text(f"{sequence}/0000\n{sequence}/0003\n")
    ho3d._read_list.cache_clear()
    ho3d._points.cache_clear()
    return tmp_path


@pytest.fixture
def split(root):
    """The names of the splits of the version that is there."""
    second = (root / "train" / "ABF10" / "rgb" / "0000.png").is_file()
    return "v2_{}".format if second else "{}".format


def test_frames_are_those_of_the_lists(root, split):
    assert ho3d.index(root, split("train")) == [
        ("train", 0, "ABF10", "0000"),
        ("train", 1, "ABF10", "0003"),
    ]
    with pytest.raises(
        DatasetError, match="train, evaluation, v2_train, v2_evaluation; got"
    ):
        ho3d.index(root, "test")


def test_joints_appear_on_the_hand(root, split, drawn, shot):
    frame = ho3d.read(root, ho3d.index(root, split("train"))[1])
    assert (frame.name, frame.right) == ("train/ABF10/0003", True)
    wanted = in_order("ho3d", drawn.keypoints)
    np.testing.assert_allclose(frame.joints, wanted, atol=1e-3)
    (view,) = frame.views
    assert_on_hand(frame, view, shot.mask)
    assert np.abs(view.image.astype(int) - shot.image).mean() < 3


def test_depth_comes_back_within_half_a_unit(root, split, shot):
    (view,) = ho3d.read(root, ho3d.index(root, split("train"))[0]).views
    assert np.abs(view.depth - shot.depth).max() <= UNIT / 2 + 1e-3


def test_the_evaluation_knows_the_wrist_and_a_box(root, split, drawn):
    frame = ho3d.read(root, ho3d.index(root, split("evaluation"))[0])
    assert frame.valid.tolist() == [True] + [False] * 20
    np.testing.assert_allclose(frame.joints[0], drawn.keypoints[0], atol=1e-3)
    trained = ho3d.read(root, ho3d.index(root, split("train"))[0])
    np.testing.assert_allclose(frame.views[0].hand, trained.views[0].hand, rtol=1e-6)
    uv = project(trained, trained.views[0])
    view = frame.views[0]
    middle = view.hand[:2] / view.hand[2] * view.focal + view.centre
    np.testing.assert_allclose(middle, (uv.min(axis=0) + uv.max(axis=0)) / 2)


def test_labels_released_later_are_read_where_they_are_there(root, split, drawn):
    joints = in_order("ho3d", drawn.keypoints) * OPENGL
    surface = drawn.vertices[:778] * OPENGL
    (root / "evaluation_xyz.json").write_text(json.dumps([joints.tolist()] * 2))
    (root / "evaluation_verts.json").write_text(json.dumps([surface.tolist()] * 2))
    frame = ho3d.read(root, ho3d.index(root, split("evaluation"))[1])
    assert frame.valid.all()
    np.testing.assert_allclose(frame.joints, in_order("ho3d", drawn.keypoints))
    np.testing.assert_allclose(frame.vertices, drawn.vertices[:778], atol=1e-3)
    (root / "evaluation_xyz.json").write_text(json.dumps([joints.tolist()]))
    ho3d._read_list.cache_clear()
    with pytest.raises(FrameError, match="number 1 is not in the list"):
        ho3d.read(root, ho3d.index(root, split("evaluation"))[1])


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"handJoints3D": np.zeros((20, 3))}, "wants 21 x 3 numbers; got 20 x 3"),
        ({"handJoints3D": np.full((21, 3), np.nan)}, "holds NaN"),
        ({"handJoints3D": np.ones((21, 3))}, "joints behind the camera"),
        ({"handJoints3D": None}, "wants camMat and handJoints3D"),
        ({"camMat": np.eye(2)}, "got 2 x 2"),
    ],
)
def test_a_bad_label_is_an_error_of_its_frame(root, split, drawn, change, fault):
    path = root / "train" / "ABF10" / "meta" / "0000.pkl"
    path.write_bytes(python_2(label(drawn, "train") | change))
    with pytest.raises(FrameError, match=fault):
        ho3d.read(root, ho3d.index(root, split("train"))[0])


def test_a_pickle_that_would_run_is_an_error_of_its_frame(root, split):
    class Runs:
        def __reduce__(self):
            return print, ("run",)

    path = root / "train" / "ABF10" / "meta" / "0000.pkl"
    path.write_bytes(pickle.dumps({"camMat": Runs()}, 2))
    with pytest.raises(
        FrameError, match=r"0000\.pkl asks for .*print, which is refuse"
    ):
        ho3d.read(root, ho3d.index(root, split("train"))[0])
    path.unlink()
    with pytest.raises(FrameError, match="no file at"):
        ho3d.read(root, ho3d.index(root, split("train"))[0])


def test_missing_lists_and_pictures_are_named(root, split):
    entry = ho3d.index(root, split("train"))[0]
    (root / "train" / "ABF10" / "depth" / "0000.png").unlink()
    with pytest.raises(FrameError, match=r"no picture at .*depth.0000\.png"):
        ho3d.read(root, entry)
    (root / "train.txt").write_text("ABF10\n")
    with pytest.raises(DatasetError, match="a line sequence/number for each frame"):
        ho3d.index(root, split("train"))
    (root / "train.txt").unlink()
    with pytest.raises(DatasetError, match="no list of frames"):
        ho3d.index(root, split("train"))


def test_a_version_is_not_taken_for_the_other(root, split):
    other = "train" if split("train") == "v2_train" else "v2_train"
    with pytest.raises(DatasetError, match=r"is version [23]: its splits.*by --split"):
        ho3d.index(root, other)
    own = [split("train"), split("evaluation")]
    prepared = store.prepare(ho3d, root, data_dir=root / "stores", splits=own)
    assert list(prepared.splits) == own


def test_the_numbers_of_frames_add_up_to_what_the_authors_state():
    frames = ho3d.ABOUT.frames
    assert frames["train"] + frames["evaluation"] == 103_462
    assert frames["v2_train"] + frames["v2_evaluation"] == 77_558
