"""What a trained method estimated, measured and told.

Estimates are `training.Estimates`: joint sets by name in the crop frame of each frame's
first view, predicted and true.
"""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from handjax import files
from handjax.evaluation import (
    compare,
    figures,
    mask_contest,
    masks,
    measure_tables,
    metrics,
    own,
    report,
    score,
    tables,
)
from handjax.evaluation.intervals import LEAST_BLOCKS, under
from handjax.evaluation.joint_sets import GIVEN, LAID, STANDING_IN, refined, told
from handjax.evaluation.known import Known
from handjax.evaluation.matching import which_frames
from handjax.evaluation.mistakes.labels import require_known
from handjax.evaluation.pictures import from_best_to_worst, png
from handjax.evaluation.predictions import FileError
from handjax.evaluation.protocols import DENOISED, Protocol
from handjax.evaluation.score import Scored
from handjax.geometry.cameras import Pinhole

Sheet = Callable[..., Any]
"""(estimates, frames, headings) -> a picture of them; None where there is none."""

TOLD = "told the hand's true scale and root depth; constant: the true middle too"
"""Said of sets beside those of methods that were told nothing."""
PLACED = "on the true wrist and finger roots; keypoints21: on their mean, as it turned"
"""Said where a hand is laid on what is true."""
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
    trivial = {k: _constant(k)(truth[k], valid[k]) for k in names}
    errors, constant = (
        metrics.errors_by_set(predicted, truth, valid, names)
        for predicted in (estimates.predicted, trivial)
    )
    apart = {k: np.asarray(e)[:, None] for k, e in (estimates.surfaces or {}).items()}
    means = [under(key, e, protocol) for key, e in apart.items()]
    surface: dict[str, Any] = {k: v for found in means for k, v in found.items()}
    covered, lines_of_masks = _masks(estimates, protocol)
    results = report.results(errors, constant, protocol) | dict(facts) | surface
    results |= covered
    drawn = covered.get("masks", {}).items()
    beside = measure_tables.blocks(
        [
            {"method": "surface", "apart": surface},
            *({"method": name, "masks": found} for name, found in drawn),
        ]
    )
    said = [*_compared(errors, protocol), *lines_of_masks]
    beside += ["", *said] if said else []
    notes = {f"{', '.join(GIVEN)}: {TOLD}": set(GIVEN), f"{LAID}: {PLACED}": {LAID}}
    lines = [title, *(n for n, sets in notes.items() if sets & set(names)), ""]
    text = "\n".join([*lines, tables.of_sets(results, protocol, beside)])
    files.write(chosen.out / "table.txt", f"{text}\n".encode())
    written = [
        report.write_json(chosen.out, results),
        figures.write_figure(chosen.out, errors, constant, protocol),
        *_draw(chosen, estimates, errors[results["joint_set"]], sheet),
        report.write_errors(chosen.out, errors | apart | _counted(estimates)),
    ]
    return [text, *map(str, written)]


def _constant(name: str) -> Callable[..., score.Joints]:
    """The predictor that has seen nothing but what it is told, of a joint set."""
    return score.mean_hand if name in GIVEN else metrics.constant_predictor


