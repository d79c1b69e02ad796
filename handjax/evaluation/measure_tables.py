"""The blocks of a table for what is measured besides the joints' distances."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from handjax.evaluation.labelling import cut_all
from handjax.evaluation.tables import NAME

Figures = Mapping[str, Any]


class Column(NamedTuple):
    """A column of a block.

    Attributes:
        title: heads it.
        key: of the figure, below another one where a dot stands; left empty where a
            method has none.
        places: after the point.
        times: what the figure is multiplied by.
        interval: write its interval after it.
        brief: show it where there is no room for a table; as if it has an interval.
    """

    title: str
    key: str
    places: int = 3
    times: float = 1.0
    interval: bool = False
    brief: bool = False

    @property
    def width(self) -> int:
        own = max(9 if self.interval else 10, len(self.title) + 2)
        return own + 20 if self.interval else own

    def text(self, figures: Figures) -> str:
        """What stands in a method's row."""
        value = _at(figures, self.key)
        if value is None:
            return ""
        said = f"{self.times * value:.{self.places}f}"
        if not self.interval:
            return said
        low, high = figures[f"{self.key}_95"]
        if math.isnan(low):
            return f"{said}{'too few frames' if math.isfinite(value) else '':>20}"
        between = f"[{self.times * low:.2f}, {self.times * high:.2f}]"
        return f"{said}{between:>20}"


def _share(limit: int) -> Column:
    return Column(f"<{limit} px, %", f"pck.{limit}", 2, 100.0)


def _percent(title: str, key: str) -> Column:
    return Column(title, key, 2, 100.0, interval=True)


BLOCKS: Mapping[str, tuple[str, tuple[Column, ...]]] = {
    "pixels": (
        "in the picture, pixels",
        (
            Column("mean", "mean_px", interval=True),
            Column("median", "median_px"),
            *map(_share, (5, 10, 20)),
            Column("AUC 0-30", "auc_0_30", brief=True),
        ),
    ),
    "acceleration": (
        "acceleration, mm/frame^2",
        (
            Column("mean", "mean_mm", interval=True),
            Column("median", "median_mm"),
            Column("triples", "triples", 0),
            Column("sequences", "sequences", 0),
        ),
    ),
    "vertices": (
        "vertices, mm",
        (
            Column("MPVPE", "mpvpe_mm", interval=True),
            Column("PA-MPVPE", "pa_mpvpe_mm", interval=True),
            Column("to the surface", "surface_mm", interval=True),
            Column("frames", "frames", 0),
        ),
    ),
    "f": (
        "vertices, F-score, %",
        (
            _percent("F@5 aligned", "f_aligned_5"),
            _percent("F@15 aligned", "f_aligned_15"),
            _percent("F@5", "f_5"),
            _percent("F@15", "f_15"),
        ),
    ),
    "apart": (
        "two surfaces, mm and degrees",
        (
            Column("to the truth", "surface_to_truth_mm", interval=True),
            Column("and back", "truth_to_surface_mm", interval=True),
            Column("normals", "normal_degrees", 2, interval=True),
            Column("and back", "normal_degrees_back", 2, interval=True),
        ),
    ),
    "masks": (
        "pixels of all masks, %",
        (
            _percent("IoU", "iou"),
            _percent("precision", "precision"),
            _percent("recall", "recall"),
            _percent("F1", "f1"),
        ),
    ),
}
SHARED = {"f": "vertices"}
"""Blocks that show figures of another name."""


def blocks(methods: Sequence[Figures]) -> list[str]:
    """A block for each measure that a method has, an empty line before it.

    Args:
        methods: what `measures.of_method` found, and what each is called as "method".
    """
    lines, names = [], cut_all([method["method"] for method in methods], NAME - 1)
    for name, (title, columns) in BLOCKS.items():
        rows = [
            (called, method.get(SHARED.get(name, name), {}))
            for called, method in zip(names, methods, strict=True)
        ]
        columns = [c for c in columns if any(c.text(found) for _, found in rows)]
        if columns:
            head = "".join(f"{_heading(c):>{c.width}}" for c in columns)
            lines += ["", f"{title:{NAME}}{head}"]
            lines += [_row(called, found, columns) for called, found in rows if found]
    return lines


def briefly(methods: Sequence[Figures]) -> list[tuple[str, str]]:
    """The same as label and text, for where there is no room for a table."""
    found = []
    for name, (title, columns) in BLOCKS.items():
        said = []
        for method in methods:
            figures = method.get(SHARED.get(name, name), {})
            brief = [c for c in columns if c.interval or c.brief]
            texts = [(c.title, " ".join(c.text(figures).split())) for c in brief]
            shown = ", ".join(f"{head} {text}" for head, text in texts if text)
            said += [f"{method['method']}: {shown}"] if shown else []
        if said:
            found.append((title, "; ".join(said)))
    return found


def _heading(column: Column) -> str:
    return f"{column.title}{'95 % interval':>20}" if column.interval else column.title


def _row(called: str, found: Figures, columns: Sequence[Column]) -> str:
    cells = "".join(f"{c.text(found):>{c.width}}" for c in columns)
    return f"{called:{NAME}}{cells}".rstrip()


def _at(figures: Figures, key: str) -> float | int | None:
    """A figure by its key; None if there is none."""
    value: Any = figures
    for part in key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
