"""NYU as downloaded: three Kinects' frames, labels with y up, depth in two bytes."""

import numpy as np
import pytest
import scipy.io
from PIL import Image

from handjax.data import nyu
from handjax.data.real import crops, records, store
from handjax.data.real.frame import DatasetError, FrameError
from handjax.data.real.pictures import depth_of_bytes, read_rgb
from tests.data.fixtures import REAL, assert_on_hand, write
from tests.data.real import scenes


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nyu")
    scenes.write_nyu(folder, "test", 2)
    return folder


def read(root, number=0, split="test"):
    return nyu.read(root, nyu.index(root, split)[number])


def labels(path, joints, **more):
    path.parent.mkdir(parents=True, exist_ok=True)
    scipy.io.savemat(path, {"joint_xyz": joints} | more)


def test_joints_and_depth_are_those_that_were_written(root):
    frame = read(root, 1)
    assert frame.name == "test/depth_1_0000002"
    np.testing.assert_allclose(frame.joints, scenes.joints_of(1, 0), atol=1e-3)
    for kinect, view in enumerate(frame.views):
        truth = scenes.depth(1, kinect)
        assert np.abs(view.depth - truth).max() <= 0.5
        np.testing.assert_allclose(
            view.hand, scenes.joints_of(1, kinect)[32], atol=1e-3
        )
        assert_on_hand(frame, view, truth > 0)


def test_views_lie_as_the_kinects_did(root):
    frame = read(root)
    for view, rig in zip(frame.views, scenes.RIGS, strict=True):
        np.testing.assert_allclose(view.camera_from_world, rig, atol=2e-4)


def test_pixels_that_measured_nothing_are_0_and_eight_bits_do_not_overflow(root):
    depth = read(root).views[0].depth
    assert depth[0, 0] == 0.0
    assert 500.0 < depth[depth > 0].min() < depth.max() < nyu.NOTHING


def test_the_second_subject_is_smaller_and_begins_at_test_frame_2440(tmp_path):
    for split in ("train", "test"):
        joints = np.tile(scenes.joints_of(0, 0) * [1, -1, 1], (3, 2441, 1, 1))
        labels(tmp_path / split / "joint_data.mat", joints.astype(np.float32))
        entries = [2439, 2440]
        for number in entries:
            file = f"depth_1_{number + 1:07d}.png"
            write(tmp_path / split / file, scenes.encode(scenes.depth(0, 0)))
    frames = [read(tmp_path, k, split) for split in ("train", "test") for k in entries]
    assert [frame.cube for frame in frames] == [300.0, 300.0, 300.0, 250.0]
    assert [frame.subject for frame in frames] == [0, 0, 0, 1]
    assert all(len(frame.views) == 1 for frame in frames)


def test_a_split_that_is_not_there_is_named(root):
    with pytest.raises(DatasetError, match=r"train/joint_data\.mat"):
        nyu.index(root, "train")


def test_a_download_without_pictures_is_named(tmp_path):
    labels(tmp_path / "test" / "joint_data.mat", np.zeros((3, 2, 36, 3)))
    with pytest.raises(DatasetError, match=r"no depth_1_"):
        nyu.index(tmp_path, "test")


@pytest.mark.parametrize("shape", [(3, 2, 36), (3, 2, 35, 3), (2, 36, 3)])
def test_labels_of_another_shape_are_refused(tmp_path, shape):
    labels(tmp_path / "test" / "joint_data.mat", np.zeros(shape))
    with pytest.raises(DatasetError, match=r"\(3, frames, 36, 3\)"):
        nyu.index(tmp_path, "test")


def test_a_mat_without_the_key_is_refused_with_what_it_has(tmp_path):
    scipy.io.savemat(tmp_path / "joint_data.mat", {"joint_uvd": np.zeros(3)})
    (tmp_path / "test").mkdir()
    (tmp_path / "joint_data.mat").rename(tmp_path / "test" / "joint_data.mat")
    with pytest.raises(DatasetError, match=r"'joint_xyz'.*joint_uvd"):
        nyu.index(tmp_path, "test")


