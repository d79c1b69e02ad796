"""The table, the JSON and the figure of an evaluation.

Notation, shared by every function here:
    e: joint errors of one joint set, mm, (frames, joints).
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from handjax.evaluation import metrics
from handjax.evaluation.protocols import JOINT_SETS, Protocol

Errors = Float[np.ndarray, "frames joints"]
CONSTANT = "constant"


def summarise(e: Errors, joint_set: str, protocol: Protocol) -> dict[str, Any]:
    """The figures of one joint set, as they stand in results.json."""
    names, tips = JOINT_SETS[joint_set]
    thresholds = np.array(protocol.thresholds)
    curve = np.linspace(*protocol.curve, 81)
    return {
        "mean_mm": metrics.mean(e),
        "median_mm": metrics.median(e),
        "tips_mean_mm": metrics.mean(e[:, list(tips)]),
        "per_joint_mm": dict(zip(names, metrics.per_joint(e).tolist(), strict=True)),
        "success": _by_threshold(thresholds, metrics.success(e, thresholds)),
        "success_area": metrics.area_under(metrics.success(e, curve), curve),
        "joints_under": _by_threshold(
            thresholds, metrics.share_of_joints(e, thresholds)
        ),
        "frames": len(e),
        "joints": list(names),
    }


def results(
    errors: Mapping[str, Errors], constant: Mapping[str, Errors], protocol: Protocol
) -> dict[str, Any]:
    """All figures: the headline set's at the top, every set's under `sets`.

    Args:
        errors: of the predictions, by joint set.
        constant: of the constant predictor, likewise.
        protocol: names the sets and thresholds.
    """
    sets = {name: summarise(e, name, protocol) for name, e in errors.items()}
    trivial = {name: summarise(e, name, protocol) for name, e in constant.items()}
    headline = next(iter(sets))
    return {**sets[headline], "joint_set": headline, "sets": sets, CONSTANT: trivial}


def table(found: Mapping[str, Any], protocol: Protocol) -> str:
    """The figures as text: one line a joint set, then one a joint of the headline."""
    shares = "".join(f"{f'<{t:g} mm':>9}" for t in protocol.thresholds)
    head = f"{'':26}{'mean':>8}{'median':>8}{'tips':>8}{shares}"
    lines = [head]
    for name, figures in found["sets"].items():
        lines.append(_row(name, figures))
    for name, figures in found[CONSTANT].items():
        lines.append(_row(f"{name}, {CONSTANT}", figures))
    lines += ["", f"{'joint of ' + found['joint_set']:26}{'mean':>8}"]
    lines += [f"{name:26}{mm:8.2f}" for name, mm in found["per_joint_mm"].items()]
    lines += ["", f"{found['frames']} frames; mm; <t: frames with every joint under t"]
    return "\n".join([*lines, protocol.note])


def write_json(folder: Path, found: Mapping[str, Any]) -> Path:
    """Write results.json; returns its path."""
    path = folder / "results.json"
    path.write_text(json.dumps(found, indent=2) + "\n")
    return path


def write_errors(folder: Path, errors: Mapping[str, Errors]) -> Path:
    """Write errors.npz: e of each joint set, the headline's first; returns its path."""
    path, beside = folder / "errors.npz", folder / ".errors.npz"
    np.savez_compressed(beside, allow_pickle=False, **errors)
    # Whoever finds the file may rely on it.
    beside.replace(path)
    return path


def write_figure(
    folder: Path,
    errors: Mapping[str, Errors],
    constant: Mapping[str, Errors],
    protocol: Protocol,
) -> Path:
    """Draw the success curves and the error of each joint; returns figure.png."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    _draw_success(left, errors, constant, protocol)
    headline = next(iter(errors))
    _draw_joints(right, errors[headline], headline)
    figure.savefig(folder / "figure.png", dpi=130)
    return folder / "figure.png"


def _draw_success(
    axes: Any,
    errors: Mapping[str, Errors],
    constant: Mapping[str, Errors],
    protocol: Protocol,
) -> None:
    thresholds = np.linspace(*protocol.curve, 161)
    for name, e in errors.items():
        axes.plot(thresholds, 100 * metrics.success(e, thresholds), label=name)
    trivial = constant[next(iter(errors))]
    share = 100 * metrics.success(trivial, thresholds)
    axes.plot(thresholds, share, "k:", label="constant predictor")
    for threshold in protocol.thresholds:
        axes.axvline(threshold, color="0.85", zorder=0)
    axes.set(
        xlabel="threshold, mm",
        ylabel="frames with every joint under it, %",
        xlim=protocol.curve,
        ylim=(0, 100),
    )
    axes.legend(frameon=False)


def _draw_joints(axes: Any, e: Errors, joint_set: str) -> None:
    names = JOINT_SETS[joint_set].names
    places = np.arange(len(names))
    low, middle, high = np.nanpercentile(e, (25, 50, 75), axis=0)
    axes.barh(places, metrics.per_joint(e), color="0.82", label="mean")
    spread = np.stack([middle - low, high - middle])
    axes.errorbar(middle, places, xerr=spread, fmt="o", ms=4, label="median, quartiles")
    axes.set_yticks(places, names, fontsize=8)
    axes.set(xlabel=f"error of the joints of {joint_set}, mm")
    axes.invert_yaxis()
    axes.legend(frameon=False)


def _row(name: str, figures: Mapping[str, Any]) -> str:
    shares = "".join(f"{100 * share:8.1f}%" for share in figures["success"].values())
    return (
        f"{name:26}{figures['mean_mm']:8.2f}{figures['median_mm']:8.2f}"
        f"{figures['tips_mean_mm']:8.2f}{shares}"
    )


def _by_threshold(
    thresholds: Float[np.ndarray, "thresholds"],
    shares: Float[np.ndarray, "thresholds"],
) -> dict[str, float]:
    return {
        f"{threshold:g}": float(share)
        for threshold, share in zip(thresholds, shares, strict=True)
    }
