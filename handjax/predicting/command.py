"""`python -m handjax predict`: a user's own frames in, hands out."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from handjax import export
from handjax.data.given import cameras
from handjax.data.given.cameras import Lens
from handjax.data.given.frames import CAMERAS, FrameError
from handjax.geometry.cameras import Pinhole
from handjax.predicting import asking, inputs, looking, methods, telling
from handjax.predicting.asking import Asked
from handjax.predicting.inputs import Bad, Clip, Frame
from handjax.predicting.methods import Seer
from handjax.predicting.outputs import Writer
from handjax.predicting.sessions import Session

MANY = 2
"""Frames of a folder that is not smoothed unless that is asked for."""


def add_to(commands: Any) -> None:
    """Add the command to argparse's subparsers."""
    asking.add_to(commands).set_defaults(run=run)


def run(chosen: argparse.Namespace) -> None:
    """Read, find, write, frame by frame.

    Raises:
        FrameError: what the user gave can't be used, or no frame could.
        FolderError: nothing can be written.
    """
    asked = asking.read(chosen)
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
    print(*telling.introduction(clips, first, lens, camera, seer), sep="\n")
    writer = Writer(
        chosen.out,
        seer.template,
        asked.formats,
        rigs=asked.rigs,
        pictures=not chosen.no_overlay,
        fps=chosen.fps,
    )
    smoothed = any(_smoothed(clip, chosen) for clip in clips)
    about = telling.about(lens, camera, seer, first, smoothed)
    written, whole = [], False
    with writer:
        try:
            for clip in clips:
                _follow(clip, chosen, asked, first, seer, writer)
            whole = True
        finally:
            # Whatever ends a long recording, what was found until then stays.
            if writer.rows:
                written = writer.finish(about, whole=whole)
    if not written:
        raise FrameError("no hand was found in any of the frames")
    folders = {"meshes/": asked.formats, "rigs/": asked.rigs}
    folders["overlays/"] = not chosen.no_overlay
    names = [path.name for path in written] + [
        name for name in folders if folders[name]
    ]
    print(f"wrote     {', '.join(names)} in {chosen.out}")


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


def _first_camera(lens: Lens, first: Frame) -> Pinhole:
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
) -> None:
    """A clip's frames, a line for each."""
    look = looking.in_depth if seer.sees == "depth" else looking.in_colour
    session = Session(
        partial(look, seer),
        asked.sides,
        asked.hint,
        ordered=clip.ordered,
        least=chosen.min_confidence,
        fps=writer.rate(clip) if _smoothed(clip, chosen) else None,
    )
    with _bar(clip) as advance:
        for number, frame in enumerate(clip.frames):
            try:
                camera = _fitting(frame, first, asked.lens)
                assert isinstance(frame, Frame)
            except FrameError as wrong:
                session.skip()
                print(f"{frame.name}  skipped: {wrong}")
                advance()
                continue
            try:
                found = session.see(frame.pixels, camera, frame.at)
            except FrameError as wrong:
                writer.skip(clip, frame)
                print(f"{frame.name}  skipped: {wrong}")
            else:
                print(telling.line(writer.add(clip, number, frame, camera, found)))
            advance()


def _fitting(frame: Frame | Bad, first: Frame, lens: Lens) -> Pinhole:
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


@contextmanager
def _bar(clip: Clip) -> Iterator[Any]:
    """A bar on stderr, where that is a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    # Lines that go into a file or a pipe must not be drawn around the bar instead.
    shared = sys.stdout.isatty()
    console, hidden = Console(stderr=True), not sys.stderr.isatty()
    with Progress(console=console, disable=hidden, redirect_stdout=shared) as bar:
        task = bar.add_task(clip.name, total=clip.count)
        yield partial(bar.advance, task)
