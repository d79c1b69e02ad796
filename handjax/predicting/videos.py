"""Videos, read and written by PyAV, which is an extra: `pip install handjax[video]`."""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import UInt8

from handjax.data.given.frames import FrameError

Picture = UInt8[np.ndarray, "height width 3"]

ENDINGS = (".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v")
CODECS = ("libx264", "mpeg4")
"""What is written, the first that this PyAV has; both play nearly everywhere."""
FPS = 30.0
"""Where a file does not say."""


class Video(NamedTuple):
    """A video that was opened.

    Attributes:
        pictures: decoded one by one, turned as they are to be shown; and when each is
            to be shown, seconds: phones take more of them in good light. None where the
            file does not say.
        count: of pictures, None where the file does not say.
        fps: pictures a second.
    """

    pictures: Iterator[tuple[Picture, float | None]]
    count: int | None
    fps: float


def require() -> ModuleType:
    """PyAV.

    Raises:
        FrameError: it is not installed.
    """
    try:
        import av  # pyright: ignore[reportMissingImports]
    except ImportError as wrong:
        raise FrameError(
            "videos want PyAV: pip install 'handjax[video]'. Or give a folder of "
            "pictures: ffmpeg -i VIDEO frames/%06d.png"
        ) from wrong
    return av


def read(path: Path) -> Video:
    """A video's pictures.

    Raises:
        FrameError: PyAV is not installed, or it can't read the file.
    """
    av = require()
    try:
        container = av.open(str(path))
        stream = container.streams.video[0]
    except (OSError, ValueError, IndexError) as wrong:
        raise FrameError(f"{path} can't be read as a video ({wrong})") from wrong
    stream.thread_type = "AUTO"
    fps = float(stream.average_rate or FPS)
    return Video(_decoded(container, stream), stream.frames or None, fps)


def _decoded(container: Any, stream: Any) -> Iterator[tuple[Picture, float | None]]:
    """Pictures until the end, or until what is broken.

    Raises:
        FrameError: FFmpeg has no decoder, or can't go on; not all its errors are others
            of Python's.
    """
    with container, _told():
        for frame in container.decode(stream):
            picture = frame.to_ndarray(format="rgb24")
            # Phones store what they see lying down, and how to turn it.
            turns = round(getattr(frame, "rotation", 0) / 90)
            yield np.ascontiguousarray(np.rot90(picture, turns)), frame.time


@contextmanager
def _told() -> Iterator[None]:
    av = require()
    try:
        yield
    except av.FFmpegError as wrong:
        raise FrameError(str(wrong)) from wrong


@contextmanager
def writer(path: Path, fps: float) -> Iterator[Any]:
    """A context with a function that adds a picture to a video.

    Pictures are cut to even sizes, which codecs ask for, and are as large as the first.

    Args:
        path: of the file, which ends in .mp4.
        fps: pictures a second.
    """
    av = require()
    codec = next(name for name in CODECS if name in av.codecs_available)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=Fraction(fps).limit_denominator(1001))
        stream.pix_fmt = "yuv420p"
        started = False

        def add(picture: Picture) -> None:
            nonlocal started
            height, width = (edge - edge % 2 for edge in picture.shape[:2])
            if not started:
                stream.width, stream.height = width, height
                started = True
            even = np.ascontiguousarray(picture[:height, :width])
            frame = av.VideoFrame.from_ndarray(even, format="rgb24")
            container.mux(stream.encode(frame))

        yield add
        if started:
            container.mux(stream.encode(None))
