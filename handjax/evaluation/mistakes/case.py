"""A file beside its truth, and what may be wrong with it."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from handjax.evaluation import metrics
from handjax.evaluation.predictions.reading import Reading, to_camera
from handjax.evaluation.protocols import Protocol
from handjax.evaluation.score import Errors, measure

Joints = Float[np.ndarray, "frames joints 3"]
Valid = Bool[np.ndarray, "frames joints"]

SAMPLE = 300
"""Frames that ways of reading are tried on."""
SUSPICIOUS = 25.0
"""Mean errors below this can't come from turned axes or wrong units, mm."""
HALF = 0.5
"""What leaves less than this of the error is certain."""


class Mistake(NamedTuple):
    """What is likely wrong with a file.

    Attributes:
        cause: a sentence that begins with what the file does: "has y pointing up".
        mend: what to do about it.
        certain: it can't be meant; scoring it would only mislead.
    """

    cause: str
    mend: str
    certain: bool


class Case(NamedTuple):
    """A file beside its truth.

    Attributes:
        numbers: of the file, the joints that count.
        truth: mm.
        valid: which true joints are known.
        protocol: of the dataset.
        align: how predictions are brought to the truth.
    """

    numbers: Joints
    truth: Joints
    valid: Valid
    protocol: Protocol
    align: str

    def error(self, reading: Reading) -> float:
        """Mean error if the file is read so, mm."""
        return metrics.mean(self.errors(reading))

    def errors(self, reading: Reading) -> Errors:
        """Errors of all joints if the file is read so, mm."""
        predicted = to_camera(self.numbers, reading, self.protocol.camera)
        args = predicted, self.truth, self.valid, self.protocol, self.align
        return measure(*args)

    def sample(self, count: int) -> "Case":
        """Some of the frames, evenly spread."""
        rows = np.unique(np.linspace(0, len(self.numbers) - 1, count).astype(int))
        numbers, truth, valid = (x[rows] for x in self[:3])
        return self._replace(numbers=numbers, truth=truth, valid=valid)
