"""In which order joints or frames of a file stand, found by what lies nearest.

Notation, shared by every function here and by the tests:
    c: mean distance of each joint of a file to each true joint, mm, (joints, joints);
        row i is the file's joint i, column j the true joint j.
"""

import numpy as np
from jaxtyping import Float, Int

from handjax.evaluation import metrics
from handjax.evaluation.mistakes.case import HALF, SAMPLE, Case, Mistake
from handjax.evaluation.predictions.reading import Reading, to_camera
from handjax.evaluation.score import measure

Joints = Float[np.ndarray, "frames joints 3"]
Costs = Float[np.ndarray, "joints joints"]

LEAST_GAIN = 0.9
"""Joints in another order must leave less than this of their error to be named."""
NAMED = 4
"""So many joints in another order are named."""
LATE = 0.98
"""Errors of honest results grow by 2 % or more when they are moved by a frame."""
NEAR = 3
"""Shifts by more frames must leave less than LEAST_GAIN: so many are tried."""
FARTHEST = 30
SHIFTED = 1000
"""Frames that shifts are tried on."""
LEAST_FRAMES = 30
"""With fewer a shift tells nothing."""
SCALED = ("scale", "procrustes")
"""Alignments that are given the scale: distances are then told without a unit."""


def find_order(case: Case, reading: Reading) -> list[Mistake]:
    """Whether some joints lie nearer to others' truth than to their own."""
    c = _costs(case, reading)
    own, order = np.arange(len(c)), best_order(c)
    moved = order != own
    if not moved.any():
        return []
    before, after = np.diag(c)[moved].mean(), c[order, own][moved].mean()
    if after > LEAST_GAIN * before:
        return []
    names = np.array(case.protocol.joints.names)[moved].tolist()
    named = f" ({', '.join(names)})" if len(names) <= NAMED else ""
    better = reading._replace(order=compose(reading.order, order))
    unit = "" if case.align in SCALED else " mm"
    cause = (
        f"has {moved.sum()} joints in another order{named}: {after:.3g}{unit} from "
        f"the truth if so, {before:.3g}{unit} as they are read"
    )
    certain = bool(after < HALF * before)
    return [Mistake(cause, f"read it with {better.options}", certain)]


def find_shift(case: Case, reading: Reading) -> list[Mistake]:
    """Whether frames fit better if the file began earlier or later.

    Never certain: trackers that lag behind do so honestly.
    """
    frames = len(case.numbers)
    if frames < LEAST_FRAMES:
        return []
    predicted = to_camera(case.numbers, reading, case.protocol.camera)
    reach = min(FARTHEST, frames // 10)
    inner = np.unique(np.linspace(reach, frames - 1 - reach, SHIFTED).astype(int))
    args = case.truth[inner], case.valid[inner], case.protocol, case.align
    tried = {
        shift: metrics.mean(measure(predicted[inner - shift], *args))
        for shift in range(-reach, reach + 1)
    }
    here = max(tried.pop(0), 1e-9)
    best = min(tried, key=lambda shift: (tried[shift], abs(shift)))
    left = tried[best] / here
    # Said so that what nobody labelled, NaN, is no shift.
    if not left <= (LATE if abs(best) <= NEAR else LEAST_GAIN):
        return []
    first = "later" if best > 0 else "earlier"
    cause = (
        f"fits {100 * (1 - left):.0f} % better if each row is that of {abs(best)} "
        f"frame{'s' if abs(best) > 1 else ''} {first}"
    )
    better = reading._replace(shift=reading.shift + best)
    mend = f"see whether the first row is of the first frame; --shift {better.shift}"
    return [Mistake(cause, mend, certain=False)]


def best_order_of(case: Case, reading: Reading) -> tuple[np.ndarray, float]:
    """The best order of joints and the mean distance that it leaves."""
    c = _costs(case.sample(SAMPLE // 5), reading)
    order = best_order(c)
    return order, float(c[order, np.arange(len(c))].mean())


def best_order(c: Costs) -> Int[np.ndarray, "joints"]:
    """Which of the file's joints is each true one, for the least sum of distances."""
    own = np.arange(len(c))
    if (c.argmin(axis=0) == own).all():
        return own
    # Only files that look shuffled pay for loading SciPy.
    from scipy.optimize import linear_sum_assignment

    files, true = linear_sum_assignment(c)
    return files[np.argsort(true)]


def costs(predicted: Joints, truth: Joints) -> Costs:
    """c, over the frames that know the true joint.

    Args:
        predicted: mm.
        truth: mm; NaN where it is unknown.
    """
    gaps = predicted[:, :, None] - truth[:, None]
    distances = np.sqrt(np.einsum("fija,fija->fij", gaps, gaps))
    known = ~np.isnan(distances)
    total, count = np.where(known, distances, 0.0).sum(axis=0), known.sum(axis=0)
    # What nobody labelled stays where it is.
    kept = np.where(np.eye(len(count), dtype=bool), 0.0, np.inf)
    return np.where(count > 0, total / np.maximum(count, 1), kept)


def centred(joints: Joints, *, scaled: bool) -> Joints:
    """Joints about their mean and, if wanted, of unit size: alike if only moved.

    Args:
        joints: mm; NaN where one is unknown.
        scaled: divide by the root of the mean square distance from the mean.
    """
    about = joints - np.nanmean(joints, axis=1, keepdims=True)
    if not scaled:
        return about
    return about / np.sqrt(np.nanmean(about**2, axis=(1, 2), keepdims=True))


def _costs(case: Case, reading: Reading) -> np.ndarray:
    """c of joints that are brought together as far as that says nothing of order."""
    some = case.valid.any(axis=1)
    predicted = to_camera(case.numbers[some], reading, case.protocol.camera)
    truth = np.where(case.valid[some][..., None], case.truth[some], np.nan)
    if case.align != "none":
        scaled = case.align in SCALED
        predicted = centred(predicted, scaled=scaled)
        truth = centred(truth, scaled=scaled)
    return costs(predicted, truth)


def compose(
    first: tuple[int, ...] | None, order: Int[np.ndarray, "joints"]
) -> tuple[int, ...] | None:
    """The file's joint for each of the protocol's, if `order` counts `first`'s."""
    places = order.tolist()
    composed = places if first is None else [first[k] for k in places]
    return None if composed == sorted(composed) else tuple(composed)
