"""ICVL hand pose: ten subjects to train on, two sequences to test on, one camera.

[tang2014]: Latent Regression Forest: Structured Estimation of 3D Articulated Hand
Posture, CVPR 2014.

Labels are pixels and mm. Of the training pictures most are others turned in the plane,
in folders named by the angle (22-5, 45, ...); those of the original have dates. Some
that `labels.txt` names were never released.

How many training pictures there are is unverified here: papers speak of about 22,000
and, with the turned ones, 331,000, and users of about 330,000 lines of labels; so none
is expected, and all lines are counted.

The pictures show left hands, or right ones in a mirror: of the 1596 labelled test
frames, fingers bend to the side of a left hand's palm in 97 %. They come in as such.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from handjax.data.real.frame import About, DatasetError, Frame, FrameError, View
from handjax.data.real.numbers import checked
from handjax.data.real.pictures import read_grey

ABOUT = About(
    name="icvl",
    title="ICVL Hand Posture Dataset",
    home="https://labicvl.github.io/hand.html",
    licence="for academic use, by its page",
    citation="""@inproceedings{tang2014latent,
  title={Latent Regression Forest: Structured Estimation of {3D} Articulated Hand
    Posture},
  author={Tang, Danhang and Chang, Hyung Jin and Tejani, Alykhan and Kim, Tae-Kyun},
  booktitle={IEEE Conference on Computer Vision and Pattern Recognition},
  year={2014}}""",
    layout={
        "Training/labels.txt": "a line a picture: its path, and u, v, d of 16 joints",
        "Training/Depth/2014*": "folders of pictures by date, 320 x 240, mm",
        "Training/Depth/*-5": "pictures turned in the plane, by angle; may be left out",
        "Testing/test_seq_1.txt": "labels",
        "Testing/test_seq_2.txt": "labels",
        "Testing/Depth/test_seq_1/*.png": "pictures",
        "Testing/Depth/test_seq_2/*.png": "pictures",
    },
    frames={"train": 0, "turned": 0, "test": 1596},
    joints="icvl",
    cube=250.0,
    checksums={
        "Testing/test_seq_1.txt": (
            "94b75b3117f52741c077a89c87f3c96010d8acb48c8983feebf32cb7c2956a1f"
        ),
        "Testing/test_seq_2.txt": (
            "003d47328cb98743f1a4ee21af105d3a51d3fc10517bd4a2482f0307ee4ce949"
        ),
    },
)

# Source: the public evaluations.
FOCAL = np.array([240.99, 240.96], np.float32)
CENTRE = np.array([160.0, 120.0], np.float32)
SIZE = (240, 320)
NOTHING = 32_000.0
"""The camera writes 32001 where it measured nothing, mm."""


class Entry(NamedTuple):
    """A frame to read: the folder of its split, and the line with path and labels."""

    folder: str
    line: str


def index(root: Path, split: str) -> Sequence[Entry]:
    """Entries of a split, a line of the labels each."""
    if split == "test":
        files = ["Testing/test_seq_1.txt", "Testing/test_seq_2.txt"]
        return [Entry("Testing", line) for file in files for line in _lines(root, file)]
    lines = _lines(root, "Training/labels.txt")
    original = split == "train"
    found = [Entry("Training", x) for x in lines if x.startswith("2014") == original]
    # Labels are of all, whether or not the turned pictures were unpacked.
    folders = {line.split("/")[0] for _, line in found}
    if not any((root / "Training/Depth" / folder).is_dir() for folder in folders):
        raise DatasetError(
            f"{root / 'Training/Depth'} has none of the folders that labels.txt names "
            f"for {split}"
        )
    return found


def read(root: Path, entry: Entry) -> Frame:
    """The frame of an entry; the world is the camera's frame."""
    path, *numbers = entry.line.split()
    if len(numbers) != 48:
        raise FrameError(f"{path}: labels want 48 numbers; got {len(numbers)}")
    uvd = checked(numbers, (48,), f"labels of {path}").reshape(16, 3)
    depth = read_grey(root / entry.folder / "Depth" / path, SIZE).astype(np.float32)
    joints = points_of(uvd)
    return Frame(
        name=f"{entry.folder}/{path}",
        views=(
            View(
                focal=FOCAL,
                centre=CENTRE,
                camera_from_world=np.eye(4, dtype=np.float32),
                hand=joints.mean(axis=0),
                depth=np.where(depth < NOTHING, depth, np.float32(0.0)),
            ),
        ),
        joints=joints,
        valid=np.ones(16, bool),
        right=False,
    )


def points_of(uvd: Float[np.ndarray, "joints 3"]) -> Float[np.ndarray, "joints 3"]:
    """Labels in pixels and mm as points in the camera's frame, mm."""
    xy = (uvd[:, :2] - CENTRE) / FOCAL * uvd[:, 2:]
    return np.concatenate([xy, uvd[:, 2:]], axis=1).astype(np.float32)


def _lines(root: Path, file: str) -> Iterator[str]:
    """Lines with something on them: in the files each is followed by an empty one."""
    path = root / file
    if not path.is_file():
        raise DatasetError(f"no file at {path}; download it again")
    text = path.read_text(errors="replace")
    return (line.strip() for line in text.splitlines() if line.strip())
