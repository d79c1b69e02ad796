"""InterHand2.6M as its authors wrote it: cameras around a world, 42 joints."""

import json

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from handjax.data import interhand
from handjax.data.real.frame import DatasetError, FrameError
from tests.data.fixtures import assert_on_hand, hand, in_order, project, shoot, write

SIZE = (512, 334)
# Focal length, principal point, position and turn; the second stands to the right and
# looks back at the hand.
CAMERAS = {
    "400262": ((1200.0, 1210.0), (170.0, 250.0), (0.0, 0.0, -900.0), (0.0,) * 3),
    "410001": (
        (1190.0, 1195.0),
        (160.0, 260.0),
        (400.0, 0.0, -800.0),
        (0.0, 0.46, 0.0),
    ),
}


def extrinsics(camera):
    """X_camera = R (X - position)."""
    *_, position, turn = CAMERAS[camera]
    transform = np.eye(4)
    transform[:3, :3] = Rotation.from_rotvec(turn).as_matrix()
    transform[:3, 3] = -transform[:3, :3] @ position
    return transform


@pytest.fixture(scope="module")
def drawn():
    """A right hand at one instant, a left one at another."""
    return {"7": hand((5.0, 10.0, 20.0)), "13": hand((5.0, 10.0, 20.0), right=False)}


@pytest.fixture(scope="module")
def shots(drawn):
    return {
        (camera, instant): shoot(one, *CAMERAS[camera][:2], SIZE, extrinsics(camera))
        for camera in CAMERAS
        for instant, one in drawn.items()
    }


def picture(number, camera, instant):
    return {
        "id": number,
        "file_name": f"Capture0/0266_pray/cam{camera}/image{instant}.jpg",
        "width": SIZE[1],
        "height": SIZE[0],
        "capture": 0,
        "subject": 11,
        "seq_name": "0266_pray",
        "camera": camera,
        "frame_idx": int(instant),
    }


def annotation(number, hand):
    valid = np.zeros(42, int)
    valid[{"right": slice(21), "left": slice(21, 42)}.get(hand, slice(42))] = 1
    # One joint of the first picture lies outside it.
    valid[3] *= number != 0
    return {
        "id": 100 + number,
        "image_id": number,
        "bbox": [1.0, 2.0, 3.0, 4.0],
        "joint_valid": valid[:, None].tolist(),
        "hand_type": hand,
        "hand_type_valid": 1,
    }


def labels_of(drawn):
    """The three files: pictures and what they show, cameras, joints."""
    shown = {"7": "right", "13": "left", "20": "interacting"}
    pairs = list(enumerate((camera, when) for when in shown for camera in CAMERAS))
    data = {
        "images": [picture(number, *pair) for number, pair in pairs],
        "annotations": [annotation(number, shown[when]) for number, (_, when) in pairs],
    }
    keys = ("focal", "princpt", "campos", "camrot")
    cameras = {"0": {key: {} for key in keys}}
    for name, (focal, centre, position, _) in CAMERAS.items():
        R = extrinsics(name)[:3, :3].tolist()
        for key, value in zip(keys, (focal, centre, position, R), strict=True):
            cameras["0"][key][name] = value
    joints = {"0": {}}
    for when, one in drawn.items():
        world = np.ones((42, 3))
        side = slice(21) if when == "7" else slice(21, 42)
        world[side] = in_order("interhand", one.keypoints)
        joints["0"][when] = {"world_coord": world.tolist()}
    return {"data": data, "camera": cameras, "joint_3d": joints}


@pytest.fixture
def root(tmp_path, drawn, shots):
    for kind, values in labels_of(drawn).items():
        rewrite(tmp_path, kind, values)
    for (camera, instant), shot in shots.items():
        folder = tmp_path / "images" / "test" / "Capture0" / "0266_pray"
        write(folder / f"cam{camera}" / f"image{instant}.jpg", shot.image, quality=95)
    return tmp_path


def rewrite(root, kind, values, folder="test"):
    path = root / "annotations" / folder / f"InterHand2.6M_test_{kind}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(values))
    interhand._read.cache_clear()


