"""STB as its authors wrote it: two rigs, left hands, a palm for a wrist."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.io import savemat
from scipy.spatial.transform import Rotation

from handjax.data import stb
from handjax.data.real import matlab
from handjax.data.real.frame import DatasetError, FrameError
from handjax.hands import skeleton
from tests.data.fixtures import (
    REAL,
    assert_on_hand,
    coded,
    hand,
    in_order,
    project,
    shoot,
    write,
)

BB = (822.79041, 822.79041), (318.47345, 250.31296)
COLOUR = (607.92271, 607.88192), (314.78337, 236.42484)
DEPTH = (475.62768, 474.77709), (336.41179, 238.77962)
SIZE = (480, 640)
FRAMES = 2


def shifted(x):
    transform = np.eye(4)
    transform[0, 3] = x
    return transform


def colour_from_depth():
    """As the read-me's own script goes: R^-1 (p - t)."""
    turn = Rotation.from_rotvec([0.00531, -0.01196, 0.00301]).as_matrix().T
    transform = np.eye(4)
    transform[:3, :3] = turn
    transform[:3, 3] = -turn @ [-24.0381, -0.4563, -1.2326]
    return transform


@pytest.fixture(scope="module")
def drawn():
    return hand((60.0, 20.0, 600.0), right=False)


@pytest.fixture(scope="module")
def shots(drawn):
    cameras = {
        "BB_left": (*BB, SIZE, None),
        "BB_right": (*BB, SIZE, shifted(-120.054)),
        "SK_color": (*COLOUR, SIZE, colour_from_depth()),
        "SK_depth": (*DEPTH, SIZE, None),
    }
    return {name: shoot(drawn, *camera) for name, camera in cameras.items()}


@pytest.fixture
def root(tmp_path, drawn, shots):
    """Both sequences of B1, of two frames each; SK's depth is red + 256 green."""
    mm = np.rint(shots["SK_depth"].depth).astype(np.uint16)
    pictures = {name: shot.image for name, shot in shots.items()}
    pictures["SK_depth"] = coded(mm >> 8, mm & 255, order="lh0")
    labels = np.repeat(in_order("stb", drawn.keypoints).T[..., None], FRAMES, axis=2)
    (tmp_path / "labels").mkdir()
    for sequence in ("B1Counting", "B1Random"):
        for number in range(FRAMES):
            for name, pixels in pictures.items():
                write(tmp_path / "images" / sequence / f"{name}_{number}.png", pixels)
        for rig in ("BB", "SK"):
            path = tmp_path / "labels" / f"{sequence}_{rig}.mat"
            savemat(path, {"handPara": labels})
    return tmp_path


def test_entries_go_through_the_sequences_in_order(root):
    assert stb.index(root, "test") == [
        (sequence, "BB", number)
        for sequence in ("B1Counting", "B1Random")
        for number in range(FRAMES)
    ]
    assert {entry.rig for entry in stb.index(root, "sk_test")} == {"SK"}


def test_both_stereo_pictures_show_the_joints_on_the_hand(root, drawn, shots):
    frame = stb.read(root, stb.index(root, "test")[1])
    assert (frame.name, frame.right) == ("B1Counting/BB_1", False)
    np.testing.assert_allclose(frame.joints, in_order("stb", drawn.keypoints))
    for view, name in zip(frame.views, ("BB_left", "BB_right"), strict=True):
        np.testing.assert_array_equal(view.image, shots[name].image)
        assert_on_hand(frame, view, shots[name].mask)


def test_disparity_is_focal_length_times_baseline_over_depth(root):
    frame = stb.read(root, stb.index(root, "test")[0])
    left, right = (project(frame, view) for view in frame.views)
    wanted = 822.79041 * 120.054 / frame.joints[:, 2]
    np.testing.assert_allclose(left[:, 0] - right[:, 0], wanted)
    np.testing.assert_allclose(left[:, 1], right[:, 1])


