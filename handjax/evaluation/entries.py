"""Files that are entered for evaluation: labels, and predictions beside them."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from handjax.evaluation import matching, metrics, mistakes
from handjax.evaluation.labelling import find_disorder, shown
from handjax.evaluation.matching import Span, narrow
from handjax.evaluation.mistakes.labels import check_labels, require_known
from handjax.evaluation.mistakes.rows import find_idle, find_repeated
from handjax.evaluation.predictions import FileError, Reading, read, to_camera
from handjax.evaluation.predictions.reading import shifted
from handjax.evaluation.protocols import Protocol
from handjax.evaluation.score import Scored, score

Joints = Float[np.ndarray, "frames joints 3"]

UNCHECKED = "That is, if the labels are right; --unchecked scores it as it is"


class Entry(NamedTuple):
    """A file and what was said of it; None where the dataset or the file decides.

    Attributes:
        path: of the file.
        name: what it is called in tables.
        format: uvd or xyz.
        unit: mm that its unit has.
        flip: axes that point against ours.
        swap, order, palm, shift: see `predictions.Reading`.
        keys: names of its arrays.
    """

    path: Path
    name: str
    format: str | None = None
    unit: float | None = None
    flip: str | None = None
    swap: bool = False
    order: tuple[int, ...] | None = None
    palm: bool = False
    shift: int = 0
    keys: tuple[str, ...] = ()

    def reading(self, kind: str, protocol: Protocol) -> Reading:
        """What its numbers mean, once it is known what kind of file it is."""
        format, unit, flip = "uvd" if protocol.camera else "xyz", 1.0, ""
        if kind == "json" and protocol.submission:
            unit, flip = protocol.submission
        return Reading(
            self.format or format,
            unit if self.unit is None else self.unit,
            flip if self.flip is None else self.flip,
            self.swap,
            self.order,
            self.palm,
            self.shift,
        )


class Known(NamedTuple):
    """The true joints of a test set, or of a part of it.

    Attributes:
        joints: those that count, in the camera's frame, mm.
        valid: which of them are known.
        span: which rows of the test set they are.
        names: of the frames; () where nobody says.
        origin: where they come from, for the table's head.
        whole: the span that they were cut from; None for all of it.
    """

    joints: Joints
    valid: Bool[np.ndarray, "frames joints"]
    span: Span
    names: tuple[str, ...]
    origin: str
    whole: Span | None = None

    def cut(self, span: Span) -> "Known":
        """The labels of some of its rows."""
        rows = slice(span.first - self.span.first, span.last - self.span.first)
        arrays, whole = (self.joints[rows], self.valid[rows]), self.whole or self.span
        return Known(*arrays, span, self.names[rows], self.origin, whole)

    def beginning(self, frames: int | None) -> "Known":
        """The labels of so many frames, the first; all if nobody says."""
        if not frames or frames >= len(self.span):
            return self
        first, _, known, name = self.span
        return self.cut(Span(first, first + frames, known, name))


def read_labels(
    files: Sequence[Entry],
    protocol: Protocol,
    subset: str | None = None,
    *,
    checked: bool = True,
) -> Known:
    """The labels of files, one after another, all rows of them.

    Args:
        files: see above.
        protocol: of the dataset.
        subset: that was asked for.
        checked: refuse joints that can't be a hand's before the camera.

    Raises:
        FileError: one can't be read, or is not read as it was written.
    """
    parts = [_labels_of(entry, protocol, checked) for entry in files]
    joints = np.concatenate([joints for joints, _ in parts])
    every = [names for _, names in parts]
    names = sum(every, ()) if all(every) else ()
    valid = np.asarray(np.isfinite(joints).all(axis=-1))
    span = matching.span_of_labels(len(joints), protocol, subset)
    origin = ", ".join(shown(str(entry.path)) for entry in files)
    return Known(joints, valid, span, names, origin)


def _labels_of(
    entry: Entry, protocol: Protocol, checked: bool
) -> tuple[Joints, tuple[str, ...]]:
    """The joints of a file of labels, NaN where unknown, and names of its rows."""
    points = _read(entry, protocol, gaps=True)
    try:
        numbers = matching.count_joints(points.numbers, protocol)
        reading = entry.reading(points.kind, protocol)
        joints = to_camera(numbers, reading, protocol.camera)
        if checked:
            check_labels(numbers, reading, protocol)
    except FileError as wrong:
        raise FileError(f"--labels {entry.path} {wrong}") from wrong
    return joints, points.names


def subset_of(known: Known, name: str | None, protocol: Protocol) -> Known:
    """The labels of one subset; all of them if none is named.

    Raises:
        FileError: there is no such subset among them.
    """
    if name is None or known.span.name == name or protocol.splits == (name,):
        return known
    return known.cut(narrow(known.span, name, protocol))


def judge(
    entry: Entry, known: Known, protocol: Protocol, *, align: str, checked: bool = True
) -> Scored:
    """Read predictions, look for mistakes and measure them.

    Args:
        entry: the file.
        known: the labels.
        protocol: of the dataset.
        align: a key of `protocols.ALIGNED`.
        checked: refuse what is certainly mistaken; else it is only noted.

    Raises:
        FileError: it can't be read, has other frames or joints, or is mistaken.
    """
    points = _read(entry, protocol)
    try:
        numbers = matching.count_joints(points.numbers, protocol)
        _check_order(entry.order, numbers.shape[1])
        known, numbers = _same_frames(numbers, known, protocol)
        numbers = shifted(numbers, entry.shift)
        reading = entry.reading(points.kind, protocol)
        joints = to_camera(numbers, reading, protocol.camera)
    except FileError as wrong:
        raise FileError(f"{entry.path} {wrong}") from wrong
    require_known(known.joints, known.valid, known.origin, protocol, align)
    case = mistakes.Case(numbers, known.joints, known.valid, protocol, align)
    found = mistakes.diagnose(case, reading) or find_idle(case, reading)
    found += find_disorder(points.names) + find_repeated(points.numbers)
    sure = [mistake for mistake in found if mistake.certain]
    if sure and checked:
        raise FileError(_refusal(entry, sure))
    return score(
        entry.name,
        known.span,
        joints,
        known.joints,
        known.valid,
        protocol,
        align=align,
        notes=_notes(entry, known, reading, found, protocol),
    )


def _read(entry: Entry, protocol: Protocol, *, gaps: bool = False):
    hint = entry.format or ("uvd" if protocol.camera else "xyz")
    counts = {len(protocol.joints.names), *protocol.choices}
    return read(entry.path, counts, names=entry.keys, hint=hint, gaps=gaps)


def _check_order(order: tuple[int, ...] | None, joints: int) -> None:
    if order is not None and sorted(order) != list(range(joints)):
        raise FileError(
            f"wants --order with each of 0 to {joints - 1} once; got "
            f"{','.join(map(str, order))}"
        )


def _same_frames(
    numbers: Joints, known: Known, protocol: Protocol
) -> tuple[Known, Float[np.ndarray, "rows joints 3"]]:
    """Labels of the frames that predictions have, and these predictions.

    Predictions of a whole test set may stand beside labels of one subset.
    """
    whole = known.whole or known.span
    rows = matching.rows_among(len(numbers), known.span, whole, protocol)
    if rows is not None:
        return known, numbers[rows]
    span = matching.span_of_predictions(len(numbers), known.span, protocol)
    return known.cut(span), numbers


def _refusal(entry: Entry, sure: Sequence[mistakes.Mistake]) -> str:
    said = "; ".join(f"{one.cause}: {one.mend}" for one in sure)
    return f"{entry.path} {said}. {UNCHECKED}"


def _notes(
    entry: Entry,
    known: Known,
    reading: Reading,
    found: Sequence[mistakes.Mistake],
    protocol: Protocol,
) -> tuple[str, ...]:
    """Lines on how a file was read and what is odd about it."""
    notes = [f"read with {reading.options}"]
    notes += matching.which_frames(known.span, protocol)
    unlabelled = int((~metrics.known_joints(known.joints, known.valid)).sum())
    if unlabelled:
        notes.append(f"{unlabelled} joints without a label count nowhere")
    warnings = [f"warning: {entry.name} {one.cause}: {one.mend}" for one in found]
    return (*notes, *warnings)