def _masks(
    estimates: Any, protocol: Protocol
) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Figures of masks by the surface that was drawn, and lines that compare them."""
    n = {name: np.asarray(counts) for name, counts in (estimates.masks or {}).items()}
    if not n:
        return {}, []
    measured = {k: mask_contest.figures(x, protocol.block) for k, x in n.items()}
    lines = mask_contest.compared(list(n), list(n.values()), protocol.block)
    return {"masks": measured}, lines


def _of_masks(estimates: Any, protocol: Protocol) -> tuple[str, ...]:
    """A line on the masks of each surface that was drawn, where there are true ones."""
    lines = []
    for name, counts in (estimates.masks or {}).items():
        n = np.asarray(counts)
        if n.any():
            found = mask_contest.figures(n, protocol.block)
            said = (f"{key} {100 * found[key]:.2f} %" for key in masks.FRACTIONS)
            lines.append(f"masks of {name}, pixels of all crops: {', '.join(said)}")
    return tuple(lines)


def _counted(estimates: Any) -> dict[str, np.ndarray]:
    """Pixels of each frame, for who pools them otherwise."""
    return {f"masks_{k}": np.asarray(n) for k, n in (estimates.masks or {}).items()}


def _compared(errors: Mapping[str, score.Errors], protocol: Protocol) -> list[str]:
    """A line on what refinement changed of each set that is there before and after."""
    lines = []
    for name in errors:
        few = len(errors[name]) < LEAST_BLOCKS * protocol.block
        if few or refined(name) not in errors:
            continue
        after, before = (
            metrics.per_frame(errors[k])[None] for k in (refined(name), name)
        )
        apart = compare.paired(after, before, block=protocol.block)
        sure = apart.high < 0.0 or apart.low > 0.0
        lines.append(
            f"{refined(name)} less {name}: {apart} mm, "
            f"{'significant' if sure else 'not significant'}"
        )
    return lines


def _draw(
    chosen: argparse.Namespace, estimates: Any, e: score.Errors, sheet: Sheet
) -> list[Path]:
    """Write predictions.png, frames from the best to the worst, if it can be drawn."""
    frames = from_best_to_worst(e)
    content = png(sheet(estimates, list(frames.values()), list(frames)))
    path = chosen.out / "predictions.png"
    return [] if content is None else [files.write(path, content)]


def check_crops(estimates: Any, protocol: Protocol, pixels: int) -> None:
    """Refuse crops that are not of the hands.

    Args:
        estimates: of `own.joints_of` and `own.truth_of`.
        protocol: of the dataset.
        pixels: edge of a picture in colour.

    Raises:
        FileError: see above.
    """
    name = protocol.sets[0]
    truth, valid = estimates.truth[name], estimates.valid[name]
    points = _from_middle(np.where(valid[..., None], truth, 0.0), estimates, pixels)
    away = np.linalg.norm(points, axis=-1)
    if valid.any() and np.median(away[valid]) > LOST:
        raise FileError(
            f"the crops lie {np.median(away[valid]):.0f} mm from half of the joints: "
            "are the centres those of these frames? Try --center depth"
        )


def _from_middle(points: np.ndarray, estimates: Any, pixels: int) -> np.ndarray:
    """Points from the middle of the crop; in colour from the ray through it, for there
    the crop's frame is the camera's."""
    camera = estimates.camera
    if not isinstance(camera, Pinhole):
        return points
    middle = ((pixels - 1) / 2 - camera.centre) / camera.focal
    return points[..., :2] - middle[:, None] * points[..., 2:]


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
        estimates: of `own.joints_of` and `own.truth_of`, of all frames of `known`.
        known: the labels.
        protocol: of the dataset.
        name: of the method.
        align: a key of `protocols.ALIGNED`.
        denoiser: measure the 14 joints after the palm denoiser too.
        notes: lines on how it was done.

    Raises:
        FileError: there is nothing to measure.
    """
    require_known(known.joints, known.valid, known.origin, protocol, align)
    notes += (*which_frames(known.span, protocol), *_stood_in(protocol))
    if told(protocol.sets[0]) in estimates.predicted:
        notes += (f"{told(protocol.sets[0])}: {TOLD}",)
    notes += _of_masks(estimates, protocol)
    c = estimates.predicted[own.CAMERA]
    joints = own.to_camera(estimates.predicted[protocol.sets[0]], c)
    truth = known.joints, known.valid
    found = score.score(
        name, known.span, joints, *truth, protocol, align=align, notes=notes
    )
    errors = dict(found.errors)
    others = [protocol.sets[0], told(protocol.sets[0])]
    others = [others[1], *map(refined, others)]
    for more in (*others, *((DENOISED,) if denoiser else ())):
        if more in estimates.predicted:
            other = own.to_camera(estimates.predicted[more], c)
            errors[more] = score.measure(other, *truth, protocol, align)
    return found._replace(errors=errors)


def _stood_in(protocol: Protocol) -> tuple[str, ...]:
    """A line on each joint that key points stand in for."""
    return tuple(
        f"{joint} is taken as "
        + " + ".join(f"{weight:g} {name}" for name, weight in terms.items())
        for joint, terms in STANDING_IN.get(protocol.sets[0], {}).items()
    )
