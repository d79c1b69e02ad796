"""Frames beside what was estimated for them, as pictures that others draw."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from handjax.evaluation import metrics
from handjax.evaluation.known import Known
from handjax.evaluation.page import Example, choose
from handjax.evaluation.score import Errors, Scored

Sheet = Callable[..., Any]
"""(estimates, frames, headings) -> a picture of them; None where there is none."""
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
    scored: Scored, known: Known, draw: Callable[[int], bytes | None]
) -> list[Example]:
    """Frames with pictures for the page.

    Args:
        scored: the method.
        known: the labels.
        draw: number of a frame -> joints over its picture, a PNG; None without one.
    """
    e = next(iter(scored.errors.values()))
    mean = metrics.per_frame(e)
    return [
        Example(
            title,
            frame,
            known.names[frame] if known.names else f"frame {frame + 1}",
            known.joints[frame],
            {scored.name: scored.predicted[frame]},
            draw(frame),
            {scored.name: float(mean[frame])},
        )
        for title, frame in choose(e).items()
    ]


def draw_shown(out: Path, estimates: Any, e: Errors, sheet: Sheet) -> list[Path]:
    """Write predictions.png, frames from the best to the worst, if it can be drawn.

    Args:
        out: folder.
        estimates: `training.Estimates`.
        e: of the headline's joint set.
        sheet: draws frames.
    """
    mean = metrics.per_frame(e)
    order = np.argsort(mean)[: np.isfinite(mean).sum()]
    frames = [int(order[round(share * (len(order) - 1))]) for share in SHOWN.values()]
    headings = [
        f"{name}: {mean[frame]:.1f} mm"
        for name, frame in zip(SHOWN, frames, strict=True)
    ]
    content = png(sheet(estimates, frames, headings))
    if content is None:
        return []
    (out / "predictions.png").write_bytes(content)
    return [out / "predictions.png"]


def png(picture: Any) -> bytes | None:
    """A picture as the content of a PNG file."""
    if picture is None:
        return None
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(np.asarray(picture)).save(stream, "PNG")
    return stream.getvalue()
