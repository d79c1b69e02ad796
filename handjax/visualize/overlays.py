"""Stored frames of a real dataset with anybody's joints over them."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float

from handjax.data.real import batches
from handjax.data.real.looks import Look
from handjax.data.real.records import Record
from handjax.evaluation.joint_sets import JOINT_SETS
from handjax.evaluation.labelling import cut_all
from handjax.hands.skeleton import FINGERS, NYU_FINGERS
from handjax.visualize.figures import HAND_COLOURS, draw_joints
from handjax.visualize.frames import LETTERS, project, show
from handjax.visualize.sheets import contact_sheet
from handjax.visualize.surface import Picture

Joints = Float[np.ndarray, "frames joints 3"]

SIDE = 2
"""Pictures in a row of a square."""
AWAY = -1e4
"""Where joints are drawn that nobody is to see, pixels."""


def overlays_sheet(
    records: Sequence[Record],
    joints: Mapping[str, Joints],
    joint_set: str,
    *,
    headings: Sequence[str] = (),
) -> Picture:
    """A column a frame: as its camera saw it, then each method's joints over it.

    One frame alone has its pictures in a square. The crops are around the
    true joints, colour where there is colour; left hands are as they were.

    Args:
        records: the frames.
        joints: by caption, of each frame, in the frame of its first camera, mm; NaN
            is not drawn.
        joint_set: that they are, one of `JOINT_SETS`.
        headings: a line over each column.
    """
    columns = [
        _column(record, [points[k] for points in joints.values()], joint_set)
        for k, record in enumerate(records)
    ]
    captions = cut_all(["picture", *joints], LETTERS)
    if len(columns) == 1:
        return _square(columns[0], captions)
    rows = list(zip(*columns, strict=True))
    return contact_sheet(rows, headings=headings, captions=captions)


def _square(pictures: Sequence[Picture], captions: Sequence[str]) -> Picture:
    """Pictures two by two, each under its caption; of five the last four."""
    named = [
        contact_sheet([[picture]], headings=[caption], gap=3)
        for picture, caption in zip(pictures, captions, strict=True)
    ][-(SIDE**2) :]
    return contact_sheet(
        [named[k : k + SIDE] for k in range(0, len(named), SIDE)], gap=0
    )


def _column(
    record: Record, sets: Sequence[Float[np.ndarray, "joints 3"]], joint_set: str
) -> list[Picture]:
    sees = "image" if any(part.image for part in record.parts) else "depth"
    look = Look(sees, center="gt", exact=True)
    held = batches.hold(record, look, np.random.default_rng(0))
    picture, scale = show(held, 0)
    pictures = [picture]
    parents, colours = parents_of(joint_set), colours_of(joint_set)
    for points in sets:
        world = _to_world(points, record)
        known = np.isfinite(np.linalg.norm(world, axis=1))
        uv = np.where(known[:, None], project(held, 0, world), AWAY)
        shown = [p if known[k] and known[p] else -1 for k, p in enumerate(parents)]
        pictures.append(
            draw_joints(picture, uv, scale=scale, parents=shown, colours=colours)
        )
    return pictures if record.right else [one[:, ::-1] for one in pictures]


def _to_world(
    points: Float[np.ndarray, "joints 3"], record: Record
) -> Float[np.ndarray, "joints 3"]:
    """From the first camera into the record's world, mirrored as the record is."""
    side = np.array([1.0 if record.right else -1.0, 1.0, 1.0])
    rig = record.parts[0].camera_from_world.astype(np.float64)
    return (points * side - rig[:3, 3]) @ rig[:3, :3]


def parents_of(joint_set: str) -> list[int]:
    """Of each joint the one that its bone leads from, -1 for none.

    Bones of joint sets have no direction; here they lead away from the wrist, or from
    the joint that most bones meet in.
    """
    names, _, bones, *_ = JOINT_SETS[joint_set]
    parents = [-1] * len(names)
    ends = [end for bone in bones for end in bone]
    reached = [max(range(len(names)), key=ends.count)] if bones else []
    for joint in reached:
        for bone in bones:
            if joint in bone:
                (other,) = set(bone) - {joint}
                if other not in reached:
                    parents[other] = joint
                    reached.append(other)
    return parents


def colours_of(joint_set: str) -> np.ndarray:
    """A colour for each joint: by finger, grey for the palm's."""
    codes = {**{finger: finger for finger in FINGERS}, **NYU_FINGERS}
    return np.stack(
        [
            HAND_COLOURS[1 + FINGERS.index(codes[code]) if code in codes else 0]
            for code in (name.split("_")[0] for name in JOINT_SETS[joint_set].names)
        ]
    )
