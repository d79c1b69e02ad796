"""What is known of the frames of a test set, and which rows of a file are of them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from handjax.evaluation import frame_names, matching
from handjax.evaluation.matching import Span, narrow
from handjax.evaluation.predictions import FileError
from handjax.evaluation.protocols import Protocol

Joints = Float[np.ndarray, "frames joints 3"]


class Beside(NamedTuple):
    """What labels say of frames besides their joints; None where they don't.

    Attributes:
        vertices: of the surface, camera's frame, mm; NaN where nobody knows.
        faces: of that surface.
        focal: of the camera that took each frame, pixels.
        sequence: number of the recording that each frame is of; see
            `sequences.number`.
    """

    vertices: Float[np.ndarray, "frames vertices 3"] | None = None
    faces: Int[np.ndarray, "faces 3"] | None = None
    focal: Float[np.ndarray, "frames 2"] | None = None
    sequence: Int[np.ndarray, "frames"] | None = None

    def cut(self, rows: slice) -> "Beside":
        """What is known of some of the frames."""
        vertices, focal, sequence = (
            None if array is None else array[rows]
            for array in (self.vertices, self.focal, self.sequence)
        )
        return Beside(vertices, self.faces, focal, sequence)


class Known(NamedTuple):
    """The true joints of a test set, or of a part of it.

    Attributes:
        joints: those that count, in the camera's frame, mm.
        valid: which of them are known.
        span: which rows of the test set they are.
        names: of the frames; () where nobody says.
        origin: where they come from, for the table's head.
        beside: what else is known.
        whole: the span that they were cut from; None for all of it.
    """

    joints: Joints
    valid: Bool[np.ndarray, "frames joints"]
    span: Span
    names: tuple[str, ...]
    origin: str
    beside: Beside = Beside()
    whole: Span | None = None

    def cut(self, span: Span) -> "Known":
        """The labels of some of its rows."""
        rows = slice(span.first - self.span.first, span.last - self.span.first)
        return self._replace(
            joints=self.joints[rows],
            valid=self.valid[rows],
            span=span,
            names=self.names[rows],
            beside=self.beside.cut(rows),
            whole=self.whole or self.span,
        )

    def beginning(self, frames: int | None) -> "Known":
        """The labels of so many frames, the first; all if nobody says."""
        if not frames or frames >= len(self.span):
            return self
        first, _, known, name = self.span
        return self.cut(Span(first, first + frames, known, name))


class Pair(NamedTuple):
    """Predictions and the labels of the same frames.

    Attributes:
        known: the labels.
        numbers: of the file, a row for each of them.
        named: whether names told which row is which; else their order did.
        moved: whether the rows stood in another order.
    """

    known: Known
    numbers: Float[np.ndarray, "rows joints 3"]
    named: bool = False
    moved: bool = False


def subset_of(known: Known, name: str | None, protocol: Protocol) -> Known:
    """The labels of one subset; all of them if none is named.

    Raises:
        FileError: there is no such subset among them.
    """
    if name is None or known.span.name == name or protocol.splits == (name,):
        return known
    return known.cut(narrow(known.span, name, protocol))


def pair(
    numbers: Joints, names: Sequence[str], known: Known, protocol: Protocol
) -> Pair:
    """Predictions beside the labels of the same frames.

    Predictions of a whole test set may stand beside labels of one subset, and those of
    one subset beside all labels. Where both have names, these tell rows apart.

    Args:
        numbers: of the file.
        names: of its rows; () where it has none.
        known: the labels.
        protocol: of the dataset.

    Raises:
        FileError: neither all frames nor those of one subset.
    """
    rows = frame_names.rows_of(names, known.names)
    if rows is None:
        try:
            known, numbers = _by_number(numbers, known, protocol)
        except FileError as wrong:
            lost = frame_names.missing(names, known.names)
            raise FileError(f"{wrong}{lost}") from wrong
        if len(names) == len(numbers):
            rows = frame_names.rows_of(names, known.names)
    if rows is None:
        return Pair(known, numbers)
    moved = bool((np.diff(rows) < 0).any())
    return Pair(known, numbers[rows], named=True, moved=moved)


def _by_number(
    numbers: Joints, known: Known, protocol: Protocol
) -> tuple[Known, Float[np.ndarray, "rows joints 3"]]:
    """Labels of the frames that predictions have, and these predictions, by count."""
    whole = known.whole or known.span
    rows = matching.rows_among(len(numbers), known.span, whole, protocol)
    if rows is not None:
        return known, numbers[rows]
    span = matching.span_of_predictions(len(numbers), known.span, protocol)
    return known.cut(span), numbers
