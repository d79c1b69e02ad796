"""Colour and depth of two cameras side by side: a crop of one with depth of the other.

Depth shows all that lies there, and nobody says which of it is the hand. That is worked
out from the true key points: what was measured near a bone. The key points choose
pixels so, and are in no batch for it.

Notation, shared by every function here and by the tests:
    p: measured points in the frame of the crop's camera, mm.
"""

import numpy as np
from jaxtyping import Bool, Float

from handjax.batch import FAR
from handjax.data.real import calibration, crops, points
from handjax.data.real.centres import PER_MM
from handjax.data.real.records import Part, Record
from handjax.hands.skeleton import KEYPOINT_PARENTS

REACH = 30.0
"""The hand's surface is nearer than this to a bone, mm; the palm is widest."""
BONES = tuple((up, k) for k, up in enumerate(KEYPOINT_PARENTS) if up >= 0)

Points = Float[np.ndarray, "points 3"]


def with_depth(
    shown: crops.Cropped,
    record: Record,
    part: Part,
    centre: Float[np.ndarray, "3"],
    *,
    size: float,
    joints: str,
) -> crops.Cropped:
    """A crop of colour with depth, and with what of it is the hand.

    Args:
        shown: the crop.
        record: the frame, one of whose cameras may have depth.
        part: what the crop is of.
        centre: of the crop, in its camera's frame, mm.
        size: of the cube around it, mm.
        joints: the dataset's joint set.
    """
    others = [other for other in record.parts if other.depth.size]
    if not others:
        return shown
    p = seen_from(part, others[0])
    near = (np.abs(p - centre) < size / 2).all(axis=1) & (p[:, 2] > 0.0)
    depth = _picture(p[near], shown.camera, centre, len(shown.image))
    known, valid = points.canonical(record, joints)
    bones = calibration.apply(part.camera_from_world, known)
    mask = _near_bones(depth, shown.camera, centre, bones, valid)
    return shown._replace(depth=depth, mask=mask)


def seen_from(part: Part, other: Part) -> Points:
    """What another camera measured, in the frame of a part's."""
    row, column = np.nonzero(other.depth)
    z = other.depth[row, column].astype(np.float32)[:, None] / PER_MM
    rays = (np.stack([column, row], axis=-1) - other.camera[1]) / other.camera[0]
    p = np.concatenate([rays * z, z], axis=1)
    back = calibration.inverse(other.camera_from_world.astype(float))
    return calibration.apply(part.camera_from_world @ back, p).astype(np.float32)


def near_bones(
    p: Points, joints: Float[np.ndarray, "21 3"], known: Bool[np.ndarray, "21"]
) -> Bool[np.ndarray, "points"]:
    """Which points are nearer than `REACH` to a bone whose ends are known.

    Args:
        p: points, mm.
        joints: key points in the same frame, mm.
        known: which of them are known.
    """
    near = np.zeros(len(p), bool)
    for up, k in BONES:
        if known[up] and known[k]:
            a, b = joints[up], joints[k] - joints[up]
            along = np.clip((p - a) @ b / max(float(b @ b), 1e-6), 0.0, 1.0)
            apart = p - a - along[:, None] * b
            near |= (apart**2).sum(axis=1) < REACH**2
    return near


def _picture(
    p: Points, camera: crops.Camera, centre: Float[np.ndarray, "3"], pixels: int
) -> crops.Depth:
    """Points as depth from the crop's centre; the nearest one in each pixel."""
    uv = np.rint(p[:, :2] / p[:, 2:] * camera[0] + camera[1]) + 1
    # A border catches what lies beside the picture.
    u, v = np.clip(uv, 0, pixels + 1).astype(np.int32).T
    return crops.gather(p[:, 2] - np.float32(centre[2]), v * (pixels + 2) + u, pixels)


def _near_bones(
    depth: crops.Depth,
    camera: crops.Camera,
    centre: Float[np.ndarray, "3"],
    joints: Float[np.ndarray, "21 3"],
    known: Bool[np.ndarray, "21"],
) -> Bool[np.ndarray, "pixels pixels"]:
    """Which pixels of a crop's depth are of the hand."""
    mask = depth < FAR
    row, column = np.nonzero(mask)
    z = depth[mask][:, None] + np.float32(centre[2])
    rays = (np.stack([column, row], axis=-1) - camera[1]) / camera[0]
    p = np.concatenate([rays * z, z], axis=1).astype(np.float32)
    mask[mask] = near_bones(p, joints, known)
    return mask
