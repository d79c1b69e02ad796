"""InterHand2.6M: hands in a dome of cameras; here the frames with a single hand.

One frame a picture. The world is the capture's, so that pictures of one instant share
their joints; cameras stand around them.

Traps: X_camera = R (X_world - position). 42 joints, the right hand's 21 before the left
one's, each finger from the tip to the palm, wrists last. A joint counts as known where
it was labelled and lies in this very picture. Cameras whose numbers begin with 41 see
grey.

The list of pictures has about 600 bytes a picture, 0.8 GB for `train`. To index it
takes 1.2 KB of memory a picture (measured on 60,000), where all of it as Python's
objects would take 6.3; the labels of a split stay in memory while it is read.

Source: the dataset's page (version 1.0, 5 frames a second) and
facebookresearch/InterHand2.6M, data/InterHand2.6M/dataset.py.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

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
from handjax.data.real.numbers import checked, read_json
from handjax.data.real.once import once
from handjax.data.real.pictures import read_rgb

ABOUT = About(
    name="interhand",
    title="InterHand2.6M, single hands, 5 frames a second",
    home="https://mks0601.github.io/InterHand2.6M/",
    licence="CC BY-NC 4.0",
    citation="""@inproceedings{moon2020interhand,
  title = {{InterHand2.6M}: A Dataset and Baseline for {3D} Interacting Hand Pose
           Estimation from a Single {RGB} Image},
  author = {Moon, Gyeongsik and Yu, Shoou-I and Wen, He and Shiratori, Takaaki and
            Lee, Kyoung Mu},
  booktitle = {European Conference on Computer Vision (ECCV)},
  year = {2020}
}""",
    layout={
        f"{part}": what
        for split in ("train", "val", "test")
        for part, what in {
            f"images/{split}/Capture*": "sequence/camera/image*.jpg, 512 x 334",
            f"annotations/{split}/InterHand2.6M_{split}_data.json": "pictures",
            f"annotations/{split}/InterHand2.6M_{split}_camera.json": "cameras, mm",
            f"annotations/{split}/InterHand2.6M_{split}_joint_3d.json": "joints, mm",
        }.items()
    },
    frames={"train": 687_548, "val": 234_183, "test": 488_968},
    joints="interhand",
)

HANDS = {"right": slice(0, 21), "left": slice(21, 42)}


class Entry(NamedTuple):
    """A picture of a single hand.

    Attributes:
        split: of the dataset.
        file: path of the picture below the split's folder.
        capture, camera, instant: where its camera and joints are found.
        hand: right or left.
        valid: which joints are known, a character each, 1 or 0.
        subject: number of the person.
    """

    split: str
    file: str
    capture: str
    camera: str
    instant: str
    hand: str
    valid: str
    subject: int


def index(root: str | Path, split: str) -> list[Entry]:
    """All pictures with a single hand, in the file's order.

    Those of which no joint is known too: others' predictions have rows for them.

    Raises:
        DatasetError: there is no such split, or its labels are missing or broken.
    """
    require_splits(ABOUT, split)
    path = _path(Path(root), split, "data")
    try:
        return list(_entries(read_json(path, _shortened), split))
    except DatasetError:
        raise
    except (KeyError, TypeError, ValueError) as error:
        raise DatasetError(
            f"{path} wants pictures and annotations as the dataset's page describes "
            f"them; {error!r} is missing or wrong. Download it again"
        ) from error


def read(root: str | Path, entry: Entry) -> Frame:
    """A picture.

    Raises:
        FrameError: the picture, its camera or its label can't be read.
    """
    root, name = Path(root), f"{entry.split}/{entry.file}"
    joints = checked(_joints(root, entry), (42, 3), f"label of {name}")
    valid = np.array([known == "1" for known in entry.valid])
    ours = np.where(valid[:, None], joints[HANDS[entry.hand]], 0.0)
    focal, centre, camera_from_world = _camera(root, entry)
    image = read_rgb(root / "images" / entry.split / entry.file)
    view = View(focal, centre, camera_from_world, image=image)
    right = entry.hand == "right"
    return Frame(name, (view,), ours, valid, right, entry.subject)


class _Label(NamedTuple):
    """What is needed of a label: its picture, its hand, and which joints are known."""

    picture: Any
    hand: str
    valid: str


def _shortened(found: dict[str, Any]) -> Any:
    """An object of the file of pictures, with no more than is needed of it."""
    if "hand_type" in found:
        hand = found["hand_type"]
        if hand not in HANDS:
            return None
        known = np.reshape(found["joint_valid"], 42)[HANDS[hand]]
        valid = "".join("1" if one else "0" for one in known)
        return _Label(found["image_id"], sys.intern(hand), sys.intern(valid))
    if "file_name" in found:
        where = (str(found[k]) for k in ("capture", "camera", "frame_idx"))
        place = tuple(map(sys.intern, where))
        return found["id"], str(found["file_name"]), place, int(found["subject"])
    return found


def _entries(labels: Mapping[str, Any], split: str) -> Iterator[Entry]:
    pictures = {number: rest for number, *rest in labels["images"]}
    for label in labels["annotations"]:
        if label is None:
            continue
        file, (capture, camera, instant), subject = pictures[label.picture]
        yield Entry(
            split=split,
            file=file,
            capture=capture,
            camera=camera,
            instant=instant,
            hand=label.hand,
            valid=label.valid,
            subject=subject,
        )


def _camera(
    root: Path, entry: Entry
) -> tuple[Float[np.ndarray, "2"], Float[np.ndarray, "2"], Float[np.ndarray, "4 4"]]:
    """Focal length, principal point and extrinsics of an entry's camera."""
    cameras = _read(_path(root, entry.split, "camera"))
    keys = {"focal": (2,), "princpt": (2,), "campos": (3,), "camrot": (3, 3)}
    what = f"camera {entry.camera} of capture {entry.capture}"
    try:
        found = [cameras[entry.capture][key][entry.camera] for key in keys]
    except (KeyError, TypeError) as error:
        raise FrameError(f"{what} is missing: no {error}") from error
    focal, centre, position, R = (
        checked(value, shape, f"{key} of {what}")
        for value, (key, shape) in zip(found, keys.items(), strict=True)
    )
    return focal, centre, rigid(R, -R @ position)


def _joints(root: Path, entry: Entry) -> Any:
    """The joints of both hands at an entry's instant, as they stand in the file."""
    labels = _read(_path(root, entry.split, "joint_3d"))
    try:
        found = labels[entry.capture][entry.instant]
        # The first release had the list of joints where later ones have more.
        return found["world_coord"] if isinstance(found, dict) else found
    except (KeyError, TypeError) as error:
        raise FrameError(
            f"instant {entry.instant} of capture {entry.capture} has no label: "
            f"no {error}"
        ) from error


def _path(root: Path, split: str, kind: str) -> Path:
    """Before version 1.0 there was a folder of all labels, human and machine."""
    file = f"InterHand2.6M_{split}_{kind}.json"
    path = root / "annotations" / split / file
    older = root / "annotations" / "all" / file
    return older if older.is_file() and not path.is_file() else path


@once(keep=4)
def _read(path: Path) -> Mapping[str, Any]:
    labels = read_json(path)
    if not isinstance(labels, dict):
        raise DatasetError(f"{path} wants labels by capture; got {type(labels)}")
    return labels
