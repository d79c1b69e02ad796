"""What is measured: distances between joints, and shares of frames that are good.

Notation, shared by every function here and by the tests:
    e: joint errors, mm, (frames, joints); NaN where the truth is unknown. In pixels
        where they come from `pixel_errors`: all else holds for them too, thresholds
        then being pixels.

What is unknown counts nowhere; a mean over nothing is NaN.

[zimmermann2017]: the public evaluation code of Zimmermann & Brox, Learning to estimate
3D hand pose from single RGB images, ICCV 2017, which that of FreiHAND and HO-3D keep.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Bool, Float

Errors = Float[np.ndarray, "frames joints"]
Joints = Float[np.ndarray, "frames joints 3"]
Pixels = Float[np.ndarray, "frames joints 2"]


def joint_errors(
    predicted: Joints,
    truth: Joints,
    valid: Bool[np.ndarray, "frames joints"] | None = None,
) -> Errors:
    """Euclidean distance of each joint to its truth, mm.

    Args:
        predicted: mm. One that is NaN where the truth is known errs infinitely: it
            must not count as unknown.
        truth: mm; NaN where it is unknown.
        valid: where the truth is known; wherever it is finite by default.
    """
    return _distances(predicted, truth, valid)


def pixel_errors(
    predicted: Pixels,
    truth: Pixels,
    valid: Bool[np.ndarray, "frames joints"] | None = None,
) -> Errors:
    """Euclidean distance of each joint to its truth in the picture, pixels.

    Args:
        predicted, truth: pixels; else as for `joint_errors`.
        valid: where the truth is known; wherever it is finite by default.
    """
    return _distances(predicted, truth, valid)


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
    return float(_mean(e, None))


def median(e: Errors) -> float:
    """Median over the joints of all frames, mm."""
    known = e[~np.isnan(e)]
    return float(np.median(known)) if known.size else np.nan


def per_joint(e: Errors) -> Float[np.ndarray, "joints"]:
    """Mean of each joint over the frames, mm."""
    return _mean(e, 0)


def per_joint_median(e: Errors) -> Float[np.ndarray, "joints"]:
    """Median of each joint over the frames, mm.

    Their mean over the joints is what [zimmermann2017] calls the average median error.
    """
    return np.array([median(joint[:, None]) for joint in e.T])


def per_frame(e: Errors) -> Float[np.ndarray, "frames"]:
    """Mean over the joints of each frame, mm: what intervals are drawn from."""
    return _mean(e, 1)


def worst_per_frame(e: Errors) -> Float[np.ndarray, "frames"]:
    """The largest joint error of each frame, mm."""
    return np.fmax.reduce(e, axis=1)


def success(
    e: Errors, thresholds: Float[np.ndarray, "thresholds"]
) -> Float[np.ndarray, "thresholds"]:
    """Fraction of frames whose every joint errs less than each threshold."""
    return _share(worst_per_frame(e), thresholds, "left")


def share_of_joints(
    e: Errors, thresholds: Float[np.ndarray, "thresholds"]
) -> Float[np.ndarray, "thresholds"]:
    """Fraction of joints, over all frames, that err less than each threshold (PCK)."""
    return _share(e.ravel(), thresholds, "left")


def pck_per_joint(
    e: Errors, thresholds: Float[np.ndarray, "thresholds"]
) -> Float[np.ndarray, "joints thresholds"]:
    """Fraction of frames where each joint errs no more than each threshold.

    Source: [zimmermann2017], which takes <= where `share_of_joints` takes <.
    """
    return np.stack([_share(joint, thresholds, "right") for joint in e.T])


def auc(e: Errors, low: float, high: float, *, steps: int = 100) -> float:
    """Area under the PCK curve between two thresholds, 1 if nothing errs.

        1 / (high - low)  integral from low to high of  PCK(t) dt

    by trapezoids between equally spaced thresholds. Each joint counts alike, however
    often it is known; where all always are, this is the area of `share_of_joints`.

    Args:
        low, high: mm. Papers on STB and RHD take 20 and 50, others 0 and 50.
        steps: how many thresholds: 100 for FreiHAND and HO-3D, whose figures that
            reproduces; high - low + 1 for one a mm; on STB some take one per 5 mm.

    Source: [zimmermann2017].
    """
    thresholds = np.linspace(low, high, steps)
    return area_under(_mean(pck_per_joint(e, thresholds), 0), thresholds)


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
        valid: where the truth is known; wherever it is finite by default.
    """
    known = known_joints(truth, valid)
    total = np.sum(np.where(known[..., None], truth, 0.0), axis=0)
    mean = total / np.maximum(known.sum(axis=0), 1)[:, None]
    return np.broadcast_to(mean, truth.shape)


def known_joints(
    truth: Float[np.ndarray, "frames joints axes"],
    valid: Bool[np.ndarray, "frames joints"] | None = None,
) -> Bool[np.ndarray, "frames joints"]:
    """Which true joints are valid and finite."""
    finite = np.all(np.isfinite(truth), axis=-1)
    return finite if valid is None else finite & valid


def _distances(predicted, truth, valid):
    gaps = np.subtract(predicted, truth, dtype=np.float64)
    errors = np.sqrt(np.einsum("fja,fja->fj", gaps, gaps))
    errors = np.where(np.isnan(errors), np.inf, errors)
    return np.where(known_joints(truth, valid), errors, np.nan)


def _mean(e, axis):
    """Mean of what is known along an axis, or of all."""
    known = ~np.isnan(e)
    total, count = np.where(known, e, 0.0).sum(axis=axis), known.sum(axis=axis)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _share(values, thresholds, side):
    """Fraction of what is known below each threshold, or at it too on side "right"."""
    known = np.sort(values[~np.isnan(values)])
    if not known.size:
        return np.full(len(thresholds), np.nan)
    return np.searchsorted(known, thresholds, side=side) / len(known)
