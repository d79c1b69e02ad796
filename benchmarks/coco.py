"""Real pictures of hands that a .json beside them labels in COCO's form.

Key points in the picture, pixels, and maybe in the camera, mm; which hand it is, and
the camera, as `hand_type` and `cam_param`, where the file says so. Left hands are
mirrored here, and whoever draws what was said of them mirrors it back.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from handjax.batch import Batch, Labels, Views
from handjax.geometry import cameras
from handjax.hands.articulate import scale_and_root
from handjax.hands.skeleton import from_dataset

ROOM = 1.5
"""Edge of a crop over the key points' longer side, about as synthetic ones have it:
there 1.1 to 1.5 over the surface's, which is some 15 % longer."""
TURNED = np.array([-1.0, 1.0, 1.0])
ASSUMED = 2.0
"""Focal length over the edge of a picture whose camera nobody tells."""


class Seen(NamedTuple):
    """A real picture, as of a right hand, and what is known of it.

    Attributes:
        image: 0 to 255.
        uv: key points, pixels.
        camera: focal length and principal point, pixels.
        joints: key points in the camera, mm; None where nobody knows.
        right: whether it is of a right hand; of a left one all else is mirrored.
    """

    image: np.ndarray
    uv: np.ndarray
    camera: np.ndarray
    joints: np.ndarray | None
    right: bool


def read(folder: Path, joint_set: str) -> Iterator[Seen]:
    """The pictures that a folder's one .json labels.

    Raises:
        LookupError: there is none, or several.
    """
    from PIL import Image

    pages = sorted(folder.glob("*.json"))
    if len(pages) != 1:
        raise LookupError(f"{folder} wants one .json with labels; it has {len(pages)}")
    page = json.loads(pages[0].read_text())
    files = {image["id"]: image for image in page["images"]}
    for label in page["annotations"]:
        about = files[label["image_id"]]
        with Image.open(folder / about["file_name"]) as stored:
            image = np.asarray(stored.convert("RGB"))
        yield seen_of(image, about, label, joint_set)


def seen_of(image: np.ndarray, about: Any, label: Any, joint_set: str) -> Seen:
    """A picture with its labels, turned over where it is of a left hand."""
    width = image.shape[1]
    uv = ordered(np.reshape(label["keypoints"], (21, 3)), joint_set)[:, :2]
    given = about.get("cam_param")
    focal = np.array(given["focal"] if given else [ASSUMED * width] * 2)
    centre = (
        np.array(given["princpt"]) if given else (np.array(image.shape[1::-1]) - 1) / 2
    )
    known = label.get("joint_cam") if given else None
    joints = None if known is None else ordered(np.array(known), joint_set)
    right = label.get("hand_type", "right") == "right"
    if not right:
        image = image[:, ::-1]
        uv, centre = (x * TURNED[:2] + [width - 1, 0] for x in (uv, centre))
        joints = None if joints is None else joints * TURNED
    return Seen(image, uv, np.stack([focal, centre]), joints, right)


def ordered(joints: np.ndarray, joint_set: str) -> np.ndarray:
    """Joints of a dataset as the 21 key points."""
    return np.asarray(from_dataset(joint_set, jnp.asarray(joints, jnp.float32))[0])


def cropped(seen: list[Seen], pixels: int) -> Batch:
    """Crops around the labelled key points, with scale and root where known."""
    crops, found = zip(*(crop(one, pixels) for one in seen), strict=True)
    focal, centre = np.stack(found).astype(np.float32).swapaxes(0, 1)[:, :, None]
    frames = len(seen)
    joints = [
        one.joints if one.joints is not None else np.ones((21, 3)) for one in seen
    ]
    scale, root = jax.vmap(scale_and_root)(jnp.asarray(np.stack(joints), jnp.float32))
    uv = [
        (one.uv - one.camera[1]) / one.camera[0] * new[0] + new[1]
        for one, new in zip(seen, found, strict=True)
    ]
    eye = jnp.broadcast_to(jnp.eye(4), (frames, 1, 4, 4))
    image = jnp.asarray(np.stack(crops)[:, None], jnp.float32) / 255.0
    camera = cameras.Pinhole(jnp.asarray(focal), jnp.asarray(centre))
    valid = jnp.ones((frames, 1), bool)
    labels = Labels(
        keypoints2d=jnp.asarray(np.stack(uv)[:, None], jnp.float32),
        scale=scale,
        root=root[:, None],
        scale_valid=jnp.array([one.joints is not None for one in seen]),
    )
    return Batch(Views(None, image, None, valid, camera, eye, eye), None, labels)


def crop(seen: Seen, pixels: int) -> tuple[np.ndarray, np.ndarray]:
    """A square around the key points, and its camera."""
    from PIL import Image

    low, high = seen.uv.min(axis=0), seen.uv.max(axis=0)
    edge = ROOM * (high - low).max()
    corner = (low + high) / 2 + 0.5 - edge / 2
    step = edge / pixels
    moved = Image.fromarray(np.ascontiguousarray(seen.image)).transform(
        (pixels, pixels),
        Image.Transform.AFFINE,
        (step, 0.0, corner[0], 0.0, step, corner[1]),
        resample=Image.Resampling.BILINEAR,
    )
    focal, centre = seen.camera
    return np.asarray(moved), np.stack(
        [focal / step, (centre + 0.5 - corner) / step - 0.5]
    )
