"""What a trained method estimated, measured and told.

Estimates are `training.Estimates`: joint sets by name in the crop frame of each frame's
first view, predicted and true.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np

from handjax.evaluation import figures, metrics, own, report, score, summary, tables
from handjax.evaluation.contest import alignment
from handjax.evaluation.joint_sets import STANDING_IN
from handjax.evaluation.known import Beside, Known
from handjax.evaluation.labelling import shown
from handjax.evaluation.matching import Span, narrow
from handjax.evaluation.mistakes.labels import require_known
from handjax.evaluation.pictures import Sheet, draw_shown, examples, png
from handjax.evaluation.predictions import FileError
from handjax.evaluation.protocols import ALIGNED, DENOISED, Protocol
from handjax.evaluation.save import save
from handjax.evaluation.score import Scored

CENTERED = {
    "depth": "depth: the nearest thing in the picture",
    "file": "a file",
    "gt": "GROUND TRUTH: the centroid of the true joints",
}
"""What the crop centres of a real dataset were, as the head of a table says it."""

LOST = 100.0
"""Crop centres farther than this from half of the hands are not of these frames, mm."""


def tell(
    chosen: argparse.Namespace,
    estimates: Any,
    protocol: Protocol,
    title: str,
    facts: Mapping[str, Any],
    sheet: Sheet,
) -> list[str]:
    """Measure estimates of generated frames; returns what is to be printed.

    Args:
        chosen: the command line; `out` gets table.txt, results.json, figure.png,
            predictions.png and errors.npz.
        estimates: see above.
        protocol: of the frames.
        title: heads the table.
        facts: further fields of results.json.
        sheet: draws frames.
    """
    if chosen.denoiser and DENOISED in estimates.predicted:
        protocol = protocol._replace(sets=(*protocol.sets, DENOISED))
    names = protocol.counted(estimates.truth)
    truth, valid = estimates.truth, estimates.valid
    trivial = {k: metrics.constant_predictor(truth[k], valid[k]) for k in names}
    errors, constant = (
        metrics.errors_by_set(predicted, truth, valid, names)
        for predicted in (estimates.predicted, trivial)
    )
    results = report.results(errors, constant, protocol) | dict(facts)
    text = f"{title}\n\n{tables.of_sets(results, protocol)}"
    (chosen.out / "table.txt").write_text(text + "\n")
    written = [
        report.write_json(chosen.out, results),
        figures.write_figure(chosen.out, errors, constant, protocol),
        *draw_shown(chosen.out, estimates, errors[results["joint_set"]], sheet),
        report.write_errors(chosen.out, errors),
    ]
    return [text, *map(str, written)]


def run(
    chosen: argparse.Namespace,
    estimates: Any,
    span: Span,
    protocol: Protocol,
    origin: str,
    sheet: Sheet,
    beside: Beside | None = None,
) -> list[str]:
    """Measure estimates of a real dataset; returns what is to be printed.

    Args:
        chosen: the command line; `out` gets what `summary.write_all` writes, and
            predictions.png.
        estimates: of `own.joints_of` and `own.truth_of`.
        span: which rows of the test set they are.
        protocol: of the dataset.
        origin: of the weights.
        sheet: draws frames.
        beside: what is known of these frames besides joints.

    Raises:
        FileError: the crops are not of the hands, or options don't fit.
    """
    align, center = alignment(chosen, protocol), chosen.center or "depth"
    whole = span
    estimates, span = _cut(estimates, whole, chosen.subset, protocol)
    known = known_of(estimates, protocol, span, str(chosen.root or "prepared before"))
    rows = slice(span.first - whole.first, span.last - whole.first)
    known = known._replace(beside=(beside or Beside()).cut(rows))
    require_known(known.joints, known.valid, known.origin, protocol, align)
    scored = scored_of(
        estimates,
        known,
        protocol,
        name=shown(chosen.weights or Path(chosen.workdir).resolve().name) or origin,
        align=align,
        denoiser=chosen.denoiser,
        notes=(origin, *_frames(known.span, protocol), *_stood_in(protocol)),
    )
    head = [
        ("frames", f"{known.origin}, {len(known.joints)} frames"),
        (
            "crop centre",
            f"{CENTERED[center]}{f' ({chosen.centers})' if chosen.centers else ''}",
        ),
        ("given", ALIGNED[align]),
    ]
    facts = {"weights": origin, "center": center}
    drawn = examples(scored, known, lambda frame: png(sheet(estimates, [frame])))
    told = summary.Told(chosen.dataset, protocol, known, align, head, facts, drawn)
    text, written = summary.write_all(chosen.out, [scored], told)
    e = next(iter(scored.errors.values()))
    written += draw_shown(chosen.out, estimates, e, sheet)
    if chosen.save_predictions:
        path, format = chosen.save_predictions, chosen.save_format
        written.append(save(path, scored.predicted, protocol, format))
    return [text, *map(str, written)]


def known_of(estimates: Any, protocol: Protocol, span: Span, origin: str) -> Known:
    """The labels that estimates of a real dataset stand beside.

    Args:
        estimates: of `own.joints_of` and `own.truth_of`.
        protocol: of the dataset.
        span: which rows of the test set they are.
        origin: where the labels come from.

    Raises:
        FileError: the crops are not of the hands.
    """
    name = protocol.sets[0]
    truth, valid = estimates.truth[name], estimates.valid[name]
    away = np.linalg.norm(np.where(valid[..., None], truth, 0.0), axis=-1)
    if valid.any() and np.median(away[valid]) > LOST:
        raise FileError(
            f"the crops lie {np.median(away[valid]):.0f} mm from half of the joints: "
            "are the centres those of these frames? Try --center depth"
        )
    joints = own.to_camera(truth, estimates.predicted[own.CAMERA])
    return Known(joints, valid, span, (), origin)


def scored_of(
    estimates: Any,
    known: Known,
    protocol: Protocol,
    *,
    name: str,
    align: str,
    denoiser: bool = False,
    notes: tuple[str, ...] = (),
) -> Scored:
    """Estimates of a real dataset, measured.

    Args:
        estimates: of all frames of `known`.
        known: the labels.
        protocol: of the dataset.
        name: of the method.
        align: a key of `protocols.ALIGNED`.
        denoiser: measure the 14 joints after the palm denoiser too.
        notes: lines on how it was done.
    """
    c = estimates.predicted[own.CAMERA]
    joints = own.to_camera(estimates.predicted[protocol.sets[0]], c)
    truth = known.joints, known.valid
    found = score.score(
        name, known.span, joints, *truth, protocol, align=align, notes=notes
    )
    if not denoiser or DENOISED not in estimates.predicted:
        return found
    mended = own.to_camera(estimates.predicted[DENOISED], c)
    e = score.measure(mended, *truth, protocol, align)
    return found._replace(errors={**found.errors, DENOISED: e})


def _cut(
    estimates: Any, span: Span, name: str | None, protocol: Protocol
) -> tuple[Any, Span]:
    """Estimates of one subset, or all if none is named, and which rows they are."""
    if name is None or span.name == name:
        return estimates, span
    part = narrow(span, name, protocol)
    rows = slice(part.first - span.first, part.last - span.first)
    return jax.tree.map(lambda leaf: leaf[rows], estimates), part


def _frames(span: Span, protocol: Protocol) -> tuple[str, ...]:
    """A line on which frames these are, unless they are all."""
    if len(span) == protocol.frames:
        return ()
    whole = f" of {protocol.frames}" if protocol.frames else ""
    alone = f"{span.name} alone, " if span.name else ""
    return (f"{alone}{len(span)}{whole} frames",)


def _stood_in(protocol: Protocol) -> tuple[str, ...]:
    """A line on each joint that key points stand in for."""
    return tuple(
        f"{joint} is taken as "
        + " + ".join(f"{weight:g} {name}" for name, weight in terms.items())
        for joint, terms in STANDING_IN.get(protocol.sets[0], {}).items()
    )
