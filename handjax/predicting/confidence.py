"""Calibrations of the released weights, by name.

A release's is a few numbers in handjax/weights/confidence.json, which
benchmarks/confidence.py writes. They are of those very weights: others have none, be it
a run of the user's or a later release of the same name.
"""

import hashlib
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from handjax import weights
from handjax.predicting import calibration
from handjax.predicting.calibration import Curve

FILE = "confidence.json"
EVENTS = {
    "depth": "the mean error of the 21 key points, in the camera's space, is below "
    "{below_mm:g} mm",
    "image": "the mean error of the 21 key points, wrist on wrist and at the scale "
    "that fits best, is below {below_mm:g} mm",
}
"""What a confidence is the probability of, by what a method sees."""
RAW = (
    "none: nobody has calibrated these weights as they are used here; score is a raw "
    "score, not a probability"
)


class Evidence(NamedTuple):
    """What is known of how good an estimate may be.

    Attributes:
        score: 0 to 1; `agreement` with the depth, or the height of heat-maps.
        spread: how far estimates of several crops are from one another, mm; None where
            one crop is seen.
        place_told: whether the user, or the frame before, said where the hand is.
        side_told: whether one side alone was tried.
    """

    score: float
    spread: float | None
    place_told: bool
    side_told: bool


class Calibration(NamedTuple):
    """What turns a release's evidence into a probability.

    Attributes:
        event: what of, in words.
        names: of the `numbers` that it is made of.
        curve: of these numbers.
    """

    event: str
    names: tuple[str, ...]
    curve: Curve


def numbers(known: Evidence) -> dict[str, float]:
    """Evidence as numbers in which the odds of a hand being right may be linear."""
    found = {
        "score": known.score,
        "place_told": float(known.place_told),
        "side_told": float(known.side_told),
    }
    if known.spread is not None:
        found["log_spread"] = float(np.log1p(known.spread))
    return found


def of(calibrated: Calibration, known: Evidence) -> float | None:
    """The probability that a hand is right.

    None where nobody knows: methods on colour were calibrated where the place is told.
    """
    if "place_told" not in calibrated.names and not known.place_told:
        return None
    found = numbers(known)
    x = np.array([[found[name] for name in calibrated.names]])
    return float(calibration.probability(calibrated.curve, x)[0])


def load(name: str | None) -> Calibration | None:
    """The calibration of a release; None where there is none of these very weights.

    Args:
        name: of the release; None of anything else.
    """
    path = weights.FOLDER / FILE
    if name is None or not path.exists():
        return None
    found = json.loads(path.read_text()).get(name)
    if found is None or found["weights"] != digest(name):
        return None
    below = float(found["below_mm"])
    event = EVENTS[found["sees"]].format(below_mm=below)
    slopes = found["slopes"]
    curve = Curve(tuple(slopes.values()), found["offset"])
    return Calibration(event, tuple(slopes), curve)


def digest(name: str) -> str:
    """Sixteen letters that tell a release's weights from any others."""
    content = (weights.FOLDER / f"{name}.npz").read_bytes()
    return hashlib.sha256(content).hexdigest()[:16]


def save(rows: dict[str, dict[str, Any]]) -> Path:
    """Write calibrations, those of other releases kept.

    Args:
        rows: by release: "sees", "below_mm", "slopes" by name and "offset", and what
            else a reader may want to know.
    """
    path = weights.FOLDER / FILE
    kept = json.loads(path.read_text()) if path.exists() else {}
    new = {name: {"weights": digest(name)} | row for name, row in rows.items()}
    path.write_text(json.dumps(kept | new, indent=2) + "\n")
    return path
