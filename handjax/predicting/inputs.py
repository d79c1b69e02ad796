"""What a user gives: files, folders, stacks and videos, frame by frame.

A frame is depth, (height, width) in mm, or a picture in colour, (height, width, 3) of 8
bits. What can't be used is a `Bad` in its place: the rest goes on.

What a file is, `data.given.files` sees by what it holds.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from handjax.data.given.files import (
    ARRAYS,
    PICTURES,
    array_of,
    natural,
    of_array,
    pixels,
)
from handjax.data.given.frames import FrameError
from handjax.predicting import videos


class Frame(NamedTuple):
    """A frame that can be used.

    Attributes:
        name: of its file, and its number where a file has many.
        pixels: depth, mm, of two axes; or RGB, 0 to 255, of three.
        at: when it was taken, seconds, where its file says.
    """

    name: str
    pixels: np.ndarray
    at: float | None = None

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
        unit: of arrays, one of `files.UNITS`.

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


def one(path: Path, unit: str = "mm") -> Frame | Bad:
    """The frame of a file.

    Args:
        path: of the file.
        unit: of arrays, one of `files.UNITS`.
    """
    return _frame(path.stem, path, lambda: pixels(path, unit))


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
        _frame(f"{path.stem}_{k:06d}", path, partial(of_array, array, path, unit))
        for k, array in enumerate(stack)
    )
    return Clip(path.stem, frames, len(stack), True)


def _video(path: Path) -> Clip:
    found = videos.read(path)
    frames = named(path.stem, found.pictures)
    return Clip(path.stem, frames, found.count, True, found.fps, True)


def named(
    stem: str, pictures: Iterator[tuple[np.ndarray, float | None]]
) -> Iterator[Frame | Bad]:
    """A video's frames, up to the first that can't be decoded.

    Args:
        stem: that their names begin with.
        pictures: RGB, and when each was taken, seconds.
    """
    number = 0
    try:
        for picture, at in pictures:
            yield Frame(f"{stem}_{number:06d}", picture, at)
            number += 1
    except (OSError, ValueError, EOFError) as wrong:
        why = f"the video can't be read from here on ({wrong})"
        yield Bad(f"{stem}_{number:06d}", why)


def _stacked(path: Path) -> np.ndarray | None:
    """An array of many frames; None of other files, and where it can't be read."""
    if path.suffix.lower() not in ARRAYS:
        return None
    try:
        array = array_of(path)
    except FrameError:
        return None
    # Bytes are colour, or NYU's coding: three axes are one picture of any channels.
    axes = 4 if array.dtype == np.uint8 else 3
    return array if array.ndim == axes and len(array) else None
