"""A user's folder is read as its page says, or refused with what is wrong with it."""

import json
import shutil

import numpy as np
import pytest

from handjax.data import own
from handjax.data.own import recording
from handjax.data.real import loading, records, store
from handjax.data.real.frame import DatasetError, FrameError, StoreError
from handjax.hands.skeleton import KEYPOINTS
from tests.data.own import folder


@pytest.fixture
def root(tmp_path):
    return folder.write(tmp_path / "own", labelled=(0, 2))


def read_all(root, split="train"):
    return [own.read(root, entry) for entry in own.index(root, split)]


def test_frames_of_one_name_are_one_moment_seen_by_all_cameras(root):
    first, second, third = read_all(root)
    assert [f.name for f in (first, second, third)] == [f"train/{k}" for k in range(3)]
    assert [len(f.views) for f in (first, second, third)] == [2, 2, 2]
    np.testing.assert_array_equal(first.views[0].depth, folder.depth())
    np.testing.assert_allclose(first.views[1].camera_from_world, folder.BESIDE)
    np.testing.assert_allclose(first.views[1].focal, 200.0)
    # Both cameras found the ball where it is.
    for frame, x in ((first, 0.0), (second, 10.0), (third, 20.0)):
        for view, shift in zip(frame.views, (0.0, -60.0), strict=True):
            np.testing.assert_allclose(view.found[:2], [x + shift, 0.0], atol=5.0)
            assert 455.0 < view.found[2] < 500.0


def test_key_points_are_of_the_frames_that_have_them(root):
    first, second, third = read_all(root)
    assert first.valid.all()
    assert not second.valid.any()
    np.testing.assert_allclose(third.joints, folder.joints(x=20.0), atol=1e-3)
    # Who has none is kept around where the depth shows the hand.
    assert second.views[0].hand is not None
    assert first.views[0].hand is None


def test_key_points_of_any_camera_come_into_the_world(root):
    folder.page(root, joints_in="right")
    (first, *_) = read_all(root)
    moved = folder.joints() + np.array([60.0, 0.0, 0.0])
    np.testing.assert_allclose(first.joints, moved, atol=1e-3)
    folder.page(root, joints_in="world")
    (first, *_) = read_all(root)
    np.testing.assert_allclose(first.joints, folder.joints(), atol=1e-3)


def test_what_predict_writes_is_read_as_key_points(root):
    (root / "train" / "joints.csv").unlink()
    one = {"frame": "1", "side": "left", "joints_mm": folder.joints().tolist()}
    one["joints_mm"][3] = None
    page = {"names": list(KEYPOINTS), "unit": "mm", "frames": [one]}
    (root / "train" / "joints.json").write_text(json.dumps(page))
    first, second, _ = read_all(root)
    assert first.right
    assert not second.right
    assert not second.valid[3]
    assert second.valid.sum() == 20


def test_a_left_hand_is_mirrored_with_where_it_was_found(root):
    folder.page(root, side="left")
    (root / "train" / "joints.csv").unlink()
    third = read_all(root)[2]
    assert not third.right
    stored = records.make(third, own.ABOUT, 0)
    np.testing.assert_allclose(stored.parts[0].found, third.views[0].found * [-1, 1, 1])


def test_a_frame_without_a_hand_is_skipped_and_a_view_left_out(root):
    (root / "train" / "joints.csv").unlink()
    folder.save(root / "train" / "front" / "1.png", np.full(folder.SIZE, 3000, "u2"))
    entries = own.index(root, "train")
    second = own.read(root, entries[1])
    assert len(second.views) == 1
    assert "train/1, front: no hand" in second.dropped[0]
    two = np.maximum(folder.depth(-90.0), folder.depth(90.0))
    folder.save(root / "train" / "right" / "1.png", two)
    with pytest.raises(FrameError, match=r"front: no hand.*right: two things as large"):
        own.read(root, entries[1])
    found = loading.open_frames("own", root, "train", data_dir=root / "stores")
    assert [record.name for record in found] == ["train/0", "train/2"]


def test_key_points_say_where_a_hand_is_that_depth_does_not_show(root):
    wall = np.where(folder.depth() > 0, folder.depth(), np.uint16(495))
    folder.save(root / "train" / "front" / "0.png", wall)
    first = read_all(root)[0]
    assert len(first.views) == 2
    assert first.views[0].found is None


def test_moments_that_one_camera_missed_have_the_others_view(root):
    (root / "train" / "front" / "1.png").unlink()
    frame = read_all(root)[1]
    assert len(frame.views) == 1
    assert "front has no such frame" in frame.dropped[0]


def test_every_recording_has_a_store_which_is_refused_once_files_change(root, tmp_path):
    stores = {"data_dir": tmp_path / "stores"}
    assert len(loading.open_frames("own", root, "train", **stores)) == 3
    other = folder.write(tmp_path / "other", count=2)
    assert len(loading.open_frames("own", other, "train", **stores)) == 2
    assert len(loading.open_frames("own", root, "train", **stores)) == 3
    shutil.copy2(root / "train" / "front" / "2.png", root / "train" / "front" / "3.png")
    with pytest.raises(StoreError, match=r"has changed.*data own --root .* --again"):
        loading.open_frames("own", root, "train", **stores)
    store.prepare(own.at(root), root, splits=["train"], again=True, **stores)
    assert len(loading.open_frames("own", root, "train", **stores)) == 4


