"""Every exact format is read; what is none becomes a line, and the rest goes on."""

import io
import sys

import numpy as np
import pytest
from PIL import Image

from handjax.data.given import files
from handjax.data.given.frames import FrameError
from handjax.predicting import inputs, videos

DEPTH = np.array([[0, 731, 255], [256, 2001, 5000]], np.uint16)
COLOUR = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)


def coded(depth):
    return np.stack([0 * depth, depth >> 8, depth & 255], -1).astype(np.uint8)


def written(path, array):
    """A file whose format is that of its ending."""
    if path.suffix == ".npy":
        np.save(path, array)
    elif path.suffix == ".npz":
        np.savez(path, frame=array)
    else:
        Image.fromarray(array).save(path)
    return path


@pytest.mark.parametrize(
    ("name", "array", "unit"),
    [
        ("a.png", DEPTH, "mm"),
        ("nyu.png", coded(DEPTH), "mm"),
        ("a.npy", DEPTH, "mm"),
        ("a.npy", DEPTH.astype(np.float64), "mm"),
        ("a.npz", DEPTH.astype(np.int32), "mm"),
        ("a.npy", DEPTH / 1000.0, "m"),
        ("a.tiff", DEPTH.astype(np.float32), "mm"),
        ("nyu.npy", coded(DEPTH), "mm"),
    ],
)
def test_depth_is_read_in_mm(tmp_path, name, array, unit):
    frame = inputs.one(written(tmp_path / name, array), unit)
    assert frame.is_depth
    np.testing.assert_allclose(frame.pixels, DEPTH, rtol=1e-6)


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.tif", "a.npy", "a.npz"])
def test_colour_is_read_as_it_is(tmp_path, name):
    frame = inputs.one(written(tmp_path / name, COLOUR))
    assert not frame.is_depth
    np.testing.assert_array_equal(frame.pixels, COLOUR)


@pytest.mark.parametrize("name", ["a.jpg", "a.webp"])
def test_lossy_pictures_are_read_as_colour(tmp_path, name):
    flat = np.full((16, 16, 3), (200, 120, 40), np.uint8)
    frame = inputs.one(written(tmp_path / name, flat))
    assert np.abs(frame.pixels.astype(int) - flat).max() < 8


def test_a_phones_picture_stands_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn clockwise
    Image.fromarray(COLOUR).save(tmp_path / "a.png", exif=exif)
    frame = inputs.one(tmp_path / "a.png")
    np.testing.assert_array_equal(frame.pixels, np.rot90(COLOUR, -1))


def test_grey_and_transparent_pictures_are_colour(tmp_path):
    grey = np.full((4, 4), 90, np.uint8)
    Image.fromarray(grey).save(tmp_path / "grey.png")
    clear = np.dstack([COLOUR, np.full((2, 4), 255, np.uint8)])
    Image.fromarray(clear).save(tmp_path / "clear.png")
    np.testing.assert_array_equal(inputs.one(tmp_path / "grey.png").pixels, 90)
    np.testing.assert_array_equal(inputs.one(tmp_path / "clear.png").pixels, COLOUR)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.png", b"", "is empty"),
        ("a.png", b"not a picture", "can't be read as a picture"),
        ("a.jpg", b"\xff\xd8\xff", "can't be read as a picture"),
        # Such a picture is a program.
        ("a.png", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "be read as"),
        ("a.npy", b"", "can't be read as an array"),
        ("a.npz", b"PK\x03\x04 and no more", "can't be read as an array"),
        ("a.npy", np.zeros((4, 4)), "no pixel is above 0"),
        ("a.npy", np.full((4, 4), 0.7), "--unit m"),
        ("a.npy", np.full((4, 4), np.nan), "no pixel is above 0"),
        ("a.npy", np.ones(7), "got float64 of shape"),
        ("a.png", np.zeros((4, 4), np.uint16), "no pixel is above 0"),
        ("a.png", np.zeros((4, 4, 3), np.uint8), "every pixel is 0"),
        ("a.npy", np.ones((4, 4, 5), np.uint8), "three channels"),
    ],
)
def test_what_cannot_be_used_says_why_in_a_line(tmp_path, name, content, why):
    path = tmp_path / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        written(path, content)
    bad = inputs.one(path)
    assert isinstance(bad, inputs.Bad)
    assert why in bad.why
    assert "\n" not in bad.why
    assert str(tmp_path) not in bad.why


def test_a_picture_cut_short_is_bad(tmp_path):
    content = io.BytesIO()
    noise = np.random.default_rng(0).integers(1, 255, (40, 40, 3), np.uint8)
    Image.fromarray(noise).save(content, format="PNG")
    (tmp_path / "a.png").write_bytes(content.getvalue()[:-2000])
    assert "whole" in inputs.one(tmp_path / "a.png").why


def test_a_picture_that_says_it_is_enormous_is_refused(tmp_path, monkeypatch):
    written(tmp_path / "a.png", COLOUR)
    monkeypatch.setattr(files, "LARGEST", 4)
    assert "more than 4" in inputs.one(tmp_path / "a.png").why


