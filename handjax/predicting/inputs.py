"""What a user gives: files, folders, stacks and videos, frame by frame.

A frame is depth, (height, width) in mm, or a picture in colour, (height, width, 3) of 8
bits. What can't be used is a `Bad` in its place: the rest goes on.

What a file is, is seen by what it holds: one channel of 16 bits or more is depth, as is
NYU's coding (red 0, mm = 256 green + blue); three channels of 8 bits are a picture.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from handjax.fitting.frames import FrameError, depth_of
from handjax.predicting import videos

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF")
"""What is read whatever its name says: others run programs, as EPS does Ghostscript."""
ARRAYS = (".npy", ".npz")
UNITS = {"mm": 1.0, "m": 1000.0}
"""mm that a one of an array stands for."""
LARGEST = 1 << 26
"""Pixels of a frame: a file of a few KB may say that it has billions."""


LARGEST_ARCHIVE = 1 << 30
"""Bytes of an archive, which is read at once: 1,700 frames of 640 x 480, 16 bits."""


class Frame(NamedTuple):
    """A frame that can be used.

    Attributes:
        name: of its file, and its number where a file has many.
        pixels: depth, mm, of two axes; or RGB, 0 to 255, of three.
    """

    name: str
    pixels: np.ndarray

    @property
    def is_depth(self) -> bool:
        """Whether it is depth, not a picture in colour."""
        return self.pixels.ndim == 2


class Bad(NamedTuple):
    """A frame that can't be used, and why."""

    name: str
    why: str


class Clip(NamedTuple):
    """Frames that belong together.

    Attributes:
        name: of the file or folder; "files" of those that were given one by one.
        frames: read as they are asked for.
        count: how many there are, None where only reading tells.
        ordered: whether they follow one another in time.
        fps: frames a second, None where nobody says.
        video: whether it is a video.
    """

    name: str
    frames: Iterator[Frame | Bad]
    count: int | None
    ordered: bool
    fps: float | None = None
    video: bool = False


def open_all(paths: Sequence[Path], unit: str = "mm") -> list[Clip]:
    """Clips of what was given; loose files of one frame make one, in the order given.

    Args:
        paths: files and folders.
        unit: of arrays, one of `UNITS`.

    Raises:
        FrameError: a path is not there, or a folder holds nothing that can be read.
    """
    clips: list[Clip] = []
    loose: list[Path] = []
    for path in paths:
        if path.is_dir():
            clips.append(_folder(path, unit))
        elif not path.is_file():
            raise FrameError(f"no file or folder at {path}")
        elif path.suffix.lower() in videos.ENDINGS:
            clips.append(_video(path))
        elif (stack := _stacked(path)) is not None:
            clips.append(_stack(path, unit, stack))
        else:
            loose.append(path)
    if loose:
        frames = (one(path, unit) for path in loose)
        clips.append(Clip("files", frames, len(loose), False))
    taken: set[str] = set()
    return [clip._replace(name=free(clip.name, taken)) for clip in clips]


def free(name: str, taken: set[str]) -> str:
    """A name that is none of those taken, and now is: with a number, if it must."""
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    taken.add(found)
    return found


def natural(path: Path) -> list[tuple[bool, int, str]]:
    """A key by which frame_9 comes before frame_10."""
    parts = re.split(r"(\d+)", path.name.lower())
    return [(not p.isdecimal(), int(p) if p.isdecimal() else 0, p) for p in parts if p]


def one(path: Path, unit: str = "mm") -> Frame | Bad:
    """The frame of a file.

    Args:
        path: of the file.
        unit: of arrays, one of `UNITS`.
    """
    return _frame(path.stem, path, lambda: _pixels(path, unit))


def _frame(name: str, path: Path, read: Callable[[], np.ndarray]) -> Frame | Bad:
    try:
        return Frame(name, read())
    except FrameError as wrong:
        # The line of a frame begins with its name already.
        return Bad(name, str(wrong).removeprefix(f"{path} "))


def _folder(path: Path, unit: str) -> Clip:
    known = (*PICTURES, *ARRAYS)
    files = sorted((f for f in path.iterdir() if f.is_file()), key=natural)
    kept = [f for f in files if f.suffix.lower() in known and f.name[0] != "."]
    if not kept:
        raise FrameError(
            f"no frame in the folder {path}: it wants files that end in "
            f"{', '.join(known)}; videos are given by their own path"
        )
    frames = (one(file, unit) for file in kept)
    return Clip(path.resolve().name, frames, len(kept), True)


def _stack(path: Path, unit: str, stack: np.ndarray) -> Clip:
    frames = (
        _frame(f"{path.stem}_{k:06d}", path, partial(_of_array, array, path, unit))
        for k, array in enumerate(stack)
    )
    return Clip(path.stem, frames, len(stack), True)


def _video(path: Path) -> Clip:
    found = videos.read(path)
    frames = named(path.stem, found.pictures)
    return Clip(path.stem, frames, found.count, True, found.fps, True)


def named(stem: str, pictures: Iterator[np.ndarray]) -> Iterator[Frame | Bad]:
    """A video's frames, up to the first that can't be decoded.

    Args:
        stem: that their names begin with.
        pictures: RGB.
    """
    number = 0
    try:
        for picture in pictures:
            yield Frame(f"{stem}_{number:06d}", picture)
            number += 1
    except (OSError, ValueError, EOFError) as wrong:
        why = f"the video can't be read from here on ({wrong})"
        yield Bad(f"{stem}_{number:06d}", why)


def _stacked(path: Path) -> np.ndarray | None:
    """An array of many frames; None of other files, and where it can't be read."""
    if path.suffix.lower() not in ARRAYS:
        return None
    try:
        array = _array(path)
    except FrameError:
        return None
    # Bytes are colour, or NYU's coding: three axes are one picture of any channels.
    axes = 4 if array.dtype == np.uint8 else 3
    return array if array.ndim == axes and len(array) else None


def _of_array(array: np.ndarray, path: Path, unit: str) -> np.ndarray:
    if array.dtype == np.uint8 and array.ndim == 3:
        return _colour_or_depth(array, path)
    return depth_of(array, path, unit=UNITS[unit], metres="say --unit m")


def _pixels(path: Path, unit: str) -> np.ndarray:
    known = (*PICTURES, *ARRAYS, *videos.ENDINGS)
    if path.suffix.lower() not in known:
        raise FrameError(f"{path} ends in none of {', '.join(known)}")
    if path.suffix.lower() in ARRAYS:
        return _of_array(_array(path), path, unit)
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


def _array(path: Path) -> np.ndarray:
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
