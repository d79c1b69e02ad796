"""Pictures out of files, with the numbers that are stored there."""

import struct
import warnings
from pathlib import Path

import numpy as np
from jaxtyping import Float, Integer, UInt8
from PIL import Image, UnidentifiedImageError

from handjax.data.real.frame import FrameError

Size = tuple[int, int]

LARGEST = 1 << 24
"""Pixels of a picture whose size nobody says: 4096 x 4096. A file of a few KB may say
that it has billions, and a decoder would make room for them."""

PNG = b"\x89PNG\r\n\x1a\n"


def read_rgb(
    path: Path, size: Size | None = None
) -> UInt8[np.ndarray, "height width 3"]:
    """A colour picture; also one whose channels code something else.

    Args:
        path: the file.
        size: height and width that it must have.
    """
    pixels = _open(path, size, "RGB")
    if pixels.ndim != 3 or pixels.dtype != np.uint8:
        raise FrameError(f"{path} wants a colour picture of 8 bits a channel")
    return pixels


def read_grey(
    path: Path, size: Size | None = None
) -> Integer[np.ndarray, "height width"]:
    """A picture of one channel, as depths or numbers of parts.

    Args:
        path: the file.
        size: height and width that it must have.
    """
    pixels = _open(path, size, None)
    if pixels.ndim != 2 or pixels.dtype.kind not in "iu":
        raise FrameError(f"{path} wants a picture of one channel; got {pixels.shape}")
    return pixels


def depth_of_bytes(
    high: UInt8[np.ndarray, "height width"],
    low: UInt8[np.ndarray, "height width"],
    unit: float = 1.0,
) -> Float[np.ndarray, "height width"]:
    """Depth that was written in two channels, mm.

    Args:
        high: hundreds of 256.
        low: ones.
        unit: mm that a one stands for.
    """
    # Eight bits times 256 would overflow in their own type.
    return ((high.astype(np.int32) << 8) + low).astype(np.float32) * np.float32(unit)


def _open(path: Path, size: Size | None, mode: str | None) -> np.ndarray:
    if not path.is_file():
        raise FrameError(f"no picture at {path}")
    pixels = _decode_png(path, size)
    if pixels is None or (mode and pixels.shape[2:] != (3,)):
        pixels = _decode(path, size, mode)
    return pixels


def _require(path: Path, found: Size, size: Size | None) -> None:
    """Refuse a size by what the header says, before a pixel is decoded."""
    (height, width), pixels = found, found[0] * found[1]
    if size is not None and found != size:
        raise FrameError(
            f"{path} wants {size[1]} x {size[0]} pixels; got {width} x {height}"
        )
    if pixels > LARGEST:
        raise FrameError(
            f"{path} can't be read as a picture: {width} x {height} pixels are more "
            f"than {LARGEST}"
        )


def _decode(path: Path, size: Size | None, mode: str | None) -> np.ndarray:
    """Any picture, by Pillow, which says what is wrong with it."""
    try:
        with _header(path) as image:
            _require(path, (image.height, image.width), size)
            return np.asarray(image.convert(mode) if mode else image)
    except FrameError:
        raise
    except (
        *(UnidentifiedImageError, OSError, SyntaxError, ValueError),
        Image.DecompressionBombError,
    ) as error:
        raise FrameError(f"{path} can't be read as a picture ({error})") from error


def _header(path: Path) -> Image.Image:
    """A picture of which nothing is decoded yet."""
    with warnings.catch_warnings():
        # Pillow warns of large ones; here they are refused by their size.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        return Image.open(path)


def _decode_png(path: Path, size: Size | None) -> np.ndarray | None:
    """A PNG by imagecodecs, in less than half of the time; None if that can't.

    `benchmarks/datasets.py` compares it with Pillow and OpenCV.
    """
    if path.suffix.lower() != ".png":
        return None
    try:
        from imagecodecs import png_decode  # pyright: ignore[reportMissingImports]
    except ImportError:
        return None
    content = path.read_bytes()
    # Length and name of the first chunk, then the width and height that it holds.
    if not content.startswith(PNG) or len(content) < len(PNG) + 16:
        return None
    width, height = struct.unpack_from(">II", content, len(PNG) + 8)
    _require(path, (height, width), size)
    try:
        return png_decode(content)
    # What is wrong Pillow tells in its own words.
    except (OSError, RuntimeError, ValueError):
        return None
