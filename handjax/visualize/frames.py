"""Frames of a real dataset as they are stored, with its joints over them."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float

from handjax.batch import FAR
from handjax.data.crop import PIXELS
from handjax.data.real import batches
from handjax.data.real.batches import Held
from handjax.data.real.looks import Look
from handjax.data.real.records import Record, showing
from handjax.hands.skeleton import DATASETS, KEYPOINT_PARENTS, KEYPOINTS
from handjax.visualize.figures import KEYPOINT_COLOURS, draw_joints
from handjax.visualize.sheets import contact_sheet, enlarge
from handjax.visualize.surface import INK, PAPER, Picture, depth_to_rgb

SCALE = 4
VIEWS = 3
"""Rows: there are datasets with 100 cameras."""
LETTERS = 34
"""Of a frame's name that fit over a picture of it."""


class Figure(NamedTuple):
    """How a dataset's joints are drawn.

    Attributes:
        parents: of each joint; -1 for none.
        colours: by finger; ink for what is no key point.
    """

    parents: list[int]
    colours: np.ndarray


def frames_sheet(records: Sequence[Record], joints: str) -> Picture:
    """A column a frame, a row a view of the first few: crops around the true joints.

    Args:
        records: the frames.
        joints: the dataset's joint set, one of `skeleton.DATASETS`.
    """
    colour = any(part.image for record in records for part in record.parts)
    sees = "image" if colour else "depth"
    views = max(len(showing(record, sees)) for record in records)
    views = min(views, VIEWS)
    columns = [_column(record, sees, joints, views) for record in records]
    rows = list(zip(*columns, strict=True))
    headings = [_heading(record) for record in records]
    captions = [f"view {number + 1}" for number in range(views)]
    return contact_sheet(rows, headings=headings, captions=captions)


def _heading(record: Record) -> str:
    side = "" if record.right else " (left, mirrored)"
    return record.name[-(LETTERS - len(side)) :] + side


def _column(
    record: Record, sees: Literal["depth", "image"], joints: str, views: int
) -> list[Picture]:
    look = Look(sees, views=views, labels=("joints",), center="gt", exact=True)
    held = batches.hold(record, look, np.random.default_rng(0))
    figure = _figure(joints)
    return [_picture(held, view, figure) for view in range(views)]


def _picture(held: Held, view: int, figure: Figure) -> Picture:
    picture, scale = show(held, view)
    if not held["valid"][view]:
        return np.broadcast_to(np.array(PAPER, np.uint8), picture.shape).copy()
    known = held["joints_valid"]
    uv = np.where(known[:, None], project(held, view, held["joints"]), -100.0)
    # A bone that would lead to a joint which nobody labelled is not drawn.
    parents = [p if known[k] and known[p] else -1 for k, p in enumerate(figure.parents)]
    return draw_joints(
        picture, uv, scale=scale, parents=parents, colours=figure.colours
    )


def show(held: Held, view: int) -> tuple[Picture, int]:
    """A view of a held frame as a picture, and how many times it is enlarged."""
    if "image" in held:
        return held["image"][view], 1
    depth = depth_to_rgb(held["depth"][view], far=FAR)
    return enlarge(depth, SCALE), SCALE


def project(
    held: Held, view: int, joints: Float[np.ndarray, "joints 3"]
) -> Float[np.ndarray, "joints 2"]:
    """Where joints of the world appear in a view of a held frame, pixels."""
    rig = held["rig"][view]
    p = joints @ rig[:3, :3].T + rig[:3, 3]
    if "image" in held:
        focal, centre = held["camera"][view]
        return p[:, :2] / np.maximum(p[:, 2:], 1.0) * focal + centre
    pitch = held["size"] / PIXELS
    return (p - held["centre"][view])[:, :2] / pitch + (PIXELS - 1) / 2


def _figure(joints: str) -> Figure:
    meanings = DATASETS[joints].keypoints
    colours = np.tile(np.array(INK, np.uint8), (len(meanings), 1))
    parents = []
    for number, meaning in enumerate(meanings):
        parents.append(_parent(meaning, meanings))
        if meaning:
            colours[number] = KEYPOINT_COLOURS[KEYPOINTS.index(meaning)]
    return Figure(parents, colours)


def _parent(meaning: str | None, meanings: Sequence[str | None]) -> int:
    """The nearest joint towards the wrist that the dataset has; -1 for none."""
    if meaning is None:
        return -1
    parent = KEYPOINT_PARENTS[KEYPOINTS.index(meaning)]
    while parent >= 0 and KEYPOINTS[parent] not in meanings:
        parent = KEYPOINT_PARENTS[parent]
    return meanings.index(KEYPOINTS[parent]) if parent >= 0 else -1
