"""DeepHandMesh: one hand at a time in a dome of cameras, with depth from 3D scans.

A frame is an instant, with every colour camera that has a picture of it and sees the
hand, the first of which leads: no camera is anyone's in particular. Depth maps are
rendered from scans, so they show the hand and nothing else. The split `train` are the
right hands that the authors train on; `rom`, which they leave out, are the right hands
that go through their range of motion, and `left` are left hands.

Traps: cameras whose names begin with 40 see colour. KRT_512 is for pictures reduced to
334 x 512; X_camera = R X_world + t, mm. Depth may be of another size than pictures.
Labels have 42 joints, the right hand's first, a line for each that is known, each
finger from the tip to the palm. Folder names of subject 1 begin with 00 (right), 01
(left) or 02 (both); of the others they hold RT, LT or DH.

Source: facebookresearch/DeepHandMesh, README, data/dataset.py and
common/utils/preprocessing.py.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from handjax.data.real import unpickle
from handjax.data.real.calibration import focal_and_centre, rigid
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
from handjax.data.real.pictures import read_rgb

ABOUT = About(
    name="deep_hand_mesh",
    title="DeepHandMesh",
    home="https://mks0601.github.io/DeepHandMesh/",
    licence="CC BY-NC 4.0",
    citation="""@inproceedings{moon2020deephandmesh,
  title = {{DeepHandMesh}: A Weakly-supervised Deep Encoder-Decoder Framework for
           High-fidelity Hand Mesh Modeling},
  author = {Moon, Gyeongsik and Shiratori, Takaaki and Lee, Kyoung Mu},
  booktitle = {European Conference on Computer Vision (ECCV)},
  year = {2020}
}""",
    layout={
        "images/subject_*/*/cam*/image*.jpg": "by sequence and camera, 334 x 512",
        "annotations/KRT_512": "cameras, mm",
        "annotations/keypoints/subject_*/keypoints*.pts": "joint, x, y, z, score, "
        "views a line, mm",
        "annotations/depthmaps/subject_*/*/depthmap*.pkl": "by instant and camera, mm; "
        "may be missing",
    },
    frames={"train": 0, "rom": 0, "left": 0},
    joints="deep_hand_mesh",
    labels=("depth", "mask"),
    leads=False,
)

SIZE = (512, 334)
FARTHEST = 99_999.0
"""Depths from here on are the background, mm."""


class Camera(NamedTuple):
    """A block of KRT_512: intrinsics, pixels, and extrinsics, mm."""

    focal: Float[np.ndarray, "2"]
    centre: Float[np.ndarray, "2"]
    camera_from_world: Float[np.ndarray, "4 4"]


class Entry(NamedTuple):
    """An instant of a sequence of a subject, as subject_4."""

    subject: str
    sequence: str
    instant: int
    right: bool


def index(root: str | Path, split: str) -> list[Entry]:
    """All instants of a split that have labels, by subject and sequence.

    Raises:
        DatasetError: there is no such split, or pictures or cameras are missing.
    """
    require_splits(ABOUT, split)
    root = Path(root)
    _cameras(root / "annotations" / "KRT_512")
    subjects = sorted((root / "images").glob("subject_[0-9]*"))
    if not subjects:
        raise DatasetError(f"no folders at {root / 'images'}/subject_*")
    return [
        Entry(subject.name, sequence.name, instant, split != "left")
        for subject in subjects
        for sequence in sorted(subject.iterdir())
        if _split_of(sequence.name) == split
        for instant in _instants(root, subject.name, sequence)
    ]


def read(root: str | Path, entry: Entry) -> Frame:
    """An instant, with a view for each colour camera whose picture can be read.

    Raises:
        FrameError: the label can't be read, or no picture.
    """
    subject, sequence, instant, right = entry
    root, name = Path(root), f"{subject}/{sequence}/{instant}"
    joints, valid = _joints(_label(root, subject, instant), right, name)
    cameras = _cameras(root / "annotations" / "KRT_512")
    views, dropped = [], []
    for number, camera in cameras.items():
        if not _picture(root, entry, number).is_file():
            continue
        try:
            views.append(_view(root, entry, number, camera))
        except FrameError as fault:
            dropped.append(str(fault))
    if not views:
        why = f": {dropped[0]}" if dropped else ""
        raise FrameError(f"{name} has no picture of any camera{why}")
    return Frame(
        name=name,
        views=tuple(views),
        joints=joints,
        valid=valid,
        right=right,
        subject=int(subject.removeprefix("subject_")) - 1,
        dropped=tuple(dropped),
    )


def _split_of(sequence: str) -> str | None:
    """The split that a sequence belongs to, if to any."""
    if sequence.startswith("01") or "LT" in sequence:
        return "left"
    if sequence.startswith("00") or "RT" in sequence:
        return "rom" if "ROM" in sequence else "train"
    return None


def _instants(root: Path, subject: str, sequence: Path) -> list[int]:
    """Numbers of all pictures of any colour camera that have labels."""
    stems = {path.stem for path in sequence.glob("cam40*/image[0-9]*.jpg")}
    numbers = sorted(int(stem.removeprefix("image")) for stem in stems)
    return [number for number in numbers if _label(root, subject, number).is_file()]


def _label(root: Path, subject: str, number: int) -> Path:
    folder = root / "annotations" / "keypoints" / subject
    return folder / f"keypoints{number:04d}.pts"


def _picture(root: Path, entry: Entry, number: str) -> Path:
    folder = root / "images" / entry.subject / entry.sequence / f"cam{number}"
    return folder / f"image{entry.instant:04d}.jpg"


def _view(root: Path, entry: Entry, number: str, camera: Camera) -> View:
    instants = root / "annotations" / "depthmaps" / entry.subject
    path = instants / f"{entry.instant:06d}" / f"depthmap{number}.pkl"
    depth = _depth(path) if path.is_file() else None
    return View(
        *camera,
        depth=depth,
        image=read_rgb(_picture(root, entry, number), SIZE),
        mask=None if depth is None else depth > 0,
    )


def _depth(path: Path) -> Float[np.ndarray, "height width"]:
    """A depth map at the size of the pictures, mm, 0 beside the hand."""
    try:
        stored = unpickle.read(path)
    except DatasetError as error:
        raise FrameError(str(error)) from error
    depth = checked(stored, (None, None), f"depth in {path}").astype(np.float32)
    # The nearest pixel's, since depths of hand and background have no mean.
    rows, columns = (
        ((np.arange(wanted) + 0.5) * size / wanted).astype(int)
        for wanted, size in zip(SIZE, depth.shape, strict=True)
    )
    depth = depth[np.ix_(rows, columns)]
    return np.where((depth > 0) & (depth < FARTHEST), depth, np.float32(0))


def _joints(
    path: Path, right: bool, name: str
) -> tuple[Float[np.ndarray, "21 3"], Bool[np.ndarray, "21"]]:
    """Joints of a hand, world, mm, and which are known."""
    if not path.is_file():
        raise FrameError(f"no label at {path}")
    what = f"label of {name}"
    lines = [line.split() for line in path.read_text(errors="replace").splitlines()]
    rows = checked([line for line in lines if line], (None, 6), what)
    numbers = rows[:, 0].astype(int) - (0 if right else 21)
    ours = (numbers >= 0) & (numbers < 21)
    if not ours.any():
        raise FrameError(f"{what} has no joint of this hand")
    joints, valid = np.zeros((21, 3)), np.zeros(21, bool)
    joints[numbers[ours]] = rows[ours, 1:4]
    valid[numbers[ours]] = True
    return joints, valid


@once(keep=2)
def _cameras(path: Path) -> Mapping[str, Camera]:
    """Colour cameras by name, in the file's order."""
    if not path.is_file():
        raise DatasetError(f"no cameras at {path}; download them again")
    lines = path.read_text(errors="replace").splitlines()
    cameras = dict(_blocks(lines, path))
    return {name: camera for name, camera in cameras.items() if name.startswith("40")}


def _blocks(lines: list[str], path: Path) -> Iterator[tuple[str, Camera]]:
    """A name, three rows of K, one of distortion, three of [R t], an empty line."""
    for start in range(0, len(lines) - 7, 9):
        name, what = lines[start].strip(), f"camera {lines[start].strip()} in {path}"
        rows = [line.split() for line in lines[start + 1 : start + 8]]
        focal, centre = focal_and_centre(rows[:3], DatasetError)
        Rt = checked(rows[4:], (3, 4), what, error=DatasetError)
        yield name, Camera(focal, centre, rigid(Rt[:, :3], Rt[:, 3]))
