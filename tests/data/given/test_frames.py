"""Depth frames, cameras and centres are read, and what is none is refused."""

import numpy as np
import pytest
from PIL import Image

from handjax import fitting


def test_nyu_coding_does_not_overflow(tmp_path, encode):
    depth = np.array([[0.0, 255.0, 256.0], [731.0, 2001.0, 65535.0]])
    Image.fromarray(encode(depth)).save(tmp_path / "a.png")
    np.testing.assert_array_equal(fitting.read_depth(tmp_path / "a.png"), depth)


def test_sixteen_bits_and_arrays_are_read_as_mm(tmp_path):
    depth = np.array([[0, 731], [2001, 65535]], np.uint16)
    Image.fromarray(depth).save(tmp_path / "a.png")
    np.save(tmp_path / "a.npy", depth.astype(np.float64))
    for name in ("a.png", "a.npy"):
        np.testing.assert_array_equal(fitting.read_depth(tmp_path / name), depth)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.full((4, 4), 7, np.uint8), "16 bits"),
        (np.full((4, 4, 3), 9, np.uint8), "colour picture"),
        (np.zeros((4, 4), np.uint16), "no depth at all"),
        (np.full((4, 4), -700.0), "no pixel is above 0"),
        (np.full((4, 4), 0.7), "multiply by 1000"),
        (np.full((2, 4, 4), 700.0), "got float64 of shape"),
        (np.full((4, 4), "700"), "got <U3"),
    ],
)
def test_what_is_no_depth_is_refused(tmp_path, array, message):
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(fitting.FrameError, match=message):
        fitting.read_depth(tmp_path / "a.npy")


@pytest.mark.parametrize("name", ["a.png", "a.npy"])
def test_what_is_no_image_is_refused(tmp_path, name):
    with pytest.raises(fitting.FrameError, match="no file"):
        fitting.read_depth(tmp_path / name)
    (tmp_path / name).write_text("not an image")
    with pytest.raises(fitting.FrameError, match=r"read"):
        fitting.read_depth(tmp_path / name)


def test_archives_and_broken_headers_are_refused(tmp_path):
    with (tmp_path / "a.npy").open("wb") as file:
        np.savez(file, depth=np.ones((4, 4)))
    with pytest.raises(fitting.FrameError, match="archive"):
        fitting.read_depth(tmp_path / "a.npy")
    np.save(tmp_path / "b.npy", np.ones((4, 4)))
    content = (tmp_path / "b.npy").read_bytes()
    (tmp_path / "b.npy").write_bytes(content.replace(b"'descr'", b"'descr(", 1))
    with pytest.raises(fitting.FrameError, match=r"np\.save"):
        fitting.read_depth(tmp_path / "b.npy")


def test_a_picture_too_large_to_be_one_is_refused(tmp_path, monkeypatch):
    Image.fromarray(np.full((40, 40), 700, np.uint16)).save(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    with pytest.raises(fitting.FrameError, match="not an image"):
        fitting.read_depth(tmp_path / "a.png")


def test_cameras_come_by_name_or_by_numbers():
    named = fitting.parse_camera("NYU")
    given = fitting.parse_camera("588.03,587.07,320,240")
    np.testing.assert_array_equal(named.focal, given.focal)
    np.testing.assert_array_equal(named.centre, given.centre)


@pytest.mark.parametrize("text", ["kinect", "1,2,3", "0,1,2,3", "1,1,nan,3", ""])
def test_other_cameras_are_refused(text):
    with pytest.raises(fitting.FrameError, match="fx,fy,cx,cy"):
        fitting.parse_camera(text)


def test_centres_are_points_before_the_camera():
    assert fitting.parse_center("depth") is None
    np.testing.assert_array_equal(fitting.parse_center("1,-2,3"), [1, -2, 3])
    for text in ("1,2", "1,2,-3", "x,y,z"):
        with pytest.raises(fitting.FrameError, match="X,Y,Z"):
            fitting.parse_center(text)
