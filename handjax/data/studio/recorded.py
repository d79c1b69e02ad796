"""The studio's capture as files, in the layout of a user's own recording.

What docs/own_data.md shows is done with these: frames as sensors of 320 x 240 pixels
have them, in whole mm, of cameras as calibration has them; key points of every frame.
"""

import csv
import json
from collections.abc import Callable, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jaxtyping import Float, UInt16
from PIL import Image

from handjax.data.own import key_points, recording
from handjax.data.studio.capture import FOCAL, Scene, capture, readings
from handjax.data.studio.factors import FACTORS
from handjax.data.studio.frames import CHUNK, SPLITS, Session, stage
from handjax.hands.skeleton import KEYPOINTS

CAMERAS = ("front", "right", "above")
"""What the three cameras are called, whose stands are `rig.STANDS`."""
WIDTH, HEIGHT = 320, 240
Depth = UInt16[np.ndarray, "240 320"]


def write(
    root: Path,
    subject: str,
    amount: str,
    *,
    splits: Sequence[str] = SPLITS,
    every: int = 1,
) -> None:
    """Write a subject's frames.

    Args:
        root: folder.
        subject: one of `studio.SUBJECTS`.
        amount: one of `studio.AMOUNTS`.
        splits: of `studio.SPLITS`, those that are written.
        every: of each how manieth frame.
    """
    for split in splits:
        session = stage(subject, amount, split)
        shoot = shooter(session)
        rows = np.arange(0, len(session.keys), every)
        lines: list[Any] = []
        for first in range(0, len(rows), CHUNK):
            # One size of call compiles once: the last goes on from the first frame.
            some = np.take(rows, np.arange(first, first + CHUNK), mode="wrap")
            made = zip(some, *shoot(some), strict=True)
            for row, depth, centre, joints in list(made)[: len(rows) - first]:
                name = f"{row + 1:06d}"
                for camera, D, c in zip(CAMERAS, depth, centre, strict=True):
                    _save(root / split / camera / f"{name}.png", on_sensor(D, c))
                each = zip(KEYPOINTS, joints, strict=True)
                lines += [(name, joint, *xyz) for joint, xyz in each]
        _write_joints(root / split / key_points.CSV, lines)
    _write_page(root / recording.FILE, session.rigs)


def on_sensor(
    depth: Float[np.ndarray, "rows columns"], centre: Float[np.ndarray, "2"]
) -> Depth:
    """A window's depth where it lies on the sensor, whole mm.

    Args:
        depth: of the window, mm.
        centre: principal point in the window, pixels; it is the sensor's middle.
    """
    left, top = np.rint([WIDTH / 2, HEIGHT / 2] - centre).astype(int)
    rows, columns = depth.shape
    wide = np.zeros((HEIGHT + 2 * rows, WIDTH + 2 * columns), np.uint16)
    if -rows <= top <= HEIGHT and -columns <= left <= WIDTH:
        part = wide[top + rows :, left + columns :]
        part[:rows, :columns] = np.rint(depth)
    # What is beyond the sensor is cut off.
    return wide[rows:-rows, columns:-columns]


def shooter(session: Session) -> Callable[[np.ndarray], Any]:
    """Rows to depth, principal points and key points of their frames."""

    def shoot(scene: Any, key: Any, moves: Any) -> Any:
        subject, bias = scene
        scene = Scene(subject, bias, FACTORS)
        depth, centre = readings(key, scene, moves)
        # All else that a capture has is not computed.
        return depth, centre, capture(key, scene, moves).joints

    run = jax.jit(jax.vmap(shoot, (None, 0, 0)))

    def some(rows: np.ndarray) -> Any:
        few = session.keys[rows], jax.tree.map(itemgetter(rows), session.moves)
        return jax.device_get(run((session.body, session.bias), *few))

    return some


def _save(path: Path, depth: Depth) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(depth).save(path)


def _write_joints(path: Path, lines: list[Any]) -> None:
    with path.open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(key_points.COLUMNS)
        for frame, joint, *xyz in lines:
            table.writerow([frame, joint, *(f"{x:.2f}" for x in xyz)])


def _write_page(path: Path, rigs: Float[np.ndarray, "views 4 4"]) -> None:
    own = {"fx": FOCAL, "fy": FOCAL, "cx": WIDTH / 2, "cy": HEIGHT / 2}
    own |= {"width": WIDTH, "height": HEIGHT}
    cameras = {
        name: own | {"camera_from_world": np.round(one, 6).tolist()}
        for name, one in zip(CAMERAS, rigs, strict=True)
    }
    page = {"side": "right", "joints_in": CAMERAS[0], "cameras": cameras}
    path.write_text(json.dumps(page, indent=1) + "\n")