def test_pictures_of_two_hands_are_left_out(root):
    entries = interhand.index(root, "test")
    assert [e.hand for e in entries] == ["right", "right", "left", "left"]
    assert [e.subject for e in entries] == [11] * 4
    with pytest.raises(DatasetError, match="train, val, test; got evaluation"):
        interhand.index(root, "evaluation")


@pytest.mark.parametrize("place", range(4))
def test_joints_appear_on_the_hand_from_every_camera(root, drawn, shots, place):
    entry = interhand.index(root, "test")[place]
    frame = interhand.read(root, entry)
    one = drawn[entry.instant]
    assert frame.right == (entry.hand == "right")
    wanted = in_order("interhand", one.keypoints)[frame.valid]
    np.testing.assert_allclose(frame.joints[frame.valid], wanted)
    (view,) = frame.views
    np.testing.assert_allclose(
        view.camera_from_world, extrinsics(entry.camera), atol=1e-9
    )
    shot = shots[entry.camera, entry.instant]
    assert_on_hand(frame, view, shot.mask)
    assert np.abs(view.image.astype(int) - shot.image).mean() < 3


def test_a_joint_outside_the_picture_is_not_known(root):
    first, second, *_ = (interhand.read(root, e) for e in interhand.index(root, "test"))
    assert first.valid.tolist() == [k != 3 for k in range(21)]
    assert (first.joints[3] == 0).all()
    assert second.valid.all()


def test_cameras_of_one_instant_share_the_world(root, drawn):
    first, second, *_ = (interhand.read(root, e) for e in interhand.index(root, "test"))
    both = first.valid & second.valid
    np.testing.assert_array_equal(first.joints[both], second.joints[both])
    seen = [project(frame, frame.views[0]) for frame in (first, second)]
    assert np.abs(seen[0] - seen[1])[both].max() > 5


def test_the_older_layout_is_read(root, drawn):
    for kind, values in labels_of(drawn).items():
        if kind == "joint_3d":
            values = {"0": {k: v["world_coord"] for k, v in values["0"].items()}}
        rewrite(root, kind, values, "all")
        (root / "annotations" / "test" / f"InterHand2.6M_test_{kind}.json").unlink()
    assert interhand.read(root, interhand.index(root, "test")[1]).valid.all()


@pytest.mark.parametrize(
    ("kind", "change", "fault"),
    [
        ("joint_3d", lambda x: x["0"].pop("7"), "instant 7 of capture 0 has no label"),
        ("joint_3d", lambda x: x["0"]["7"]["world_coord"].pop(), "got 41 x 3"),
        ("camera", lambda x: x["0"]["focal"].pop("400262"), "camera 400262 of"),
        ("camera", lambda x: x["0"]["campos"].update({"400262": [1]}), "campos of"),
    ],
)
def test_a_gap_in_the_labels_is_an_error_of_its_picture(
    root, drawn, kind, change, fault
):
    entry = interhand.index(root, "test")[0]
    values = labels_of(drawn)[kind]
    change(values)
    rewrite(root, kind, values)
    with pytest.raises(FrameError, match=fault):
        interhand.read(root, entry)


def test_nan_in_a_label_is_an_error_of_its_picture(root, drawn):
    values = labels_of(drawn)["joint_3d"]
    values["0"]["7"]["world_coord"][0][0] = float("nan")
    rewrite(root, "joint_3d", values)
    with pytest.raises(FrameError, match="holds NaN"):
        interhand.read(root, interhand.index(root, "test")[0])


def test_a_list_of_another_kind_ends_it(root):
    rewrite(root, "data", {"images": []})
    with pytest.raises(DatasetError, match=r"'annotations'.* is missing or wrong"):
        interhand.index(root, "test")
    rewrite(root, "data", {"images": [], "annotations": [{"hand_type": "right"}]})
    with pytest.raises(DatasetError, match=r"'joint_valid'.* is missing or wrong"):
        interhand.index(root, "test")


def test_bad_pictures_are_named(root):
    entry = interhand.index(root, "test")[0]
    path = root / "images" / "test" / entry.file
    path.write_bytes(path.read_bytes()[:700])
    with pytest.raises(FrameError, match=r"image7\.jpg can't be read"):
        interhand.read(root, entry)
