"""Key points of a frame in the canonical order, in space and in its pictures.

What methods are told that learn from pictures without a key point in space: where key
points appear, and, as the field has it, the hand's scale and the depth of its root.
"""

from functools import cache
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from handjax.data.real import calibration
from handjax.data.real.looks import Look
from handjax.data.real.records import Record
from handjax.hands.articulate import SCALE_BONE
from handjax.hands.skeleton import DATASETS, KEYPOINTS

WRIST = KEYPOINTS.index("wrist")
AHEAD = np.array([0.0, 0.0, 1e3], np.float32)
"""Where points that nobody knows are put, mm: a camera has a pixel for it."""


def canonical(
    record: Record, joint_set: str
) -> tuple[Float[np.ndarray, "21 3"], Bool[np.ndarray, "21"]]:
    """The 21 key points of the world, mm, 0 where unknown, and which are known.

    Args:
        record: the frame.
        joint_set: of its dataset, one of `skeleton.DATASETS`.
    """
    W = weights(joint_set)
    # A key point is known if all is that it is made of.
    known = (W.any(axis=1)) & ~((W != 0.0) & ~record.valid).any(axis=1)
    return np.where(known[:, None], W @ record.joints, 0.0).astype(np.float32), known


@cache
def weights(joint_set: str) -> Float[np.ndarray, "21 joints"]:
    """W, which makes key points of a dataset's joints; no key point, a row of zeros.

    As `skeleton.from_dataset`, for the host.
    """
    dataset = DATASETS[joint_set]
    W = np.zeros((len(KEYPOINTS), len(dataset.joints)), np.float32)
    for k, name in enumerate(KEYPOINTS):
        if name in dataset.keypoints:
            W[k, dataset.keypoints.index(name)] = 1.0
        for joint, weight in dataset.derived.get(name, {}).items():
            W[k, dataset.joints.index(joint)] = weight
    return W


def gives_scale(joint_set: str) -> bool:
    """Whether a dataset's joints have the wrist and the bone that is the scale."""
    return bool(weights(joint_set)[[WRIST, *SCALE_BONE]].any(axis=1).all())


def labels(
    record: Record,
    look: Look,
    rig: Float[np.ndarray, "views 4 4"],
    camera: Float[np.ndarray, "views 2 2"],
) -> dict[str, Any]:
    """What is told of pictures, of that which was named.

    Args:
        record: the frame.
        look: how it is shown; names labels and the dataset's joints.
        rig: camera_from_world of the views.
        camera: their focal lengths and principal points, pixels.
    """
    if not {"keypoints2d", "scale"} & set(look.labels):
        return {}
    points, known = canonical(record, look.joints)
    seen = np.stack([calibration.apply(one, points) for one in rig])
    told: dict[str, Any] = {}
    if "keypoints2d" in look.labels:
        p = np.where(known[:, None], seen, AHEAD)
        # What lies behind a camera has no pixel.
        z = np.maximum(p[..., 2:], 1.0)
        uv = p[..., :2] / z * camera[:, None, 0] + camera[:, None, 1]
        uv = np.where(known[:, None], uv, 0.0).astype(np.float32)
        told |= {"keypoints2d": uv, "keypoints_valid": known}
    if "scale" in look.labels:
        first, last = SCALE_BONE
        there = known[[WRIST, *SCALE_BONE]].all()
        length = np.linalg.norm(points[last] - points[first])
        told["scale"] = np.float32(length if there else 1.0)
        told["root"] = np.where(there, seen[:, WRIST, 2], 1.0).astype(np.float32)
        told["scale_valid"] = np.bool_(there)
    return told
