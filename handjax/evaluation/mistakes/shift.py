"""Whether a file begins earlier or later than the labels."""

import numpy as np

from handjax.evaluation import metrics
from handjax.evaluation.mistakes.case import LEAST_GAIN, Case, Mistake
from handjax.evaluation.predictions.reading import Reading, to_camera
from handjax.evaluation.score import measure

LATE = 0.98
"""Errors of honest results grow by 2 % or more when they are moved by a frame."""
NEAR = 3
"""Shifts by more frames must leave less than LEAST_GAIN: so many are tried."""
FARTHEST = 30
SHIFTED = 1000
"""Frames that shifts are tried on."""
LEAST_FRAMES = 30
"""With fewer a shift tells nothing."""


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
