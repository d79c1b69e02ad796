"""DexYCB: people who grasp objects from a table, seen by eight RealSense cameras.

One frame a picture of one camera, since one way to split goes by cameras; the world is
the sequence's, so that the eight pictures of an instant share their joints. There are
four ways to split, s0 to s3, each into train, val and test: by sequences, subjects,
cameras, and grasped objects. Each way is of the same 508,384 pictures, so of all four
they would be read and stored four times: unless others are named, s0 is prepared.

In an eighth of the pictures there is no hand. Instants at which a sequence's own poses
have none are left out of the index; a picture that its label says is empty all the same
is an error of its frame. The numbers of frames below are those with a hand.

Traps: labels are in metres in the camera's frame, -1 throughout where there is no hand.
Extrinsics lead from a camera to the world. In `seg` 255 is the hand.

Source: NVlabs/dex-ycb-toolkit, README, dex_ycb.py and sequence_loader.py; numbers of
frames: the paper's supplementary Tab. 9.
"""

import reprlib
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile

import numpy as np
from jaxtyping import Bool, Float

from handjax.data.dexycb_splits import CAMERAS, SEQUENCES, SPLITS, SUBJECTS
from handjax.data.real.calibration import apply, inverse, middle_of_mask, rigid
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
from handjax.data.real.pictures import read_grey, read_rgb

ABOUT = About(
    name="dexycb",
    title="DexYCB",
    home="https://dex-ycb.github.io",
    licence="CC BY-NC 4.0",
    citation="""@inproceedings{chao2021dexycb,
  title = {{DexYCB}: A Benchmark for Capturing Hand Grasping of Objects},
  author = {Chao, Yu-Wei and Yang, Wei and Xiang, Yu and Molchanov, Pavlo and Handa,
            Ankur and Tremblay, Jonathan and Narang, Yashraj S. and Van Wyk, Karl and
            Iqbal, Umar and Birchfield, Stan and Kautz, Jan and Fox, Dieter},
  booktitle = {IEEE Conference on Computer Vision and Pattern Recognition (CVPR)},
  year = {2021}
}""",
    layout={
        "20*-subject-*/*/meta.yml": "100 sequences of each of ten subjects",
        "20*-subject-*/*/pose.npz": "pose_m, 0 where there is no hand",
        "20*-subject-*/*/*/color_*.jpg": "by camera, 640 x 480",
        "20*-subject-*/*/*/aligned_depth_to_color_*.png": "mm, as colour sees it",
        "20*-subject-*/*/*/labels_*.npz": "joint_3d, metres; seg",
        "calibration/intrinsics/*_640x480.yml": "a camera each",
        "calibration/extrinsics_*/extrinsics.yml": "of all cameras",
    },
    frames={
        "s0_train": 406_888, "s0_val": 22_728, "s0_test": 78_768,
        "s1_train": 356_600, "s1_val": 47_656, "s1_test": 104_128,
        "s2_train": 381_288, "s2_val": 63_548, "s2_test": 63_548,
        "s3_train": 381_288, "s3_val": 50_736, "s3_test": 76_360,
    },
    joints="dexycb",
    labels=("depth", "mask"),
    usual=("s0_train", "s0_val", "s0_test"),
)  # fmt: skip

SIZE = (480, 640)
HAND = 255
"""Value of the hand's pixels in `seg`."""


class Entry(NamedTuple):
    """A picture: number of the subject, sequence below its folder, camera, number."""

    subject: int
    sequence: str
    camera: str
    number: int


def index(root: str | Path, split: str) -> list[Entry]:
    """All pictures of a split, by subject, sequence and camera.

    Raises:
        DatasetError: there is no such split, or folders or files are missing.
    """
    require_splits(ABOUT, split)
    subjects, cameras, sequences = SPLITS[split]
    return [
        Entry(subject, name, CAMERAS[camera], number)
        for subject in subjects
        for name in _sequences(Path(root), subject, sequences)
        for numbers in [_instants(Path(root) / SUBJECTS[subject] / name)]
        for camera in cameras
        for number in numbers
    ]


def read(root: str | Path, entry: Entry) -> Frame:
    """A picture of one camera.

    Raises:
        FrameError: a picture or the label can't be read, or there is no hand.
    """
    root = Path(root)
    sequence = root / SUBJECTS[entry.subject] / entry.sequence
    folder, number = sequence / entry.camera, f"{entry.number:06d}"
    name = str((folder / number).relative_to(root))
    joints, mask = _label(folder / f"labels_{number}.npz", name)
    meta, camera = _yaml(sequence / "meta.yml"), _intrinsics(root, entry.camera)
    stored = read_grey(folder / f"aligned_depth_to_color_{number}.png", SIZE)
    depth = stored.astype(np.float32)
    middle = middle_of_mask(depth, mask, *camera)
    world_from_camera = _world_from_camera(root, meta, entry.camera)
    view = View(
        *camera,
        camera_from_world=inverse(world_from_camera),
        hand=joints.mean(axis=0) if middle is None else middle,
        depth=depth,
        image=read_rgb(folder / f"color_{number}.jpg", SIZE),
        mask=mask,
    )
    world, valid = apply(world_from_camera, joints), np.ones(21, bool)
    return Frame(name, (view,), world, valid, _right(meta, name), entry.subject)


