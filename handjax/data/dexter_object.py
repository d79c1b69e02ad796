"""Dexter+Object: left hands that hold a cuboid, finger tips only.

The world is the depth camera's frame. Colour comes first, as the dataset's scores are
of methods that see colour.

Traps: labels have x to the left and y up; z = 32001 marks a tip that was not labelled,
and depths from there on a pixel that was not measured. After the five tips a line goes
on with corners of the object. The printed rotation between the cameras has four digits.

Source: the dataset's calibration files and the public loaders of
OlgaChernytska/3D-Hand-Pose-Estimation and MengHao666/Minimal-Hand-pytorch
(datasets/dexter_object.py), which also says that all hands are left ones.
"""

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from handjax.data.real.calibration import rigid
from handjax.data.real.frame import (
    About,
    DatasetError,
    Frame,
    FrameError,
    View,
    require_splits,
)
from handjax.data.real.once import once
from handjax.data.real.pictures import read_grey, read_rgb

ABOUT = About(
    name="dexter_object",
    title="Dexter+Object",
    home="https://handtracker.mpi-inf.mpg.de/projects/RealtimeHO/dexter+object.htm",
    licence="none is stated; cite the paper",
    citation="""@inproceedings{sridhar2016realtime,
  title = {Real-time Joint Tracking of a Hand Manipulating an Object from {RGB-D}
           Input},
  author = {Sridhar, Srinath and Mueller, Franziska and Zollh{\\"o}fer, Michael and
            Casas, Dan and Oulasvirta, Antti and Theobalt, Christian},
  booktitle = {European Conference on Computer Vision (ECCV)},
  year = {2016}
}""",
    layout={
        "data/*/color/*": "pictures, 640 x 480; of Grasp1, Grasp2, Occlusion, Rigid, "
        "Pinch and Rotate",
        "data/*/depth/*": "as many, 320 x 240, mm",
        "data/*/annotations/*3D.txt": "a line a picture: x, y, z of each tip, mm, "
        "separated by ;",
    },
    frames={"test": 3014},
    joints="dexter_object",
)

SEQUENCES = ("Grasp1", "Grasp2", "Occlusion", "Rigid", "Pinch", "Rotate")
COLOUR_SIZE, DEPTH_SIZE = (480, 640), (240, 320)
UNKNOWN = 32001.0
_COLOUR = (np.array([587.45209, 600.67456]), np.array([325.0, 249.0]))
_DEPTH = (np.array([224.502, 230.494]), np.array([160.0, 120.0]))
_COLOUR_FROM_DEPTH = rigid(
    np.array(
        [
            [0.9999, 0.0034, 0.0161],
            [-0.0033, 1.0000, -0.0079],
            [-0.0162, 0.0079, 0.9998],
        ]
    ),
    (19.0473, -1.8514, -4.7501),
)


class Entry(NamedTuple):
    """A line of a sequence's labels, and the pictures that belong to it."""

    sequence: str
    number: int
    colour: str
    depth: str


def index(root: str | Path, split: str) -> list[Entry]:
    """All frames, sequence after sequence.

    Raises:
        DatasetError: there is no such split, or pictures or labels are missing.
    """
    require_splits(ABOUT, split)
    return [entry for name in SEQUENCES for entry in _entries(Path(root), name)]


def read(root: str | Path, entry: Entry) -> Frame:
    """A frame of colour and depth.

    Raises:
        FrameError: a picture or the label can't be read, or no tip is labelled.
    """
    folder = Path(root) / "data" / entry.sequence
    name = f"{entry.sequence}/{entry.number}"
    tips = _tips(_lines(_labels(Path(root), entry.sequence))[entry.number], name)
    valid = tips[:, 2] != UNKNOWN
    if not valid.any():
        raise FrameError(f"{name} has no finger tip labelled")
    depth = read_grey(folder / "depth" / entry.depth, DEPTH_SIZE).astype(np.float32)
    depth[depth >= UNKNOWN] = 0.0
    image = read_rgb(folder / "color" / entry.colour, COLOUR_SIZE)
    views = (
        View(*_COLOUR, camera_from_world=_COLOUR_FROM_DEPTH, image=image),
        View(*_DEPTH, camera_from_world=np.eye(4), depth=depth),
    )
    joints = np.where(valid[:, None], tips * (-1.0, -1.0, 1.0), 0.0)
    return Frame(name, views, joints, valid, right=False)


def _entries(root: Path, sequence: str) -> list[Entry]:
    folder = root / "data" / sequence
    colour, depth = _pictures(folder / "color"), _pictures(folder / "depth")
    lines = len(_lines(_labels(root, sequence)))
    if not len(colour) == len(depth) == lines:
        raise DatasetError(
            f"{folder} wants a picture of colour and one of depth for each label; got "
            f"{len(colour)}, {len(depth)} and {lines}. Download it again"
        )
    files = zip(colour, depth, strict=True)
    return [Entry(sequence, number, *pair) for number, pair in enumerate(files)]


def _pictures(folder: Path) -> list[str]:
    """Files of a folder in the order of the numbers in their names."""
    if not folder.is_dir():
        raise DatasetError(f"no folder at {folder}; is the root right?")
    files = [p for p in folder.iterdir() if p.suffix in (".png", ".bmp", ".jpg")]
    return [p.name for p in sorted(files, key=lambda p: (_numbers(p.stem), p.name))]


def _numbers(stem: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", stem)]


def _labels(root: Path, sequence: str) -> Path:
    return root / "data" / sequence / "annotations" / f"{sequence}3D.txt"


@once(keep=len(SEQUENCES))
def _lines(path: Path) -> list[str]:
    if not path.is_file():
        raise DatasetError(f"no labels at {path}; download it again")
    return [x for x in path.read_text(errors="replace").splitlines() if x.strip()]


def _tips(line: str, name: str) -> Float[np.ndarray, "5 3"]:
    """The five tips of a line, in the labels' own axes."""
    points = line.split(";")[:5]
    try:
        rows = [[float(number) for number in point.split(",")] for point in points]
    except ValueError as error:
        raise FrameError(f"label of {name} holds no numbers ({error})") from error
    if [len(row) for row in rows] != [3] * 5:
        raise FrameError(f"label of {name} wants x, y, z of five tips; got {line[:80]}")
    tips = np.array(rows)
    if not np.isfinite(tips).all():
        raise FrameError(f"label of {name} holds NaN or infinity")
    return tips
