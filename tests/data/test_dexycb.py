"""DexYCB as its authors wrote it: eight cameras, YAML, .npz, four ways to split."""

import numpy as np
import pytest
import yaml
from scipy.spatial.transform import Rotation

from handjax.data import dexycb
from handjax.data.dexycb_splits import CAMERAS, SPLITS, SUBJECTS
from handjax.data.real import store
from handjax.data.real.frame import DatasetError, FrameError
from tests.data.fixtures import assert_on_hand, hand, in_order, shoot, write

SIZE = (480, 640)
CAMERA = (613.076, 611.999), (313.028, 245.009)
MASTER, OTHER = CAMERAS[2], CAMERAS[5]
# Sequences are numbered by their place; 2 and 4 have frames, of a left, a right hand.
FILLED = {2: "left", 4: "right"}


def world_from_camera(camera):
    """The master is the world; the other stands to the right and looks back."""
    transform = np.eye(4)
    if camera == OTHER:
        transform[:3, :3] = Rotation.from_rotvec([0.0, -0.5, 0.0]).as_matrix()
        transform[:3, 3] = [350.0, 0.0, 90.0]
    return transform


@pytest.fixture(scope="module")
def drawn():
    place = (0.0, 10.0, 700.0)
    return {side: hand(place, right=side == "right") for side in ("left", "right")}


@pytest.fixture(scope="module")
def shots(drawn):
    return {
        (side, camera): shoot(
            one, *CAMERA, SIZE, np.linalg.inv(world_from_camera(camera))
        )
        for side, one in drawn.items()
        for camera in (MASTER, OTHER)
    }


def write_yaml(path, values):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(values))
    dexycb._yaml.cache_clear()


def write_label(path, points, mask):
    """As the toolkit describes it; -1 throughout where there is no hand."""
    joints = np.full((1, 21, 3), -1.0) if points is None else points[None] / 1000
    seg = np.where(mask, 255, 3).astype(np.uint8)
    pose = np.zeros((1, 51), np.float32)
    np.savez_compressed(
        path,
        seg=seg,
        pose_y=np.zeros((4, 3, 4), np.float32),
        pose_m=pose,
        joint_3d=joints.astype(np.float32),
        joint_2d=np.full((1, 21, 2), -1.0, np.float32),
    )


def write_sequence(folder, side, drawn, shots):
    """Three instants: before the hand comes, with it, and hidden from one camera."""
    meta = {
        "serials": [MASTER, OTHER],
        "num_frames": 3,
        "extrinsics": "20200702_151821",
        "mano_sides": [side],
        "mano_calib": ["20200514_142106_subject-01_right"],
        "ycb_ids": [1, 11],
        "ycb_grasp_ind": 0,
    }
    write_yaml(folder / "meta.yml", meta)
    poses = np.zeros((3, 1, 51), np.float32)
    poses[1:] = 0.1
    np.savez(folder / "pose.npz", pose_m=poses, pose_y=np.zeros((3, 2, 7)))
    for camera in (MASTER, OTHER):
        shot, place = shots[side, camera], folder / camera
        camera_from_world = np.linalg.inv(world_from_camera(camera))
        points = in_order("dexycb", drawn[side].keypoints)
        points = points @ camera_from_world[:3, :3].T + camera_from_world[:3, 3]
        depth = np.where(shot.mask, np.rint(shot.depth), 1200).astype(np.uint16)
        for number in range(3):
            write(place / f"color_{number:06d}.jpg", shot.image, quality=95)
            write(place / f"aligned_depth_to_color_{number:06d}.png", depth)
            seen = number == 1 or (number == 2 and camera == MASTER)
            label = place / f"labels_{number:06d}.npz"
            write_label(label, points if seen else None, shot.mask & seen)


@pytest.fixture(scope="module")
def whole(tmp_path_factory, drawn, shots):
    """Subjects 1 and 7; the sequences that are not of interest have no frames."""
    root = tmp_path_factory.mktemp("dexycb")
    for subject in (SUBJECTS[0], SUBJECTS[6]):
        for number in range(100):
            folder = root / subject / f"20200709_{number:06d}"
            if subject == SUBJECTS[0] and number in FILLED:
                write_sequence(folder, FILLED[number], drawn, shots)
            else:
                write_yaml(folder / "meta.yml", {"num_frames": 0})
    fx, fy, cx, cy = (x for pair in CAMERA for x in pair)
    for camera in (MASTER, OTHER):
        path = root / "calibration" / "intrinsics" / f"{camera}_640x480.yml"
        write_yaml(path, {"color": {"fx": fx, "fy": fy, "ppx": cx, "ppy": cy}})
    extrinsics = {}
    for camera in (MASTER, OTHER):
        Rt = world_from_camera(camera)[:3].copy()
        Rt[:, 3] /= 1000
        extrinsics[camera] = Rt.ravel().tolist()
    path = root / "calibration" / "extrinsics_20200702_151821" / "extrinsics.yml"
    write_yaml(path, {"extrinsics": extrinsics, "master": MASTER})
    return root


def entry(sequence, camera=MASTER, number=1):
    return dexycb.Entry(0, f"20200709_{sequence:06d}", camera, number)


def test_splits_need_all_sequences_of_a_subject(whole):
    assert dexycb.index(whole, "s1_val") == []
    (whole / SUBJECTS[1]).mkdir()
    with pytest.raises(DatasetError, match=r"wants 100 sequences.*got 0"):
        dexycb.index(whole, "s0_val")
    (whole / SUBJECTS[1]).rmdir()


