"""RHD as its authors wrote it: 42 joints, masks of parts, depth in two bytes."""

import pickle

import numpy as np
import pytest

from handjax.data import rhd
from handjax.data.real.frame import DatasetError, FrameError
from handjax.hands.skeleton import DATASETS, KEYPOINTS
from tests.data.fixtures import (
    REAL,
    assert_on_hand,
    coded,
    hand,
    in_order,
    matrix,
    shoot,
    write,
)
from tests.data.python_2 import python_2

SIZE = (320, 320)
CAMERAS = [((299.0, 299.0), (160.0, 160.0)), ((306.0, 306.0), (160.0, 160.0))]
# The left hand is nearer in picture 0, the right one in picture 1.
PLACES = [((-90.0, 0.0, 450.0), (110.0, 0.0, 800.0)),
          ((-110.0, 0.0, 800.0), (90.0, 0.0, 450.0))]  # fmt: skip


@pytest.fixture(scope="module")
def pictures():
    """Of two pictures: the hands, left and right, and the shot of each."""
    made = []
    for camera, places in zip(CAMERAS, PLACES, strict=True):
        pair = [hand(place, right=k == 1) for k, place in enumerate(places)]
        made.append((pair, [shoot(one, *camera, SIZE) for one in pair]))
    return made


def stored_depth(shots):
    """As rendered by Blender: 65535 for five metres, and so far the background."""
    depth = np.where(shots[0].mask, shots[0].depth, shots[1].depth)
    return np.where(depth > 0, np.rint(depth / 5000 * 65535), 65535).astype(np.uint16)


@pytest.fixture
def root(tmp_path, pictures):
    labels, folder = {}, tmp_path / "evaluation"
    for number, (pair, (left, right)) in enumerate(pictures):
        file, depth = f"{number:05d}.png", stored_depth((left, right))
        parts = np.where(right.mask, 33, 1) * ~left.mask + 17 * left.mask
        image = np.where(left.mask[..., None], left.image, right.image)
        write(folder / "color" / file, image)
        write(folder / "mask" / file, parts.astype(np.uint8))
        write(folder / "depth" / file, coded(depth >> 8, depth & 255, order="hl0"))
        xyz = np.concatenate([in_order("rhd", one.keypoints) for one in pair]) / 1000
        labels[number] = {
            "xyz": xyz.astype(np.float32),
            "uv_vis": np.ones((42, 3), np.float32),
            "K": matrix(*CAMERAS[number]).astype(np.float32),
        }
    (folder / "anno_evaluation.pickle").write_bytes(python_2(labels))
    return tmp_path


def rewrite(root, labels):
    (root / "evaluation" / "anno_evaluation.pickle").write_bytes(python_2(labels))
    rhd._read_labels.cache_clear()


def test_pictures_are_listed_by_number(root):
    assert rhd.index(root, "evaluation") == [("evaluation", 0), ("evaluation", 1)]
    with pytest.raises(DatasetError, match="training, evaluation; got test"):
        rhd.index(root, "test")


@pytest.mark.parametrize("number", [0, 1])
def test_the_hand_with_more_pixels_is_taken(root, pictures, number):
    frame = rhd.read(root, rhd.index(root, "evaluation")[number])
    pair, shots = pictures[number]
    assert frame.right == (number == 1)
    wanted = in_order("rhd", pair[number].keypoints)
    np.testing.assert_allclose(frame.joints, wanted, atol=1e-3)
    (view,) = frame.views
    visible = shots[number].mask if number == 0 else shots[1].mask & ~shots[0].mask
    np.testing.assert_array_equal(view.mask, visible)
    assert_on_hand(frame, view, shots[number].mask)


