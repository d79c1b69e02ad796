"""Calibrate what `predict` says of its own estimates, and check it on somebody else.

    PYTHONPATH=. python benchmarks/confidence.py --out runs/confidence [--save]

Released methods look at frames of the studio's subject C, which a logistic curve is
fitted to, and at those of D, on which nothing is chosen. What they said is kept in the
folder, and read from there the next time. Prints a table and draws a reliability plot;
`--save` writes the numbers that `predict` reads.
"""

import argparse
from pathlib import Path
from typing import NamedTuple

import confidence_frames as frames
import numpy as np
from confidence_frames import Tried
from rich.progress import track

from handjax.data import studio
from handjax.data.studio import colour
from handjax.predicting import calibration, confidence, methods
from handjax.predicting.calibration import Curve
from handjax.predicting.confidence import Evidence

METHODS = ("wan_spheres", "dual_grid", "graph_cnn", "dense_hand_pose")
FITTED, CHECKED = "C", "D"
BELOW = 30.0
"""Mean error of a hand that counts as right, mm."""
NAMES = {
    "depth": ("score", "log_spread", "place_told", "side_told"),
    "image": ("score", "log_spread", "side_told"),
}
SEED = 0


class Seen(NamedTuple):
    """What a method said of a subject's frames.

    Attributes:
        frames: that were looked at.
        tries: estimates of these, several of each.
    """

    frames: int
    tries: list[Tried]


class Checked(NamedTuple):
    """A calibration beside subject D.

    Attributes:
        sees: "depth" or "image".
        curve: of `NAMES[sees]`.
        fitted, seen: what was said of C and of D.
        p, raw: confidence and score of each estimate of D.
        y: whether it is right.
    """

    sees: str
    curve: Curve
    fitted: Seen
    seen: Seen
    p: np.ndarray
    raw: np.ndarray
    y: np.ndarray


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS)
    parser.add_argument("--moments", type=int, default=35, help="a split, of two")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--save", action="store_true", help="for predict to read")
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    found = {}
    for name in chosen.methods:
        both = [seen_by(name, s, chosen) for s in (FITTED, CHECKED)]
        found[name] = check(sees_of(name), *both)
    print(f"{studio.label()}; {colour.label()}; right: below {BELOW:g} mm")
    print(*table(found), sep="\n")
    draw(chosen.out / "confidence.png", found)
    if chosen.save:
        confidence.save({name: row_of(one) for name, one in found.items()})


def sees_of(name: str) -> str:
    return "depth" if name in METHODS[:2] else "image"


def seen_by(name: str, subject: str, chosen: argparse.Namespace) -> Seen:
    """What a method says of a subject, from the folder if it is there."""
    path = chosen.out / f"{name}_{subject}_{chosen.moments}.npz"
    if not path.exists():
        depth = sees_of(name) == "depth"
        seer = methods.load(name, is_depth=depth)
        make = frames.depth_shots if depth else frames.colour_shots
        shots, tried = make(subject, chosen.moments), []
        rng = np.random.default_rng(SEED)
        for k in track(rng.permutation(len(shots)), f"{name}, subject {subject}"):
            box = frames.box_around(rng, shots[k])
            tried += frames.tries(seer, shots[k], box)
        keep(path, len(shots), tried)
    return kept(path)


def keep(path: Path, count: int, tried: list[Tried]) -> None:
    """Write estimates as arrays, a column for each of their numbers."""
    columns = zip(*(one.known for one in tried), strict=True)
    known = [np.array(column, np.float64) for column in columns]
    np.savez(
        path,
        frames=count,
        moment=[one.moment for one in tried],
        error=[one.error for one in tried],
        **dict(zip(Evidence._fields, known, strict=True)),
    )


def kept(path: Path) -> Seen:
    with np.load(path) as stored:
        columns = [stored[name].tolist() for name in Evidence._fields]
        moments, errors = stored["moment"].tolist(), stored["error"].tolist()
        count = int(stored["frames"])
    tries = []
    for moment, error, *known in zip(moments, errors, *columns, strict=True):
        score, spread, place_told, side_told = known
        spread = None if np.isnan(spread) else spread
        told = bool(place_told), bool(side_told)
        tries.append(Tried(moment, Evidence(score, spread, *told), error))
    return Seen(count, tries)


