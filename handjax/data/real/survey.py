"""What is known of every frame of a split: its names and labels, without pictures."""

from collections.abc import Sequence
from typing import Any, NamedTuple

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
        focal: of its camera, pixels.
        vertices: world, mm, NaN where unknown; None if none are, or nobody asked.
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
    focal: Float[np.ndarray, "frames 2"] | None = None
    vertices: Float[np.ndarray, "frames vertices 3"] | None = None


def look_over(
    frames: Sequence[Record], sees: str = "depth", *, surfaces: bool = False
) -> Survey:
    """Read every record once.

    Args:
        frames: the records.
        sees: what methods are shown, "depth" or "image".
        surfaces: keep vertices, which take a hundred times the room of joints.
    """
    rows, meshes = [], []
    # One pass: reading a record is what takes the time.
    for record in frames:
        rows.append(_row(record, sees))
        meshes += [record.vertices] if surfaces else []
    names, *arrays = zip(*rows, strict=True)
    found = Survey(names, *(np.array(array) for array in arrays))
    return found._replace(vertices=_together(meshes))


def _row(record: Record, sees: str) -> tuple[Any, ...]:
    """What `Survey` has of a frame, in its order."""
    view = record.parts[0]
    return (
        record.name,
        record.place,
        record.right,
        record.subject,
        record.cube,
        (showing(record, sees) or record.parts)[0].found,
        record.joints,
        record.valid,
        view.camera_from_world,
        view.camera[0],
    )


def _together(
    meshes: Sequence[Float[np.ndarray, "_ 3"]],
) -> Float[np.ndarray, "frames vertices 3"] | None:
    """Vertices of all frames; those that have none become NaN."""
    count = max((len(mesh) for mesh in meshes), default=0)
    if not count:
        return None
    unknown = np.full((count, 3), np.nan, np.float32)
    return np.stack([mesh if len(mesh) else unknown for mesh in meshes])
