"""Predictions into the form that a dataset's other tools take."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from jaxtyping import Float

from handjax.evaluation import submissions
from handjax.evaluation.predictions import FileError, from_camera, write
from handjax.evaluation.predictions.write import ENDINGS
from handjax.evaluation.protocols import Protocol
from handjax.hands.skeleton import KEYPOINTS

ARCHIVES = (".json", ".zip")


def require(
    path: Path,
    protocol: Protocol,
    format: str | None = None,
    *,
    read: Iterable[Path] = (),
) -> None:
    """See to it that joints can be saved so, before they are there.

    Args:
        path, protocol, format: see `save`.
        read: files and folders that are read, and must stay as they are.

    Raises:
        FileError: the place, the ending or the format can't be.
    """
    whole = path.resolve()
    for other in read:
        if whole.is_relative_to(other.expanduser().resolve()):
            raise FileError(f"--save-predictions {path} would write over {other}")
    require_room(path)
    if path.suffix.lower() not in ENDINGS and not _submitted(path, protocol):
        raise FileError(
            f"--save-predictions {path} wants one of the endings {', '.join(ENDINGS)}"
        )
    if format == "uvd" and protocol.camera is None:
        raise FileError(
            "--save-format uvd wants one camera for all frames, and this dataset has "
            "more: --save-format xyz"
        )


def require_room(path: Path) -> None:
    """See to it that a file can be written there.

    Raises:
        FileError: it can't.
    """
    if path.is_dir():
        raise FileError(f"--save-predictions {path} is a folder; name a file in it")
    # Who is root may write over what is meant to stay.
    if path.exists() and not path.stat().st_mode & stat.S_IWUSR:
        raise FileError(f"--save-predictions {path} is there and may not be changed")
    above = next(p for p in path.absolute().parents if p.exists())
    if not (above.is_dir() and os.access(above, os.W_OK)):
        raise FileError(f"--save-predictions {path}: {above} can't be written into")


def save(
    path: Path,
    joints: Float[np.ndarray, "frames joints 3"],
    protocol: Protocol,
    format: str | None = None,
    *,
    vertices: Float[np.ndarray, "frames vertices 3"] | None = None,
) -> Path:
    """Write joints as the protocol's public format has them; returns the path.

    That is uvd where one camera took all frames, xyz in mm elsewhere; a .json or .zip
    of a dataset with a challenge is what its server takes.

    Args:
        path: its ending says how.
        joints: that the dataset is scored on, in the camera's frame, mm.
        protocol: of the dataset.
        format: uvd or xyz, for another than the usual.
        vertices: as joints, for a challenge's file; None to leave them out.

    Raises:
        FileError: the ending or format can't be, or the place can't be written to.
    """
    require(path, protocol, format)
    if _submitted(path, protocol):
        return _submission(path, joints, vertices, protocol)
    usual = "uvd" if protocol.camera else "xyz"
    return write(path, from_camera(joints, format or usual, protocol.camera))


def _submitted(path: Path, protocol: Protocol) -> bool:
    return protocol.submission is not None and path.suffix.lower() in ARCHIVES


def _submission(
    path: Path,
    joints: Float[np.ndarray, "frames 21 3"],
    vertices: Float[np.ndarray, "frames vertices 3"] | None,
    protocol: Protocol,
) -> Path:
    """A challenge's file; of other numbers of frames than it wants too, to try it."""
    canonical = joints[:, [protocol.joints.names.index(name) for name in KEYPOINTS]]
    freihand = protocol.sets[0] == "freihand"
    writer = submissions.write_freihand if freihand else submissions.write_ho3d
    try:
        return writer(path, canonical, vertices, partial=True)
    except (ValueError, OSError) as wrong:
        raise FileError(f"--save-predictions {path}: {wrong}") from wrong
