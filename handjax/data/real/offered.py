"""Whether a dataset has what a config asks of it: said before the first batch.

A label that no frame can have is refused by what the dataset's module declares. One
that frames may have, and those that are there lack, as the surfaces of HO-3D's training
set, is refused by a look at some of them. What only some lack is not valid there.
"""

from collections.abc import Sequence

import numpy as np

from handjax.data.real import points
from handjax.data.real.frame import About, DatasetError
from handjax.data.real.looks import Look, place
from handjax.data.real.records import Record, showing

LOOKED_AT = 16
"""Frames of a split, from the first to the last."""


def declared(about: About, sees: str) -> tuple[str, ...]:
    """The labels that frames of a dataset may have, as they are shown.

    Args:
        about: the dataset.
        sees: "depth" or "image". Depth shows itself, and which pixels are of a hand.
    """
    surfaces = ("vertices",) if about.vertices else ()
    if sees == "depth":
        return ("joints", *surfaces, "depth", "mask")
    scale = ("scale",) if points.gives_scale(about.joints) else ()
    return ("joints", *surfaces, "keypoints2d", *scale, *about.labels)


def require_declared(about: About, look: Look) -> None:
    """Refuse labels that no frame can have.

    Raises:
        DatasetError: there are such.
    """
    known = declared(about, look.sees)
    for label in look.labels:
        if label not in known:
            seen = "depth" if look.sees == "depth" else "pictures in colour"
            raise DatasetError(
                f"real.labels: no frame of {about.name} has {label!r}; its {seen} may "
                f"come with {', '.join(known)}"
            )


def require_there(splits: Sequence[Sequence[Record]], look: Look) -> None:
    """Refuse what none of the frames has, by a look at some of each split.

    Args:
        splits: the frames of each.
        look: how they are to be shown.

    Raises:
        DatasetError: no frame of a split can be shown, or none of all has a label.
    """
    looked_at = [some(frames, LOOKED_AT) for frames in splits]
    for records in looked_at:
        if not any(place(record, look) for record in records):
            raise DatasetError(_why(records[0], look))
    every = [record for records in looked_at for record in records]
    for label in look.labels:
        if not any(_has(record, label, look) for record in every):
            raise DatasetError(
                f"real.labels names {label!r}, which none of the {len(every)} frames "
                f"has that were looked at, as {every[0].name}; leave it out, or choose "
                "other splits"
            )


def some(frames: Sequence[Record], count: int) -> list[Record]:
    """So many of the frames, from the first to the last."""
    chosen = np.linspace(0, len(frames) - 1, min(count, len(frames))).round()
    return [frames[number] for number in chosen.astype(int).tolist()]


def _why(record: Record, look: Look) -> str:
    """Why a frame can't be shown."""
    if not showing(record, look.sees):
        what = "colour" if look.sees == "image" else "depth"
        return f"{record.name} has no {what}; real.sees may be the other"
    return (
        f"center 'depth' wants depth to find the hand in, and {record.name} has none; "
        "'gt' takes it from the labels"
    )


def _has(record: Record, label: str, look: Look) -> bool:
    """Whether a frame has a label that its dataset declares."""
    parts = showing(record, look.sees)
    measured = any(part.depth.size for part in (record.parts if look.beside else parts))
    masked = look.sees == "depth" or any(part.mask.size for part in parts)
    there = {
        "vertices": len(record.vertices),
        "depth": measured,
        "mask": masked or (look.beside and measured),
    }
    return bool(there.get(label, record.valid.any()))
