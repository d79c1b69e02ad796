"""STB: the stereo hand pose benchmark of Zhang et al., left hands only.

Two rigs recorded side by side and are not calibrated to one another, so each has its
splits: `train` and `test` are those of the stereo pair (BB: left, right; the world is
the left camera), `sk_train` and `sk_test` those of the RealSense (SK: colour, depth;
the world is the depth camera, in which its labels are).
For methods on colour the depth is moved into the colour camera, and of it the hand is
what lies near the bones of the labels: there are no masks (`data.real.beside`).

Traps: joint 0 is the middle of the palm, not the wrist. Depth is red + 256 green. The
rotation and translation of the read-me lead from colour to depth.

Source: the dataset's own read-me; that it holds left hands: lmb-freiburg/hand3d,
data/BinaryDbReaderSTB.py, and the fingers of the labels, which bend to the side that a
left hand's do.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from handjax.data.real import matlab
from handjax.data.real.calibration import inverse, rigid
from handjax.data.real.frame import (
    About,
    DatasetError,
    Frame,
    View,
    require_splits,
)
from handjax.data.real.numbers import checked
from handjax.data.real.once import once
from handjax.data.real.pictures import depth_of_bytes, read_rgb

ABOUT = About(
    name="stb",
    title="Stereo Hand Pose Tracking Benchmark (STB)",
    home="https://github.com/zhjwustc/icip17_stereo_hand_pose_dataset",
    licence="MIT",
    citation="""@inproceedings{zhang2017hand,
  title = {A hand pose tracking benchmark from stereo matching},
  author = {Zhang, Jiawei and Jiao, Jianbo and Chen, Mingliang and Qu, Liangqiong and
            Xu, Xiaobin and Yang, Qingxiong},
  booktitle = {IEEE International Conference on Image Processing (ICIP)},
  year = {2017}
}""",
    layout={
        "images/B*Counting/*.png": "BB_left_0 to BB_left_1499, and so BB_right, "
        "SK_color and SK_depth; 640 x 480",
        "images/B*Random/*.png": "the same",
        "labels/B*_BB.mat": "handPara, 3 x 21 x 1500, mm, in the left camera",
        "labels/B*_SK.mat": "handPara, in the depth camera",
    },
    frames={"train": 15000, "test": 3000, "sk_train": 15000, "sk_test": 3000},
    joints="stb",
    # Of the RealSense alone.
    labels=("depth", "mask"),
    beside=True,
    # Of a public copy, as MATLAB wrote it on 31 May 2016.
    checksums={
        "labels/B1Counting_BB.mat": (
            "e26578ab5e5d7a5462a9cc97a846373a2fd7ed24a84c26a49772845ec76e38d5"
        )
    },
)

SIZE = (480, 640)
_BASELINE = 120.054
_BB = (np.array([822.79041, 822.79041]), np.array([318.47345, 250.31296]))
_SK_COLOUR = (np.array([607.92271, 607.88192]), np.array([314.78337, 236.42484]))
_SK_DEPTH = (np.array([475.62768, 474.77709]), np.array([336.41179, 238.77962]))
_SK_TURN = (0.00531, -0.01196, 0.00301)
_SK_SHIFT = (-24.0381, -0.4563, -1.2326)

_BACKGROUNDS = {"train": (2, 3, 4, 5, 6), "test": (1,)}


class Entry(NamedTuple):
    """A frame of one rig, BB or SK, in a sequence as B1Counting."""

    sequence: str
    rig: str
    number: int


def index(root: str | Path, split: str) -> list[Entry]:
    """All frames of a split, sequence after sequence.

    Raises:
        DatasetError: there is no such split, or labels are missing or broken.
    """
    require_splits(ABOUT, split)
    rig = "SK" if split.startswith("sk_") else "BB"
    sequences = [
        f"B{background}{kind}"
        for background in _BACKGROUNDS[split.removeprefix("sk_")]
        for kind in ("Counting", "Random")
    ]
    return [
        Entry(sequence, rig, number)
        for sequence in sequences
        for number in range(_labels(Path(root), sequence, rig).shape[2])
    ]


def read(root: str | Path, entry: Entry) -> Frame:
    """A frame with both cameras of its rig.

    Raises:
        FrameError: a picture or the labels can't be read.
    """
    sequence, rig, number = entry
    name = f"{sequence}/{rig}_{number}"
    labels = _labels(Path(root), sequence, rig)[:, :, number]
    views = _stereo if rig == "BB" else _realsense
    return Frame(
        name=name,
        views=views(_folder(Path(root), sequence), number),
        joints=checked(labels.T, (21, 3), f"label of {name}"),
        valid=np.ones(21, bool),
        right=False,
    )


def _stereo(folder: Path, number: int) -> tuple[View, View]:
    shifts = {"left": 0.0, "right": -_BASELINE}
    left, right = (
        View(
            *_BB,
            camera_from_world=rigid(np.eye(3), (shift, 0.0, 0.0)),
            image=read_rgb(folder / f"BB_{side}_{number}.png", SIZE),
        )
        for side, shift in shifts.items()
    )
    return left, right


def _realsense(folder: Path, number: int) -> tuple[View, View]:
    coded = read_rgb(folder / f"SK_depth_{number}.png", SIZE)
    depth = depth_of_bytes(coded[..., 1], coded[..., 0])
    image = read_rgb(folder / f"SK_color_{number}.png", SIZE)
    colour_from_depth = inverse(depth_from_colour())
    return (
        View(*_SK_COLOUR, camera_from_world=colour_from_depth, image=image),
        View(*_SK_DEPTH, camera_from_world=np.eye(4), depth=depth),
    )


def depth_from_colour() -> Float[np.ndarray, "4 4"]:
    """From the RealSense's colour camera to its depth camera, mm."""
    from scipy.spatial.transform import Rotation

    return rigid(Rotation.from_rotvec(_SK_TURN).as_matrix(), _SK_SHIFT)


def _folder(root: Path, sequence: str) -> Path:
    """Some copies have the sequences in the root itself."""
    folder = root / "images" / sequence
    return folder if folder.is_dir() else root / sequence


def _labels(root: Path, sequence: str, rig: str) -> Float[np.ndarray, "3 21 frames"]:
    return _read_labels(root / "labels" / f"{sequence}_{rig}.mat")


@once(keep=12)
def _read_labels(path: Path) -> Float[np.ndarray, "3 21 frames"]:
    labels = matlab.read(path, "handPara")
    if labels.ndim != 3 or labels.shape[:2] != (3, 21):
        raise DatasetError(
            f"{path} wants handPara of 3 x 21 x frames; got {labels.shape}"
        )
    return labels.astype(np.float64)
