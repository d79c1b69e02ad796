"""The frames that were predicted from, found again by the names of their results."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from handjax.data.given.frames import FrameError
from handjax.predicting import inputs
from handjax.predicting.inputs import Frame

KEPT = 32
"""Frames that stay in memory once they were read."""


def open_frames(paths: Sequence[Path], unit: str) -> Callable[[str], np.ndarray | None]:
    """What finds a frame by its name: depth, mm, or RGB; None where there is none.

    A folder's files and loose pictures are opened when they are asked for; stacks and
    videos are gone through up to the frame.

    Args:
        paths: files and folders, as `predict` was given them.
        unit: of arrays, one of `predicting.inputs.UNITS`.

    Raises:
        FrameError: a path is not there, or nothing in it can be a frame.
    """
    files: dict[str, Path] = {}
    gone_through = []
    for path in paths:
        inputs.open_all([path], unit)
        if path.is_dir():
            files |= {file.stem: file for file in path.iterdir() if file.is_file()}
        elif path.suffix.lower() in inputs.PICTURES:
            files[path.stem] = path
        else:
            gone_through.append(path)

    @lru_cache(KEPT)
    def read(name: str) -> np.ndarray | None:
        if name in files:
            frame = inputs.one(files[name], unit)
            return frame.pixels if isinstance(frame, Frame) else None
        for path in gone_through:
            for clip in inputs.open_all([path], unit):
                for frame in clip.frames:
                    if frame.name == name and isinstance(frame, Frame):
                        return frame.pixels
        return None

    return read


def require_some(
    read: Callable[[str], np.ndarray | None], names: Sequence[str]
) -> None:
    """See to it that the frames are those of the results.

    Raises:
        FrameError: the first of them is not there.
    """
    if read(names[0]) is None:
        raise FrameError(
            f"--frames holds no frame {names[0]!r}, the first of the results; give the "
            "files or folders that predict was given"
        )
