"""`python -m handjax calibrate`: how cameras stand that saw the same moving hand.

python -m handjax predict OWN/train/front --camera ... --out hands/front
python -m handjax predict OWN/train/above --camera ... --out hands/above
python -m handjax calibrate hands/front hands/above --out cameras.json
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from handjax import export
from handjax.data.given.frames import FrameError
from handjax.geometry.registration import register
from handjax.hands.skeleton import KEYPOINTS

HELP = (
    "how cameras stand that saw the same moving hand, from what predict found in each"
)
FILE = "joints.json"
LEAST = 10
"""Frames that a camera must share with the first."""
SPREAD = 60.0
"""Of the hand's places: below this a turn of the cameras is hardly told, mm."""
ROUND = 6
"""Decimals of what is written."""


class Seen(NamedTuple):
    """A hand as one camera saw it.

    Attributes:
        name: of the camera: its folder's.
        joints: key points by the frame's name, mm in the camera's frame.
        confidence: of each; where nobody has calibrated one, its score.
    """

    name: str
    joints: dict[str, Float[np.ndarray, "21 3"]]
    confidence: dict[str, float]


def add_to(commands: Any) -> None:
    """Add the command to argparse's subparsers."""
    parser = commands.add_parser("calibrate", help=HELP, description=HELP)
    parser.add_argument(
        "folders",
        nargs="+",
        type=Path,
        help="what predict wrote of each camera; the first one is the world",
    )
    parser.add_argument("--out", type=Path, required=True, help="JSON to write")
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> None:
    """Read, register, write.

    Raises:
        FrameError: what was given can't be used.
    """
    if len(chosen.folders) < 2:
        raise FrameError(
            "calibrate wants the folders of two cameras or more; got one. One camera "
            "needs no calibration: it is the world"
        )
    export.prepare(chosen.out.parent)
    seen = [read(folder) for folder in chosen.folders]
    names = [one.name for one in seen]
    if len(set(names)) < len(names):
        raise FrameError(f"folders are called as their cameras; got {', '.join(names)}")
    frames, points, weights = together(seen)
    found = register(points, weights)
    T = np.asarray(found.camera_from_world, np.float64)
    for line in told(seen, T, points, weights):
        print(line)
    page = {
        "frames": len(frames),
        "apart_mm": round(float(found.residual), 2),
        "cameras": {
            name: {"camera_from_world": np.round(one, ROUND).tolist()}
            for name, one in zip(names, T, strict=True)
        },
    }
    export.write(chosen.out, (json.dumps(page, indent=1) + "\n").encode())
    print(f"wrote     {chosen.out}: copy camera_from_world into recording.json")


def read(folder: Path) -> Seen:
    """What predict wrote of one camera's frames.

    Raises:
        FrameError: it is not there, or no such file.
    """
    path = folder / FILE
    try:
        page = json.loads(path.read_text())
        rows = {str(row["frame"]): row for row in page["frames"]}
        joints = {
            name: np.asarray(row["joints_mm"], np.float32) for name, row in rows.items()
        }
        sure = {name: _sure(row) for name, row in rows.items()}
    except FileNotFoundError as wrong:
        raise FrameError(
            f"no {FILE} in {folder}; let `python -m handjax predict` write there"
        ) from wrong
    except (KeyError, TypeError, ValueError) as wrong:
        raise FrameError(f"{path} is not what predict writes ({wrong})") from wrong
    odd = [k for k, x in joints.items() if x.shape != (len(KEYPOINTS), 3)]
    if odd:
        raise FrameError(f"{path}: frame {odd[0]} has not {len(KEYPOINTS)} key points")
    return Seen(folder.resolve().name, joints, sure)


def together(
    seen: Sequence[Seen],
) -> tuple[
    list[str],
    Float[np.ndarray, "cameras points 3"],
    Float[np.ndarray, "cameras points"],
]:
    """Frames that two cameras or more share, their key points, and how far each is to
    be believed.

    Raises:
        FrameError: a camera shares too few with the first.
    """
    for one in seen[1:]:
        shared = one.joints.keys() & seen[0].joints.keys()
        if len(shared) < LEAST:
            raise FrameError(
                f"{one.name} and {seen[0].name} share {len(shared)} frames by name, as "
                f"{_some(one)} and {_some(seen[0])}; {LEAST} or more are wanted: files "
                "of one moment are called alike"
            )
    every = sorted(set().union(*(one.joints for one in seen)))
    frames = [k for k in every if sum(k in one.joints for one in seen) > 1]
    none = np.zeros((len(KEYPOINTS), 3), np.float32)
    points = [[one.joints.get(k, none) for k in frames] for one in seen]
    weights = [[one.confidence.get(k, 0.0) for k in frames] for one in seen]
    each = np.repeat(np.asarray(weights, np.float32), len(KEYPOINTS), axis=1)
    return frames, np.asarray(points).reshape(len(seen), -1, 3), each


def told(
    seen: Sequence[Seen],
    T: Float[np.ndarray, "cameras 4 4"],
    points: Float[np.ndarray, "cameras points 3"],
    weights: Float[np.ndarray, "cameras points"],
) -> list[str]:
    """A line a camera: where it stands, and how far its points lie from the first's."""
    world = np.einsum("cij,cpj->cpi", T[:, :3, :3].mT, points - T[:, None, :3, 3])
    lines = []
    for k, one in enumerate(seen):
        both = (weights[0] > 0.0) & (weights[k] > 0.0)
        away = np.linalg.norm(world[k] - world[0], axis=-1)[both]
        at = -T[k, :3, :3].T @ T[k, :3, 3]
        place = ", ".join(f"{x:.0f}" for x in at)
        apart = f"{np.median(away):.1f} mm from the first's (median)" if k else "world"
        count = len(away) // len(KEYPOINTS)
        lines.append(f"{one.name}  at ({place}) mm, {count} frames, {apart}")
    middles = world[0][weights[0] > 0.0].reshape(-1, len(KEYPOINTS), 3).mean(axis=1)
    spread = np.linalg.norm(np.std(middles, axis=0))
    if spread < SPREAD:
        lines.append(
            f"warning: the hand moved little ({spread:.0f} mm); move it through all of "
            "the cameras' view, turning it"
        )
    return lines


def _sure(row: dict[str, Any]) -> float:
    known = row["confidence"]
    return float(row["score"] if known is None else known)


def _some(one: Seen) -> str:
    return ", ".join(list(one.joints)[:2]) or "none"
