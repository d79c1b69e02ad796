"""HO-3D, version 2 and 3: right hands that hold an object, in colour and depth.

One frame a line of train.txt or evaluation.txt. The evaluation set gives the wrist and
a box around the hand; where evaluation_xyz.json and evaluation_verts.json stand in the
root, as released later, all joints and the surface are known as well. Where they
do not, crops stand in the middle of that box at the wrist's depth.

Traps: metres; OpenGL's axes, y up and z to the viewer; joints in MANO's order, the
tips last. Depth is (256 green + red) units of 0.00012498664727900177 m. Version 2 has
pictures as PNG, version 3 as JPEG; their lists and labels differ, so each has splits of
its own. The numbers of frames add up to the 77,558 and 103,462 that the authors state
of both; how they part into training and evaluation is what papers that use them say.

Source: shreyashampali/ho3d, README, vis_HO3D.py, eval.py and utils/vis_utils.py.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from handjax.data.real import unpickle
from handjax.data.real.calibration import focal_and_centre
from handjax.data.real.frame import (
    About,
    DatasetError,
    Frame,
    FrameError,
    View,
    require_splits,
)
from handjax.data.real.numbers import (
    checked,
    item,
    read_json,
    read_json_points,
    shape_of,
)
from handjax.data.real.once import once
from handjax.data.real.pictures import depth_of_bytes, read_rgb

VERTICES = 778

ABOUT = About(
    name="ho3d",
    title="HO-3D, version 2 or 3",
    home="https://www.tugraz.at/institute/icg/research/team-lepetit/"
    "research-projects/hand-object-3d-pose-annotation/",
    licence="for academic research only, no redistribution",
    citation="""@inproceedings{hampali2020honnotate,
  title = {{HOnnotate}: A method for {3D} Annotation of Hand and Object Poses},
  author = {Hampali, Shreyas and Rad, Mahdi and Oberweger, Markus and Lepetit, Vincent},
  booktitle = {IEEE Conference on Computer Vision and Pattern Recognition (CVPR)},
  year = {2020}
}""",
    layout={
        "train.txt": "sequence/number, a line a frame",
        "train/*/rgb": "colour by number, 640 x 480",
        "train/*/depth": "depth by number, PNG",
        "train/*/meta": "a pickle a frame: camMat, handJoints3D, ...",
        "evaluation.txt": "as train.txt",
        "evaluation/*/rgb": "as in train",
        "evaluation/*/depth": "as in train",
        "evaluation/*/meta": "the wrist in handJoints3D, and handBoundingBox",
        "evaluation_xyz.json": "21 x 3 a line of evaluation.txt; may be missing",
        "evaluation_verts.json": "778 x 3 a line of evaluation.txt; may be missing",
    },
    frames={
        **{"train": 83_325, "evaluation": 20_137},
        **{"v2_train": 66_034, "v2_evaluation": 11_524},
    },
    joints="ho3d",
    labels=("depth",),
    vertices=VERTICES,
    usual=("train", "evaluation"),
)

SECOND = "v2_"
"""Begins the names of splits of version 2; in the files they are called as others."""

SIZE = (480, 640)
UNIT = 0.12498664727900177
"""Of stored depth, mm."""
_MM_FROM_OPENGL = np.array([1000.0, -1000.0, -1000.0])


class Entry(NamedTuple):
    """A frame: its list, its place in that, its sequence, its number in that."""

    split: str
    place: int
    sequence: str
    number: str


def index(root: str | Path, split: str) -> list[Entry]:
    """All frames of a split in the order of its list.

    Raises:
        DatasetError: there is no such split, or its list is missing, or it is of the
            other version.
    """
    require_splits(ABOUT, split)
    second, split = split.startswith(SECOND), split.removeprefix(SECOND)
    path = Path(root) / f"{split}.txt"
    if not path.is_file():
        raise DatasetError(f"no list of frames at {path}; download it again")
    lines = [line.split("/") for line in path.read_text().split()]
    if any(len(parts) != 2 for parts in lines):
        raise DatasetError(f"{path} wants a line sequence/number for each frame")
    entries = [Entry(split, place, *parts) for place, parts in enumerate(lines)]
    if entries:
        _require_version(Path(root), entries[0], second)
    return entries


def read(root: str | Path, entry: Entry) -> Frame:
    """A frame.

    Raises:
        FrameError: a picture or the label can't be read.
    """
    root, folder = Path(root), Path(root) / entry.split / entry.sequence
    name = f"{entry.split}/{entry.sequence}/{entry.number}"
    label = _label(folder / "meta" / f"{entry.number}.pkl", name)
    focal, centre = focal_and_centre(label["camMat"], FrameError)
    joints, valid = _joints(root, entry, label, name)
    if not (joints[valid, 2] > 0).all():
        raise FrameError(f"label of {name} has joints behind the camera")
    box = label.get("handBoundingBox")
    if box is None:
        uv = joints[:, :2] / joints[:, 2:] * focal + centre
        box = np.concatenate([uv.min(axis=0), uv.max(axis=0)])
    middle = checked(box, (4,), f"box of {name}").reshape(2, 2).mean(axis=0)
    z = joints[0, 2]
    coded = read_rgb(folder / "depth" / f"{entry.number}.png", SIZE)
    view = View(
        focal,
        centre,
        camera_from_world=np.eye(4),
        hand=np.append((middle - centre) / focal * z, z),
        depth=depth_of_bytes(coded[..., 1], coded[..., 0], UNIT),
        image=read_rgb(_colour(folder / "rgb", entry.number), SIZE),
    )
    vertices = _vertices(root, entry)
    return Frame(name, (view,), joints, valid, vertices=vertices)


def _joints(
    root: Path, entry: Entry, label: Mapping[str, Any], name: str
) -> tuple[Float[np.ndarray, "21 3"], Bool[np.ndarray, "21"]]:
    """Joints, mm, and which are known: all, or the wrist alone."""
    known, what = label["handJoints3D"], f"label of {name}"
    path = root / f"{entry.split}_xyz.json"
    if shape_of(known) == (3,) and path.is_file():
        known = item(_read_list(path), entry.place, what)
    if shape_of(known) == (3,):
        joints = np.zeros((21, 3))
        joints[0] = checked(known, (3,), what) * _MM_FROM_OPENGL
        return joints, np.arange(21) == 0
    return checked(known, (21, 3), what) * _MM_FROM_OPENGL, np.ones(21, bool)


def _vertices(root: Path, entry: Entry) -> Float[np.ndarray, "vertices 3"] | None:
    path = root / f"{entry.split}_verts.json"
    if not path.is_file():
        return None
    what = f"surface in {path}"
    points = checked(item(_points(path), entry.place, what), (VERTICES, 3), what)
    return points * _MM_FROM_OPENGL


def _label(path: Path, name: str) -> Mapping[str, Any]:
    try:
        label = unpickle.read(path)
    except DatasetError as error:
        raise FrameError(str(error)) from error
    wanted = ("camMat", "handJoints3D")
    if not isinstance(label, Mapping) or any(label.get(key) is None for key in wanted):
        raise FrameError(f"label of {name} wants {' and '.join(wanted)}: none is there")
    return label


def _colour(folder: Path, number: str) -> Path:
    """Version 2 has PNG, version 3 JPEG."""
    png = folder / f"{number}.png"
    return png if png.is_file() else folder / f"{number}.jpg"


def _require_version(root: Path, first: Entry, second: bool) -> None:
    folder = root / first.split / first.sequence / "rgb"
    other = folder / f"{first.number}.{'jpg' if second else 'png'}"
    if other.is_file():
        got = "3: its splits are train" if second else "2: its splits are v2_train"
        raise DatasetError(
            f"{root} is version {got} and {'' if second else SECOND}evaluation; name "
            "them by --split"
        )


@once(keep=1)
def _read_list(path: Path) -> list:
    return read_json(path)


@once(keep=1)
def _points(path: Path) -> Float[np.ndarray, "samples vertices 3"]:
    return read_json_points(path, VERTICES)
