"""recording.json: the cameras of a recording, and which hand they saw."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from handjax.data.given import cameras
from handjax.data.given.cameras import Lens
from handjax.data.given.files import UNITS
from handjax.data.given.frames import FrameError as Unreadable
from handjax.data.real.frame import DatasetError

FILE = "recording.json"
METRES = f'say "unit": "m" in {FILE}'
FIELDS = ("cameras", "side", "unit", "joints_in")
OF_CAMERAS = (*("fx", "fy", "cx", "cy", "K"), "width", "height", "camera_from_world")
SIDES = ("right", "left")
WORLD = "world"
EXAMPLE = (
    '{"side": "right", "cameras": {"front": {"fx": 475, "fy": 475, "cx": 320, '
    '"cy": 240, "width": 640, "height": 480}}}'
)
RIGID = 1e-3
"""How far off a rotation may be."""
NEAR = 20.0
"""Cameras that are all nearer to one another than this were measured in metres, mm."""


class Camera(NamedTuple):
    """A camera of a recording.

    Attributes:
        lens: its intrinsics.
        camera_from_world: rigid.
        size: height and width of its first frame; None until it was looked at.
    """

    lens: Lens
    camera_from_world: Float[np.ndarray, "4 4"]
    size: tuple[int, int] | None = None


class Recording(NamedTuple):
    """What a recording's file says.

    Attributes:
        cameras: by name, in the file's order.
        right: whether it is a right hand, unless key points say otherwise.
        unit: of arrays of depth, one of `files.UNITS`.
        joints_in: the camera in whose frame key points are, or `WORLD`; None where
            there are several cameras and nobody says.
    """

    cameras: dict[str, Camera]
    right: bool
    unit: str
    joints_in: str | None


def read(path: Path) -> Recording:
    """What a recording's file says.

    Raises:
        DatasetError: it is not there, or says what can't be.
    """
    page = _page(path)
    _require_known(page, FIELDS, str(path))
    every = page.get("cameras")
    if not isinstance(every, dict) or not every:
        raise DatasetError(f"{path} wants cameras by name, as in {EXAMPLE}")
    alone = len(every) == 1
    found = {name: _camera(path, name, one, alone) for name, one in every.items()}
    _require_mm(path, found)
    choices = {"side": SIDES, "unit": tuple(UNITS), "joints_in": (*found, WORLD)}
    usual = {"side": "right", "unit": "mm", "joints_in": next(iter(found))}
    for field, known in choices.items():
        if page.get(field, usual[field]) not in known:
            raise DatasetError(
                f"{path}: {field} wants one of {', '.join(known)}; got {page[field]!r}"
            )
    return Recording(
        found,
        page.get("side", "right") == "right",
        page.get("unit", "mm"),
        page.get("joints_in", usual["joints_in"] if alone else None),
    )


def _page(path: Path) -> dict[str, Any]:
    try:
        page = json.loads(path.read_text())
    except FileNotFoundError as wrong:
        raise DatasetError(f"no file at {path}; write one, as {EXAMPLE}") from wrong
    except OSError as wrong:
        raise DatasetError(f"{path} can't be read: {wrong.strerror}") from wrong
    except ValueError as wrong:
        raise DatasetError(f"{path} is no JSON ({wrong})") from wrong
    if not isinstance(page, dict):
        raise DatasetError(f"{path} wants an object, as {EXAMPLE}")
    return page


def _require_known(page: dict[str, Any], known: tuple[str, ...], where: str) -> None:
    """Refuse what would be overlooked, such as a name with a letter too many."""
    if unknown := [name for name in page if name not in known]:
        raise DatasetError(
            f"{where} knows {', '.join(known)}; got {', '.join(unknown)}"
        )


def _camera(path: Path, name: str, page: Any, alone: bool) -> Camera:
    where = f"{path}, camera {name}"
    if not isinstance(page, dict):
        raise DatasetError(f"{where} wants an object with fx, fy, cx and cy, pixels")
    _require_known(page, OF_CAMERAS, where)
    try:
        lens = cameras.of_page(page, where)
    except Unreadable as wrong:
        raise DatasetError(str(wrong)) from wrong
    rows = page.get("camera_from_world")
    if rows is None and not alone:
        raise DatasetError(
            f"{where} wants camera_from_world, four rows of four numbers, mm: of "
            "several cameras it must be known how they stand to one another; that of "
            "one of them may be [[1,0,0,0],[0,1,0,0],[0,0,1,0],[0,0,0,1]]"
        )
    return Camera(
        lens, np.eye(4, dtype=np.float32) if rows is None else _rigid(rows, where)
    )


def _rigid(rows: Any, where: str) -> Float[np.ndarray, "4 4"]:
    try:
        T = np.asarray(rows, np.float32)
    except (TypeError, ValueError):
        T = np.zeros(0, np.float32)
    if T.shape != (4, 4) or not np.isfinite(T).all():
        raise DatasetError(
            f"{where}: camera_from_world wants four rows of four numbers; got "
            f"{str(rows)[:80]}"
        )
    R = T[:3, :3]
    off = max(np.abs(R @ R.T - np.eye(3)).max(), np.abs(T[3] - [0, 0, 0, 1]).max())
    if off > RIGID or np.linalg.det(R) < 0.0:
        raise DatasetError(
            f"{where}: camera_from_world is no rotation and shift: its rows are the "
            "camera's x, y and z axes in the world, each with the shift, mm, behind, "
            "and last 0, 0, 0, 1"
        )
    return T


def _require_mm(path: Path, found: dict[str, Camera]) -> None:
    at = np.array([c.camera_from_world[:3, 3] for c in found.values()])
    reach = np.abs(at).max()
    if 0.0 < reach < NEAR:
        raise DatasetError(
            f"{path}: camera_from_world has shifts of {reach:.3g} at most, where mm "
            "are wanted; are these metres?"
        )
