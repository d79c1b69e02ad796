"""Methods beside one another: from the command line to what is written."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from handjax.evaluation import entries, summary
from handjax.evaluation.entries import Entry
from handjax.evaluation.known import Known, subset_of
from handjax.evaluation.labelling import name_all
from handjax.evaluation.pictures import Sheet, draw_shown, examples
from handjax.evaluation.predictions import FileError
from handjax.evaluation.predictions.reading import UNITS
from handjax.evaluation.protocol import ALIGNED, Protocol
from handjax.evaluation.save import save
from handjax.evaluation.score import Scored

UNKNOWN = "as whoever made the files had it, which they don't say"
CENTERED = {
    "depth": "depth: the nearest thing in the picture",
    "file": "a file",
    "gt": "GROUND TRUTH: the centroid of the true joints",
}
"""What the crop centres of a real dataset were, as the head of a table says it."""

EACH = ("format", "unit", "flip", "axes", "order", "shift", "camera")
"""Options that files may have each their own of."""

Given = TypeVar("Given")


def labels_of_files(chosen: argparse.Namespace, protocol: Protocol) -> Known:
    """The labels of --labels, one file after another.

    Raises:
        FileError: they can't be read, or have no such subset.
    """
    # STB's own labels begin with the palm.
    palm = protocol.sets[0] == "stb" and chosen.labels_palm is not False
    files = [
        Entry(
            path,
            "labels",
            format=chosen.labels_format,
            unit=UNITS[chosen.labels_unit] if chosen.labels_unit else None,
            flip=chosen.labels_flip,
            palm=palm,
            keys=tuple(chosen.labels_key or ()),
        )
        for path in chosen.labels
    ]
    known = entries.read_labels(
        files, protocol, chosen.subset, checked=not chosen.unchecked
    )
    if chosen.labels_vertices:
        entry = files[0]._replace(path=chosen.labels_vertices)
        known = entries.with_surfaces(
            known, entry, protocol, checked=not chosen.unchecked
        )
    known = subset_of(known, chosen.subset, protocol)
    return known.beginning(chosen.frames)


def name_methods(chosen: argparse.Namespace, runs: Sequence[str]) -> list[str]:
    """What every method is called: runs of ours first, then files.

    Args:
        chosen: the command line.
        runs: what ours are called if nobody says.

    Raises:
        FileError: --names are not one a method; or there is one file to write the
            joints of several methods to.
    """
    files = [path.stem for path in chosen.predictions or ()]
    usual = [*runs, *files]
    if chosen.save_predictions and len(usual) > 1:
        raise FileError("--save-predictions writes one file; evaluate one method")
    return name_all(chosen.names or (), usual)


def judge_files(
    chosen: argparse.Namespace, names: Sequence[str], known: Known, protocol: Protocol
) -> list[Scored]:
    """Score every file of --predictions; warnings go to stderr.

    Args:
        chosen: the command line.
        names: of the files.
        known: the labels.
        protocol: of the dataset.

    Raises:
        FileError: a file can't be read or is mistaken, or options don't fit.
    """
    align, checked = alignment(chosen, protocol), not chosen.unchecked
    methods = [
        entries.judge(entry, known, protocol, align=align, checked=checked)
        for entry in _entries(chosen, names)
    ]
    for method in methods:
        for note in method.notes:
            if note.startswith("warning"):
                print(note, file=sys.stderr)
    return methods


def tell(
    chosen: argparse.Namespace,
    methods: Sequence[Scored],
    known: Known,
    protocol: Protocol,
    origins: Sequence[str],
    sheet: Sheet | None,
) -> list[str]:
    """Write all that there is to say of methods; returns what is to be printed.

    Args:
        chosen: the command line; `out` gets what `summary.write_all` writes, and
            predictions.png if there are pictures.
        methods: all of them, ours first.
        known: the labels.
        protocol: of the dataset.
        origins: of the weights of ours.
        sheet: draws frames; None without pictures.
    """
    align, (center, facts) = alignment(chosen, protocol), _centre(chosen, origins)
    head = [
        ("labels", f"{known.origin}, {len(known.joints)} frames"),
        ("crop centre", center),
        ("given", ALIGNED[align]),
    ]
    facts["labels"] = known.origin
    drawn = examples(methods, known, sheet)
    told = summary.Told(chosen.dataset, protocol, known, align, head, facts, drawn)
    text, written = summary.write_all(chosen.out, methods, told)
    if sheet:
        written += draw_shown(chosen.out, methods, known, sheet)
    if chosen.save_predictions:
        path, format = chosen.save_predictions, chosen.save_format
        ours = methods[0]
        written.append(
            save(path, ours.predicted, protocol, format, vertices=ours.vertices)
        )
    return [text, "", *map(str, written)]


def inputs(chosen: argparse.Namespace) -> list[Path]:
    """Every file and folder that is read."""
    several = [*(chosen.predictions or ()), *(chosen.labels or ())]
    alone = chosen.labels_vertices, chosen.centers, chosen.root
    return [*several, *(path for path in alone if path)]


def alignment(chosen: argparse.Namespace, protocol: Protocol) -> str:
    """How predictions are brought to the truth.

    Raises:
        FileError: the dataset has no joints to hold on to.
    """
    align = chosen.align or protocol.align
    if align in ("root", "scale") and protocol.root is None:
        raise FileError(
            f"--align {align} wants a root joint; {chosen.dataset} has none"
        )
    if align == "rigid" and not protocol.anchors:
        raise FileError(
            f"--align rigid wants joints that the field holds a hand by; for "
            f"{chosen.dataset} it names none: try --align procrustes"
        )
    return align


def _centre(
    chosen: argparse.Namespace, origins: Sequence[str]
) -> tuple[str, dict[str, Any]]:
    """Where crops have their centre, for the head, and that for results.json."""
    if not origins:
        return UNKNOWN, {"center": UNKNOWN}
    center = chosen.center or "depth"
    ours = f"{CENTERED[center]}{f' ({chosen.centers})' if chosen.centers else ''}"
    theirs = f"; of the files {UNKNOWN}" if chosen.predictions else ""
    weights = origins[0] if len(origins) == 1 else list(origins)
    return ours + theirs, {"weights": weights, "center": center}


def _entries(chosen: argparse.Namespace, names: Sequence[str]) -> list[Entry]:
    """One a file, as the options say."""
    paths = chosen.predictions or ()
    options = {
        name: _each(getattr(chosen, name), len(paths), f"--{name}") for name in EACH
    }
    entries = []
    for k, (path, name) in enumerate(zip(paths, names, strict=True)):
        own = {option: values[k] for option, values in options.items()}
        entries.append(
            Entry(
                path,
                name,
                format=own["format"],
                unit=UNITS[own["unit"]] if own["unit"] else None,
                flip=own["flip"],
                axes=own["axes"] or "xyz",
                order=own["order"],
                palm=chosen.palm,
                shift=own["shift"] or 0,
                camera=own["camera"],
                keys=tuple(chosen.key or ()),
            )
        )
    return entries


def _each(
    given: Sequence[Given] | None, count: int, option: str
) -> Sequence[Given | None]:
    """An option for every file, of one for all or one for each."""
    if given is None or len(given) == 1:
        return [given[0] if given else None] * count
    if len(given) != count:
        raise FileError(
            f"{option} wants one for all files or one for each of {count}; "
            f"got {len(given)}"
        )
    return given
