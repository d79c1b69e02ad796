"""FreiHAND: right hands in colour, before a green screen and other backgrounds.

The training set has each of its 32560 samples four times, as recorded and with three
ways to change the background: picture number + 32560 k. Their labels are one.

The evaluation set was released without labels first and with them later; where there
are none, no joint is valid and the crop is the whole picture.

Traps: labels are in metres. Masks are JPEG, so they have values in between.

Source: lmb-freiburg/freihand, README and utils/fh_utils.py.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from handjax.data.real.calibration import focal_and_centre
from handjax.data.real.frame import (
    About,
    DatasetError,
    Frame,
    FrameError,
    View,
    require_splits,
)
from handjax.data.real.numbers import checked, item, read_json, read_json_points
from handjax.data.real.once import once
from handjax.data.real.pictures import read_grey, read_rgb

VERTICES = 778

ABOUT = About(
    name="freihand",
    title="FreiHAND",
    home="https://lmb.informatik.uni-freiburg.de/projects/freihand/",
    licence="for research only, no commercial use",
    citation="""@inproceedings{zimmermann2019freihand,
  title = {{FreiHAND}: A Dataset for Markerless Capture of Hand Pose and Shape from
           Single {RGB} Images},
  author = {Zimmermann, Christian and Ceylan, Duygu and Yang, Jimei and Russell, Bryan
            and Argus, Max and Brox, Thomas},
  booktitle = {IEEE International Conference on Computer Vision (ICCV)},
  year = {2019}
}""",
    layout={
        "training/rgb/*.jpg": "00000000 to 00130239, 224 x 224",
        "training/mask/*.jpg": "00000000 to 00032559",
        "training_K.json": "a 3 x 3 matrix a sample",
        "training_xyz.json": "21 x 3 a sample, metres",
        "training_verts.json": "778 x 3 a sample, metres; may be missing",
        "evaluation/rgb/*.jpg": "00000000 to 00003959",
        "evaluation_K.json": "as in training",
        "evaluation_xyz.json": "as in training; may be missing",
        "evaluation_verts.json": "as in training; may be missing",
    },
    frames={"training": 130240, "evaluation": 3960},
    joints="freihand",
    labels=("mask",),
    vertices=VERTICES,
)

SIZE = (224, 224)
VERSIONS = {"training": 4, "evaluation": 1}
"""How many pictures there are of each sample."""


class Entry(NamedTuple):
    """A picture of a split."""

    split: str
    number: int


def index(root: str | Path, split: str) -> list[Entry]:
    """All pictures of a split by number.

    Raises:
        DatasetError: there is no such split, or its labels are missing or broken.
    """
    require_splits(ABOUT, split)
    samples = len(_list(Path(root), split, "K"))
    if split == "training" and len(_list(Path(root), split, "xyz")) != samples:
        raise DatasetError(f"{root} wants as many cameras as labels; download again")
    return [Entry(split, number) for number in range(samples * VERSIONS[split])]


def read(root: str | Path, entry: Entry) -> Frame:
    """A picture.

    Raises:
        FrameError: the picture or its label can't be read.
    """
    split, number = entry
    root, name = Path(root), f"{split}/{number:08d}"
    cameras = _list(root, split, "K")
    sample = number % len(cameras)
    focal, centre = focal_and_centre(cameras[sample], FrameError)
    joints, valid = _joints(root, split, sample, f"label of {name}")
    view = View(
        focal,
        centre,
        camera_from_world=np.eye(4),
        hand=None if valid.any() else _whole(focal, centre),
        image=read_rgb(root / split / "rgb" / f"{number:08d}.jpg", SIZE),
        mask=_mask(root / split / "mask", sample),
    )
    vertices = _vertices(root, split, sample)
    return Frame(name, (view,), joints, valid, vertices=vertices)


def _joints(
    root: Path, split: str, sample: int, what: str
) -> tuple[Float[np.ndarray, "21 3"], Bool[np.ndarray, "21"]]:
    """Joints, mm, and whether they are known."""
    if not (root / f"{split}_xyz.json").is_file():
        return np.zeros((21, 3)), np.zeros(21, bool)
    label = item(_list(root, split, "xyz"), sample, what)
    return checked(label, (21, 3), what) * 1000.0, np.ones(21, bool)


def _vertices(
    root: Path, split: str, sample: int
) -> Float[np.ndarray, "vertices 3"] | None:
    path = root / f"{split}_verts.json"
    if not path.is_file():
        return None
    what = f"surface in {path}"
    return checked(item(_points(path), sample, what), (VERTICES, 3), what) * 1000.0


def _mask(folder: Path, sample: int) -> Bool[np.ndarray, "height width"] | None:
    """Only the training set has masks."""
    if not folder.is_dir():
        return None
    return read_grey(folder / f"{sample:08d}.jpg", SIZE) > 127


def _whole(
    focal: Float[np.ndarray, "2"], centre: Float[np.ndarray, "2"]
) -> Float[np.ndarray, "3"]:
    """Where a cube fills the picture: all that is known of a hand without a label."""
    z = float(focal.mean()) * ABOUT.cube / SIZE[1]
    return np.append(((np.array(SIZE) - 1) / 2 - centre) / focal * z, z)


def _list(root: Path, split: str, kind: str) -> list:
    return _read_list(root / f"{split}_{kind}.json")


@once(keep=4)
def _read_list(path: Path) -> list:
    values = read_json(path)
    if not isinstance(values, list) or not values:
        raise DatasetError(f"{path} wants a list with an item a sample")
    return values


@once(keep=2)
def _points(path: Path) -> Float[np.ndarray, "samples vertices 3"]:
    return read_json_points(path, VERTICES)
