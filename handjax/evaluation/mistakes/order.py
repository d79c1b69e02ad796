"""In which order joints of a file stand, found by what lies nearest.

Notation, shared by every function here and by the tests:
    c: mean distance of each joint of a file to each true joint, mm, (joints, joints);
        row i is the file's joint i, column j the true joint j.
"""

from itertools import permutations, product

import numpy as np
from jaxtyping import Bool, Float, Int

from handjax.evaluation import aligned, metrics
from handjax.evaluation.mistakes.alternatives import SCALED, TURNED
from handjax.evaluation.mistakes.case import FEW, HALF, LEAST_GAIN, Case, Mistake
from handjax.evaluation.predictions.reading import Reading, to_camera

Joints = Float[np.ndarray, "frames joints 3"]
Costs = Float[np.ndarray, "joints joints"]

SIDES = [
    np.eye(3)[list(axes)] * signs
    for axes, signs in product(permutations(range(3)), product((1.0, -1.0), repeat=3))
    if np.linalg.det(np.eye(3)[list(axes)] * signs) > 0.0
]
"""Rotations that turn axes into axes."""
NAMED = 4
"""So many joints in another order are named."""


def find_order(case: Case, reading: Reading) -> tuple[list[Mistake], Reading]:
    """Whether joints stand in another order, and how they are read in the best one."""
    tried = [
        reading._replace(order=compose(reading.order, o))
        for o in _orders(case, reading)
    ]
    tried = [better for better in tried if better != reading]
    if not tried:
        return [], reading
    errors = {better: case.error(better) for better in tried}
    better = min(errors, key=lambda other: errors[other])
    moved = _places(better, case) != _places(reading, case)
    before, after = (_error_of(case, one, moved) for one in (reading, better))
    # Said so that NaN is no order.
    if not after <= LEAST_GAIN * before:
        return [], reading
    names = np.array(case.protocol.joints.names)[moved].tolist()
    named = f" ({', '.join(names)})" if len(names) <= NAMED else ""
    cause = (
        f"has {moved.sum()} joints in another order{named}: {after:.3g} mm from "
        f"the truth if so, {before:.3g} mm as they are read"
    )
    certain = bool(after < HALF * before)
    return [Mistake(cause, f"read it with {better.options}", certain)], better


def _orders(case: Case, reading: Reading) -> list[Int[np.ndarray, "joints"]]:
    """Orders that joints may stand in, those that an alignment leaves to be told."""
    if case.align not in TURNED:
        return [best_order(_costs(case, reading))]
    predicted, truth = _together(case, reading)
    turned = aligned.procrustes(predicted, truth)
    own = best_order(costs(turned, truth))
    if (own == np.arange(len(own))).all():
        return []
    # A wrong order turns the hand wrongly: see it from all sides.
    some = case.sample(FEW)
    predicted, truth = _together(some, reading)
    return [own, *(best_order(costs(predicted @ R.T, truth)) for R in SIDES)]


def _error_of(
    case: Case, reading: Reading, joints: Bool[np.ndarray, "joints"]
) -> float:
    """Mean error of some joints if the file is read so, mm."""
    return metrics.mean(case.errors(reading)[:, joints])


def _places(reading: Reading, case: Case) -> Int[np.ndarray, "joints"]:
    count = case.numbers.shape[1]
    return np.arange(count) if reading.order is None else np.array(reading.order)


def best_order_of(case: Case, reading: Reading) -> tuple[np.ndarray, float]:
    """The best order of joints and the mean distance that it leaves."""
    c = _costs(case.sample(FEW), reading)
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


def _costs(case: Case, reading: Reading) -> Costs:
    return costs(*_together(case, reading))


def _together(case: Case, reading: Reading) -> tuple[Joints, Joints]:
    """Joints and truth, brought together as far as that says nothing of order."""
    some = case.valid.any(axis=1)
    predicted = to_camera(case.numbers[some], reading, case.protocol.camera)
    truth = np.where(case.valid[some][..., None], case.truth[some], np.nan)
    if case.align == "none":
        return predicted, truth
    scaled = case.align in SCALED
    return centred(predicted, scaled=scaled), centred(truth, scaled=scaled)


def compose(
    first: tuple[int, ...] | None, order: Int[np.ndarray, "joints"]
) -> tuple[int, ...] | None:
    """The file's joint for each of the protocol's, if `order` counts `first`'s."""
    places = order.tolist()
    composed = places if first is None else [first[k] for k in places]
    return None if composed == sorted(composed) else tuple(composed)
