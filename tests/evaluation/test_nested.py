"""JSON of any nest: frames by name, an object a frame, a line a frame."""

import json

import numpy as np
import pytest

from handjax.evaluation.predictions import FileError, read

RNG = np.random.default_rng(0)
POINTS = np.round(RNG.uniform(100.0, 700.0, (12, 14, 3)), 2)
LISTS = POINTS.tolist()
FLAT = POINTS.reshape(12, -1).tolist()
NAMES = tuple(f"test/{k}.png" for k in range(12))


def load(path, found):
    path.write_text(found if isinstance(found, str) else json.dumps(found))
    return read(path, {14})


def records(**fields):
    """An object a frame of columns."""
    rows = zip(*fields.values(), strict=True)
    return [dict(zip(fields, row, strict=True)) for row in rows]


COCO = records(image_id=range(50, 62), category_id=[1] * 12, keypoints=FLAT)
POSES = [{"x": 1, "y": 2, "z": 3}, {"x": 4, "y": 5, "z": 6}]


@pytest.mark.parametrize(
    ("found", "names"),
    [
        (COCO, tuple(map(str, range(50, 62)))),
        ({"images": [{"id": 3}], "info": "", "annotations": COCO}, None),
        (records(score=[0.5] * 12, joints=LISTS, file=NAMES), NAMES),
        (dict(zip(NAMES, LISTS, strict=True)), NAMES),
        (dict(zip(NAMES, FLAT, strict=True)), NAMES),
        (dict(zip(NAMES, records(joints=LISTS, n=[1] * 12), strict=True)), NAMES),
        (records(k=[1] * 12, joints=LISTS), ()),
    ],
)
def test_frames_come_with_the_names_they_have(tmp_path, found, names):
    read = load(tmp_path / "x", found)
    np.testing.assert_array_equal(read.numbers, POINTS)
    if names is not None:
        assert read.names == names


def test_sequences_of_frames_follow_one_another(tmp_path):
    parts = {"b10": range(10, 22), "b9": range(10)}
    nest = {
        part: {f"{k:03}": (POINTS[0] + k).tolist() for k in reversed(frames)}
        for part, frames in parts.items()
    }
    found = load(tmp_path / "x", nest)
    np.testing.assert_array_equal(found.numbers[:, 0, 0] - POINTS[0, 0, 0], range(22))
    assert (found.names[0], found.names[-1]) == ("b9/000", "b10/021")


@pytest.mark.parametrize(
    "lines",
    [
        [json.dumps(one) for one in LISTS],
        [json.dumps(one) for one in FLAT],
        [json.dumps(one) for one in COCO],
        [json.dumps({name: one}) for name, one in zip(NAMES, LISTS, strict=True)],
        ["", *(json.dumps({"joints": one}) for one in LISTS), ""],
    ],
)
def test_a_line_of_json_a_frame_is_read(tmp_path, lines):
    found = load(tmp_path / "x", "\r\n".join(lines))
    np.testing.assert_array_equal(found.numbers, POINTS)


def test_joints_by_name_stand_in_the_files_order(tmp_path):
    words = [f"{a}{b}" for a in "zyx" for b in "abcde"][:14]
    by_name = [dict(zip(words, one, strict=True)) for one in LISTS]
    found = load(tmp_path / "x", records(frame=NAMES, joints=by_name))
    np.testing.assert_array_equal(found.numbers, POINTS)
    columns = {word: POINTS[:, k].tolist() for k, word in enumerate(words)}
    np.testing.assert_array_equal(load(tmp_path / "x", columns).numbers, POINTS)


def test_points_by_axis_are_points(tmp_path):
    (tmp_path / "x").write_text(json.dumps([{"hand": POSES}, {"hand": POSES}]))
    found = read(tmp_path / "x", {2}).numbers
    assert found.tolist() == 2 * [[[1, 2, 3], [4, 5, 6]]]


def test_visibilities_are_no_depths(tmp_path):
    seen = POINTS.copy()
    seen[..., 2] = RNG.integers(0, 3, seen.shape[:2])
    flat = seen.reshape(12, -1).tolist()
    with pytest.raises(FileError, match="0, 1 or 2 after every two numbers of 'keypo"):
        load(tmp_path / "x", records(image_id=range(12), keypoints=flat))


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([{"joints": LISTS[0]}, LISTS[1]], "objects beside lists"),
        ([{"joints": LISTS[0]}, {"joints": LISTS[1][:3]}], "as many in every frame"),
        ([{"by": "us"}] * 3, "has no arrays of three numbers a joint"),
        ({}, "has no arrays"),
        ('{"a": 1}\n{"a"', "can't be read as json"),
    ],
)
def test_what_holds_no_joints_says_so(tmp_path, found, said):
    with pytest.raises(FileError, match="x ") as refused:
        load(tmp_path / "x", found)
    assert said in str(refused.value)


def test_words_beside_an_array_are_its_frames_names(tmp_path):
    with (tmp_path / "x").open("wb") as file:
        np.savez(file, joints=POINTS, files=np.array(NAMES))
    assert read(tmp_path / "x", {14}).names == NAMES
