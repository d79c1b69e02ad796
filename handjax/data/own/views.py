"""Which files of a recording are of the same moment, and how large they are."""

from pathlib import Path

import numpy as np

from handjax.data.given import files
from handjax.data.given.frames import FrameError as Unreadable
from handjax.data.own.recording import FILE, Camera, Recording
from handjax.data.real.frame import DatasetError

KINDS = (*files.PICTURES, *files.ARRAYS)
TRIED = 5
"""Files of a camera that are looked at until one can be read."""

ByCamera = dict[str, dict[str, Path]]
"""Files by their names without endings, of each camera."""


def frames(folder: Path, recording: Recording) -> ByCamera:
    """The files of every camera.

    Args:
        folder: of a split.
        recording: names the cameras.

    Raises:
        DatasetError: cameras and folders don't match, a camera has no frame, or two
            files have one name.
    """
    there = [f.name for f in folder.iterdir() if f.is_dir() and f.name[0] != "."]
    wanted = list(recording.cameras)
    if lacking := [name for name in wanted if name not in there]:
        raise DatasetError(
            f"{folder} has no folder for the camera {', '.join(lacking)}; {FILE} names "
            f"{', '.join(wanted)}, and there are {', '.join(sorted(there)) or 'none'}"
        )
    if unknown := sorted(set(there) - set(wanted)):
        raise DatasetError(
            f"{folder / unknown[0]} is of no camera that {FILE} names, which are "
            f"{', '.join(wanted)}: name it there, or take it away"
        )
    return {name: _files(folder / name) for name in wanted}


def together(by_camera: ByCamera, folder: Path) -> dict[str, dict[str, Path]]:
    """The files of each moment by camera, in the order of the numbers in their names.

    Raises:
        DatasetError: no two cameras have a frame of the same name.
    """
    first = {name: path for each in by_camera.values() for name, path in each.items()}
    names = sorted(first, key=lambda name: files.natural(Path(name)))
    every = {
        name: {c: each[name] for c, each in by_camera.items() if name in each}
        for name in names
    }
    if len(by_camera) > 1 and max(map(len, every.values())) == 1:
        examples = [f"{c}/{next(iter(each))}" for c, each in by_camera.items()]
        raise DatasetError(
            f"no frame of {folder} was seen by two cameras: files of one moment have "
            f"one name in all of their folders; got {', '.join(examples)}"
        )
    return every


def size(each: dict[str, Path], unit: str) -> tuple[int, int] | None:
    """Height and width of a camera's first frame that can be read; None without."""
    for path in list(each.values())[:TRIED]:
        try:
            height, width = files.pixels(path, unit).shape[:2]
        except Unreadable:
            continue
        return height, width
    return None


def require_size(pixels: np.ndarray, camera: Camera) -> None:
    """See to it that a frame is as large as its camera's first one.

    Raises:
        FrameError: it is not, of `data.given`.
    """
    found = pixels.shape[:2]
    if camera.size not in (None, found):
        height, width = camera.size
        raise Unreadable(
            f"{found[1]} x {found[0]} pixels, and the first frame of this camera has "
            f"{width} x {height}"
        )


def _files(folder: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir(), key=files.natural):
        if path.name[0] == "." or path.suffix.lower() not in KINDS:
            continue
        if path.stem in found:
            raise DatasetError(
                f"{folder} has two frames of one name: {found[path.stem].name} and "
                f"{path.name}"
            )
        found[path.stem] = path
    if not found:
        raise DatasetError(
            f"no frame in {folder}: it wants files that end in {', '.join(KINDS)}"
        )
    return found
