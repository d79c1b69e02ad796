"""What the command line of `predict` may say, and what it says."""

import argparse
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from handjax.data.given import cameras
from handjax.data.given.cameras import Lens
from handjax.data.given.files import UNITS
from handjax.data.given.frames import CAMERAS, FrameError, parse_center
from handjax.experiment import METHODS
from handjax.predicting import looking
from handjax.predicting.looking import SIDES, Hint

HELP = "find the hand in your own depth frames, pictures or videos"
LEAST = 0.1
"""Confidence below which a frame is skipped unless another is named."""
MESHES = ("glb", "ply", "obj", "rig")


def add_to(commands: Any) -> argparse.ArgumentParser:
    """Add the command to argparse's subparsers; returns its parser."""
    parser = commands.add_parser("predict", help=HELP, description=HELP)
    add = parser.add_argument
    add("inputs", nargs="+", type=Path, metavar="INPUT", help="files, folders, videos")
    add("--out", type=Path, required=True, help="folder to write to")
    add("--method", help=f"{', '.join(METHODS)}; default: by what the frames are")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--weights", help="a release, by name; default: the method's")
    source.add_argument("--workdir", help="or the folder of a run of yours")
    add("--camera", help=f"fx,fy,cx,cy in pixels, {', '.join(CAMERAS)}, or a .json")
    add("--unit", choices=UNITS, default="mm", help="of arrays; default: mm")
    add("--side", choices=(*SIDES, "both"), default="both", help="default: both, tried")
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--box", help="x,y,w,h in pixels, around the hand")
    place.add_argument("--center", help="X,Y,Z of the hand in depth, mm")
    add("--refine", type=int, default=0, metavar="N", help="steps, where a method can")
    add(
        "--smooth",
        action=argparse.BooleanOptionalAction,
        help="One-Euro; default: videos, and folders of more than 2 frames",
    )
    add("--fps", type=float, help="frames a second; default: a video's own, else 30")
    add(
        "--mesh",
        default=",".join(MESHES),
        help="glb,ply,obj,rig, some of them, or none",
    )
    add("--no-overlay", action="store_true", help="draw no pictures")
    add(
        "--min-confidence",
        type=float,
        default=LEAST,
        metavar="P",
        help=f"skip frames below it, where it is known; default: {LEAST}",
    )
    return parser


class Asked(NamedTuple):
    """What the command line says, read."""

    lens: Lens
    hint: Hint
    sides: tuple[str, ...]
    formats: tuple[str, ...]
    rigs: bool


def read(chosen: argparse.Namespace) -> Asked:
    """The command line, before anything is read or compiled."""
    formats = () if chosen.mesh == "none" else tuple(chosen.mesh.split(","))
    if unknown := set(formats) - set(MESHES):
        raise FrameError(
            f"--mesh wants some of {', '.join(MESHES)}, or none; got "
            f"{', '.join(sorted(unknown))}"
        )
    if chosen.refine < 0:
        raise FrameError(f"--refine wants 0 or more; got {chosen.refine}")
    if chosen.fps is not None and not 0.0 < chosen.fps < float("inf"):
        raise FrameError(f"--fps wants more than 0; got {chosen.fps}")
    if not 0.0 <= chosen.min_confidence <= 1.0:
        raise FrameError(
            f"--min-confidence wants 0 to 1; got {chosen.min_confidence:g}"
        )
    centre = None if chosen.center is None else parse_center(chosen.center)
    box = None if chosen.box is None else parse_box(chosen.box)
    sides = SIDES if chosen.side == "both" else (chosen.side,)
    kinds = tuple(f".{kind}" for kind in formats if kind != "rig")
    return Asked(
        cameras.parse(chosen.camera), Hint(centre, box), sides, kinds, "rig" in formats
    )


def parse_box(text: str) -> looking.Rectangle:
    """x,y,w,h in pixels."""
    try:
        numbers = [float(word) for word in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != 4 or not np.isfinite(numbers).all() or min(numbers[2:]) < 8:
        raise FrameError(
            "--box wants x,y,w,h in pixels: left, top, width and height, the last two "
            f"8 or more; got {text!r}"
        )
    return numbers[0], numbers[1], numbers[2], numbers[3]
