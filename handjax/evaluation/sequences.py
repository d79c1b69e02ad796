"""How smoothly predictions move from frame to frame.

Notation, shared by every function here and by the tests:
    x, y: predicted and true joints of consecutive frames, mm, (frames, joints, 3).
    D2: second difference, D2 x_i = x_i - 2 x_{i+1} + x_{i+2}.
"""

import numpy as np
from jaxtyping import Bool, Float, Int

from handjax.evaluation import metrics

Joints = Float[np.ndarray, "frames joints 3"]


def acceleration_errors(
    predicted: Joints,
    truth: Joints,
    valid: Bool[np.ndarray, "frames joints"] | None = None,
    *,
    sequence: Int[np.ndarray, "frames"] | None = None,
    rate: float = 1.0,
) -> Float[np.ndarray, "triples joints"]:
    """Error of the acceleration of each joint over each three consecutive frames.

        |D2 x - D2 y| rate^2

    `metrics.mean` of it is the acceleration error; the other means hold for it too.

    Args:
        predicted: x; NaN where the truth is known errs infinitely.
        truth: y.
        valid: where the truth is known; wherever it is finite by default. A joint that
            is unknown in one of three frames is unknown in all three.
        sequence: number of the sequence that each frame belongs to; one for all by
            default. Where frames are missing in between, a new one begins.
        rate: frames a second, for mm/s^2; 1 leaves mm/frame^2.

    Returns:
        NaN where joints are unknown or the three frames are of two sequences.

    Source: Kanazawa et al., Learning 3D human dynamics from video, CVPR 2019.
    """
    known = metrics.known_joints(truth, valid)
    known = known[2:] & known[1:-1] & known[:-2]
    if sequence is not None:
        # Numbers may come back later; both steps must stay within one sequence.
        stays = np.diff(sequence) == 0
        known &= (stays[1:] & stays[:-1])[:, None]
    return rate**2 * metrics.joint_errors(_bend(predicted), _bend(truth), known)


def _bend(x):
    """D2 x."""
    return x[2:].astype(np.float64) - 2.0 * x[1:-1] + x[:-2]
