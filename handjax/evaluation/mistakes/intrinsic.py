"""Mistakes that show in hands themselves, however they are brought to the truth."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from handjax.evaluation import aligned, metrics
from handjax.evaluation.mistakes.alternatives import SCALED
from handjax.evaluation.mistakes.case import HALF, Case, Mistake
from handjax.evaluation.predictions.reading import UNITS, Reading, to_camera

ENOUGH = 8
"""Joints; of fewer that lie in a plane a mirror image may fit better by chance."""
LEAST = 5.0
"""Hands that fit within this tell nothing of their mirror image, mm."""
SOME, ALL = 0.05, 0.9
"""Shares of hands: with fewer it is chance, with more it is all of them."""
TOLERANCE = 1.3
"""Hands are not taken for so many times as large or small."""


class Mirrored(NamedTuple):
    """What hands that are mirrored say.

    Attributes:
        found: the mistake; none if they are not.
        left: mean error of all hands fitted to the truth, mirrored where that is
            better, mm.
    """

    found: list[Mistake]
    left: float


def find_mirrored(case: Case, reading: Reading) -> Mirrored:
    """Whether hands fit the truth better if each is mirrored about itself."""
    predicted = to_camera(case.numbers, reading, case.protocol.camera)
    plain = _fitted(case, predicted)
    turned = _fitted(case, predicted * [-1.0, 1.0, 1.0])
    left = float(np.nanmean(np.fmin(plain, turned)))
    enough = metrics.known_joints(case.truth, case.valid).sum(axis=1) >= ENOUGH
    # Flat hands are their own mirror image, and tell nothing.
    low, high = np.fmin(plain, turned), np.fmax(plain, turned)
    told = enough & (low < HALF * high) & (high > LEAST)
    mirrored = told & (turned < plain)
    if mirrored.sum() <= SOME * enough.sum():
        return Mirrored([], left)
    share = mirrored.sum() / told.sum()
    if share > ALL:
        cause = "holds hands that are mirrored, each about itself"
        mend = "mirror them back: are they left hands that were made right ones?"
        return Mirrored([Mistake(cause, mend, certain=True)], left)
    # Who takes one picture for either of two poses mirrors some hands honestly.
    cause = f"holds {100 * share:.0f} % of its hands mirrored, each about itself"
    mend = "see whether left hands were mirrored back"
    return Mirrored([Mistake(cause, mend, certain=False)], left)


def find_unit(case: Case, reading: Reading) -> list[Mistake]:
    """Whether hands are as small or large as another unit makes them.

    Told only where alignment undoes it; elsewhere the errors do.
    """
    if case.align not in SCALED:
        return []
    predicted = to_camera(case.numbers, reading, case.protocol.camera)
    known = metrics.known_joints(case.truth, case.valid)
    sizes = _sizes(case.truth, known)
    some = (sizes > 0.0) & (known.sum(axis=1) > 2)
    if not some.any():
        return []
    ratio = float(np.median(_sizes(predicted, known)[some] / sizes[some]))
    for name, mm in UNITS.items():
        factor = mm / reading.unit
        if factor != 1.0 and 1.0 / TOLERANCE < ratio * factor < TOLERANCE:
            cause = (
                f"holds hands {ratio:.3g} times as large as the true ones, as if it "
                f"were in {name}; no error shows it where scale is given"
            )
            better = reading._replace(unit=mm)
            return [Mistake(cause, f"read it with {better.options}", certain=False)]
    return []


def _fitted(
    case: Case, predicted: Float[np.ndarray, "frames joints 3"]
) -> Float[np.ndarray, "frames"]:
    """Mean error of each frame once it is moved, turned and scaled to fit, mm."""
    args = case.truth, case.valid
    brought = aligned.procrustes(predicted, *args)
    return metrics.per_frame(metrics.joint_errors(brought, *args))


def _sizes(
    joints: Float[np.ndarray, "frames joints 3"],
    known: Bool[np.ndarray, "frames joints"],
) -> Float[np.ndarray, "frames"]:
    """Root of the mean square distance of known joints from their mean."""
    m, count = known[..., None], np.maximum(known.sum(axis=1), 1)
    mean = np.where(m, joints, 0.0).sum(axis=1) / count[:, None]
    about = np.where(m, joints - mean[:, None], 0.0)
    return np.sqrt(np.sum(about**2, axis=(1, 2)) / count)
