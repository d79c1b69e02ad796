"""Files that are entered for evaluation: labels, and predictions beside them."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from handjax.evaluation import matching, meshes, metrics, mistakes, sequences
from handjax.evaluation.known import Beside, Known, Pair, pair, subset_of
from handjax.evaluation.labelling import find_disorder, shown
from handjax.evaluation.mistakes.labels import check_labels, require_known
from handjax.evaluation.mistakes.rows import find_idle, find_repeated
from handjax.evaluation.predictions import (
    FileError,
    Reading,
    read,
    to_camera,
)
from handjax.evaluation.predictions.reading import shifted
from handjax.evaluation.protocols import Camera, Protocol
from handjax.evaluation.score import Scored, score

__all__ = ["Entry", "Known", "judge", "read_labels", "subset_of"]

UNCHECKED = "That is, if the labels are right; --unchecked scores it as it is"


class Entry(NamedTuple):
    """A file and what was said of it; None where the dataset or the file decides.

    Attributes:
        path: of the file.
        name: what it is called in tables.
        format: uvd or xyz.
        unit: mm that its unit has.
        flip: axes that point against ours.
        axes, order, palm, shift, camera: see `predictions.Reading`.
        keys: names of its arrays.
    """

    path: Path
    name: str
    format: str | None = None
    unit: float | None = None
    flip: str | None = None
    axes: str = "xyz"
    order: tuple[int, ...] | None = None
    palm: bool = False
    shift: int = 0
    camera: Camera | None = None
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
            self.axes,
            self.order,
            self.palm,
            self.shift,
            self.camera,
        )


def read_labels(
    entry: Entry,
    protocol: Protocol,
    subset: str | None = None,
    *,
    checked: bool = True,
) -> Known:
    """The labels of a file, all rows of it.

    Args:
        entry: the file.
        protocol: of the dataset.
        subset: that was asked for.
        checked: refuse joints that can't be a hand's before the camera.

    Raises:
        FileError: it can't be read, or is not read as it was written.
    """
    points = _read(entry, protocol, gaps=True)
    # STB's own labels begin with the palm.
    entry = entry._replace(palm=protocol.sets[0] == "stb")
    try:
        numbers = matching.count_joints(points.numbers, protocol)
        reading = entry.reading(points.kind, protocol)
        joints = to_camera(numbers, reading, protocol.camera)
        if checked:
            check_labels(numbers, reading, protocol)
        vertices = meshes.in_camera(
            points.surface.vertices, joints, reading, protocol, checked=checked
        )
    except FileError as wrong:
        raise FileError(f"--labels {entry.path} {wrong}") from wrong
    valid = np.asarray(np.isfinite(joints).all(axis=-1))
    span = matching.span_of_labels(len(joints), protocol, subset)
    recordings = sequences.number(points.names, joints, valid, span, protocol)
    beside = Beside(vertices, points.surface.faces, None, recordings)
    return Known(joints, valid, span, points.names, shown(str(entry.path)), beside)


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
        reading, whole = entry.reading(points.kind, protocol), known
        paired = pair(numbers, points.names, whole, protocol)
        known, numbers = paired.known, shifted(paired.numbers, entry.shift)
        joints = to_camera(numbers, reading, protocol.camera)
        surface = points.surface.vertices
        if surface is not None:
            surface = pair(surface, points.names, whole, protocol).numbers
            surface = shifted(surface, entry.shift)
        vertices = meshes.in_camera(surface, joints, reading, protocol, checked=checked)
    except FileError as wrong:
        raise FileError(f"{entry.path} {wrong}") from wrong
    require_known(known.joints, known.valid, known.origin, protocol, align)
    case = mistakes.Case(numbers, known.joints, known.valid, protocol, align)
    found = mistakes.diagnose(case, reading) or find_idle(case, reading)
    found += [] if paired.named else find_disorder(points.names)
    found += find_repeated(points.numbers)
    sure = [mistake for mistake in found if mistake.certain]
    if sure and checked:
        raise FileError(_refusal(entry, sure))
    scored = score(
        entry.name,
        known.span,
        joints,
        known.joints,
        known.valid,
        protocol,
        align=align,
        notes=_notes(entry, paired, reading, found, protocol),
    )
    return scored._replace(vertices=vertices)


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


def _refusal(entry: Entry, sure: Sequence[mistakes.Mistake]) -> str:
    said = "; ".join(f"{one.cause}: {one.mend}" for one in sure)
    return f"{entry.path} {said}. {UNCHECKED}"


def _notes(
    entry: Entry,
    paired: Pair,
    reading: Reading,
    found: Sequence[mistakes.Mistake],
    protocol: Protocol,
) -> tuple[str, ...]:
    """Lines on how a file was read and what is odd about it."""
    known, span = paired.known, paired.known.span
    notes = [f"read with {reading.options}"]
    notes += ["rows put in the labels' order by their names"] if paired.moved else []
    if span.name:
        whole = f" of {protocol.frames}" if protocol.frames else ""
        notes.append(f"{span.name} alone, {len(span)}{whole} frames")
    elif not span.known:
        whole = (
            f", not the {protocol.frames} of the test set" if protocol.frames else ""
        )
        notes.append(f"{len(span)} frames{whole}: no {protocol.parts} told apart")
    elif protocol.frames and len(span) < protocol.frames:
        notes.append(f"{len(span)} of {protocol.frames} frames")
    unlabelled = int((~metrics.known_joints(known.joints, known.valid)).sum())
    if unlabelled:
        notes.append(f"{unlabelled} joints without a label count nowhere")
    warnings = [f"warning: {entry.name} {one.cause}: {one.mend}" for one in found]
    return (*notes, *warnings)
