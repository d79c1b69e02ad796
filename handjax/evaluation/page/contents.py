"""What a page shows.

Notation, shared by every function here and by the tests:
    e: joint errors of one method, mm, (frames, joints); NaN where the truth is unknown
        or the method has no such frame.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from handjax.evaluation import metrics
from handjax.evaluation.compare import Interval

Errors = Float[np.ndarray, "frames joints"]
Joints = Float[np.ndarray, "frames joints 3"]

SHOWN = {
    "best": 0.0,
    "first quartile": 0.25,
    "median": 0.5,
    "third quartile": 0.75,
    "worst": 1.0,
}
"""The frames that `choose` picks: the share of all frames that are better."""


class Method(NamedTuple):
    """A method's results.

    Attributes:
        name: as it is to be called; no two alike on one page.
        errors: e.
        predicted: camera axes, mm, NaN where there is none; with the page's truth,
            every frame that has room in the file can be turned in 3D.
        interval: of the mean error; by default a bootstrap over the frames.
    """

    name: str
    errors: Errors
    predicted: Joints | None = None
    interval: Interval | None = None


class Example(NamedTuple):
    """A frame that is shown with its picture.

    Attributes:
        title: why it is shown: "best", "median".
        frame: its place among the frames, from 0.
        name: of the frame, such as its file's.
        truth: camera axes, mm.
        predicted: by method, likewise.
        overlay: joints over the image, as the content of a PNG file.
        errors: mean over the joints by method, mm.
    """

    title: str
    frame: int
    name: str
    truth: Float[np.ndarray, "joints 3"]
    predicted: Mapping[str, Float[np.ndarray, "joints 3"]]
    overlay: bytes | None
    errors: Mapping[str, float]


class Page(NamedTuple):
    """All that a page shows.

    Attributes:
        title: what was measured on what.
        about: label and text of each line under the title: dataset, protocol, and what
            the methods were given, as ("crop centre", "GROUND TRUTH").
        joints: names.
        bones: pairs of places in `joints`.
        methods: the first one is the page's own; the others stand beside it.
        published: name, mean error in mm and source of results reported elsewhere.
        comparisons: a line on each pair of methods.
        examples: frames with pictures, in the order in which they are offered.
        truth: camera axes, mm, for the frames in 3D.
        frames: their names; numbers by default.
        thresholds: mm, at which the share of good frames is printed.
    """

    title: str
    about: Sequence[tuple[str, str]]
    joints: Sequence[str]
    bones: Sequence[tuple[int, int]]
    methods: Sequence[Method]
    published: Sequence[tuple[str, float, str]] = ()
    comparisons: Sequence[str] = ()
    examples: Sequence[Example] = ()
    truth: Joints | None = None
    frames: Sequence[str] = ()
    thresholds: Sequence[float] = (20.0, 30.0, 40.0)


def choose(e: Errors) -> dict[str, int]:
    """Frames from the best to the worst by their mean error, and what each is called.

    Frames without a known joint are never chosen; of few frames one may come twice.
    """
    mean = metrics.per_frame(e)
    order = np.argsort(mean, kind="stable")[: np.sum(~np.isnan(mean))]
    if not len(order):
        raise ValueError(
            f"examples want a frame with a known joint; got {len(e)} frames without "
            "one: check the labels"
        )
    return {
        title: int(order[round(share * (len(order) - 1))])
        for title, share in SHOWN.items()
    }


def check(page: Page) -> None:
    """Refuse a page whose parts don't belong together.

    Raises:
        ValueError: no methods or frames; two methods of one name, or one without a
            known joint; shapes that differ; bones or examples that point at no joint
            or frame.
    """
    names = [method.name for method in page.methods]
    if not names or len(set(names)) < len(names):
        raise ValueError(f"a page wants methods of different names; got {names}")
    frames, joints = len(page.methods[0].errors), len(page.joints)
    if not frames:
        raise ValueError("a page wants a frame or more; got none: check the labels")
    for method in page.methods:
        if np.isnan(method.errors).all():
            raise ValueError(
                f"a page wants a known joint of each method; got none of "
                f"{method.name!r}: check which frames it has"
            )
    for what, shape, wanted in _shapes(page, frames, joints):
        if shape != wanted:
            raise ValueError(
                f"{what} want the shape {wanted} of the first method's frames and the "
                f"page's joints; got {shape}"
            )
    ends = [end for bone in page.bones for end in bone]
    _within("bones", ends, joints)
    _within("examples", [one.frame for one in page.examples], frames)


def _shapes(page: Page, frames: int, joints: int):
    """What each array is called, its shape, and the shape that it should have."""
    for method in page.methods:
        yield f"errors of {method.name!r}", method.errors.shape, (frames, joints)
        if method.predicted is not None:
            shape = method.predicted.shape
            yield f"joints of {method.name!r}", shape, (frames, joints, 3)
    if page.truth is not None:
        yield "true joints", page.truth.shape, (frames, joints, 3)
    if page.frames:
        yield "names of frames", (len(page.frames),), (frames,)
    for one in page.examples:
        for points in (one.truth, *one.predicted.values()):
            yield f"joints of example {one.title!r}", points.shape, (joints, 3)


def _within(what: str, places: Sequence[int], count: int) -> None:
    outside = [place for place in places if not 0 <= place < count]
    if outside:
        raise ValueError(f"{what} want places from 0 to {count - 1}; got {outside}")