def test_colour_and_depth_of_the_other_rig_agree_with_the_read_me(root, shots):
    frame = stb.read(root, stb.index(root, "sk_test")[0])
    colour, depth = frame.views
    np.testing.assert_allclose(colour.camera_from_world, colour_from_depth())
    np.testing.assert_allclose(depth.depth, np.rint(shots["SK_depth"].depth))
    for view, name in zip(frame.views, ("SK_color", "SK_depth"), strict=True):
        assert_on_hand(frame, view, shots[name].mask)


def test_sequences_in_the_root_itself_are_found(root):
    for folder in (root / "images").iterdir():
        folder.rename(root / folder.name)
    assert stb.read(root, stb.index(root, "test")[0]).views[0].image is not None


def test_an_unknown_split_is_refused(root):
    with pytest.raises(DatasetError, match="train, test, sk_train, sk_test; got val"):
        stb.index(root, "val")


def test_labels_that_are_missing_or_of_the_wrong_length_end_it(root):
    path = root / "labels" / "B1Random_BB.mat"
    savemat(path, {"handPara": np.zeros((3, 20, FRAMES))})
    stb._read_labels.cache_clear()
    with pytest.raises(DatasetError, match=r"wants handPara .*got \(3, 20, 2\)"):
        stb.index(root, "test")
    savemat(path, {"para": np.zeros((3, 21, FRAMES))})
    with pytest.raises(DatasetError, match="no variable 'handPara', only para"):
        stb.index(root, "test")


def test_one_bad_frame_is_named(root, drawn):
    entry = stb.index(root, "test")[0]
    path = root / "images" / "B1Counting" / "BB_right_0.png"
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(FrameError, match=r"BB_right_0\.png can't be read"):
        stb.read(root, entry)
    write(path, np.zeros((100, 200, 3), np.uint8))
    with pytest.raises(FrameError, match=r"wants 640 x 480 pixels; got 200 x 100"):
        stb.read(root, entry)
    path.unlink()
    with pytest.raises(FrameError, match="no picture at"):
        stb.read(root, entry)


def test_nan_in_a_label_is_an_error_of_its_frame(root, drawn):
    labels = np.repeat(in_order("stb", drawn.keypoints).T[..., None], FRAMES, axis=2)
    labels[0, 3, 1] = np.nan
    savemat(root / "labels" / "B1Counting_BB.mat", {"handPara": labels})
    stb._read_labels.cache_clear()
    first, second = stb.index(root, "test")[:2]
    assert np.isfinite(stb.read(root, first).joints).all()
    with pytest.raises(FrameError, match=r"label of B1Counting/BB_1 holds NaN"):
        stb.read(root, second)


@pytest.mark.skipif(not REAL.is_dir(), reason=f"no real samples at {REAL}")
def test_real_labels_are_of_a_left_hand_in_front_of_the_camera():
    labels = matlab.read(REAL / "stb" / "B1Counting_BB.mat", "handPara")
    assert labels.shape == (3, 21, 1500)
    assert (labels[2] > 300).all()
    assert (labels[2] < 1500).all()
    names = skeleton.DATASETS["stb"].joints
    at = {name: labels[:, k].T for k, name in enumerate(names)}
    normal = np.cross(at["index_mcp"] - at["palm"], at["little_mcp"] - at["palm"])
    # A right hand's fingers bend to the side of this normal, a left hand's away.
    bent = [at[f"{f}_tip"] - at["palm"] for f in ("index", "middle", "ring", "little")]
    sides = np.einsum("fij,ij->fi", np.stack(bent), normal)
    assert (sides < 0).mean() > 0.95
    keypoints, valid = skeleton.from_dataset("stb", jnp.asarray(labels[:, :, 0].T))
    assert valid.all()
    # Hand length from wrist to middle tip, of an adult.
    tip = skeleton.KEYPOINTS.index("middle_tip")
    assert 130 < np.linalg.norm(keypoints[tip] - keypoints[0]) < 220