def test_folders_go_by_number_and_bad_frames_stay_in_their_place(tmp_path):
    for k in (10, 9, 100):
        written(tmp_path / f"f_{k}.png", np.full((2, 2), k, np.uint16) * 100)
    (tmp_path / "f_11.png").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("not a frame")
    (clip,) = inputs.open_all([tmp_path])
    frames = list(clip.frames)
    assert [f.name for f in frames] == ["f_9", "f_10", "f_11", "f_100"]
    assert [isinstance(f, inputs.Bad) for f in frames] == [False, False, True, False]
    assert clip.ordered
    assert clip.count == 4


def test_stacks_are_clips_and_loose_files_are_one(tmp_path):
    stack = np.stack([DEPTH, 2 * DEPTH])
    paths = [
        written(tmp_path / "z.png", DEPTH),
        written(tmp_path / "s.npy", stack),
        written(tmp_path / "b.png", DEPTH),
        written(tmp_path / "c.npy", np.stack([COLOUR] * 3)),
    ]
    s, c, files = inputs.open_all(paths)
    np.testing.assert_array_equal([f.pixels for f in s.frames], stack)
    assert (s.ordered, c.count, files.ordered) == (True, 3, False)
    assert [f.name for f in c.frames] == ["c_000000", "c_000001", "c_000002"]
    assert [f.name for f in files.frames] == ["z", "b"]


def test_a_picture_of_bytes_is_no_stack_of_its_rows(tmp_path):
    clear = np.dstack([COLOUR, np.full((2, 4), 255, np.uint8)])
    (clip,) = inputs.open_all([written(tmp_path / "a.npy", clear)])
    (bad,) = clip.frames
    assert "three channels; got 4" in bad.why


def test_numbers_in_names_may_be_of_any_script(tmp_path):
    for name in ("f1²2.png", "f١٠.png", "f٩.png"):
        written(tmp_path / name, DEPTH)
    (clip,) = inputs.open_all([tmp_path])
    assert [frame.name for frame in clip.frames] == ["f1²2", "f٩", "f١٠"]


def test_what_is_not_there_is_said_at_once(tmp_path):
    with pytest.raises(FrameError, match="no file or folder"):
        inputs.open_all([tmp_path / "nothing.png"])
    with pytest.raises(FrameError, match="no frame in the folder"):
        inputs.open_all([tmp_path])


def test_archives_of_many_arrays_are_bad(tmp_path):
    np.savez(tmp_path / "a.npz", depth=DEPTH, other=DEPTH)
    assert "one array" in inputs.one(tmp_path / "a.npz").why


def test_without_pyav_a_video_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    (tmp_path / "a.mp4").write_bytes(b"")
    with pytest.raises(FrameError, match=r"pip install 'handjax\[video\]'"):
        inputs.open_all([tmp_path / "a.mp4"])


def test_videos_are_read_as_they_were_written(tmp_path):
    flat = [np.full((48, 64, 3), k, np.uint8) for k in (40, 120, 200)]
    with videos.writer(tmp_path / "a.mp4", 25.0) as add:
        for picture in flat:
            add(picture)
    (clip,) = inputs.open_all([tmp_path / "a.mp4"])
    frames = list(clip.frames)
    assert clip.video
    assert clip.fps == pytest.approx(25.0)
    assert [f.name for f in frames] == ["a_000000", "a_000001", "a_000002"]
    assert [f.at for f in frames] == pytest.approx([0.0, 0.04, 0.08])
    for frame, picture in zip(frames, flat, strict=True):
        assert frame.pixels.shape == picture.shape
        assert abs(frame.pixels.mean() - picture.mean()) < 6.0


def test_a_video_that_breaks_off_gives_what_came_before():
    def broken():
        yield COLOUR, 0.0
        raise ValueError("invalid data")

    good, bad = inputs.named("a", broken())
    assert (good.name, bad.name) == ("a_000000", "a_000001")
    assert "from here on (invalid data)" in bad.why


def test_a_video_that_nothing_here_decodes_is_bad(tmp_path):
    with videos.writer(tmp_path / "a.mp4", 25.0) as add:
        add(np.zeros((48, 64, 3), np.uint8))
    raw = (tmp_path / "a.mp4").read_bytes()
    for codec in (b"avc1", b"mp4v"):
        raw = raw.replace(codec, b"none")
    (tmp_path / "a.mp4").write_bytes(raw)
    (clip,) = inputs.open_all([tmp_path / "a.mp4"])
    (bad,) = clip.frames
    assert "Decoder not found" in bad.why


def test_a_file_that_is_no_video_is_refused(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"not a video")
    with pytest.raises(FrameError, match="can't be read as a video"):
        inputs.open_all([tmp_path / "a.mp4"])


def test_clips_of_one_name_are_told_apart(tmp_path):
    for person in ("a", "b"):
        (tmp_path / person / "frames").mkdir(parents=True)
        written(tmp_path / person / "frames" / "1.png", DEPTH)
    clips = inputs.open_all([tmp_path / "a" / "frames", tmp_path / "b" / "frames"])
    assert [clip.name for clip in clips] == ["frames", "frames_2"]


def test_an_archive_of_many_frames_is_read_once(tmp_path, monkeypatch):
    np.savez(tmp_path / "a.npz", depth=np.stack([DEPTH, DEPTH + 1, DEPTH + 2]))
    (clip,) = inputs.open_all([tmp_path / "a.npz"])
    monkeypatch.setattr(inputs.np, "load", None)
    assert [frame.pixels[0, 0] - DEPTH[0, 0] for frame in clip.frames] == [0, 1, 2]
