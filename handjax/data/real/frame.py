"""What a dataset's module says of itself and gives: the door into the house.

Frames are in the house's terms already: mm, x right, y down, z forward, arrays on the
host. Left hands are as they were; who stores frames mirrors them.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, UInt8


class About(NamedTuple):
    """What is to be known of a dataset before a file of it is opened.

    Attributes:
        name: as commands and configs call it; its module's name.
        title: in full.
        home: address of its page.
        licence: in the authors' words, or what their page says.
        citation: BibTeX.
        layout: what must stand below the root as downloaded, and what each part is;
            paths, with * for names that vary.
        frames: how many each split has; 0 where nobody says.
        joints: its joint set, a name in `skeleton.DATASETS`.
        cube: edge of the crop, mm, unless a frame says otherwise.
        version: of how handjax stores it.
        labels: those of colour pictures, "depth" and "mask", that some of them have.
        vertices: of the surfaces that some frames have; 0 if none has one.
        beside: whether depth is another camera's than colour, of its side, and nobody
            says which of it is the hand: both labels are worked out, see
            `data.real.beside`.
        leads: whether a frame is worth nothing without its first view, by which the
            dataset is scored; else the first that sees the hand takes its place.
        usual: splits that are prepared unless others are named; all if empty.
        checksums: SHA-256 of files as released, where it is known.
    """

    name: str
    title: str
    home: str
    licence: str
    citation: str
    layout: Mapping[str, str]
    frames: Mapping[str, int]
    joints: str
    cube: float = 300.0
    version: str = "1.1.0"
    labels: tuple[str, ...] = ()
    vertices: int = 0
    beside: bool = False
    leads: bool = True
    usual: tuple[str, ...] = ()
    checksums: Mapping[str, str] = {}


class View(NamedTuple):
    """A picture as a camera took it.

    Attributes:
        focal, centre: of a pinhole camera, pixels.
        camera_from_world: rigid; one view of each frame may be the world.
        hand: centre of the crop in the camera's frame that the dataset itself gives,
            mm; None where it gives none.
        depth: mm, 0 where nothing was measured.
        image: RGB.
        mask: which pixels are of the hand.
        found: where the depth alone shows the hand in the camera's frame, mm, for who
            has looked better than for the nearest thing.
    """

    focal: Float[np.ndarray, "2"]
    centre: Float[np.ndarray, "2"]
    camera_from_world: Float[np.ndarray, "4 4"]
    hand: Float[np.ndarray, "3"] | None = None
    depth: Float[np.ndarray, "height width"] | None = None
    image: UInt8[np.ndarray, "height width 3"] | None = None
    mask: Bool[np.ndarray, "height width"] | None = None
    found: Float[np.ndarray, "3"] | None = None


class Frame(NamedTuple):
    """One instant: its pictures and what the authors say of the hand.

    Attributes:
        name: tells it from all others of its split, as "test/depth_1_0000001".
        views: at least one.
        joints: in the dataset's own order, world coordinates, mm; 0 where unknown.
        valid: which joints are known.
        right: whether it is a right hand.
        subject: number of the person, from 0; 0 where nobody says.
        cube: edge of the crop, mm; None for the dataset's.
        vertices: of a surface in correspondence over the dataset, mm.
        dropped: of views that could not be read, why.
    """

    name: str
    views: tuple[View, ...]
    joints: Float[np.ndarray, "joints 3"]
    valid: Bool[np.ndarray, "joints"]
    right: bool = True
    subject: int = 0
    cube: float | None = None
    vertices: Float[np.ndarray, "vertices 3"] | None = None
    dropped: tuple[str, ...] = ()


@runtime_checkable
class Reader(Protocol):
    """A module that reads a dataset.

    Attributes:
        ABOUT: it.
    """

    ABOUT: About

    def index(self, root: Path, split: str) -> Sequence[Any]:
        """What `read` needs of each frame, in the authors' order.

        Raises:
            DatasetError: the split is not there.
        """
        ...

    def read(self, root: Path, entry: Any) -> Frame:
        """The frame of an entry.

        Raises:
            FrameError: it can't be read.
        """
        ...


class FrameError(ValueError):
    """A frame that can't be read, and why; others may be."""


class DatasetError(ValueError):
    """A dataset that can't be read, and what to do about it."""


class StoreError(DatasetError):
    """A store that can't be used or written, though the dataset may be there."""


def require_splits(about: About, *names: str) -> None:
    """Refuse names that are no splits of a dataset.

    Raises:
        DatasetError: see above.
    """
    for name in names:
        if name not in about.frames:
            raise DatasetError(
                f"{about.name} has the splits {', '.join(about.frames)}; got {name}"
            )
