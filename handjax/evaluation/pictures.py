"""Frames with joints over them, as pictures that others draw."""

import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from handjax import files
from handjax.evaluation import metrics
from handjax.evaluation.known import Known
from handjax.evaluation.page import Example, choose
from handjax.evaluation.score import Errors, Joints, Scored

Sheet = Callable[[Sequence[int], Mapping[str, Joints], Sequence[str]], Any]
"""(frames of the labels, joints of each of them by caption, mm, headings) -> their
picture, with these joints over it; NaN is not drawn."""
DRAWN = 3
"""So many methods are drawn over pictures."""
# The frames that are drawn: which share of all has less error.
SHOWN = {
    "best": 0.0,
    "first 10 %": 0.1,
    "first 25 %": 0.25,
    "median": 0.5,
    "last 25 %": 0.75,
    "last 10 %": 0.9,
    "last 1 %": 0.99,
    "worst": 1.0,
}


def examples(
    methods: Sequence[Scored], known: Known, sheet: Sheet | None
) -> list[Example]:
    """Frames with pictures for the page; [] without pictures.

    Args:
        methods: all of them; the frames are the first one's best to worst.
        known: the labels.
        sheet: draws frames.
    """
    if sheet is None:
        return []
    first = _offset(methods[0], known)
    return [
        _example(title, first + frame, methods, known, sheet)
        for title, frame in choose(methods[0].headline).items()
    ]


def draw_shown(
    out: Path, methods: Sequence[Scored], known: Known, sheet: Sheet
) -> list[Path]:
    """Write predictions.png, frames from the first method's best to its worst.

    Args:
        out: folder.
        methods: all of them.
        known: the labels.
        sheet: draws frames.
    """
    found = from_best_to_worst(methods[0].headline)
    frames = [_offset(methods[0], known) + frame for frame in found.values()]
    content = png(sheet(frames, _over(methods, known, frames), list(found)))
    return [] if content is None else [files.write(out / "predictions.png", content)]


def from_best_to_worst(e: Errors) -> dict[str, int]:
    """Frames from the best to the worst by heading: why it is shown, and its error.

    Args:
        e: of the headline's joint set; frames without a known joint are not shown.
    """
    mean = metrics.per_frame(e)
    order = np.argsort(mean)[: np.isfinite(mean).sum()]
    places = {name: round(share * (len(order) - 1)) for name, share in SHOWN.items()}
    return {
        f"{name}: {mean[order[place]]:.1f} mm": int(order[place])
        for name, place in places.items()
    }


def _example(
    title: str, frame: int, methods: Sequence[Scored], known: Known, sheet: Sheet
) -> Example:
    """A frame, numbered as the labels have it."""
    there = {m.name: (m, frame - _offset(m, known)) for m in methods}
    there = {k: (m, row) for k, (m, row) in there.items() if 0 <= row < len(m.span)}
    return Example(
        title,
        frame,
        known.names[frame] if known.names else f"frame {frame + 1}",
        known.joints[frame],
        {name: method.placed[row] for name, (method, row) in there.items()},
        png(sheet([frame], _over(methods, known, [frame]), ())),
        {
            name: float(metrics.per_frame(method.headline[[row]])[0])
            for name, (method, row) in there.items()
        },
    )


def _over(
    methods: Sequence[Scored], known: Known, frames: Sequence[int]
) -> dict[str, Joints]:
    """What is drawn over frames: the labels, and the joints of the first methods."""
    truth = np.where(known.valid[..., None], known.joints, np.nan)[list(frames)]
    found = {"labels": truth}
    for method in methods[:DRAWN]:
        rows = np.array(frames) - _offset(method, known)
        there = (rows >= 0) & (rows < len(method.span))
        joints = method.placed[np.where(there, rows, 0)]
        found[f"by {method.name}"] = np.where(there[:, None, None], joints, np.nan)
    return found


def _offset(method: Scored, known: Known) -> int:
    """Number of the method's first frame among those of the labels."""
    return method.span.first - known.span.first


def png(picture: Any) -> bytes | None:
    """A picture as the content of a PNG file."""
    if picture is None:
        return None
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(np.asarray(picture)).save(stream, "PNG")
    return stream.getvalue()