@pytest.fixture
def spoilt(tmp_path):
    """A download of three frames and a way to spoil the second one's picture."""
    scenes.write_nyu(tmp_path, "test", 3, kinects=1)
    path = tmp_path / "test" / "depth_1_0000002.png"

    def spoil(how):
        content, pixels = path.read_bytes(), np.asarray(Image.open(path))
        colour = pixels.copy()
        colour[..., 0] = 90
        acts = {
            "missing": path.unlink,
            "truncated": lambda: path.write_bytes(content[: len(content) // 2]),
            "not a picture": lambda: path.write_bytes(b"no picture at all"),
            "of a wrong size": lambda: write(path, pixels[::2, ::2]),
            "a colour picture": lambda: write(path, colour),
            "empty": lambda: write(path, scenes.encode(np.zeros(nyu.SIZE))),
        }
        acts[how]()
        return tmp_path

    return spoil


@pytest.mark.parametrize(
    "how",
    [
        *("missing", "truncated", "not a picture"),
        *("of a wrong size", "a colour picture", "empty"),
    ],
)
def test_a_spoilt_picture_is_named_and_the_others_are_kept(spoilt, how, capsys):
    root = spoilt(how)
    prepared = store.prepare(nyu, root, data_dir=root / "stores", splits=["test"])
    assert prepared.splits["test"].shards == (2,)
    assert "depth_1_0000002" in prepared.splits["test"].skipped["1"]
    assert "depth_1_0000002" in capsys.readouterr().err
    with pytest.raises(FrameError, match="depth_1_0000002"):
        store.prepare(nyu, root, data_dir=root / "strict", splits=["test"], strict=True)


@pytest.mark.parametrize("how", ["missing", "broken"])
def test_a_side_view_that_can_t_be_read_is_left_out_and_its_frame_kept(tmp_path, how):
    scenes.write_nyu(tmp_path, "test", 2)
    path = tmp_path / "test" / "depth_2_0000002.png"
    path.unlink() if how == "missing" else path.write_bytes(b"no picture")
    assert (len(read(tmp_path, 0).views), read(tmp_path, 0).dropped) == (3, ())
    frame = read(tmp_path, 1)
    first, third = frame.views
    (why,) = frame.dropped
    assert "depth_2_0000002.png" in why
    np.testing.assert_array_equal(first.camera_from_world, np.eye(4))
    np.testing.assert_allclose(third.camera_from_world, scenes.RIGS[2], atol=2e-4)


def test_nan_in_the_labels_spoils_that_frame_alone(tmp_path):
    scenes.write_nyu(tmp_path, "test", 2, kinects=1)
    path = tmp_path / "test" / "joint_data.mat"
    joints = scipy.io.loadmat(path)["joint_xyz"]
    joints[0, 0, 7] = np.nan
    labels(path, joints)
    with pytest.raises(FrameError, match=r"depth_1_0000001.*finite"):
        read(tmp_path, 0)
    assert read(tmp_path, 1).joints.shape == (36, 3)


NYU = REAL / "nyu"
needs_frame = pytest.mark.skipif(
    not (NYU / "depth_1_0000001.png").is_file(),
    reason="no sample of NYU in shared/real/nyu beside the checkout",
)


@pytest.fixture
def first():
    """Test frame 1 as the sensor wrote it, and its 14 joints as u, v, d."""
    coded = read_rgb(NYU / "depth_1_0000001.png", nyu.SIZE)
    line = (NYU / "nyu_test_groundtruth_label.txt").open().readline()
    return depth_of_bytes(coded[..., 1], coded[..., 2]), np.fromstring(
        line, sep=" "
    ).reshape(14, 3)


@needs_frame
def test_the_first_real_frame_has_the_depths_that_are_known_of_it(first):
    depth, uvd = first
    column, row = np.rint(uvd[:, :2]).astype(int).T
    known = [731, 743, 736, 751, 739, 756, 747, 757, 733, 739, 754, 756, 767, 754]
    assert depth[row, column].tolist() == known
    assert np.all(uvd[:, 2] > depth[row, column])


@needs_frame
def test_the_first_real_frame_keeps_every_point_of_its_cube(first):
    depth, uvd = first
    u, v, d = uvd[13]
    palm = np.array([*((u, v) - nyu.CENTRE) / nyu.FOCAL * d, d], np.float32)
    np.testing.assert_allclose(palm, [-145.304, 37.921, 778.299], atol=2e-3)
    view = nyu.View(
        focal=nyu.FOCAL,
        centre=nyu.CENTRE,
        camera_from_world=np.eye(4, dtype=np.float32),
        hand=palm,
        depth=np.where(depth < nyu.NOTHING, depth, np.float32(0.0)),
    )
    frame = nyu.Frame("first", (view,), np.zeros((36, 3)), np.ones(36, bool))
    part = records.make(frame, nyu.ABOUT, 0).parts[0]
    _, pixel = crops._points(part.depth, part.camera, palm, 300.0, 64)
    row, column = np.divmod(pixel, 66)
    inside = (row > 0) & (row < 65) & (column > 0) & (column < 65)
    assert inside.sum() == 15566
    assert np.linalg.norm(part.found - palm) < 50.0
