"""A user's own recording: depth frames of one or several cameras, maybe key points.

docs/own_data.md describes the folder. Where nobody says where the hand is, it is found
in each camera's depth as `handjax predict` finds it (`data.given.blobs`); a view in
which it is not is left out, a frame without any view is skipped, and both are counted.
Every recording has a store of its own, by its path, which is refused once the files
have changed.
"""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from handjax.data.given import blobs, cameras, files
from handjax.data.given.frames import FrameError as Unreadable
from handjax.data.own import key_points, recording, views
from handjax.data.own.key_points import KeyPoints
from handjax.data.own.recording import Camera, Recording
from handjax.data.real.download import missing
from handjax.data.real.frame import About, DatasetError, Frame, FrameError, View

SPLITS = ("train", "test")

ABOUT = About(
    name="own",
    title="A recording of your own",
    home="docs/own_data.md, beside this package's README",
    licence="yours",
    citation="",
    layout={
        recording.FILE: "the cameras, and which hand",
        "train/*/*": "frames to learn from, a folder a camera, named alike in all",
        "train/joints.csv": "key points of them; may be left out, or be joints.json",
        "test/*/*": "frames to test on; may be left out",
        "test/joints.csv": "key points of them, which a test wants",
    },
    frames=dict.fromkeys(SPLITS, 0),
    joints="own",
    version="1.0.0",
    leads=False,
)


class Entry(NamedTuple):
    """A frame to read.

    Attributes:
        name: its split, and the name of its files.
        files: of the cameras that have it.
        recording: what is known of these.
        known: its key points; None where nobody labelled them.
    """

    name: str
    files: dict[str, Path]
    recording: Recording
    known: KeyPoints | None


class Rooted(NamedTuple):
    """The reader of one recording; see `frame.Reader`.

    Attributes:
        changed: (split, how many frames were stored, when) -> whether its files are
            others now.
    """

    ABOUT: About
    index: Callable[[Path, str], Sequence[Entry]]
    read: Callable[[Path, Entry], Frame]
    changed: Callable[[str, int, float], bool]


def at(root: str | Path | None) -> Rooted:
    """The reader of the recording in a folder.

    Raises:
        DatasetError: there is no such folder.
    """
    if not root or not Path(root).expanduser().is_dir():
        raise DatasetError(missing(ABOUT, root))
    place = Path(root).expanduser().resolve()
    digest = hashlib.sha256(str(place).encode()).hexdigest()[:10]
    about = ABOUT._replace(name=f"own_{digest}")

    def changed(split: str, frames: int, when: float) -> bool:
        every = [place / recording.FILE, *(place / split).rglob("*")]
        touched = (path.stat().st_mtime for path in every if path.is_file())
        return max(touched, default=0.0) > when or len(index(place, split)) != frames

    return Rooted(about, index, read, changed)


def index(root: Path, split: str) -> list[Entry]:
    """Entries of a split, in the order of the numbers in their names."""
    known = recording.read(root / recording.FILE)
    if not (root / split).is_dir():
        raise DatasetError(
            f"no folder {split} in {root}; put frames in {split}/CAMERA, a folder for "
            f"each of {', '.join(known.cameras)}"
        )
    by_camera = views.frames(root / split, known)
    known = known._replace(
        cameras={
            name: camera._replace(size=views.size(by_camera[name], known.unit))
            for name, camera in known.cameras.items()
        }
    )
    every = views.together(by_camera, root / split)
    labelled = key_points.read(root / split, known, every)
    return [
        Entry(f"{split}/{name}", found, known, labelled.get(name))
        for name, found in every.items()
    ]


def read(root: Path, entry: Entry) -> Frame:
    """The frame of an entry."""
    del root
    every, dropped = [], []
    for name, camera in entry.recording.cameras.items():
        try:
            if name not in entry.files:
                raise FrameError(f"{entry.name}: {name} has no such frame")
            every.append(_view(entry, name, camera))
        except FrameError as fault:
            dropped.append(str(fault))
    if not every:
        raise FrameError("; ".join(dropped))
    known, right = entry.known, entry.recording.right
    nothing = np.zeros((21, 3), np.float32), np.zeros(21, bool)
    joints, valid = nothing if known is None else (known.joints, known.valid)
    if known is not None and known.right is not None:
        right = known.right
    return Frame(entry.name, tuple(every), joints, valid, right, dropped=tuple(dropped))


def _view(entry: Entry, name: str, camera: Camera) -> View:
    path, known = entry.files[name], entry.recording
    try:
        pixels = files.pixels(path, known.unit, metres=recording.METRES)
        views.require_size(pixels, camera)
        seen_by = cameras.of_frame(camera.lens, *pixels.shape[:2])
    except Unreadable as wrong:
        said = str(wrong).removeprefix(f"{path} ")
        raise FrameError(f"{entry.name}, {name}: {said}") from wrong
    focal, centre = (np.asarray(leaf, np.float32) for leaf in seen_by)
    view = View(focal, centre, camera.camera_from_world)
    if pixels.ndim == 3:
        if entry.known is None:
            raise FrameError(
                f"{entry.name}, {name}: a picture in colour, of which key points must "
                "say where the hand is; depth is one channel of 16 bits, mm"
            )
        return view._replace(image=pixels)
    depth = np.where(np.isfinite(pixels) & (pixels > 0.0), pixels, np.float32(0.0))
    return _found(entry, name, view._replace(depth=depth), seen_by)


def _found(entry: Entry, name: str, view: View, camera: Any) -> View:
    """A view of depth with where the hand is in it.

    Where nothing of a hand's size is found, key points still say.
    """
    assert view.depth is not None
    hands = blobs.hands(view.depth, camera)
    if hands and not blobs.rival(hands):
        centre: Float[np.ndarray, "3"] = hands[0].centre.astype(np.float32)
        view = view._replace(found=centre)
        return view if entry.known is not None else view._replace(hand=centre)
    if entry.known is not None:
        return view
    what = (
        "two things as large as a hand, equally near"
        if hands
        else "no hand: nothing that stands out is as large as one"
    )
    raise FrameError(f"{entry.name}, {name}: {what}")