def test_a_folder_that_is_not_there_is_answered_with_the_layout(tmp_path):
    for wrong in ("", tmp_path / "nothing"):
        with pytest.raises(DatasetError, match=r"(?s)train/\*/\*.*data own --root"):
            own.at(wrong)


def spoil_camera(**changes):
    def spoil(root):
        cameras = {**folder.PAGE["cameras"]}
        cameras["right"] = {**cameras["right"], **changes}
        some = {k: x for k, x in cameras["right"].items() if x is not None}
        folder.page(root, cameras={**cameras, "right": some})

    return spoil


def spoil_joints(old, new):
    def spoil(root):
        path = root / "train" / "joints.csv"
        path.write_text(path.read_text().replace(old, new, 1))

    return spoil


def metres(root):
    near = np.eye(4)
    near[0, 3] = 0.06
    spoil_camera(camera_from_world=near.tolist())(root)


SPOILT = {
    "no page": (lambda r: (r / "recording.json").unlink(), "no file at .*write one"),
    "no JSON": (lambda r: (r / "recording.json").write_text("{"), "is no JSON"),
    "a list": (lambda r: (r / "recording.json").write_text("[]"), "wants an object"),
    "a typo": (
        lambda r: folder.page(r, sides="left"),
        "cameras, side.*got sides",
    ),
    "a side": (lambda r: folder.page(r, side="both"), "side wants one of right, left"),
    "a unit": (lambda r: folder.page(r, unit="inch"), "unit wants one of mm, m"),
    "no camera": (lambda r: folder.page(r, cameras={}), "wants cameras by name"),
    "no focal length": (
        spoil_camera(fx=None),
        "camera right wants fx, fy, cx, cy or K",
    ),
    "half a size": (spoil_camera(width=640), "camera right wants width and height"),
    "no rig": (spoil_camera(camera_from_world=None), "right wants camera_from_world"),
    "no rows": (spoil_camera(camera_from_world=[1, 2]), "four rows of four numbers"),
    "a mirror": (
        spoil_camera(camera_from_world=np.diag([-1.0, 1, 1, 1]).tolist()),
        "no rotation and shift",
    ),
    "metres": (metres, "are these metres"),
    "no split": (lambda r: (r / "train").rename(r / "frames"), "no folder train"),
    "no folder": (
        lambda r: shutil.rmtree(r / "train" / "right"),
        "no folder for the camera right",
    ),
    "a folder more": (lambda r: (r / "train" / "top").mkdir(), "of no camera that"),
    "no frames": (
        lambda r: [f.unlink() for f in (r / "train" / "right").iterdir()],
        "no frame in .*right: it wants files that end in .png",
    ),
    "a name twice": (
        lambda r: np.save(r / "train" / "right" / "1.npy", folder.depth()),
        "two frames of one name: 1.npy and 1.png",
    ),
    "no moment": (
        lambda r: [
            f.rename(f.with_stem(f"b{f.stem}")) for f in (r / "train/right").iterdir()
        ],
        "no frame of .* was seen by two cameras",
    ),
    "a column": (spoil_joints("z_mm", "depth"), "first line with frame.*z_mm is not"),
    "a key point": (
        spoil_joints("index_pip", "index_2"),
        "called 'index_2'; there",
    ),
    "a frame": (
        spoil_joints("\n2,", "\n7,"),
        "1 frames that no camera has, as 7",
    ),
    "a number": (spoil_joints(",-20.0,", ",left,"), "wrist wants x, y and z in mm"),
    "a joint twice": (spoil_joints("thumb_cmc", "wrist"), "0 has wrist twice"),
    "two sides": (spoil_joints("right", "left"), "0 has thumb_cmc on both sides"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_what_is_wrong_with_a_folder_is_said(root, name):
    spoil, said = SPOILT[name]
    spoil(root)
    with pytest.raises(DatasetError, match=said):
        own.index(root, "train")


def test_whose_frame_key_points_are_in_is_asked_for_where_it_matters(root):
    page = {k: x for k, x in folder.PAGE.items() if k != "joints_in"}
    (root / "recording.json").write_text(json.dumps(page))
    with pytest.raises(DatasetError, match="several cameras; say in"):
        own.index(root, "train")


@pytest.mark.parametrize(
    ("pixels", "said"),
    [
        (folder.depth()[:60], "160 x 60 pixels, and the first frame of this camera"),
        (np.zeros(folder.SIZE, "u2"), "holds no depth at all"),
        (
            np.full((*folder.SIZE, 3), 9, "u1"),
            "a picture in colour, of which key",
        ),
    ],
)
def test_what_is_wrong_with_a_frame_is_said(root, pixels, said):
    (root / "train" / "joints.csv").unlink()
    folder.save(root / "train" / "front" / "1.png", pixels)
    assert said in read_all(root)[1].dropped[0]


def test_arrays_may_be_metres(root):
    cameras = {"front": folder.LENS}
    shutil.rmtree(root / "train" / "right")
    (root / "train" / "joints.csv").unlink()
    for k in range(3):
        (root / "train" / "front" / f"{k}.png").unlink()
        np.save(root / "train" / "front" / f"{k}.npy", folder.depth() / 1000.0)
    folder.page(root, cameras=cameras, joints_in="front")
    with pytest.raises(FrameError, match='metres, say "unit": "m" in'):
        read_all(root)
    folder.page(root, cameras=cameras, joints_in="front", unit="m")
    first = read_all(root)[0]
    np.testing.assert_allclose(first.views[0].depth, folder.depth(), atol=0.1)
    assert recording.read(root / "recording.json").unit == "m"
