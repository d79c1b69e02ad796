"""From numbers that a method gives of a hand to the probability that the hand is right.

Notation, shared by every function here and by the tests:
    x: numbers that tell of each frame how good its hand may be, (frames, numbers).
    y: whether its hand is right, (frames,).
    p: the probability that it is, (frames,).
    w, b: slopes and offset of a logistic curve.

[platt1999]: Platt, Probabilistic outputs for support vector machines and comparisons to
regularized likelihood methods, 1999.
[guo2017]: Guo, Pleiss, Sun & Weinberger, On calibration of modern neural networks, ICML
2017.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from scipy.special import expit

RIDGE = 1e-3
"""Of w: keeps it finite where one number tells all frames apart."""
STEPS, SETTLED = 100, 1e-9
BINS = 8


class Curve(NamedTuple):
    """A logistic curve: its slopes w and its offset b."""

    w: tuple[float, ...]
    b: float


class Bin(NamedTuple):
    """Frames of about the same p: their mean p, the share that is right, how many."""

    said: float
    right: float
    frames: int


def fit(x: Float[np.ndarray, "frames numbers"], y: Bool[np.ndarray, "frames"]) -> Curve:
    """The curve of the highest likelihood, by Newton's method.

    Targets are not 0 and 1 but what a uniform prior makes of so many frames of each,
    so that few frames give no certainty.

    Raises:
        ValueError: fewer than two frames are right, or wrong.

    Source: [platt1999] Sec. 2.2.
    """
    right, wrong = int(np.sum(y)), int(np.sum(~y))
    if min(right, wrong) < 2:
        raise ValueError(
            f"a calibration wants 2 or more frames that are right and as many that "
            f"are wrong; got {right} and {wrong}"
        )
    target = np.where(y, (right + 1) / (right + 2), 1 / (wrong + 2))
    middle, scale = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-9)
    A = np.column_stack([(x - middle) / scale, np.ones(len(x))])
    penalty = RIDGE * len(x) * np.append(np.ones(x.shape[1]), 0.0)
    theta = np.zeros(A.shape[1])
    for _ in range(STEPS):
        p = expit(A @ theta)
        slope = A.T @ (p - target) + penalty * theta
        curvature = (A.T * (p * (1.0 - p))) @ A + np.diag(penalty)
        step = np.linalg.solve(curvature, slope)
        # A whole step may overshoot where p is near 0 or 1.
        theta = theta - step * min(1.0, 2.0 / max(np.abs(step).max(), 1e-12))
        if np.abs(step).max() < SETTLED:
            break
    w = theta[:-1] / scale
    return Curve(tuple(w.tolist()), float(theta[-1] - w @ middle))


def probability(
    curve: Curve, x: Float[np.ndarray, "frames numbers"]
) -> Float[np.ndarray, "frames"]:
    """How probable it is that hands are right.

    p = 1 / (1 + exp(-(w x + b)))
    """
    return expit(x @ np.asarray(curve.w) + curve.b)


def brier_score(p: Float[np.ndarray, "frames"], y: Bool[np.ndarray, "frames"]) -> float:
    """Mean of (p - y)^2: 0 at best, 0.25 of who always says one half.

    Source: Brier, Verification of forecasts expressed in terms of probability, 1950.
    """
    return float(np.mean((p - y) ** 2))


def reliability(
    p: Float[np.ndarray, "frames"], y: Bool[np.ndarray, "frames"], bins: int = BINS
) -> list[Bin]:
    """What was said beside what was, in bins of equally many frames by p."""
    groups = np.array_split(np.argsort(p, kind="stable"), min(bins, len(p)))
    return [Bin(float(p[g].mean()), float(y[g].mean()), len(g)) for g in groups]


def expected_calibration_error(
    p: Float[np.ndarray, "frames"], y: Bool[np.ndarray, "frames"], bins: int = BINS
) -> float:
    """Mean distance over frames of what was said from what was, in each one's bin.

    Of few frames it is above 0 even where p is true.

    Source: [guo2017] Eq. (3), with bins of equally many frames.
    """
    found = reliability(p, y, bins)
    return sum(b.frames * abs(b.said - b.right) for b in found) / len(p)
