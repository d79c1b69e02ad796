"""What is known of the frames of a test set: true joints, and what lies beside them."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from handjax.evaluation.matching import Span


class Beside(NamedTuple):
    """What labels say of frames besides their joints; None where they don't.

    Attributes:
        vertices: of the surface, camera's frame, mm; NaN where nobody knows.
        faces: of that surface.
        focal: of the camera that took each frame, pixels.
        sequence: number of the recording that each frame is of; see
            `sequences.number`.
    """

    vertices: Float[np.ndarray, "frames vertices 3"] | None = None
    faces: Int[np.ndarray, "faces 3"] | None = None
    focal: Float[np.ndarray, "frames 2"] | None = None
    sequence: Int[np.ndarray, "frames"] | None = None

    def cut(self, rows: slice) -> "Beside":
        """What is known of some of the frames."""
        vertices, focal, sequence = (
            None if array is None else array[rows]
            for array in (self.vertices, self.focal, self.sequence)
        )
        return Beside(vertices, self.faces, focal, sequence)


class Known(NamedTuple):
    """The true joints of a test set, or of a part of it.

    Attributes:
        joints: those that count, in the camera's frame, mm.
        valid: which of them are known.
        span: which rows of the test set they are.
        names: of the frames; () where nobody says.
        origin: where they come from, for the table's head.
        beside: what else is known.
    """

    joints: Float[np.ndarray, "frames joints 3"]
    valid: Bool[np.ndarray, "frames joints"]
    span: Span
    names: tuple[str, ...]
    origin: str
    beside: Beside = Beside()

    def cut(self, span: Span) -> "Known":
        """The labels of some of its rows."""
        rows = slice(span.first - self.span.first, span.last - self.span.first)
        return self._replace(
            joints=self.joints[rows],
            valid=self.valid[rows],
            span=span,
            names=self.names[rows],
            beside=self.beside.cut(rows),
        )
