"""What is known of every frame of a split: its names and labels, without pictures."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from handjax.data.real.records import Record, showing


class Survey(NamedTuple):
    """Frames of a split, in order. Left hands are mirrored; `right` says which are not.

    Attributes:
        names: of the frames.
        places: their numbers among the split's frames, of which some may be missing.
        right: whether it is a right hand.
        subjects: number of the person.
        cubes: edge of the crop, mm.
        found: where depth shows the hand, in the frame of the camera that is shown
            first, mm; NaN without depth.
        joints: in the dataset's order, world, mm; 0 where unknown.
        valid: which joints are known.
        camera_from_world: of the first view.
    """

    names: tuple[str, ...]
    places: Int[np.ndarray, "frames"]
    right: Bool[np.ndarray, "frames"]
    subjects: Int[np.ndarray, "frames"]
    cubes: Float[np.ndarray, "frames"]
    found: Float[np.ndarray, "frames 3"]
    joints: Float[np.ndarray, "frames joints 3"]
    valid: Bool[np.ndarray, "frames joints"]
    camera_from_world: Float[np.ndarray, "frames 4 4"]


def look_over(frames: Sequence[Record], sees: str = "depth") -> Survey:
    """Read every record once.

    Args:
        frames: of a split.
        sees: what methods are shown, "depth" or "image".
    """
    rows = [
        (
            record.name,
            record.place,
            record.right,
            record.subject,
            record.cube,
            (showing(record, sees) or record.parts)[0].found,
            record.joints,
            record.valid,
            record.parts[0].camera_from_world,
        )
        for record in frames
    ]
    names, *arrays = zip(*rows, strict=True)
    return Survey(names, *(np.array(array) for array in arrays))
