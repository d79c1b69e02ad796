"""`python -m handjax predict`: a user's own frames in, hands out."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from handjax import export
from handjax.experiment import METHODS
from handjax.fitting.frames import CAMERAS, FrameError, parse_center
from handjax.predicting import cameras, inputs, looking, methods
from handjax.predicting.cameras import Lens
from handjax.predicting.inputs import Bad, Clip, Frame
from handjax.predicting.looking import SIDES, Hint
from handjax.predicting.methods import Seer
from handjax.predicting.outputs import FPS, Row, Writer
from handjax.predicting.sessions import Session

HELP = "find the hand in your own depth frames, pictures or videos"
MESHES = ("glb", "ply", "obj")
MANY = 2
"""Frames of a folder that is not smoothed unless that is asked for."""


def add_to(commands: Any) -> None:
    """Add the command to argparse's subparsers."""
    parser = commands.add_parser("predict", help=HELP, description=HELP)
    add = parser.add_argument
    add("inputs", nargs="+", type=Path, metavar="INPUT", help="files, folders, videos")
    add("--out", type=Path, required=True, help="folder to write to")
    add("--method", help=f"{', '.join(METHODS)}; default: by what the frames are")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--weights", help="a release, by name; default: the method's")
    source.add_argument("--workdir", help="or the folder of a run of yours")
    add("--camera", help=f"fx,fy,cx,cy in pixels, {', '.join(CAMERAS)}, or a .json")
    add("--unit", choices=inputs.UNITS, default="mm", help="of arrays; default: mm")
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
    add("--mesh", default=",".join(MESHES), help="glb,ply,obj, some of them, or none")
    add("--no-overlay", action="store_true", help="draw no pictures")
    parser.set_defaults(run=run)


class Asked(NamedTuple):
    """What the command line says, read."""

    lens: Lens
    hint: Hint
    sides: tuple[str, ...]
    formats: tuple[str, ...]


def run(chosen: argparse.Namespace) -> None:
    """Read, find, write, frame by frame.

    Raises:
        FrameError: what the user gave can't be used, or no frame could.
        FolderError: nothing can be written.
    """
    asked = _read(chosen)
    clips = inputs.open_all(chosen.inputs, chosen.unit)
    export.prepare(chosen.out)
    first, clips = _first_good(clips)
    if first is None:
        raise FrameError("none of the frames can be used")
    lens = asked.lens
    camera = _first_camera(lens, first)
    seer = methods.load(
        chosen.method,
        chosen.workdir or chosen.weights,
        is_depth=first.is_depth,
        refine=chosen.refine,
    )
    _introduce(clips, first, lens, camera, seer)
    faces = np.asarray(seer.faces)
    writer = Writer(chosen.out, faces, asked.formats, pictures=not chosen.no_overlay)
    done = 0
    with writer:
        for clip in clips:
            done += _follow(clip, chosen, asked, first, seer, writer)
        if not done:
            raise FrameError("no hand was found in any of the frames")
        smoothed = any(_smoothed(clip, chosen) for clip in clips)
        written = writer.finish(_about(lens, camera, seer, first, smoothed))
    names = ", ".join(path.name for path in written)
    more = [name for name in ("meshes", "overlays") if (chosen.out / name).is_dir()]
    print(f"wrote     {names}{''.join(f', {name}/' for name in more)} in {chosen.out}")


def _read(chosen: argparse.Namespace) -> Asked:
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
    centre = None if chosen.center is None else parse_center(chosen.center)
    box = None if chosen.box is None else parse_box(chosen.box)
    sides = SIDES if chosen.side == "both" else (chosen.side,)
    kinds = tuple(f".{kind}" for kind in formats)
    return Asked(cameras.parse(chosen.camera), Hint(centre, box), sides, kinds)


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


def _first_good(clips: list[Clip]) -> tuple[Frame | None, list[Clip]]:
    """The first frame that can be used, and the clips as if nobody had looked."""
    for k, clip in enumerate(clips):
        seen: list[Frame | Bad] = []
        for frame in clip.frames:
            seen.append(frame)
            if isinstance(frame, Frame):
                rest = clip._replace(frames=_joined(seen, clip.frames))
                return frame, [*clips[:k], rest, *clips[k + 1 :]]
        clips = [*clips[:k], clip._replace(frames=iter(seen)), *clips[k + 1 :]]
    for clip in clips:
        for frame in clip.frames:
            assert isinstance(frame, Bad)
            print(f"{frame.name}  skipped: {frame.why}")
    return None, clips


def _joined(seen: list, rest: Iterator) -> Iterator:
    yield from seen
    yield from rest


