"""MSRA15 hand gestures: nine subjects, 17 gestures each, one depth camera.

[sun2015]: Cascaded Hand Pose Regression, CVPR 2015.

Each subject is a split of its own: a method is tested on one and trained on the other
eight, nine times over. Pictures hold the hand alone, as the authors cut it out.
Labels have y up and look from the hand to the camera: y and z are negated, which is a
turn about x and no mirror. All are right hands.

Source: the database's own read-me ("9 subjects' right hands", camera, files, order of
joints). That the number of frames adds up to 76,375 is what public lists of them have;
the labels of a real download have not been seen here, so `data` tells which way the
fingers bend.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from handjax.data.real.frame import About, DatasetError, Frame, FrameError, View
from handjax.data.real.numbers import checked

SUBJECTS = tuple(f"P{number}" for number in range(9))
GESTURES = (*map(str, range(1, 10)), "I", "IP", "L", "MP", "RP", "T", "TIP", "Y")

ABOUT = About(
    name="msra15",
    title="MSRA Hand Gesture Database (CVPR 2015)",
    home="https://jimmysuen.github.io",
    licence="none is stated; to be cited",
    citation="""@inproceedings{sun2015cascaded,
  title={Cascaded Hand Pose Regression},
  author={Sun, Xiao and Wei, Yichen and Liang, Shuang and Tang, Xiaoou and Sun, Jian},
  booktitle={IEEE Conference on Computer Vision and Pattern Recognition},
  year={2015}}""",
    layout={
        "P*/*/joint.txt": "by subject and gesture: count, then 63 numbers a line, mm",
        "P*/*/*_depth.bin": "six whole numbers, then the hand's part of the depth, mm",
    },
    frames=dict(
        zip(
            SUBJECTS,
            # Source: as many public readers of the dataset have them.
            (8499, 8492, 8412, 8488, 8500, 8497, 8497, 8498, 8492),
            strict=True,
        )
    ),
    joints="msra15",
    cube=200.0,
)

FOCAL = np.array([241.42, 241.42], np.float32)
CENTRE = np.array([160.0, 120.0], np.float32)
SIZE = (240, 320)

# Source: DeepPrior++'s evaluation, which others follow.
CUBES = (200.0, 200.0, 200.0, 180.0, 180.0, 180.0, 170.0, 160.0, 150.0)

CROP_JOINT = 5
"""Of the middle finger, the joint at the palm: around it lies what is kept."""

HEADER = np.dtype("<i4").itemsize * 6


class Entry(NamedTuple):
    """A frame to read.

    Attributes:
        subject: number of the person.
        path: of the depth, below the root.
        labels: its line.
    """

    subject: int
    path: str
    labels: str


def index(root: Path, split: str) -> Sequence[Entry]:
    """Entries of a subject, gesture by gesture."""
    found = [_gesture(root, split, gesture) for gesture in GESTURES]
    return [entry for entries in found for entry in entries]


def read(root: Path, entry: Entry) -> Frame:
    """The frame of an entry; the world is the camera's frame."""
    name = entry.path.removesuffix(".bin")
    numbers = entry.labels.split()
    if len(numbers) != 63:
        raise FrameError(f"{name}: labels want 63 numbers; got {len(numbers)}")
    xyz = checked(numbers, (63,), f"labels of {name}").reshape(21, 3)
    joints = (xyz * [1.0, -1.0, -1.0]).astype(np.float32)
    view = View(
        focal=FOCAL,
        centre=CENTRE,
        camera_from_world=np.eye(4, dtype=np.float32),
        hand=joints[CROP_JOINT],
        depth=read_depth(root / entry.path),
    )
    return Frame(
        name=name,
        views=(view,),
        joints=joints,
        valid=np.ones(21, bool),
        subject=entry.subject,
        cube=CUBES[entry.subject],
    )


def read_depth(path: Path) -> Float[np.ndarray, "240 320"]:
    """A whole picture of depth, mm, 0 around the part that is stored.

    Raises:
        FrameError: there is no such file, or it holds something else.
    """
    if not path.is_file():
        raise FrameError(f"no picture at {path}")
    content = path.read_bytes()
    if len(content) < HEADER:
        raise FrameError(f"{path} is cut short: {len(content)} bytes")
    width, height, left, top, right, bottom = np.frombuffer(content, "<i4", 6).tolist()
    fits = 0 <= left <= right <= width and 0 <= top <= bottom <= height
    if (height, width) != SIZE or not fits:
        raise FrameError(
            f"{path} wants a part of {SIZE[1]} x {SIZE[0]} pixels; got {width} x "
            f"{height} and columns {left} to {right}, rows {top} to {bottom}"
        )
    wanted = HEADER + 4 * (right - left) * (bottom - top)
    if len(content) != wanted:
        raise FrameError(f"{path} wants {wanted} bytes; got {len(content)}")
    depth = np.zeros(SIZE, np.float32)
    part = np.frombuffer(content, "<f4", offset=HEADER)
    depth[top:bottom, left:right] = part.reshape(bottom - top, right - left)
    return depth


def _gesture(root: Path, subject: str, gesture: str) -> list[Entry]:
    folder = f"{subject}/{gesture}"
    path = root / folder / "joint.txt"
    if not path.is_file():
        raise DatasetError(f"no file at {path}; download it again")
    first, *lines = path.read_text(errors="replace").splitlines() or [""]
    lines = [line for line in lines if line.strip()]
    if not first.strip().isdigit() or int(first) != len(lines):
        raise DatasetError(
            f"{path} wants a count and as many lines of labels; got {first.strip()!r} "
            f"and {len(lines)} lines"
        )
    return [
        Entry(int(subject[1:]), f"{folder}/{number:06d}_depth.bin", line)
        for number, line in enumerate(lines)
    ]