def test_frames_with_a_hand_go_by_sequence_camera_and_number(whole, monkeypatch):
    # Of sequences 2 and 4, training in s0 has the first; instant 0 has no hand.
    part = SPLITS["s0_train"]._replace(subjects=(0,), cameras=(2, 5))
    monkeypatch.setitem(dexycb.SPLITS, "s0_train", part)
    assert dexycb.index(whole, "s0_train") == [
        entry(2, camera, number) for camera in (MASTER, OTHER) for number in (1, 2)
    ]


def test_splits_are_the_toolkits():
    sizes = {name: [len(p) for p in part] for name, part in SPLITS.items()}
    assert sizes["s0_train"] == [10, 8, 80]
    assert sizes["s0_val"] == [2, 8, 20]
    assert sizes["s0_test"] == [8, 8, 20]
    assert [sizes[f"s1_{k}"][0] for k in ("train", "val", "test")] == [7, 1, 2]
    assert [sizes[f"s2_{k}"][1] for k in ("train", "val", "test")] == [6, 1, 1]
    assert [sizes[f"s3_{k}"][2] for k in ("train", "val", "test")] == [75, 10, 15]
    for way in ("s0", "s1", "s2", "s3"):
        triples = [
            {(a, b, c) for a in p.subjects for b in p.cameras for c in p.sequences}
            for p in (SPLITS[f"{way}_{k}"] for k in ("train", "val", "test"))
        ]
        assert sum(map(len, triples)) == len(set.union(*triples)) == 8000
    assert dexycb.ABOUT.frames.keys() == SPLITS.keys()


@pytest.mark.parametrize("sequence", FILLED)
@pytest.mark.parametrize("camera", [MASTER, OTHER])
def test_joints_appear_on_the_hand_from_every_camera(
    whole, drawn, shots, sequence, camera
):
    frame = dexycb.read(whole, entry(sequence, camera))
    side = FILLED[sequence]
    assert frame.right == (side == "right")
    wanted = in_order("dexycb", drawn[side].keypoints)
    np.testing.assert_allclose(frame.joints, wanted, atol=2e-3)
    (view,) = frame.views
    shot = shots[side, camera]
    assert_on_hand(frame, view, shot.mask)
    np.testing.assert_array_equal(view.mask, shot.mask)
    np.testing.assert_array_equal(view.depth[shot.mask], np.rint(shot.depth[shot.mask]))
    back = np.linalg.inv(view.camera_from_world) @ [*view.hand, 1.0]
    assert np.linalg.norm(back[:3] - drawn[side].vertices.mean(axis=0)) < 40


def test_a_picture_without_the_hand_says_so(whole):
    with pytest.raises(FrameError, match="shows no hand, as its label says"):
        dexycb.read(whole, entry(2, OTHER, 2))


def test_unknown_splits_and_missing_subjects_are_named(whole):
    with pytest.raises(DatasetError, match=r"s0_train, .*; got train"):
        dexycb.index(whole, "train")
    with pytest.raises(DatasetError, match=r"no folder at .*subject-08; download"):
        dexycb.index(whole, "s1_test")


@pytest.mark.parametrize(
    ("arrays", "fault"),
    [
        (
            {"joint_3d": np.zeros((1, 20, 3))},
            "wants 1 x 21 x 3 numbers; got 1 x 20 x 3",
        ),
        ({"joint_3d": np.full((1, 21, 3), np.nan)}, "holds NaN"),
        ({"seg": np.zeros((48, 64))}, r"wants \(480, 640\); got \(48, 64\)"),
        ({"seg": None}, "wants joint_3d and seg"),
    ],
)
def test_a_bad_label_is_an_error_of_its_picture(whole, arrays, fault):
    bad = entry(4, MASTER, 2)
    path = whole / SUBJECTS[0] / bad.sequence / MASTER / "labels_000002.npz"
    kept = path.read_bytes()
    values = {"joint_3d": np.ones((1, 21, 3)), "seg": np.zeros(SIZE)} | arrays
    np.savez(path, **{k: v for k, v in values.items() if v is not None})
    with pytest.raises(FrameError, match=fault):
        dexycb.read(whole, bad)
    path.write_bytes(kept[:100])
    with pytest.raises(FrameError, match=r"labels_000002\.npz wants"):
        dexycb.read(whole, bad)
    path.write_bytes(kept)


def test_calibration_that_is_missing_or_no_yaml_is_named(whole):
    path = whole / "calibration" / "intrinsics" / f"{OTHER}_640x480.yml"
    kept = path.read_text()
    path.write_text("!!python/object/apply:os.system ['ls']")
    dexycb._yaml.cache_clear()
    with pytest.raises(DatasetError, match=r"640x480\.yml is no YAML"):
        dexycb.read(whole, entry(2, OTHER))
    write_yaml(path, {"depth": {}})
    with pytest.raises(DatasetError, match=r"colour in .* holds NaN"):
        dexycb.read(whole, entry(2, OTHER))
    path.write_text(kept)
    dexycb._yaml.cache_clear()


def test_pictures_are_stored_once_unless_other_ways_to_split_are_named():
    usual = store.check_names(dexycb, ())
    assert usual == ("s0_train", "s0_val", "s0_test")
    assert store.check_names(dexycb, ["s1_test"]) == ("s1_test",)
    whole = {
        sum(n for split, n in dexycb.ABOUT.frames.items() if split.startswith(way))
        for way in ("s0", "s1", "s2", "s3")
    }
    assert whole == {508_384}