def _first_camera(lens: Lens, first: Frame) -> Any:
    if first.is_depth and lens.numbers is None:
        raise FrameError(
            "depth frames want --camera: fx,fy,cx,cy in pixels, as the maker of the "
            f"camera says, {', '.join(CAMERAS)}, or a JSON file"
        )
    return cameras.of_frame(lens, *first.pixels.shape[:2])


def _follow(
    clip: Clip,
    chosen: argparse.Namespace,
    asked: Asked,
    first: Frame,
    seer: Seer,
    writer: Writer,
) -> int:
    """A clip's frames, a line for each; returns in how many a hand was found."""
    look = looking.in_depth if seer.sees == "depth" else looking.in_colour
    session = Session(
        partial(look, seer),
        asked.sides,
        asked.hint,
        ordered=clip.ordered,
        fps=_fps(clip, chosen) if _smoothed(clip, chosen) else None,
    )
    done = 0
    with _bar(clip) as advance:
        for frame in clip.frames:
            try:
                camera = _fitting(frame, first, asked.lens)
                assert isinstance(frame, Frame)
            except FrameError as wrong:
                session.skip()
                print(f"{frame.name}  skipped: {wrong}")
                advance()
                continue
            try:
                found = session.see(frame.pixels, camera)
            except FrameError as wrong:
                print(f"{frame.name}  skipped: {wrong}")
            else:
                print(_line(writer.add(clip, frame, camera, found)))
                done += 1
            advance()
    return done


def _fitting(frame: Frame | Bad, first: Frame, lens: Lens) -> Any:
    """The camera of a frame that is as the first one was.

    Raises:
        FrameError: it is not, or can't be used at all.
    """
    if isinstance(frame, Bad):
        raise FrameError(frame.why)
    if frame.is_depth != first.is_depth:
        kinds = [("colour", "depth")[kind.is_depth] for kind in (frame, first)]
        raise FrameError(f"it is {kinds[0]}, and the first frame is {kinds[1]}")
    (height, width), size = frame.pixels.shape[:2], first.pixels.shape[:2]
    if lens.numbers is not None and lens.size is None and (height, width) != size:
        raise FrameError(
            f"it has {width} x {height} pixels, and the camera is that of "
            f"{size[1]} x {size[0]}"
        )
    return cameras.of_frame(lens, height, width)


def _smoothed(clip: Clip, chosen: argparse.Namespace) -> bool:
    if chosen.smooth is not None:
        return chosen.smooth
    return clip.video or (clip.ordered and (clip.count or MANY + 1) > MANY)


def _fps(clip: Clip, chosen: argparse.Namespace) -> float:
    return chosen.fps or clip.fps or FPS


def _introduce(
    clips: list[Clip], first: Frame, lens: Lens, camera: Any, seer: Seer
) -> None:
    """What was understood, before the first line."""
    height, width = first.pixels.shape[:2]
    counts = [clip.count for clip in clips]
    many = "?" if None in counts else sum(count or 0 for count in counts)
    kind = "depth" if first.is_depth else "colour"
    print(f"frames    {many}, {kind}, {width} x {height} pixels")
    print(f"camera    {cameras.told(lens, camera)}")
    print("axes      x right, y down, z forward, mm; in .glb y up, z back, metres")
    print(f"method    {seer.name}, {seer.origin}; compiles first")
    if not first.is_depth:
        print(f"scale     {_scale(lens)}")


def _scale(lens: Lens) -> str:
    """What mm mean that come of a picture in colour."""
    usual = (
        "a picture does not tell a large hand far away from a small one near by: mm "
    )
    usual += "suppose a hand of the usual size"
    if lens.numbers is not None:
        return f"{usual}; for more, use a depth camera"
    return (
        f"{usual} and a view of {cameras.VIEW:.0f} degrees, so depth is relative; give "
        "--camera fx,fy,cx,cy for true directions, and depth frames for true mm"
    )


def _about(
    lens: Lens, camera: Any, seer: Seer, first: Frame, smoothed: bool
) -> dict[str, Any]:
    height, width = first.pixels.shape[:2]
    return {
        "method": seer.name,
        "weights": seer.origin,
        "metric": first.is_depth,
        "camera": {
            "fx_fy": np.asarray(camera.focal, float).tolist(),
            "cx_cy": np.asarray(camera.centre, float).tolist(),
            "width": width,
            "height": height,
            "given": lens.numbers is not None,
        },
        "smoothed": smoothed,
    }


def _line(row: Row) -> str:
    x, y, z = row.joints_mm[0]
    return (
        f"{row.frame}  {row.side}  confidence {row.confidence:.2f}  "
        f"wrist ({x:.0f}, {y:.0f}, {z:.0f}) mm"
    )


@contextmanager
def _bar(clip: Clip) -> Iterator[Any]:
    """A bar on stderr, where that is a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(clip.name, total=clip.count)
        yield partial(bar.advance, task)