def check(sees: str, fitted: Seen, seen: Seen) -> Checked:
    """Fit on the one, apply to the other."""
    (x, y), (x_new, y_new) = (numbers(sees, one.tries) for one in (fitted, seen))
    curve = calibration.fit(x, y)
    raw = np.array([one.known.score for one in seen.tries])
    p = calibration.probability(curve, x_new)
    return Checked(sees, curve, fitted, seen, p, raw, y_new)


def numbers(sees: str, tries: list[Tried]) -> tuple[np.ndarray, np.ndarray]:
    """x and y of `calibration`."""
    found = [confidence.numbers(one.known) for one in tries]
    x = np.array([[one[name] for name in NAMES[sees]] for one in found])
    return x, np.array([one.error < BELOW for one in tries])


def table(found: dict[str, Checked]) -> list[str]:
    """A line a method."""
    lines = [
        "                  estimates     right       on D: error    Brier score   "
        "of the raw score",
        "                   C    D      C    D      (if true)     (constant)   "
        "  error  Brier",
    ]
    for name, one in found.items():
        rate = float(numbers(one.sees, one.fitted.tries)[1].mean())
        ece, brier = calibration.expected_calibration_error, calibration.brier_score
        constant = brier(np.full(len(one.y), rate), one.y)
        lines.append(
            f"{name:16}{len(one.fitted.tries):5}{len(one.seen.tries):5}"
            f"{rate:7.2f}{one.y.mean():5.2f}"
            f"{ece(one.p, one.y):8.3f} ({if_true(one.p):.3f})"
            f"{brier(one.p, one.y):8.3f} ({constant:.3f})"
            f"{ece(one.raw, one.y):9.3f}{brier(one.raw, one.y):7.3f}"
        )
    return lines


def if_true(p: np.ndarray, draws: int = 200) -> float:
    """The mean calibration error of so few estimates if every p were true."""
    rng = np.random.default_rng(SEED)
    each = [rng.random(len(p)) < p for _ in range(draws)]
    return float(np.mean([calibration.expected_calibration_error(p, y) for y in each]))


def row_of(one: Checked) -> dict:
    """What is kept of a calibration."""
    slopes = zip(NAMES[one.sees], (round(w, 4) for w in one.curve.w), strict=True)
    ece = calibration.expected_calibration_error(one.p, one.y)
    return {
        "sees": one.sees,
        "below_mm": BELOW,
        "slopes": dict(slopes),
        "offset": round(one.curve.b, 4),
        "fitted": {"subject": FITTED, "frames": one.fitted.frames},
        "checked": {
            "subject": CHECKED,
            "frames": one.seen.frames,
            "expected_calibration_error": round(ece, 3),
            "brier_score": round(calibration.brier_score(one.p, one.y), 3),
        },
    }


def draw(path: Path, found: dict[str, Checked]) -> None:
    """Reliability of confidence and of score on D, a panel a method."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2.6 * len(found), 2.9), layout="constrained")
    panels = figure.subplots(1, len(found), sharey=True, squeeze=False)[0]
    for panel, (name, one) in zip(panels, found.items(), strict=True):
        panel.plot([0, 1], [0, 1], color="0.8", linewidth=1)
        for p, color, label in (
            (one.raw, "0.6", "raw score"),
            (one.p, "#1f5fa8", "confidence"),
        ):
            said, right, off = dots(one, p)
            panel.errorbar(
                said,
                right,
                yerr=off,
                fmt="o-",
                markersize=4,
                linewidth=1,
                color=color,
                label=label,
            )
        panel.set(title=name, xlim=(0, 1), ylim=(-0.03, 1.03), xlabel="said")
        panel.set_aspect("equal", "box")
        panel.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel(f"below {BELOW:g} mm, share")
    panels[0].legend(frameon=False, fontsize=8, loc="upper left")
    figure.savefig(path, dpi=110, bbox_inches="tight")


def dots(one: Checked, p: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What was said, the share that is right, and that share's standard error.

    Estimates of one moment err together, so it is of moments.
    """
    bins = calibration.reliability(p, one.y)
    groups = np.array_split(np.argsort(p, kind="stable"), len(bins))
    moments = np.array([tried.moment for tried in one.seen.tries])
    off = []
    for group in groups:
        rest = one.y[group] - one.y[group].mean()
        sums = [rest[moments[group] == m].sum() for m in np.unique(moments[group])]
        off.append(np.sqrt(np.sum(np.square(sums))) / len(group))
    said, right, _ = np.array(bins).T
    return said, right, np.array(off)


if __name__ == "__main__":
    main()
