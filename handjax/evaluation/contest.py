"""Files of predictions beside one another: from the command line to what is written."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from handjax.evaluation import entries, summary
from handjax.evaluation.entries import Entry
from handjax.evaluation.known import Known
from handjax.evaluation.labelling import name_all
from handjax.evaluation.predictions import FileError
from handjax.evaluation.predictions.reading import UNITS
from handjax.evaluation.protocols import ALIGNED, Protocol
from handjax.evaluation.save import save

UNKNOWN = "as whoever made the files had it, which they don't say"

Given = TypeVar("Given")


def labels_of_file(chosen: argparse.Namespace, protocol: Protocol) -> Known:
    """The labels of --labels.

    Raises:
        FileError: they can't be read.
    """
    entry = Entry(
        chosen.labels,
        "labels",
        format=chosen.labels_format,
        unit=UNITS[chosen.labels_unit] if chosen.labels_unit else None,
        flip=chosen.labels_flip,
        keys=tuple(chosen.labels_key or ()),
    )
    return entries.read_labels(
        entry, protocol, chosen.subset, checked=not chosen.unchecked
    )


def run(chosen: argparse.Namespace, known: Known, protocol: Protocol) -> list[str]:
    """Score every file of --predictions; returns what is to be printed.

    Args:
        chosen: the command line.
        known: the labels.
        protocol: of the dataset.

    Raises:
        FileError: a file can't be read or is mistaken, or options don't fit.
    """
    align = alignment(chosen, protocol)
    if chosen.save_predictions and len(chosen.predictions) > 1:
        raise FileError("--save-predictions writes one file; give one --predictions")
    known = entries.subset_of(known, chosen.subset, protocol)
    methods = [
        entries.judge(entry, known, protocol, align=align, checked=not chosen.unchecked)
        for entry in _entries(chosen)
    ]
    for method in methods:
        for note in method.notes:
            if note.startswith("warning"):
                print(note, file=sys.stderr)
    head = [
        ("labels", f"{known.origin}, {len(known.joints)} frames"),
        ("crop centre", UNKNOWN),
        ("given", ALIGNED[align]),
    ]
    facts = {"labels": known.origin, "center": UNKNOWN}
    told = summary.Told(chosen.dataset, protocol, known, align, head, facts)
    text, written = summary.write_all(chosen.out, methods, told)
    if chosen.save_predictions:
        format = chosen.save_format
        path = save(chosen.save_predictions, methods[0].predicted, protocol, format)
        written.append(path)
    return [text, "", *map(str, written)]


def alignment(chosen: argparse.Namespace, protocol: Protocol) -> str:
    """How predictions are brought to the truth.

    Raises:
        FileError: the dataset has no root to hold on to.
    """
    align = chosen.align or protocol.align
    if align in ("root", "scale") and protocol.root is None:
        raise FileError(
            f"--align {align} wants a root joint; {chosen.dataset} has none"
        )
    return align


def _entries(chosen: argparse.Namespace) -> list[Entry]:
    """One a file, as the options say."""
    paths: Sequence[Path] = chosen.predictions
    formats = _each(chosen.format, paths, "--format")
    names = name_all(chosen.names or (), paths)
    return [
        Entry(
            path,
            name,
            format=format,
            unit=UNITS[chosen.unit] if chosen.unit else None,
            flip=chosen.flip,
            axes=chosen.axes or "xyz",
            order=chosen.order,
            palm=chosen.palm,
            shift=chosen.shift or 0,
            camera=chosen.camera,
            keys=tuple(chosen.key or ()),
        )
        for path, name, format in zip(paths, names, formats, strict=True)
    ]


def _each(
    given: Sequence[Given] | None, paths: Sequence[Path], option: str
) -> Sequence[Given | None]:
    """An option for every file, of one for all or one for each."""
    if given is None or len(given) == 1:
        return [given[0] if given else None] * len(paths)
    if len(given) != len(paths):
        raise FileError(
            f"{option} wants one for all files or one for each of {len(paths)}; "
            f"got {len(given)}"
        )
    return given
