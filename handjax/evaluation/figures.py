"""The figures of an evaluation as pictures.

Notation, shared by every function here:
    e: joint errors of one joint set, mm, (frames, joints); NaN where the truth is
        unknown.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from handjax import files
from handjax.evaluation import metrics
from handjax.evaluation.labelling import cut_all
from handjax.evaluation.protocols import JOINT_SETS, Protocol
from handjax.evaluation.published import Published

Errors = Float[np.ndarray, "frames joints"]
DPI = 130
APART = 0.045
"""Reference lines nearer than this share of the axis are left out: names would
overlap."""
CUT = 32
"""Characters of a name in a legend."""


def write_figure(
    folder: Path,
    errors: Mapping[str, Errors],
    constant: Mapping[str, Errors],
    protocol: Protocol,
) -> Path:
    """One method: success curves of its joint sets, the error of each joint.

    Args:
        folder: gets figure.png, whose path is returned.
        errors: e by joint set, the headline's first.
        constant: of the constant predictor, likewise.
        protocol: of the dataset.
    """
    figure = _figure((11.0, 4.2))
    left, right = figure.subplots(1, 2)
    headline = next(iter(errors))
    _draw_success(left, errors, constant[headline], protocol)
    _draw_joints(right, errors[headline], headline)
    return _save(figure, folder / "figure.png")


def write_success(
    folder: Path,
    errors: Mapping[str, Errors],
    constant: Errors,
    protocol: Protocol,
) -> Path:
    """Success curves of methods; returns success.png.

    Args:
        folder: gets the picture.
        errors: e of the headline's joint set by method.
        constant: of the constant predictor.
        protocol: of the dataset.
    """
    figure = _figure((7.0, 5.0))
    axes = figure.subplots()
    _draw_success(axes, errors, constant, protocol)
    axes.set_title(protocol.title, fontsize=10)
    return _save(figure, folder / "success.png")


def write_joints(
    folder: Path,
    errors: Mapping[str, Errors],
    protocol: Protocol,
    published: Sequence[Published],
) -> Path:
    """Mean error of each joint and of all, by method; returns joints.png.

    Lines across say what others published for the mean of all.

    Args:
        folder: gets the picture.
        errors: e of the headline's joint set by method.
        protocol: of the dataset.
        published: other people's results.
    """
    names = (*protocol.joints.names, "all joints")
    figure = _figure((max(9.0, 0.55 * len(names) + 3.0), 4.8))
    axes = figure.subplots()
    width, places = 0.84 / len(errors), np.arange(len(names))
    # The mean of all stands apart from the joints.
    places = places + np.where(places == len(names) - 1, 0.6, 0.0)
    for k, (name, e) in enumerate(_named(errors)):
        heights = [*metrics.per_joint(e), metrics.mean(e)]
        left = places - 0.42 + width * (k + 0.5)
        axes.bar(left, heights, width, label=name, zorder=2)
    axes.set_xticks(places, names, rotation=40, ha="right", fontsize=8)
    axes.set(ylabel="mean error, mm", xlim=(-0.8, places[-1] + 0.8))
    axes.set_title(protocol.title, fontsize=10)
    _draw_published(axes, published)
    plate = {"facecolor": "white", "edgecolor": "none", "framealpha": 1.0}
    axes.legend(fontsize=8, loc="upper left", ncols=2, **plate)
    return _save(figure, folder / "joints.png")


def _figure(size: tuple[float, float]) -> Any:
    from matplotlib.figure import Figure

    return Figure(figsize=size, layout="constrained")


def _save(figure: Any, path: Path) -> Path:
    with files.whole(path) as file:
        figure.savefig(file, format="png", dpi=DPI)
    return path


def _draw_success(
    axes: Any, errors: Mapping[str, Errors], constant: Errors, protocol: Protocol
) -> None:
    thresholds = np.linspace(*protocol.curve, 161)
    for name, e in _named(errors):
        share = 100 * metrics.success(e, thresholds)
        axes.plot(thresholds, share, label=name)
    share = 100 * metrics.success(constant, thresholds)
    axes.plot(thresholds, share, "k:", label="constant predictor")
    for threshold in protocol.thresholds:
        axes.axvline(threshold, color="0.85", zorder=0)
    axes.set(
        xlabel="threshold, mm",
        ylabel="frames with every joint under it, %",
        xlim=protocol.curve,
        ylim=(0, 100),
    )
    axes.legend(frameon=False, fontsize=8)


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


def _draw_published(axes: Any, published: Sequence[Published]) -> None:
    """Lines at published means, named at the right; the best of those that overlap."""
    low, high = axes.get_ylim()
    high *= 1.16  # room for the legend
    axes.set_ylim(low, high)
    last = -np.inf
    for one in sorted(published, key=lambda one: one.mean_mm):
        if one.mean_mm < last + APART * (high - low) or one.mean_mm > high:
            continue
        last = one.mean_mm
        axes.axhline(last, color="0.6", lw=0.7, ls="--", zorder=1)
        axes.annotate(
            f"{one.name} {one.mean_mm:.1f}",
            (1.0, last),
            xycoords=("axes fraction", "data"),
            xytext=(4, 0),
            textcoords="offset points",
            fontsize=7,
            va="center",
            color="0.35",
            annotation_clip=False,
        )


def _named(errors: Mapping[str, Errors]) -> Iterator[tuple[str, Errors]]:
    """Errors beside their names, as a legend takes these."""
    for name, e in zip(cut_all(list(errors), CUT), errors.values(), strict=True):
        # Dollars would be read as mathematics, a leading underscore hides a curve.
        plain = name.replace("$", r"\$")
        yield f" {plain}" if plain.startswith("_") else plain, e
