"""What is measured: distances between joints, and shares of frames that are good.

Notation, shared by every function here and by the tests:
    e: joint errors, mm, (frames, joints); NaN where the truth is unknown.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Bool, Float

Errors = Float[np.ndarray, "frames joints"]
Joints = Float[np.ndarray, "frames joints 3"]


def joint_errors(
    predicted: Joints,
    truth: Joints,
    valid: Bool[np.ndarray, "frames joints"] | None = None,
) -> Errors:
    """Euclidean distance of each joint to its truth, mm.

    Args:
        predicted: mm.
        truth: mm.
        valid: where the truth is known; everywhere by default.
    """
    errors = np.linalg.norm(predicted - truth, axis=-1)
    return errors if valid is None else np.where(valid, errors, np.nan)


def errors_by_set(
    predicted: Mapping[str, np.ndarray],
    truth: Mapping[str, np.ndarray],
    valid: Mapping[str, np.ndarray],
    names: Sequence[str],
) -> dict[str, np.ndarray]:
    """`joint_errors` of each of the named joint sets."""
    return {k: joint_errors(predicted[k], truth[k], valid[k]) for k in names}


def mean(e: Errors) -> float:
    """Mean over the joints of all frames, mm."""
    return float(np.nanmean(e))


def median(e: Errors) -> float:
    """Median over the joints of all frames, mm."""
    return float(np.nanmedian(e))


def per_joint(e: Errors) -> Float[np.ndarray, "joints"]:
    """Mean of each joint over the frames, mm."""
    return np.nanmean(e, axis=0)


def worst_per_frame(e: Errors) -> Float[np.ndarray, "frames"]:
    """The largest joint error of each frame, mm."""
    return np.nanmax(e, axis=1)


def success(
    e: Errors, thresholds: Float[np.ndarray, "thresholds"]
) -> Float[np.ndarray, "thresholds"]:
    """Fraction of frames whose every joint errs less than each threshold."""
    return np.mean(worst_per_frame(e)[:, None] < thresholds, axis=0)


def share_of_joints(
    e: Errors, thresholds: Float[np.ndarray, "thresholds"]
) -> Float[np.ndarray, "thresholds"]:
    """Fraction of joints, over all frames, that err less than each threshold (PCK)."""
    known = e[np.isfinite(e)]
    return np.mean(known[:, None] < thresholds, axis=0)


def area_under(
    curve: Float[np.ndarray, "thresholds"], thresholds: Float[np.ndarray, "thresholds"]
) -> float:
    """Area under a curve of fractions, 1 if it is 1 throughout."""
    return float(np.trapezoid(curve, thresholds) / (thresholds[-1] - thresholds[0]))


def constant_predictor(
    truth: Joints, valid: Bool[np.ndarray, "frames joints"] | None = None
) -> Joints:
    """The mean hand for every frame: what a network must beat to have seen anything.

    The mean is that of these very frames, so no other constant is better in the
    square. A joint that no frame knows is 0.

    Args:
        truth: mm, from the centre of each frame's crop.
        valid: where the truth is known; everywhere by default.
    """
    known = np.ones(truth.shape[:2], bool) if valid is None else valid
    total = np.sum(np.where(known[..., None], truth, 0.0), axis=0)
    mean = total / np.maximum(known.sum(axis=0), 1)[:, None]
    return np.broadcast_to(mean, truth.shape)
