"""A camera by name, numbers or file, at the size of the frames; else a refusal."""

import json
import math

import numpy as np
import pytest

from handjax.data.given import cameras
from handjax.data.given.frames import FrameError

K = [[500.0, 0.0, 319.5], [0.0, 510.0, 239.5], [0.0, 0.0, 1.0]]


def numbers(lens, height=480, width=640):
    camera = cameras.of_frame(lens, height, width)
    return [*np.asarray(camera.focal).tolist(), *np.asarray(camera.centre).tolist()]


def in_file(tmp_path, page):
    (tmp_path / "camera.json").write_text(json.dumps(page))
    return cameras.parse(str(tmp_path / "camera.json"))


def test_numbers_fields_and_matrices_say_the_same(tmp_path):
    wanted = [500.0, 510.0, 319.5, 239.5]
    fields = dict(zip(("fx", "fy", "cx", "cy"), wanted, strict=True))
    assert numbers(cameras.parse("500,510,319.5,239.5")) == wanted
    assert numbers(in_file(tmp_path, fields)) == wanted
    assert numbers(in_file(tmp_path, {"K": K})) == wanted


def test_a_size_scales_the_camera_by_the_edges_of_pixels(tmp_path):
    lens = in_file(tmp_path, {"K": K, "width": 640, "height": 480})
    # The middle of 640 pixels, 319.5, is that of 320, 159.5.
    assert numbers(lens, 240, 320) == [250.0, 255.0, 159.5, 119.5]
    with pytest.raises(FrameError, match="640 x 480"):
        numbers(lens, 320, 320)


def test_presets_are_of_their_own_frames():
    assert numbers(cameras.parse("nyu")) == pytest.approx([588.03, 587.07, 320, 240])
    half = numbers(cameras.parse("NYU"), 240, 320)
    assert half == pytest.approx([294.015, 293.535, 159.75, 119.75])


def test_nobodys_camera_sees_sixty_degrees():
    f, g, u, v = numbers(cameras.parse(None), 480, 640)
    assert f == g
    assert 2 * math.degrees(math.atan(320 / f)) == pytest.approx(60.0, abs=1e-4)
    assert (u, v) == (319.5, 239.5)


@pytest.mark.parametrize(
    "text", ["kinect", "1,2,3", "0,1,2,3", "1,1,nan,3", "", "-5,5,1,1"]
)
def test_other_words_are_refused(text):
    with pytest.raises(FrameError, match="fx,fy,cx,cy"):
        cameras.parse(text)


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ({"fx": 1.0}, "fx, fy, cx, cy or K"),
        ({"K": [[1, 2], [3, 4]]}, "fx, fy, cx, cy or K"),
        ({"K": "nothing"}, "fx, fy, cx, cy or K"),
        ({"K": [list(row) for row in zip(*K, strict=True)]}, "0, cx"),
        ([1, 2, 3, 4], "fx, fy, cx, cy or K"),
        ({"K": K, "width": 640}, "width and height"),
        ({"K": K, "width": "a", "height": 3}, "width and height"),
    ],
)
def test_files_that_say_no_camera_are_refused(tmp_path, page, message):
    with pytest.raises(FrameError, match=message):
        in_file(tmp_path, page)


def test_files_that_are_none_are_refused(tmp_path):
    with pytest.raises(FrameError, match="can't be read"):
        cameras.parse(str(tmp_path / "camera.json"))
    (tmp_path / "camera.json").write_text("{")
    with pytest.raises(FrameError, match="no JSON"):
        cameras.parse(str(tmp_path / "camera.json"))


def test_a_camera_of_another_resolution_is_noticed():
    with pytest.raises(FrameError, match="another resolution"):
        numbers(cameras.parse("1000,1000,960,540"), 480, 640)
