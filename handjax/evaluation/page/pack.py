"""A page's contents as numbers: curves computed beforehand, arrays as few bytes.

What is written here is read in `assets/report.data.js`; the two change together.

Notation, shared by every function here and by the tests:
    e: joint errors of one method, mm, (frames, joints); NaN where the truth is unknown
        or the method has no such frame.
"""

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int, Shaped

from handjax.evaluation import metrics
from handjax.evaluation.compare import Interval, pooled
from handjax.evaluation.page.contents import Example, Joints, Method, Page

STEP, LAST = 0.5, 80.0
"""Thresholds of the curves: each STEP up to LAST, mm."""

FINE = 0.01
"""Step of the error of a frame, mm."""
FINE_UNKNOWN = 2**16 - 1
FINE_BEYOND = FINE_UNKNOWN - 1  # this error or a larger one

COARSE = 0.1
"""Step of a joint's coordinate, mm."""
COARSE_UNKNOWN = -(2**15)

RANGES = ((0.0, 50.0), (20.0, 50.0))
"""Ranges of the areas under the curve of joints, mm."""


def contents(page: Page) -> dict[str, Any]:
    """All that the page's script needs but `poses`, as JSON takes it."""
    return {
        "joints": list(page.joints),
        "bones": [list(bone) for bone in page.bones],
        "about": [list(line) for line in page.about],
        "step": STEP,
        "fine": FINE,
        "coarse": COARSE,
        "thresholds": list(page.thresholds),
        "ranges": [f"{low:g}–{high:g}" for low, high in RANGES],
        "frames": len(page.methods[0].errors),
        "names": list(page.frames),
        "methods": [_method(one, page.thresholds) for one in page.methods],
        "published": [list(line) for line in page.published],
        "comparisons": list(page.comparisons),
        "examples": [_example(one, page) for one in page.examples],
    }


def poses(page: Page, *, room: int) -> dict[str, Any] | None:
    """Joints of as many frames as there is room for, None without truth.

    From the middle of each frame's true joints, in steps of COARSE: (kept frames,
    truth and methods, joints, 3).

    Args:
        page: what is shown.
        room: bytes; where all frames need more, some that are evenly spread over the
            first method's errors stay.
    """
    if page.truth is None:
        return None
    predicted = {
        place: method.predicted
        for place, method in enumerate(page.methods)
        if method.predicted is not None
    }
    # Two bytes a coordinate, of which Base64 makes 8 / 3.
    each = page.truth[0].size * (1 + len(predicted)) * 8 / 3
    kept = _spread(metrics.per_frame(page.methods[0].errors), int(room / each))
    truth = _known(page, page.truth[kept], kept)
    count = np.isfinite(truth).sum(axis=1)
    middle = np.nansum(truth, axis=1) / np.maximum(count, 1)
    joints = np.stack([truth, *(p[kept] for p in predicted.values())], axis=1)
    return {
        "frames": _text(kept.astype("<u4")),
        "methods": list(predicted),
        "values": _text(_coarse(joints - middle[:, None, None])),
    }


def _method(method: Method, thresholds: Sequence[float]) -> dict[str, Any]:
    """A method's figures, its curves, and the errors of its frames."""
    e = method.errors
    frames = metrics.per_frame(e)
    _, low, high = method.interval or _interval(e)
    fine = np.arange(0.0, LAST + STEP, STEP)
    areas = np.array([metrics.auc(e, *limits) for limits in RANGES])
    return {
        "name": method.name,
        "mean": plain(metrics.mean(e)),
        "low": plain(low),
        "high": plain(high),
        "median": plain(metrics.median(e)),
        "shares": metrics.success(e, np.array(thresholds, float)).tolist(),
        "areas": plain(areas),
        "success": metrics.success(e, fine).round(6).tolist(),
        "pck": metrics.share_of_joints(e, fine).round(6).tolist(),
        "joints": plain(metrics.per_joint(e)),
        "frame_mean": _fine(frames),
        "frame_worst": _fine(metrics.worst_per_frame(e)),
    }


def _interval(e: Float[np.ndarray, "frames joints"]) -> Interval:
    """Of the mean; unbounded where an error is."""
    if np.isinf(e).any():
        return Interval(np.inf, np.inf, np.inf)
    return pooled(e)


def _example(example: Example, page: Page) -> dict[str, Any]:
    """An example's joints and errors in the order of the methods; None of no value."""
    names = [method.name for method in page.methods]
    predicted = [example.predicted.get(name) for name in names]
    overlay = example.overlay
    truth = _known(page, example.truth[None], np.array([example.frame]))[0]
    return {
        "title": example.title,
        "frame": example.frame,
        "name": example.name,
        "truth": plain(truth.round(2)),
        "predicted": [None if p is None else plain(p.round(2)) for p in predicted],
        "overlay": None if overlay is None else base64.b64encode(overlay).decode(),
        "errors": [plain(example.errors.get(name, np.nan)) for name in names],
    }


def _spread(mean: Float[np.ndarray, "frames"], count: int) -> np.ndarray:
    """Places of `count` frames from the best to the worst, in the frames' order."""
    order = np.argsort(mean, kind="stable")
    shares = np.linspace(0.0, 1.0, min(count, len(order)))
    return np.sort(order[np.rint(shares * (len(order) - 1)).astype(int)])


def _known(page: Page, truth: Joints, frames: Int[np.ndarray, "kept"]) -> Joints:
    """True joints, NaN where no method has an error: labels may hold anything there."""
    known = [~np.isnan(method.errors[frames]) for method in page.methods]
    return np.where(np.any(known, axis=0)[..., None], truth, np.nan)


def _fine(e: Float[np.ndarray, "frames"]) -> str:
    steps = np.clip(np.rint(e / FINE), 0, FINE_BEYOND)
    return _text(np.where(np.isnan(e), FINE_UNKNOWN, steps).astype("<u2"))


def _coarse(joints: Float[np.ndarray, "kept sets joints 3"]) -> np.ndarray:
    steps = np.clip(np.rint(joints / COARSE), COARSE_UNKNOWN + 1, -COARSE_UNKNOWN - 1)
    return np.where(np.isfinite(joints), steps, COARSE_UNKNOWN).astype("<i2")


def _text(array: Shaped[np.ndarray, "..."]) -> str:
    return base64.b64encode(array.tobytes()).decode()


def plain(values: float | Float[np.ndarray, "..."]) -> Any:
    """Numbers as JSON takes them, None for what is not finite."""
    array = np.asarray(values, object)
    known = np.isfinite(array.astype(np.float64))
    return np.where(known, array, np.array(None)).tolist()
