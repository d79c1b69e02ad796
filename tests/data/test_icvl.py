"""ICVL as downloaded: 16-bit pictures, lines of labels with empty ones between."""

import numpy as np
import pytest

from handjax.data import icvl
from handjax.data.real import names, store
from handjax.data.real.download import examine
from handjax.data.real.frame import DatasetError, FrameError
from tests.data.fixtures import REAL, assert_on_hand, hand, shoot, write

PLACE = (10.0, 20.0, 380.0)
# Palm, then root, mid and tip of each finger, as key points.
ROWS = np.array([[k, k + 1, k + 2] for k in (2, 6, 10, 14, 18)]).ravel()


@pytest.fixture(scope="module")
def drawn():
    """A left hand: its 16 joints as u, v, d, and its depth."""
    left = hand(PLACE, right=False)
    palm = (left.keypoints[0] + left.keypoints[9]) / 2
    joints = np.concatenate([palm[None], left.keypoints[ROWS]])
    uv = joints[:, :2] / joints[:, 2:] * icvl.FOCAL + icvl.CENTRE
    shot = shoot(left, icvl.FOCAL, icvl.CENTRE, icvl.SIZE)
    return joints, np.concatenate([uv, joints[:, 2:]], axis=1), shot


def line(path, uvd):
    return " ".join([path, *(f"{x:.3f}" for x in uvd.ravel())])


@pytest.fixture
def root(tmp_path, drawn):
    _, uvd, shot = drawn
    depth = np.where(shot.mask, np.rint(shot.depth), 32001).astype(np.uint16)
    files = {
        "Training/labels.txt": ["201403121135/image_0000.png", "22-5/image_0000.png"],
        "Testing/test_seq_1.txt": ["test_seq_1/image_0000.png"],
        "Testing/test_seq_2.txt": ["test_seq_2/image_0000.png"],
    }
    for file, paths in files.items():
        folder = tmp_path / file.split("/")[0]
        for path in paths:
            write(folder / "Depth" / path, depth)
        # As the authors' files have it, with returns enough.
        (tmp_path / file).write_bytes(
            b"".join(line(path, uvd).encode() + b" \r\r\n" for path in paths)
        )
    return tmp_path


def test_joints_and_depth_are_those_that_were_written(root, drawn):
    joints, _, shot = drawn
    for split, name in (
        ("train", "Training/201403121135/image_0000.png"),
        ("turned", "Training/22-5/image_0000.png"),
    ):
        entries = icvl.index(root, split)
        assert len(entries) == 1
        frame = icvl.read(root, entries[0])
        assert frame.name == name
        np.testing.assert_allclose(frame.joints, joints, atol=2e-3)
        (view,) = frame.views
        assert np.abs(view.depth - np.where(shot.mask, shot.depth, 0)).max() <= 0.5
        assert_on_hand(frame, view, shot.mask)


def test_the_test_frames_are_both_sequences_one_after_another(root):
    names = [icvl.read(root, entry).name for entry in icvl.index(root, "test")]
    assert names == [f"Testing/test_seq_{k}/image_0000.png" for k in (1, 2)]


def test_hands_are_left_ones_and_stored_mirrored(root, drawn):
    prepared = store.prepare(icvl, root, data_dir=root / "stores")
    assert prepared.splits.keys() == {"train", "turned", "test"}
    from handjax.data.real.order import Frames

    record = Frames(prepared, ["train"])[0]
    assert not record.right
    np.testing.assert_allclose(record.joints, drawn[0] * [-1, 1, 1], atol=2e-3)


@pytest.mark.parametrize(
    ("spoil", "answer"),
    [
        (lambda text: text[:-8], "48 numbers; got 47"),
        (lambda text: f"{text} 1.0", "48 numbers; got 49"),
        (lambda text: text.replace("e_0000", "e_0001"), "no picture at"),
        (lambda text: f"{text[:-7]}nan", "NaN"),
    ],
)
def test_a_spoilt_line_is_named(root, spoil, answer):
    entry = icvl.index(root, "train")[0]
    with pytest.raises(FrameError, match=rf"image_000.*{answer}|{answer}.*image_000"):
        icvl.read(root, entry._replace(line=spoil(entry.line)))


def test_what_is_missing_is_named(root):
    (root / "Testing" / "test_seq_2.txt").unlink()
    with pytest.raises(DatasetError, match=r"test_seq_2\.txt"):
        icvl.index(root, "test")
    for file in (root / "Training" / "Depth" / "22-5").iterdir():
        file.unlink()
    (root / "Training" / "Depth" / "22-5").rmdir()
    with pytest.raises(DatasetError, match="turned"):
        icvl.index(root, "turned")


def test_files_that_are_not_as_released_are_told(root):
    found = examine(names.reader("icvl"), root, ("test",))
    assert not found.same
    assert found.changed == ("Testing/test_seq_1.txt", "Testing/test_seq_2.txt")
    assert found.frames == {"test": 2}


ICVL = REAL / "icvl"


@pytest.mark.skipif(
    not (ICVL / "test_seq_1.txt").is_file(),
    reason="no labels of ICVL in shared/real/icvl beside the checkout",
)
def test_the_real_labels_are_read_whole_and_are_as_released(tmp_path):
    (tmp_path / "Testing").mkdir()
    for name in ("test_seq_1.txt", "test_seq_2.txt"):
        content = (ICVL / name).read_bytes()
        (tmp_path / "Testing" / name).write_bytes(content)
    assert not examine(names.reader("icvl"), tmp_path, ("test",)).changed
    entries = icvl.index(tmp_path, "test")
    assert len(entries) == 1596
    numbers = np.array([entry.line.split()[1:] for entry in entries], float)
    truth = np.loadtxt(ICVL / "icvl_test_groundtruth_label.txt")
    np.testing.assert_allclose(numbers, truth, atol=1e-3)
    assert entries[702].line.startswith("test_seq_2/image_0000.png")


@pytest.mark.skipif(
    not (ICVL / "icvl_test_groundtruth_label.txt").is_file(),
    reason="no labels of ICVL in shared/real/icvl beside the checkout",
)
def test_fingers_of_the_real_hands_bend_as_a_left_hands_do():
    uvd = np.loadtxt(ICVL / "icvl_test_groundtruth_label.txt").reshape(-1, 16, 3)
    joints = np.stack([icvl.points_of(frame) for frame in uvd])
    palm, index, little = joints[:, 0], joints[:, 4], joints[:, 13]
    # Of a right hand, index x little points out of the palm, where fingers bend to.
    out = np.cross(index - palm, little - palm)
    bent = joints[:, [6, 9, 12, 15]] - joints[:, [4, 7, 10, 13]]
    sides = np.einsum("fkx,fx->fk", bent, out).mean(axis=1)
    assert np.mean(sides < 0) > 0.95
