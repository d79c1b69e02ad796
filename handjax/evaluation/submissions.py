"""Predictions as the challenges of FreiHAND and HO-3D want them uploaded.

Both take one file, `pred.json`, alone in a ZIP archive: a list of two lists, the joints
of every evaluation frame and the vertices of every evaluation frame, in metres and in
the order of the dataset's own list. They differ in the order of joints and in axes.

Source: the public tools of FreiHAND (pred.py, eval.py) and HO-3D (pred.py, eval.py,
vis_HO3D.py), and their README files.
"""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
from jaxtyping import Float

from handjax import files
from handjax.hands.skeleton import DATASETS, KEYPOINTS

FRAMES = {"freihand": 3960, "ho3d_v2": 11524, "ho3d_v3": 20137}
"""How many evaluation frames there are; the servers refuse any other number."""
MEMBER = "pred.json"
DECIMALS = 7
"""Of a metre: a tenth of a micrometre, at half the bytes."""
SMALLEST = 10.0
"""A hand whose joints span less than this was measured in metres, mm."""
# HO-3D's joints are MANO's, then the tips from thumb to little finger.
MANO_ORDER = [KEYPOINTS.index(name) for name in DATASETS["mano"].keypoints if name]
OPENGL = np.array([1.0, -1.0, -1.0])
"""From our axes (y down, z forward) to HO-3D's (y up, z backward), and back."""

Joints = Float[np.ndarray, "frames 21 3"]
Vertices = Float[np.ndarray, "their_frames vertices 3"]


def write_freihand(
    path: str | Path,
    joints: Joints,
    vertices: Vertices | None = None,
    *,
    partial: bool = False,
) -> Path:
    """Write what FreiHAND's challenge takes; returns the path.

    Args:
        path: ends in .zip, as it is uploaded, or in .json.
        joints: canonical key points in the camera's frame, mm, in the order of
            `evaluation_xyz.json`.
        vertices: mm; with MANO's 778 in MANO's order each is compared with its own,
            with any other number only F-scores are told. By default 778 zeros a
            frame, for the server wants some: its mesh scores then mean nothing.
        partial: allow another number of frames than the challenge has, for trials.

    Raises:
        ValueError: frames are missing, values aren't finite or are in metres, or the
            path ends otherwise.
    """
    _check("freihand", joints, vertices, partial)
    return _write(Path(path), joints, vertices)


def write_ho3d(
    path: str | Path,
    joints: Joints,
    vertices: Vertices | None = None,
    *,
    version: int = 3,
    partial: bool = False,
) -> Path:
    """Write what HO-3D's challenge takes; returns the path.

    Joints leave in MANO's order, and all points in OpenGL's axes: (x, -y, -z).

    Args:
        path, joints, vertices, partial: as for `write_freihand`, in the order of
            `evaluation.txt`.
        version: of the dataset, 2 or 3.

    Raises:
        ValueError: as for `write_freihand`, or there is no such version.
    """
    _check(f"ho3d_v{version}", joints, vertices, partial)
    turned = None if vertices is None else vertices * OPENGL
    return _write(Path(path), joints[:, MANO_ORDER] * OPENGL, turned)


def _check(challenge, joints, vertices, partial):
    if challenge not in FRAMES:
        raise ValueError(f"challenge wants one of {', '.join(FRAMES)}; got {challenge}")
    wanted = FRAMES[challenge]
    if not partial and len(joints) != wanted:
        raise ValueError(
            f"{challenge} wants all {wanted} evaluation frames in the dataset's order; "
            f"got {len(joints)}; predict the others too, or pass partial=True to try "
            "the format"
        )
    if vertices is not None and len(vertices) != len(joints):
        raise ValueError(
            f"vertices want as many frames as joints, {len(joints)}; "
            f"got {len(vertices)}"
        )
    for name, points in (("joints", joints), ("vertices", vertices)):
        _check_points(name, points)


def _check_points(name, points):
    if points is None or not points.size:
        return
    lost = np.flatnonzero(~np.isfinite(points).all(axis=(1, 2)))
    if lost.size:
        raise ValueError(
            f"{name} want finite numbers; {lost.size} frames have others, the first "
            f"of them frame {lost[0]}: give a guess, such as the mean hand"
        )
    span = np.median(np.ptp(points, axis=1).max(axis=-1))
    # The zeros of who predicts no such thing are in no unit.
    if 0.0 < span < SMALLEST:
        raise ValueError(
            f"{name} want mm, but half the hands span less than {span:.3g}: "
            "if that is metres, multiply by 1000"
        )


def _write(path: Path, joints: Joints, vertices: Vertices | None) -> Path:
    if path.suffix not in (".zip", ".json"):
        raise ValueError(f"a submission ends in .zip or .json; got {path.name!r}")
    with files.whole(path) as place:
        if path.suffix == ".json":
            with io.TextIOWrapper(place, "ascii") as file:
                _dump(file, joints, vertices)
            return path
        # A fixed date: the same predictions give the same bytes.
        member = zipfile.ZipInfo(MEMBER)
        member.compress_type = zipfile.ZIP_DEFLATED
        with (
            zipfile.ZipFile(place, "w") as archive,
            archive.open(member, "w", force_zip64=True) as raw,
            io.TextIOWrapper(raw, "ascii") as file,
        ):
            _dump(file, joints, vertices)
    return path


def _dump(file: io.TextIOWrapper, joints: Joints, vertices: Vertices | None) -> None:
    """[joints, vertices] frame by frame, since all at once would fill the memory."""
    if vertices is None:
        vertices = np.broadcast_to(0.0, (len(joints), 778, 3))
    for opening, frames in (("[[", joints), ("], [", vertices)):
        file.write(opening)
        for number, points in enumerate(frames):
            metres = np.round(points.astype(np.float64) / 1000.0, DECIMALS)
            file.write((", " if number else "") + json.dumps(metres.tolist()))
    file.write("]]")
