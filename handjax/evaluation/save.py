"""Predictions into the form that a dataset's other tools take."""

from pathlib import Path

import numpy as np
from jaxtyping import Float

from handjax.evaluation import submissions
from handjax.evaluation.predictions import FileError, from_camera, write
from handjax.evaluation.protocols import Protocol
from handjax.hands.skeleton import KEYPOINTS

ARCHIVES = (".json", ".zip")


def save(
    path: Path,
    joints: Float[np.ndarray, "frames joints 3"],
    protocol: Protocol,
    format: str | None = None,
) -> Path:
    """Write joints as the protocol's public format has them; returns the path.

    That is uvd where one camera took all frames, xyz in mm elsewhere; a .json or .zip
    of a dataset with a challenge is what its server takes.

    Args:
        path: its ending says how.
        joints: that the dataset is scored on, in the camera's frame, mm.
        protocol: of the dataset.
        format: uvd or xyz, for another than the usual.

    Raises:
        FileError: the ending or format can't be, or the place can't be written to.
    """
    if protocol.submission and path.suffix.lower() in ARCHIVES:
        return _submission(path, joints, protocol)
    usual = "uvd" if protocol.camera else "xyz"
    try:
        numbers = from_camera(joints, format or usual, protocol.camera)
    except FileError as wrong:
        raise FileError(f"--save-predictions {path} {wrong}") from wrong
    return write(path, numbers)


def _submission(
    path: Path, joints: Float[np.ndarray, "frames 21 3"], protocol: Protocol
) -> Path:
    """A challenge's file; of other numbers of frames than it wants too, to try it."""
    canonical = joints[:, [protocol.joints.names.index(name) for name in KEYPOINTS]]
    freihand = protocol.sets[0] == "freihand"
    writer = submissions.write_freihand if freihand else submissions.write_ho3d
    try:
        return writer(path, canonical, partial=True)
    except (ValueError, OSError) as wrong:
        raise FileError(f"--save-predictions {path}: {wrong}") from wrong
