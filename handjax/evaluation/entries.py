"""Files that are entered for evaluation: labels, and predictions beside them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from handjax.evaluation import matching, meshes, metrics, mistakes, sequences
from handjax.evaluation.known import Beside, Known, Pair, pair, subset_of
from handjax.evaluation.labelling import find_disorder, shown
from handjax.evaluation.mistakes.labels import check_labels, require_known
from handjax.evaluation.mistakes.rows import find_idle, find_repeated
from handjax.evaluation.predictions import FileError, Reading, read, to_camera
from handjax.evaluation.predictions.files import Points, read_surface
from handjax.evaluation.predictions.reading import shifted
from handjax.evaluation.protocols import Camera, Protocol
from handjax.evaluation.score import Scored, score
from handjax.hands.skeleton import KEYPOINTS

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
        FileError: one can't be read, or is not read as it was written; or they have
            surfaces that are not of one mesh.
    """
    parts = [_labels_of(entry, protocol, checked) for entry in files]
    joints = np.concatenate([part.numbers for part in parts])
    every = [part.names for part in parts]
    names = sum(every, ()) if all(every) else ()
    valid = np.asarray(np.isfinite(joints).all(axis=-1))
    span = matching.span_of_labels(len(joints), protocol, subset)
    recordings = sequences.number(names, joints, valid, span, protocol)
    beside = _beside(parts, files)._replace(sequence=recordings)
    origin = ", ".join(shown(str(entry.path)) for entry in files)
    return Known(joints, valid, span, names, origin, beside)


def _labels_of(entry: Entry, protocol: Protocol, checked: bool) -> Points:
    """What a file of labels holds in the camera's frame, mm; NaN where unknown."""
    points = _read(entry, protocol, gaps=True)
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
    surface = points.surface._replace(vertices=vertices)
    return points._replace(numbers=joints, surface=surface)


def _beside(parts: Sequence[Points], files: Sequence[Entry]) -> Beside:
    """The surfaces of files of labels, one after another, if all have them."""
    surfaces = [part.surface for part in parts]
    vertices = [s.vertices for s in surfaces if s.vertices is not None]
    if len(vertices) < len(parts):
        return Beside()
    faces: list[Any] = [s.faces for s in surfaces]
    for part, other, entry in zip(vertices, faces, files, strict=True):
        if part.shape[1] != vertices[0].shape[1] or not np.array_equal(other, faces[0]):
            raise FileError(
                f"--labels {entry.path} has another surface than {files[0].path}: "
                "give files of one mesh together"
            )
    return Beside(np.concatenate(vertices), faces[0])


def with_surfaces(
    known: Known, entry: Entry, protocol: Protocol, *, checked: bool = True
) -> Known:
    """Labels with the true surfaces of a file of its own.

    Args:
        known: labels of all frames of the file.
        entry: the file, read as the labels are.
        protocol: of the dataset.
        checked: refuse vertices that don't lie about the joints.

    Raises:
        FileError: it can't be read, has other frames or is not read as it was written.
    """
    try:
        kind, points, faces = read_surface(entry.path, len(known.joints), gaps=True)
        count = points.shape[1]
        if count in (known.joints.shape[1], len(KEYPOINTS)):
            raise FileError(f"has {count} points a frame: joints, and no surface")
        reading = entry.reading(kind, protocol)
        vertices = meshes.in_camera(
            points, known.joints, reading, protocol, checked=checked
        )
    except FileError as wrong:
        said = str(wrong).removeprefix(f"{entry.path} ")
        raise FileError(f"--labels-vertices {entry.path} {said}") from wrong
    return known._replace(beside=Beside(vertices, faces))


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
    known, notes = paired.known, [f"read with {reading.options}"]
    notes += ["rows put in the labels' order by their names"] if paired.moved else []
    notes += matching.which_frames(known.span, protocol)
    unlabelled = int((~metrics.known_joints(known.joints, known.valid)).sum())
    if unlabelled:
        notes.append(f"{unlabelled} joints without a label count nowhere")
    warnings = [f"warning: {entry.name} {one.cause}: {one.mend}" for one in found]
    return (*notes, *warnings)
