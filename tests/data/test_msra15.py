"""MSRA15 as downloaded: parts of pictures in .bin, labels with y up and z negative."""

import numpy as np
import pytest

from handjax.data import msra15
from handjax.data.real import store
from handjax.data.real.frame import DatasetError, FrameError
from tests.data.fixtures import assert_on_hand, hand, in_order, shoot


@pytest.fixture(scope="module")
def drawn():
    one = hand((5.0, 10.0, 400.0))
    return in_order("msra15", one.keypoints), shoot(
        one, msra15.FOCAL, msra15.CENTRE, msra15.SIZE
    )


def encode(shot):
    """The part of a picture that holds the hand, as the authors write it."""
    rows, columns = (np.flatnonzero(shot.mask.any(axis)) for axis in (1, 0))
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    header = np.array([320, 240, left, top, right, bottom], "<i4")
    part = shot.depth[top:bottom, left:right].astype("<f4")
    return header.tobytes() + part.tobytes()


def label(joints):
    return " ".join(f"{x:.3f}" for x in (joints * [1, -1, -1]).ravel())


@pytest.fixture
def root(tmp_path, drawn):
    joints, shot = drawn
    for gesture in msra15.GESTURES:
        folder = tmp_path / "P3" / gesture
        folder.mkdir(parents=True)
        count = 2 if gesture == "IP" else 1
        lines = [str(count), *[label(joints)] * count]
        (folder / "joint.txt").write_text("\n".join(lines) + "\n")
        for number in range(count):
            (folder / f"{number:06d}_depth.bin").write_bytes(encode(shot))
    return tmp_path


def test_joints_and_depth_are_those_that_were_written(root, drawn):
    joints, shot = drawn
    entries = msra15.index(root, "P3")
    assert len(entries) == 18
    frame = msra15.read(root, entries[11])
    assert frame.name == "P3/IP/000001_depth"
    np.testing.assert_allclose(frame.joints, joints, atol=1e-3)
    np.testing.assert_array_equal(frame.views[0].depth, shot.depth.astype(np.float32))
    assert_on_hand(frame, frame.views[0], shot.mask)
    assert (frame.subject, frame.cube) == (3, 180.0)


def test_subjects_are_splits_of_76375_frames_in_all():
    assert len(msra15.ABOUT.frames) == len(msra15.CUBES) == 9
    assert sum(msra15.ABOUT.frames.values()) == 76_375


def test_one_subject_alone_can_be_prepared(root):
    prepared = store.prepare(msra15, root, data_dir=root / "stores")
    assert prepared.splits["P3"].shards == (18,)


def test_a_gesture_that_is_missing_is_named(root):
    (root / "P3" / "TIP" / "joint.txt").unlink()
    with pytest.raises(DatasetError, match=r"P3/TIP/joint\.txt"):
        msra15.index(root, "P3")


@pytest.mark.parametrize("text", ["", "2\n1 2 3\n", "many\n1 2 3\n"])
def test_a_count_that_does_not_hold_is_refused(root, text):
    (root / "P3" / "1" / "joint.txt").write_text(text)
    with pytest.raises(DatasetError, match="count"):
        msra15.index(root, "P3")


@pytest.mark.parametrize(
    ("line", "answer"), [("1 2 3", "63 numbers; got 3"), ("nan " * 63, "NaN")]
)
def test_a_spoilt_line_is_named(root, line, answer):
    entry = msra15.index(root, "P3")[0]._replace(labels=line)
    with pytest.raises(FrameError, match=rf"P3/1/000000.*{answer}"):
        msra15.read(root, entry)


def header(*numbers):
    return np.array(numbers, "<i4").tobytes()


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        (b"", "cut short"),
        (header(320, 240, 0, 0, 2, 2) + bytes(12), "40 bytes; got 36"),
        (header(640, 480, 0, 0, 2, 2) + bytes(16), "got 640 x 480"),
        (header(320, 240, 0, 0, 400, 2) + bytes(3200), "columns 0 to 400"),
        (header(320, 240, 5, 5, 2, 2) + bytes(36), "columns 5 to 2"),
    ],
)
def test_a_spoilt_picture_is_named(tmp_path, content, answer):
    path = tmp_path / "000007_depth.bin"
    path.write_bytes(content)
    with pytest.raises(FrameError, match=rf"000007_depth\.bin.*{answer}"):
        msra15.read_depth(path)
    path.unlink()
    with pytest.raises(FrameError, match="no picture at"):
        msra15.read_depth(path)
