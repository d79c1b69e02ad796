"""The figures of an evaluation, as results.json, errors.npz and curves.csv have them.

Notation, shared by every function here:
    e: joint errors of one joint set, mm, (frames, joints); NaN where the truth is
        unknown.
"""

import csv
import io
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from handjax import files
from handjax.evaluation import metrics
from handjax.evaluation.compare import Interval
from handjax.evaluation.comparisons import Comparison
from handjax.evaluation.intervals import of_mean
from handjax.evaluation.joint_sets import SURFACES
from handjax.evaluation.protocols import JOINT_SETS, Protocol
from handjax.evaluation.score import Scored

Errors = Float[np.ndarray, "frames joints"]
CONSTANT = "constant"
EVERY_MM = np.arange(81.0)
"""Thresholds of curves, mm."""
RANGES = ((20.0, 50.0), (0.0, 50.0))
"""Ranges of the areas that every table has, mm."""


def summarise(e: Errors, joint_set: str, protocol: Protocol) -> dict[str, Any]:
    """The figures of one joint set, as they stand in results.json."""
    names, tips = ((), ()) if joint_set in SURFACES else JOINT_SETS[joint_set][:2]
    thresholds = np.array(protocol.thresholds)
    curve = np.linspace(*protocol.curve, 81)
    # Of a surface's thousands of vertices none is told alone.
    each = metrics.per_joint(e[:, : len(names)]).tolist()
    return {
        **_short(e, protocol),
        "tips_mean_mm": metrics.mean(e[:, list(tips)]),
        "per_joint_mm": dict(zip(names, each, strict=True)),
        "success_area": metrics.area_under(metrics.success(e, curve), curve),
        "joints_under": _by_threshold(
            thresholds, metrics.share_of_joints(e, thresholds)
        ),
        **{
            f"auc_{low:g}_{high:g}": metrics.auc(e, low, high)
            for low, high in dict.fromkeys((*RANGES, protocol.pck))
        },
        "joints": list(names),
    }


def _short(e: Errors, protocol: Protocol) -> dict[str, Any]:
    """The figures that subjects have too."""
    interval = of_mean(e, protocol)
    return {
        "mean_mm": metrics.mean(e),
        "interval_95": [interval.low, interval.high],
        "median_mm": metrics.median(e),
        "success": _by_threshold(EVERY_MM, metrics.success(e, EVERY_MM)),
        "frames": len(e),
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


def of_method(
    scored: Scored, constant: Mapping[str, Errors], protocol: Protocol
) -> dict[str, Any]:
    """All figures of a method on a real dataset, with those of each subject.

    Args:
        scored: the method.
        constant: errors of the constant predictor on its frames, by joint set.
        protocol: of the dataset.
    """
    found = results(scored.errors, constant, protocol)
    e = scored.errors[found["joint_set"]]
    found |= {
        "method": scored.name,
        "aligned_mm": dict(scored.aligned),
        "intervals_95": _intervals(e, protocol),
        "notes": list(scored.notes),
    }
    if parts := _parts(scored, e, protocol):
        found[protocol.parts] = parts
    return found


def _intervals(e: Errors, protocol: Protocol) -> dict[str, list[float]]:
    """95 % of the bootstrap of the share of good frames at the printed thresholds."""
    worst = metrics.worst_per_frame(e)
    found = {}
    for threshold in protocol.thresholds:
        good = np.where(np.isnan(worst), np.nan, worst < threshold)
        interval = of_mean(good[:, None], protocol)
        found[f"success_{threshold:g}"] = [interval.low, interval.high]
    return found


def _parts(scored: Scored, e: Errors, protocol: Protocol) -> dict[str, Any]:
    """The figures of every subset that the frames have."""
    span, found = scored.span, {}
    for subset in protocol.subsets if span.known else ():
        if span.first <= subset.first and subset.last <= span.last:
            rows = e[subset.first - span.first : subset.last - span.first]
            found[subset.name] = _short(rows, protocol) | {"cube_mm": subset.cube}
    return found


def plain(found: Any) -> Any:
    """Figures as JSON takes them: what is not finite becomes None."""
    if isinstance(found, Comparison):
        found = found._asdict() | {"significant": found.significant, "said": str(found)}
    if isinstance(found, Interval):
        return plain(found._asdict())
    if isinstance(found, Mapping):
        return {key: plain(value) for key, value in found.items()}
    if isinstance(found, list | tuple):
        return [plain(value) for value in found]
    unknown = isinstance(found, float) and not math.isfinite(found)
    return None if unknown else found


def write_json(folder: Path, found: Mapping[str, Any]) -> Path:
    """Write results.json; returns its path."""
    text = json.dumps(plain(found), indent=2, allow_nan=False) + "\n"
    return files.write(folder / "results.json", text.encode())


def write_errors(folder: Path, errors: Mapping[str, Errors]) -> Path:
    """Write errors.npz: e of each joint set, the headline's first; returns its path."""
    path = folder / "errors.npz"
    with files.whole(path) as file:
        np.savez_compressed(file, allow_pickle=False, **errors)
    return path


def write_curves(folder: Path, errors: Mapping[str, Errors]) -> Path:
    """Write curves.csv: what share of frames and of joints errs less than each mm."""
    columns = {"threshold_mm": EVERY_MM}
    for name, e in errors.items():
        columns[f"{name}: frames"] = metrics.success(e, EVERY_MM)
        columns[f"{name}: joints"] = metrics.share_of_joints(e, EVERY_MM)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows(zip(*(c.tolist() for c in columns.values()), strict=True))
    return files.write(folder / "curves.csv", text.getvalue().encode())


def _by_threshold(
    thresholds: Float[np.ndarray, "thresholds"],
    shares: Float[np.ndarray, "thresholds"],
) -> dict[str, float]:
    return {
        f"{threshold:g}": float(share)
        for threshold, share in zip(thresholds, shares, strict=True)
    }
