"""NYU hand pose: one subject to train on, two to test on, seen by three Kinects.

[tompson2014]: Real-Time Continuous Pose Recovery of Human Hands Using Convolutional
Networks, ACM Trans. Graph. 33(5).

Each Kinect has its own frame in `joint_data.mat`, y up. The extrinsics between them
are not released; they are the rigid maps that bring the 36 joints as one sees them onto
the same as the first does, frame by frame, so views carry what the labels know.
Depth is coded in two bytes of a colour picture; 2001 mm stands for no measurement.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from handjax.data.real import matlab
from handjax.data.real.frame import About, DatasetError, Frame, FrameError, View
from handjax.data.real.pictures import depth_of_bytes, read_rgb
from handjax.data.real.rigid import align_rigid

ABOUT = About(
    name="nyu",
    title="NYU Hand Pose Dataset",
    home="https://jonathantompson.github.io/NYU_Hand_Pose_Dataset.htm",
    licence="CC BY 4.0",
    citation="""@article{tompson2014real,
  title={Real-Time Continuous Pose Recovery of Human Hands Using Convolutional
    Networks},
  author={Tompson, Jonathan and Stein, Murphy and LeCun, Yann and Perlin, Ken},
  journal={ACM Transactions on Graphics}, volume={33}, number={5}, year={2014}}""",
    layout={
        "train/joint_data.mat": "labels",
        "train/depth_1_*.png": "depth of the first Kinect",
        "train/depth_2_*.png": "of the second; may be left out",
        "train/depth_3_*.png": "of the third; may be left out",
        "test/joint_data.mat": "labels",
        "test/depth_1_*.png": "depth of the first Kinect",
        "test/depth_2_*.png": "of the second; may be left out",
        "test/depth_3_*.png": "of the third; may be left out",
    },
    frames={"train": 72_757, "test": 8_252},
    joints="nyu36",
)

# Source: the released calibration, as the public evaluations round it.
FOCAL = np.array([588.03, 587.07], np.float32)
CENTRE = np.array([320.0, 240.0], np.float32)
SIZE = (480, 640)
NOTHING = 2001.0
"""Depth of what was not measured, mm."""

CROP_JOINT = 32
"""In the middle of the palm, where [wan2019]'s code crops. Crops by "gt" stand at the
centroid of all joints, as of every dataset; around this one lies what is kept."""

SECOND_SUBJECT = 2440
"""The test frame, from 0, with which the second, smaller subject begins."""
SMALL_CUBE = 250.0


class Entry(NamedTuple):
    """A frame to read.

    Attributes:
        split: its folder.
        number: from 0.
        kinects: numbers of those whose pictures are there, from 1.
        joints: as each of these sees them, its own frame, mm.
    """

    split: str
    number: int
    kinects: tuple[int, ...]
    joints: Float[np.ndarray, "kinects 36 3"]


class Index(Sequence):
    """Entries of a split, made when they are asked for."""

    def __init__(self, split: str, kinects: tuple[int, ...], joints: np.ndarray):
        self._split, self._kinects, self._joints = split, kinects, joints

    def __len__(self) -> int:
        return self._joints.shape[1]

    def __getitem__(self, number):
        if isinstance(number, slice):
            return [self[k] for k in range(*number.indices(len(self)))]
        rows = [kinect - 1 for kinect in self._kinects]
        joints = self._joints[rows, range(len(self))[number]]
        return Entry(self._split, number, self._kinects, joints)


def index(root: Path, split: str) -> Sequence[Entry]:
    """Entries of a split; Kinects of which there is no picture are left out."""
    path = root / split / "joint_data.mat"
    joints = matlab.read(path, "joint_xyz")
    if joints.ndim != 4 or joints.shape[::3] != (3, 3) or joints.shape[2] != 36:
        raise DatasetError(
            f"{path} wants joint_xyz of shape (3, frames, 36, 3); got {joints.shape}"
        )
    there = [k for k in (1, 2, 3) if any((root / split).glob(f"depth_{k}_*.png"))]
    if 1 not in there:
        raise DatasetError(f"{root / split} has no depth_1_*.png; download it again")
    # y up becomes y down.
    down = np.array([1.0, -1.0, 1.0], np.float32)
    return Index(split, tuple(there), joints.astype(np.float32) * down)


def read(root: Path, entry: Entry) -> Frame:
    """The frame of an entry; the world is the first Kinect's frame."""
    name = f"{entry.split}/depth_1_{entry.number + 1:07d}"
    if not np.isfinite(entry.joints).all():
        raise FrameError(f"{name}: joint_xyz are not all finite numbers")
    second = entry.split == "test" and entry.number >= SECOND_SUBJECT
    views, dropped = _views(root, entry)
    return Frame(
        name=name,
        views=views,
        joints=entry.joints[0],
        valid=np.ones(36, bool),
        subject=int(second),  # 0 is also the one who trained
        cube=SMALL_CUBE if second else ABOUT.cube,
        dropped=dropped,
    )


def _views(root: Path, entry: Entry) -> tuple[tuple[View, ...], tuple[str, ...]]:
    """The first Kinect's, others' that can be read, and why the rest can't."""
    views, dropped = [_view(root, entry, 0)], []
    for row in range(1, len(entry.kinects)):
        try:
            views.append(_view(root, entry, row))
        except FrameError as fault:
            dropped.append(str(fault))
    return tuple(views), tuple(dropped)


def _view(root: Path, entry: Entry, row: int) -> View:
    number = f"depth_{entry.kinects[row]}_{entry.number + 1:07d}.png"
    path = root / entry.split / number
    coded = read_rgb(path, SIZE)
    if coded[..., 0].any():
        raise FrameError(f"{path} wants depth, with nothing in red; got a picture")
    depth = depth_of_bytes(coded[..., 1], coded[..., 2])
    camera_from_world = np.eye(4)
    if row:
        camera_from_world = align_rigid(entry.joints[0], entry.joints[row])
    return View(
        focal=FOCAL,
        centre=CENTRE,
        camera_from_world=camera_from_world.astype(np.float32),
        hand=entry.joints[row, CROP_JOINT],
        depth=np.where(depth < NOTHING, depth, np.float32(0.0)),
    )
