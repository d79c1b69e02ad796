"""Label files hold the numbers that they should, or say what is wrong."""

import json
import sys

import numpy as np
import pytest

from handjax.data.real import numbers
from handjax.data.real.frame import DatasetError, FrameError
from handjax.data.real.numbers import checked, item, read_json, read_json_points


def test_numbers_of_the_right_shape_pass_as_doubles():
    array = checked([[1, "2.5", 3]], (None, 3), "label")
    assert array.tolist() == [[1.0, 2.5, 3.0]]
    assert array.dtype == np.float64


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ([[1, 2]], "label wants any x 3 numbers; got 1 x 2"),
        ([[1, 2, 3], [4, 5]], "label wants any x 3 numbers; "),
        ([1, 2, 3], "label wants any x 3 numbers; got 3"),
        ([["a", 2, 3]], "label wants any x 3 numbers; could not"),
        (None, "label wants any x 3 numbers; got"),
        ([[1, 2, float("inf")]], "label holds NaN or infinity"),
        ([[1, 2, None]], "label holds NaN or infinity"),
    ],
)
def test_other_values_are_refused_with_what_was_wanted(values, fault):
    with pytest.raises(FrameError, match=fault):
        checked(values, (None, 3), "label")
    with pytest.raises(DatasetError, match=fault):
        checked(values, (None, 3), "label", error=DatasetError)


def test_an_item_beyond_the_end_is_an_error_of_its_frame():
    assert item([5, 6], 1, "label") == 6
    with pytest.raises(FrameError, match="label is missing: number 2 is not in the"):
        item([5, 6], 2, "label")
    with pytest.raises(FrameError, match="label is missing"):
        item({"a": 1}, 0, "label")


def test_broken_json_is_named(tmp_path):
    path = tmp_path / "K.json"
    for text in ("[1, 2", "", "[" * 10 * sys.getrecursionlimit()):
        path.write_text(text)
        with pytest.raises(DatasetError, match=r"K\.json is no JSON"):
            read_json(path)


def test_objects_may_be_shortened_as_they_are_read(tmp_path):
    path = tmp_path / "data.json"
    path.write_text('{"images": [{"id": 3, "name": "a"}, {"id": 4, "name": "b"}]}')
    found = read_json(path, lambda one: one.get("id", one))
    assert found == {"images": [3, 4]}


@pytest.mark.parametrize("block", [1, 7, 100, 1 << 24])
@pytest.mark.parametrize("indent", [None, 2])
def test_points_are_what_json_says(tmp_path, monkeypatch, indent, block):
    monkeypatch.setattr(numbers, "BLOCK", block)
    points = np.random.default_rng(0).normal(size=(3, 5, 3))
    path = tmp_path / "verts.json"
    path.write_text(json.dumps(points.tolist(), indent=indent))
    np.testing.assert_allclose(read_json_points(path, 5), points, rtol=1e-6)


@pytest.mark.parametrize(
    "values",
    [
        np.zeros((3, 4, 3)).tolist(),
        [*np.zeros((2, 5, 3)).tolist(), np.zeros((4, 3)).tolist()],
        np.zeros((3, 15)).tolist(),
        [[[1, 2, "x"]] * 5],
    ],
)
def test_points_in_other_lists_are_refused(tmp_path, values):
    path = tmp_path / "verts.json"
    path.write_text(json.dumps(values))
    with pytest.raises(DatasetError, match=r"verts\.json wants samples of 5 x 3"):
        read_json_points(path, 5)