def _sequences(root: Path, subject: int, places: tuple[int, ...]) -> Iterator[str]:
    """Names of the sequences at these places of a subject's."""
    folder = root / SUBJECTS[subject]
    if not folder.is_dir():
        raise DatasetError(f"no folder at {folder}; download that subject too")
    names = sorted(path.name for path in folder.iterdir() if path.is_dir())
    if len(names) != SEQUENCES:
        raise DatasetError(
            f"{folder} wants {SEQUENCES} sequences, since splits go by their places; "
            f"got {len(names)}. Download it again"
        )
    return (names[place] for place in places)


def _instants(sequence: Path) -> list[int]:
    """Numbers of the instants of a sequence at which there is a hand."""
    count = _yaml(sequence / "meta.yml").get("num_frames")
    if not isinstance(count, int):
        got = reprlib.repr(count)
        raise DatasetError(f"{sequence / 'meta.yml'} wants num_frames; got {got}")
    path = sequence / "pose.npz"
    if not path.is_file():
        return list(range(count))
    poses = _arrays(path, "pose_m", error=DatasetError)["pose_m"]
    if len(poses) != count:
        raise DatasetError(f"{path} wants {count} poses of the hand; got {len(poses)}")
    return np.flatnonzero(poses.reshape(count, -1).any(axis=1)).tolist()


def _label(
    path: Path, name: str
) -> tuple[Float[np.ndarray, "21 3"], Bool[np.ndarray, "height width"]]:
    """Joints in the camera's frame, mm, and the hand's pixels."""
    arrays = _arrays(path, "joint_3d", "seg", error=FrameError)
    joints = checked(arrays["joint_3d"], (1, 21, 3), f"label of {name}")[0]
    if (joints == -1.0).all():
        raise FrameError(f"{name} shows no hand, as its label says")
    if arrays["seg"].shape != SIZE:
        raise FrameError(f"seg of {name} wants {SIZE}; got {arrays['seg'].shape}")
    return joints * 1000.0, arrays["seg"] == HAND


def _arrays(
    path: Path, *keys: str, error: type[ValueError]
) -> Mapping[str, np.ndarray]:
    if not path.is_file():
        raise error(f"no file at {path}; download it again")
    try:
        with np.load(path, allow_pickle=False) as file:
            return {key: file[key] for key in keys}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile, zlib.error) as cause:
        raise error(f"{path} wants {' and '.join(keys)}; {cause}") from cause


def _intrinsics(
    root: Path, camera: str
) -> tuple[Float[np.ndarray, "2"], Float[np.ndarray, "2"]]:
    """Focal length and principal point, pixels."""
    path = root / "calibration" / "intrinsics" / f"{camera}_640x480.yml"
    found = _yaml(path).get("color") or {}
    numbers = [found.get(key) for key in ("fx", "fy", "ppx", "ppy")]
    known = checked(numbers, (4,), f"colour in {path}", error=DatasetError)
    return known[:2], known[2:]


def _world_from_camera(
    root: Path, meta: Mapping[str, Any], camera: str
) -> Float[np.ndarray, "4 4"]:
    folder = root / "calibration" / f"extrinsics_{meta.get('extrinsics')}"
    path = folder / "extrinsics.yml"
    found = (_yaml(path).get("extrinsics") or {}).get(camera)
    rows = checked(found, (12,), f"{camera} in {path}", error=DatasetError)
    Rt = rows.reshape(3, 4)
    return rigid(Rt[:, :3], Rt[:, 3] * 1000.0)


def _right(meta: Mapping[str, Any], name: str) -> bool:
    sides = meta.get("mano_sides")
    if sides not in (["right"], ["left"]):
        got = reprlib.repr(sides)
        raise FrameError(f"meta.yml of {name} wants one hand's side; got {got}")
    return sides == ["right"]


@once(keep=64)
def _yaml(path: Path) -> Mapping[str, Any]:
    import yaml

    if not path.is_file():
        raise DatasetError(f"no file at {path}; download it again")
    try:
        found = yaml.safe_load(path.read_bytes())
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise DatasetError(f"{path} is no YAML ({error}); download it again") from error
    if not isinstance(found, dict):
        raise DatasetError(f"{path} wants names and values; got {type(found)}")
    return found
