"""RHD: rendered people and their hands, by Zimmermann and Brox.

A picture has two hands, of which the field takes the one with more pixels; it is the
hand of the frame, left or right. Its mask are those pixels, and the middle of what
depth shows under them is where the crop stands.

Traps: labels are in metres, the left hand's 21 joints before the right one's, each
finger from the tip to the palm. The camera varies from picture to picture. The mask
numbers parts: 0 background, 1 person, 2 to 17 left hand, 18 to 33 right hand. Depth is
(256 red + green) / 65535 of 5 m.

Source: the dataset's own read-me and view_samples.py; the choice of the hand:
lmb-freiburg/hand3d, data/BinaryDbReader.py.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Integer

from handjax.data.real import unpickle
from handjax.data.real.calibration import focal_and_centre, middle_of_mask
from handjax.data.real.frame import (
    About,
    DatasetError,
    Frame,
    FrameError,
    View,
    require_splits,
)
from handjax.data.real.numbers import checked
from handjax.data.real.once import once
from handjax.data.real.pictures import depth_of_bytes, read_grey, read_rgb

ABOUT = About(
    name="rhd",
    title="Rendered Handpose Dataset (RHD)",
    home="https://lmb.informatik.uni-freiburg.de/resources/datasets/"
    "RenderedHandposeDataset.en.html",
    licence="for research only, no commercial use",
    citation="""@inproceedings{zimmermann2017learning,
  title = {Learning to Estimate {3D} Hand Pose from Single {RGB} Images},
  author = {Zimmermann, Christian and Brox, Thomas},
  booktitle = {IEEE International Conference on Computer Vision (ICCV)},
  year = {2017}
}""",
    layout={
        "training/color/*.png": "00000 to 41257, 320 x 320",
        "training/mask/*.png": "number of the part at each pixel",
        "training/depth/*.png": "in red and green",
        "training/anno_training.pickle": "{number: {xyz, uv_vis, K}}, metres",
        "evaluation/color/*.png": "00000 to 02727",
        "evaluation/mask/*.png": "as in training",
        "evaluation/depth/*.png": "as in training",
        "evaluation/anno_evaluation.pickle": "as in training",
    },
    frames={"training": 41258, "evaluation": 2728},
    joints="rhd",
    labels=("depth", "mask"),
)

SIZE = (320, 320)
UNIT = 5000.0 / 65535.0
"""Of stored depth, mm."""

FIRST_LEFT, FIRST_RIGHT = 2, 18
"""Numbers of the first part of each hand in the masks."""


class Entry(NamedTuple):
    """A picture of a split."""

    split: str
    number: int


def index(root: str | Path, split: str) -> list[Entry]:
    """All pictures of a split that have labels, by number.

    Raises:
        DatasetError: there is no such split, or its labels are missing or broken.
    """
    require_splits(ABOUT, split)
    return [Entry(split, number) for number in sorted(_labels(Path(root), split))]


def read(root: str | Path, entry: Entry) -> Frame:
    """A picture with the hand that has more pixels.

    Raises:
        FrameError: a picture or the label can't be read, or no hand is seen.
    """
    split, number = entry
    name, folder = f"{split}/{number:05d}", Path(root) / split
    label = _label(_labels(Path(root), split)[number], name)
    parts = read_grey(folder / "mask" / f"{number:05d}.png", SIZE)
    right, mask = _hand(parts, name)
    coded = read_rgb(folder / "depth" / f"{number:05d}.png", SIZE)
    depth = depth_of_bytes(coded[..., 0], coded[..., 1], UNIT)
    camera = focal_and_centre(label["K"], FrameError)
    xyz = checked(label["xyz"], (42, 3), f"label of {name}") * 1000.0
    view = View(
        *camera,
        camera_from_world=np.eye(4),
        hand=middle_of_mask(depth, mask, *camera),
        depth=depth,
        image=read_rgb(folder / "color" / f"{number:05d}.png", SIZE),
        mask=mask,
    )
    joints = xyz[21:] if right else xyz[:21]
    return Frame(name, (view,), joints, np.ones(21, bool), right)


def _hand(
    parts: Integer[np.ndarray, "height width"], name: str
) -> tuple[bool, Bool[np.ndarray, "height width"]]:
    """Whether the hand with more pixels is the right one, and its mask."""
    right = parts >= FIRST_RIGHT
    left = (parts >= FIRST_LEFT) & ~right
    if not (left.any() or right.any()):
        raise FrameError(f"{name} shows no hand: no pixel of its mask is one's")
    of_left = left.sum() > right.sum()
    return not of_left, left if of_left else right


def _label(label: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(label, Mapping) or not {"xyz", "K"} <= label.keys():
        raise FrameError(f"label of {name} wants xyz and K; got {_keys(label)}")
    return label


def _keys(label: Any) -> str:
    if not isinstance(label, Mapping):
        return type(label).__name__
    return ", ".join(str(key) for key in label if isinstance(key, str | int))


def _labels(root: Path, split: str) -> Mapping[int, Any]:
    return _read_labels(root / split / f"anno_{split}.pickle")


@once(keep=2)
def _read_labels(path: Path) -> Mapping[int, Any]:
    labels = unpickle.read(path)
    if not isinstance(labels, Mapping) or not all(isinstance(n, int) for n in labels):
        raise DatasetError(f"{path} wants labels by number; got {type(labels)}")
    return labels
