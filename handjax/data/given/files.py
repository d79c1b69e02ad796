"""A frame out of a file of a user's, whatever kind of file it is.

What a file is, is seen by what it holds: one channel of 16 bits or more is depth, as is
NYU's coding (red 0, mm = 256 green + blue); three channels of 8 bits are a picture.
"""

import re
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from handjax.data.given.frames import FrameError, depth_of

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF")
"""What is read whatever its name says: others run programs, as EPS does Ghostscript."""
ARRAYS = (".npy", ".npz")
UNITS = {"mm": 1.0, "m": 1000.0}
"""mm that a one of an array stands for."""
METRES = "say --unit m"
LARGEST = 1 << 26
"""Pixels of a frame: a file of a few KB may say that it has billions."""
LARGEST_ARCHIVE = 1 << 30
"""Bytes of an archive, which is read at once: 1,700 frames of 640 x 480, 16 bits."""


def natural(path: Path) -> list[tuple[bool, int, str]]:
    """A key by which frame_9 comes before frame_10."""
    parts = re.split(r"(\d+)", path.name.lower())
    return [(not p.isdecimal(), int(p) if p.isdecimal() else 0, p) for p in parts if p]


def of_array(
    array: np.ndarray, path: Path, unit: str, metres: str = METRES
) -> np.ndarray:
    """What an array shows, as `pixels`."""
    if array.dtype == np.uint8 and array.ndim == 3:
        return _colour_or_depth(array, path)
    return depth_of(array, path, unit=UNITS[unit], metres=metres)


def pixels(path: Path, unit: str = "mm", metres: str = METRES) -> np.ndarray:
    """What a file shows: depth, mm, of two axes; or RGB, 0 to 255, of three.

    Args:
        path: of the file.
        unit: of arrays, one of `UNITS`.
        metres: what to do where an array seems to be in metres.

    Raises:
        FrameError: it can't be read, or is neither.
    """
    known = (*PICTURES, *ARRAYS)
    if path.suffix.lower() not in known:
        raise FrameError(f"{path} ends in none of {', '.join(known)}")
    if path.suffix.lower() in ARRAYS:
        return of_array(array_of(path), path, unit, metres)
    array = _picture(path)
    if array.ndim == 2:
        return depth_of(array, path, metres="write them as mm, of 16 bits")
    return _colour_or_depth(array, path)


def _colour_or_depth(array: np.ndarray, path: Path) -> np.ndarray:
    """RGB as it is; NYU's coding as depth."""
    if array.shape[2] != 3:
        raise FrameError(f"{path} wants three channels; got {array.shape[2]}")
    if not array.any():
        raise FrameError(f"{path} is empty: every pixel is 0")
    return array if array[..., 0].any() else depth_of(array, path)


def array_of(path: Path) -> np.ndarray:
    """The array of a .npy file, or of a .npz that holds one."""
    try:
        # Stacks may be larger than memory.
        if path.suffix.lower() == ".npy":
            found = np.load(path, allow_pickle=False, mmap_mode="r")
            if isinstance(found, np.ndarray):
                return found
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            size = sum(part.file_size for part in archive.zip.infolist())
            if size > LARGEST_ARCHIVE:
                raise FrameError(
                    f"{path} holds {size} bytes, more than {LARGEST_ARCHIVE}; write "
                    "a .npy, which is read frame by frame"
                )
            if len(archive.files) == 1:
                return archive[archive.files[0]]
            raise FrameError(f"{path} wants one array; it holds {archive.files}")
    except FrameError:
        raise
    # A broken header can fail in Python's own parser, an archive in zipfile; and what
    # NumPy says of objects is how to have them run.
    except Exception as wrong:
        raise FrameError(
            f"{path} can't be read as an array of numbers; numpy.save writes one"
        ) from wrong


def _picture(path: Path) -> np.ndarray:
    """A picture as its camera was held: (height, width) of 16 bits or more, or RGB."""
    try:
        with Image.open(path, formats=FORMATS) as image:
            if image.width * image.height > LARGEST:
                size = f"{image.width} x {image.height}"
                raise FrameError(f"{path} has {size} pixels, more than {LARGEST}")
            if image.mode in ("F", "I") or image.mode.startswith("I;16"):
                return np.asarray(image)
            return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    except FrameError:
        raise
    except (
        *(UnidentifiedImageError, OSError, SyntaxError, ValueError),
        Image.DecompressionBombError,
    ) as wrong:
        what = "is empty" if not path.stat().st_size else "can't be read as a picture"
        raise FrameError(f"{path} {what}; is the file whole?") from wrong