@pytest.mark.parametrize("number", [0, 1])
def test_depth_and_camera_are_those_of_the_picture(root, pictures, number):
    (view,) = rhd.read(root, rhd.index(root, "evaluation")[number]).views
    shot = pictures[number][1][number]
    error = np.abs(view.depth - shot.depth)[view.mask]
    assert error.max() <= 2500 / 65535 + 1e-3
    assert view.depth[0, 0] == 5000.0
    np.testing.assert_allclose(view.focal, CAMERAS[number][0])
    assert np.linalg.norm(view.hand - PLACES[number][number]) < 40


def test_the_thumbs_tip_is_the_second_joint(root, pictures):
    frame = rhd.read(root, rhd.index(root, "evaluation")[0])
    tip = pictures[0][0][0].keypoints[KEYPOINTS.index("thumb_tip")]
    np.testing.assert_allclose(frame.joints[1], tip, atol=1e-3)
    assert DATASETS["rhd"].joints[1] == "thumb_tip"


def test_labels_that_would_run_are_refused(root):
    class Runs:
        def __reduce__(self):
            return print, ("run",)

    path = root / "evaluation" / "anno_evaluation.pickle"
    path.write_bytes(pickle.dumps({0: Runs()}, 2))
    rhd._read_labels.cache_clear()
    with pytest.raises(DatasetError, match=r"anno_evaluation.*print, which is refused"):
        rhd.index(root, "evaluation")


def test_labels_of_another_kind_are_refused(root):
    rewrite(root, [1, 2])
    with pytest.raises(DatasetError, match="wants labels by number"):
        rhd.index(root, "evaluation")


@pytest.mark.parametrize(
    ("label", "fault"),
    [
        ({"xyz": np.zeros((41, 3)), "K": np.eye(3)}, "wants 42 x 3 numbers; got 41 x"),
        ({"xyz": np.full((42, 3), np.nan), "K": np.eye(3)}, "holds NaN"),
        ({"uv_vis": np.zeros((42, 3))}, "wants xyz and K; got uv_vis"),
        ({"xyz": np.zeros((42, 3)), "K": np.zeros((3, 3))}, "has focal lengths"),
    ],
)
def test_a_bad_label_is_an_error_of_its_picture(root, label, fault):
    rewrite(root, {0: label})
    with pytest.raises(FrameError, match=fault):
        rhd.read(root, rhd.Entry("evaluation", 0))


def test_a_picture_without_a_hand_is_said_to_be_one(root):
    path = root / "evaluation" / "mask" / "00001.png"
    write(path, np.ones(SIZE, np.uint8))
    with pytest.raises(FrameError, match="evaluation/00001 shows no hand"):
        rhd.read(root, rhd.Entry("evaluation", 1))


def test_bad_pictures_are_named(root):
    entry = rhd.Entry("evaluation", 0)
    path = root / "evaluation" / "color" / "00000.png"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(FrameError, match=r"color.00000\.png can't be read"):
        rhd.read(root, entry)
    path = root / "evaluation" / "mask" / "00000.png"
    write(path, np.zeros((*SIZE, 3), np.uint8))
    with pytest.raises(FrameError, match="one channel"):
        rhd.read(root, entry)


@pytest.mark.skipif(not REAL.is_dir(), reason=f"no real samples at {REAL}")
def test_real_joints_run_from_each_tip_to_the_palm():
    import json

    labels = json.loads((REAL / "rhd" / "test_rhd.json").read_text())
    names = DATASETS["rhd"].joints
    for label in labels["annotations"]:
        at = dict(zip(names, np.array(label["joint_cam"]), strict=True))
        for finger in ("index", "middle", "ring", "little"):
            bones = [
                np.linalg.norm(at[f"{finger}_{a}"] - at[f"{finger}_{b}"])
                for a, b in (("mcp", "pip"), ("pip", "dip"), ("dip", "tip"))
            ]
            # Half a hand away the knuckle, then shorter and shorter.
            knuckle = np.linalg.norm(at[f"{finger}_mcp"] - at["wrist"])
            assert knuckle > bones[0] > bones[1]
