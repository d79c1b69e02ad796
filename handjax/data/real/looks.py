"""How frames are shown, and where the crops of their views stand."""

from typing import Any, Literal, NamedTuple

import numpy as np
from jaxtyping import Float

from handjax.data.real.centres import centroid
from handjax.data.real.frame import About
from handjax.data.real.records import Part, Record, showing

OF_PICTURES = ("keypoints2d", "scale")
LABELS = ("joints", "vertices", *OF_PICTURES, "depth", "mask")
"""What a config may name: the joints, canonical and the dataset's own; the surface;
for methods on colour, where the canonical key points appear; the hand's scale with the
depth of its root; the depth and which pixels are of the hand."""

CENTERS = ("depth", "gt")
"""Where a crop's centre may come from. "depth": the nearest thing in the whole picture,
as `centres.find_centre` finds it, which may be another than the hand; for a camera of
colour, as one of depth beside it does. "gt": the centroid of the joints that are
labelled; of frames that withhold them all, or all but one, the centre that the dataset
gives instead."""

Vector = Float[np.ndarray, "3"]


class Look(NamedTuple):
    """How frames are shown: the same arrays of every frame, whatever it has.

    Attributes:
        sees: "depth", along parallel rays; or "image", as the camera took it.
        views: how many of those that have it; frames that have fewer get ones that
            are not valid.
        labels: those of `LABELS` that may be read; of frames that lack one there are
            zeros, or pixels without a hand, that are not valid.
        center: one of `CENTERS`.
        jitter: no centre is farther than this from there, mm.
        cube: edge of the crops, mm; the frames' own by default.
        exact: crops of all that was measured, not of enough of it.
        vertices: of the surfaces, where these are named.
        pixels: edge of the crops of colour.
        joints: the dataset's joint set, where labels of `OF_PICTURES` are named.
        beside: see `About.beside`.
    """

    sees: Literal["depth", "image"] = "depth"
    views: int = 1
    labels: tuple[str, ...] = ()
    center: str = "depth"
    jitter: float = 0.0
    cube: float | None = None
    exact: bool = False
    vertices: int = 0
    pixels: int = 256
    joints: str = ""
    beside: bool = False


def of_dataset(about: About) -> dict[str, Any]:
    """What a look takes from the dataset."""
    return {name: getattr(about, name) for name in ("vertices", "joints", "beside")}


def place(
    record: Record, look: Look, given: Vector | None = None
) -> list[tuple[Part, Vector]]:
    """The views that can be shown, and where the crop stands in each, mm.

    Args:
        record: the frame.
        look: how it is shown.
        given: where it stands in the first view instead; NaN for none.
    """
    parts = showing(record, look.sees)
    centres = [
        _centre(record, part, look, None if k else given)
        for k, part in enumerate(parts)
    ]
    both = zip(parts, centres, strict=True)
    return [(part, centre) for part, centre in both if np.isfinite(centre).all()]


def _centre(record: Record, part: Part, look: Look, given: Vector | None) -> Vector:
    """Where a view's crop stands; NaN if nothing says."""
    if given is not None and np.isfinite(given).all():
        return given
    if look.center == "depth":
        return part.found
    # A joint alone, as the wrist of a test set, is no middle of a hand.
    if record.valid.sum() < 2:
        return part.hand
    return centroid(record.joints, record.valid, part.camera_from_world)
