"""joints.csv or joints.json: key points of some frames of a recording, or of all.

Both are written by `handjax predict`, so that what a method says of frames, or what
somebody made of it by hand, can be learnt from and tested on.
"""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from handjax.data.own.recording import FILE, SIDES, WORLD, Recording
from handjax.data.real.frame import DatasetError
from handjax.hands.skeleton import KEYPOINTS

CSV, JSON = "joints.csv", "joints.json"
COLUMNS = ("frame", "joint", "x_mm", "y_mm", "z_mm")
SIDE = "side"
NAMED = 3
"""Frames that are told by name where some are not there."""


class KeyPoints(NamedTuple):
    """What is known of a frame's hand.

    Attributes:
        joints: in the order of `KEYPOINTS`, world, mm; 0 where unknown.
        valid: which are known.
        right: whether it is a right hand; None where the file does not say.
    """

    joints: Float[np.ndarray, "21 3"]
    valid: Bool[np.ndarray, "21"]
    right: bool | None


class Line(NamedTuple):
    """A key point, where it stands in its file."""

    frame: str
    joint: str
    xyz: Any
    side: str
    where: str


def read(folder: Path, recording: Recording, frames: Any) -> dict[str, KeyPoints]:
    """Key points by frame; none if there is neither file.

    Args:
        folder: of a split.
        recording: says in whose frame they are.
        frames: names of those that there are.

    Raises:
        DatasetError: a file says what can't be, or names a frame that is not there.
    """
    path = next((folder / n for n in (CSV, JSON) if (folder / n).is_file()), None)
    if path is None:
        return {}
    lines = _of_csv(path) if path.name == CSV else _of_json(path)
    found = _collect(lines)
    if lacking := [name for name in found if name not in frames]:
        raise DatasetError(
            f"{path} names {len(lacking)} frames that no camera has, as "
            f"{', '.join(lacking[:NAMED])}; frames are called as their files without "
            f"the ending, as {next(iter(frames))}"
        )
    world_from_given = _origin(path, recording)
    return {name: _placed(one, world_from_given) for name, one in found.items()}


def _origin(path: Path, recording: Recording) -> Float[np.ndarray, "4 4"]:
    name = recording.joints_in
    if name is None:
        known = ", ".join((*recording.cameras, WORLD))
        raise DatasetError(
            f"{path}: there are several cameras; say in {FILE} in whose frame key "
            f'points are, as "joints_in": "{next(iter(recording.cameras))}", one of '
            f"{known}"
        )
    if name == WORLD:
        return np.eye(4)
    return np.linalg.inv(recording.cameras[name].camera_from_world.astype(float))


def _placed(one: KeyPoints, T: Float[np.ndarray, "4 4"]) -> KeyPoints:
    moved = one.joints @ T[:3, :3].T + T[:3, 3]
    world = np.where(one.valid[:, None], moved, 0.0).astype(np.float32)
    return one._replace(joints=world)


def _collect(lines: Iterator[Line]) -> dict[str, KeyPoints]:
    found: dict[str, KeyPoints] = {}
    for line in lines:
        if line.joint not in KEYPOINTS:
            raise DatasetError(
                f"{line.where}: no key point is called {line.joint!r}; there are "
                f"{', '.join(KEYPOINTS)}"
            )
        if line.side and line.side not in SIDES:
            raise DatasetError(
                f"{line.where}: side wants right or left; got {line.side!r}"
            )
        right = {"right": True, "left": False}.get(line.side)
        blank = KeyPoints(np.zeros((21, 3)), np.zeros(21, bool), right)
        one = found.setdefault(line.frame, blank)
        k = KEYPOINTS.index(line.joint)
        if one.valid[k] or one.right is not right:
            what = "twice" if one.valid[k] else "on both sides"
            raise DatasetError(f"{line.where}: {line.frame} has {line.joint} {what}")
        xyz = _numbers(line)
        if xyz is not None:
            one.joints[k], one.valid[k] = xyz, True
    return found


def _numbers(line: Line) -> list[float] | None:
    """x, y, z; None where all are left empty: nobody knows that key point."""
    if all(x in ("", None) for x in line.xyz):
        return None
    try:
        numbers = [float(x) for x in line.xyz]
    except (TypeError, ValueError):
        numbers = []
    if len(numbers) != 3 or not np.isfinite(numbers).all():
        raise DatasetError(
            f"{line.where}: {line.joint} wants x, y and z in mm, or all three empty; "
            f"got {line.xyz}"
        )
    return numbers


def _of_csv(path: Path) -> Iterator[Line]:
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        table = csv.DictReader(file)
        lacking = [name for name in COLUMNS if name not in (table.fieldnames or ())]
        if lacking:
            raise DatasetError(
                f"{path} wants a first line with {', '.join(COLUMNS)} and maybe "
                f"{SIDE}, as `handjax predict` writes it; {', '.join(lacking)} is not "
                "there"
            )
        for row in table:
            frame, joint, *xyz = (row[name] or "" for name in COLUMNS)
            where = f"{path}, line {table.line_num}"
            yield Line(frame, joint, xyz, row.get(SIDE) or "", where)


def _of_json(path: Path) -> Iterator[Line]:
    try:
        page = json.loads(path.read_text())
        names, frames = page["names"], page["frames"]
        for one in frames:
            points, frame = one["joints_mm"], str(one["frame"])
            where = f"{path}, frame {frame}"
            if len(points) != len(names):
                raise DatasetError(
                    f"{where} has {len(points)} points, and names are {len(names)}"
                )
            for name, xyz in zip(names, points, strict=True):
                given = [None] * 3 if xyz is None else xyz
                yield Line(frame, name, given, one.get(SIDE) or "", where)
    except (KeyError, TypeError, AttributeError) as wrong:
        raise DatasetError(
            f'{path} wants {{"names": [...], "frames": [{{"frame": "000001", '
            '"joints_mm": [[x, y, z], ...]}]}, as `handjax predict` writes it; '
            f"{wrong} is not right"
        ) from wrong
    except ValueError as wrong:
        if isinstance(wrong, DatasetError):
            raise
        raise DatasetError(f"{path} is no JSON ({wrong})") from wrong
