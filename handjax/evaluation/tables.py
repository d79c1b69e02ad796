"""The figures of an evaluation as text."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from handjax.evaluation.labelling import cut_all
from handjax.evaluation.protocols import Protocol
from handjax.evaluation.published import Published
from handjax.evaluation.report import CONSTANT

NAME = 28
"""Characters of the first column; longer names are cut in the middle."""
JOINTS_OF = 6
"""So many methods have a column in the table of joints."""
LEGEND = (
    "mm; mean with 95 % of a bootstrap over blocks of frames; <t: frames with every "
    "joint under t; AUC: area under the curve of joints"
)


def of_sets(
    found: Mapping[str, Any], protocol: Protocol, beside: Sequence[str] = ()
) -> str:
    """One method's figures: a line a joint set, then one a joint of the headline.

    Args:
        found: `report.results`.
        protocol: of the dataset.
        beside: lines on what else was measured.
    """
    shares = "".join(f"{f'<{t:g} mm':>9}" for t in protocol.thresholds)
    lines = [f"{'':26}{'mean':>8}{'median':>8}{'tips':>8}{shares}"]
    for name, figures in found["sets"].items():
        lines.append(_set_row(name, figures, protocol))
    for name, figures in found[CONSTANT].items():
        lines.append(_set_row(f"{name}, {CONSTANT}", figures, protocol))
    lines += ["", f"{'joint of ' + found['joint_set']:26}{'mean':>8}"]
    lines += [f"{name:26}{mm:8.2f}" for name, mm in found["per_joint_mm"].items()]
    lines += beside
    lines += ["", f"{found['frames']} frames; mm; <t: frames with every joint under t"]
    return "\n".join([*lines, protocol.note])


def _set_row(name: str, figures: Mapping[str, Any], protocol: Protocol) -> str:
    return (
        f"{name:26}{figures['mean_mm']:8.2f}{figures['median_mm']:8.2f}"
        f"{figures['tips_mean_mm']:8.2f}{_shares(figures, protocol)}"
    )


def of_methods(
    methods: Sequence[Mapping[str, Any]],
    protocol: Protocol,
    *,
    head: Sequence[tuple[str, str]],
    comparisons: Sequence[str],
    trivial: Mapping[str, Any],
    published: Sequence[Published],
    beside: Sequence[str] = (),
) -> str:
    """The table of a real dataset.

    Args:
        methods: `report.of_method` of each.
        protocol: of the dataset.
        head: what was measured on what, and what was given, as label and text.
        comparisons: a line on each pair of methods.
        trivial: figures of the mean hand on all frames that are labelled.
        published: other people's results, the best first.
        beside: lines on what else was measured.
    """
    lines = [protocol.title, *(f"{label}: {text}" for label, text in head), ""]
    lines.append(_columns(protocol))
    names = cut_all([figures["method"] for figures in methods], NAME - 1)
    for name, figures in zip(names, methods, strict=True):
        lines += _method_rows(name, figures, protocol)
    lines += [_row(_mean_hand(methods, trivial), trivial, protocol), ""]
    lines += [*_aligned(names, methods), "", *_joints(methods[:JOINTS_OF]), *beside]
    if comparisons:
        lines += ["", *comparisons]
    if published:
        said = "; ".join(f"{one.name} {one.mean_mm:g}" for one in published)
        lines += ["", f"published, mean: {said}"]
    return "\n".join([*lines, "", LEGEND, protocol.note])


def _columns(protocol: Protocol) -> str:
    shares = "".join(f"{f'<{t:g} mm':>9}" for t in protocol.thresholds)
    areas = "".join(f"{f'AUC {low:g}-{high:g}':>11}" for low, high in _ranges(protocol))
    interval = "95 % interval"
    return (
        f"{'':{NAME}}{'mean':>9}{interval:>20}{'median':>9}{'tips':>8}{shares}{areas}"
    )


def _ranges(protocol: Protocol) -> tuple[tuple[float, float], ...]:
    return tuple(dict.fromkeys(((20.0, 50.0), (0.0, 50.0), protocol.pck)))


def _mean_hand(methods: Sequence[Mapping[str, Any]], trivial: Mapping[str, Any]) -> str:
    """What its row is called: with its frames, where a method has others."""
    frames = trivial["frames"]
    same = all(figures["frames"] == frames for figures in methods)
    return "mean hand, true centroid" if same else f"mean hand, {frames} frames"


def _method_rows(
    name: str, figures: Mapping[str, Any], protocol: Protocol
) -> list[str]:
    lines = [_row(name, figures, protocol)]
    for name, part in figures.get(protocol.parts, {}).items():
        cube = f", cube {part['cube_mm']:g}" if part.get("cube_mm") else ""
        lines.append(_row(f"  {name}{cube}", part, protocol))
    for name, of_set in list(figures["sets"].items())[1:]:
        lines.append(_row(f"  {name}", of_set, protocol))
    return lines


def _row(name: str, figures: Mapping[str, Any], protocol: Protocol) -> str:
    low, high = figures["interval_95"]
    interval = "too few frames" if math.isnan(low) else f"[{low:.2f}, {high:.2f}]"
    tips = figures.get("tips_mean_mm")
    line = (
        f"{name:{NAME}}{figures['mean_mm']:9.3f}{interval:>20}"
        f"{figures['median_mm']:9.3f}{'' if tips is None else f'{tips:.2f}':>8}"
    )
    line += _shares(figures, protocol)
    keys = [f"auc_{low:g}_{high:g}" for low, high in _ranges(protocol)]
    areas = "".join(f"{figures[key]:11.3f}" for key in keys if key in figures)
    return (line + areas).rstrip()


def _shares(figures: Mapping[str, Any], protocol: Protocol) -> str:
    return "".join(
        f"{100 * figures['success'][f'{t:g}']:8.2f}%" for t in protocol.thresholds
    )


def _aligned(names: Sequence[str], methods: Sequence[Mapping[str, Any]]) -> list[str]:
    ways = list(methods[0]["aligned_mm"])
    lines = [f"{'mean after alignment':{NAME}}" + "".join(f"{w:>12}" for w in ways)]
    for name, figures in zip(names, methods, strict=True):
        means = "".join(f"{mm:12.3f}" for mm in figures["aligned_mm"].values())
        lines.append(f"{name:{NAME}}{means}")
    return lines


def _joints(methods: Sequence[Mapping[str, Any]]) -> list[str]:
    width = 16
    head = f"{'mean of ' + methods[0]['joint_set']:{NAME}}"
    short = cut_all([figures["method"] for figures in methods], width - 1)
    head += "".join(f"{name:>{width}}" for name in short)
    lines = [head]
    for name in methods[0]["per_joint_mm"]:
        means = "".join(f"{m['per_joint_mm'][name]:{width}.3f}" for m in methods)
        lines.append(f"{name:{NAME}}{means}")
    return lines
