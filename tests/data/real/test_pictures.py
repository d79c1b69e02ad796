"""Pictures are read alike whatever decodes them."""

import struct
import sys
import tracemalloc
import zlib

import numpy as np
import pytest

from handjax.data.real.frame import FrameError
from handjax.data.real.pictures import depth_of_bytes, read_grey, read_rgb
from tests.data.fixtures import write

RANDOM = np.random.default_rng(0)


@pytest.fixture(params=["imagecodecs", "pillow"])
def decoder(request, monkeypatch):
    if request.param == "pillow":
        monkeypatch.setitem(sys.modules, "imagecodecs", None)
    else:
        pytest.importorskip("imagecodecs", reason="imagecodecs is not installed")


def test_numbers_of_a_png_are_those_that_were_written(tmp_path, decoder):
    colour = RANDOM.integers(0, 256, (6, 8, 3), np.uint8)
    depth = RANDOM.integers(0, 65536, (6, 8)).astype(np.uint16)
    for name, pixels in (
        ("colour", colour),
        ("depth", depth),
        ("grey", colour[..., 0]),
    ):
        write(tmp_path / f"{name}.png", pixels)
    np.testing.assert_array_equal(read_rgb(tmp_path / "colour.png", (6, 8)), colour)
    np.testing.assert_array_equal(read_grey(tmp_path / "depth.png"), depth)
    # One channel is grey in all three.
    grey = read_rgb(tmp_path / "grey.png")
    np.testing.assert_array_equal(grey, np.tile(colour[..., :1], 3))
    with pytest.raises(FrameError, match="one channel"):
        read_grey(tmp_path / "colour.png")


def test_a_spoilt_picture_is_named(tmp_path, decoder):
    path = tmp_path / "picture.png"
    write(path, RANDOM.integers(0, 256, (48, 64, 3), np.uint8))
    content = path.read_bytes()
    for broken in (b"", b"nothing", content[: len(content) // 2]):
        path.write_bytes(broken)
        with pytest.raises(FrameError, match=r"picture\.png can't be read"):
            read_rgb(path)
    path.write_bytes(content)
    with pytest.raises(FrameError, match=r"picture\.png wants 4 x 3 .* got 64 x 48"):
        read_rgb(path, (3, 4))


def test_two_bytes_of_depth_do_not_overflow():
    high, low = np.full((1, 1), 200, np.uint8), np.full((1, 1), 255, np.uint8)
    assert depth_of_bytes(high, low) == 200 * 256 + 255


def chunk(name, content):
    """A part of a PNG: length, name, content and checksum."""
    return (
        struct.pack(">I", len(content))
        + name
        + content
        + struct.pack(">I", zlib.crc32(name + content))
    )


def bomb(width, height):
    """A PNG of a few KB that says it has so many pixels, and some rows of zeros."""
    header = struct.pack(">IIBBBBB", width, height, 16, 0, 0, 0, 0)
    rows = zlib.compress(bytes(1 << 20), 9)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


@pytest.mark.parametrize("size", [None, (240, 320)])
@pytest.mark.parametrize("name", ["picture.png", "picture.jpg"])
@pytest.mark.parametrize("edges", [(60_000, 60_000), (5_000, 4_000)])
def test_a_picture_that_says_it_is_huge_is_refused_before_it_is_decoded(
    tmp_path, decoder, name, size, edges
):
    path = tmp_path / name
    path.write_bytes(bomb(*edges))
    assert path.stat().st_size < 4096
    tracemalloc.start()
    with pytest.raises(
        FrameError, match=rf"{name}.* (60000 x 60000|5000 x 4000|excee)"
    ):
        read_grey(path, size)
    assert tracemalloc.get_traced_memory()[1] < 1 << 21
    tracemalloc.stop()


def test_a_png_by_the_name_of_another_format_is_read(tmp_path, decoder):
    pixels = RANDOM.integers(0, 256, (6, 8), np.uint8)
    write(tmp_path / "grey.png", pixels)
    (tmp_path / "grey.png").rename(tmp_path / "grey.jpg")
    np.testing.assert_array_equal(read_grey(tmp_path / "grey.jpg"), pixels)
