"""How smoothly predictions move from frame to frame.

Notation, shared by every function here and by the tests:
    x, y: predicted and true joints of consecutive frames, mm, (frames, joints, 3).
    D2: second difference, D2 x_i = x_i - 2 x_{i+1} + x_{i+2}.
"""

import re
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Int

from handjax.evaluation import metrics
from handjax.evaluation.compare import ALONE
from handjax.evaluation.matching import Span
from handjax.evaluation.protocols import Protocol

Joints = Float[np.ndarray, "frames joints 3"]

CONTINUOUS = ("nyu14", "icvl", "stb")
"""Whose subsets hold recordings that nothing but a jump of the hand tells apart. A
subject of MSRA15 holds 17, and where one ends only names of frames say."""
CUT = 50.0
"""A mean step of the true joints from one frame to the next that no hand takes, mm. In
NYU's test labels steps end at 38 mm, and 17 cuts begin at 64 mm."""


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


def number(
    names: Sequence[str],
    truth: Joints,
    valid: Bool[np.ndarray, "frames joints"],
    span: Span,
    protocol: Protocol,
) -> Int[np.ndarray, "frames"] | None:
    """Number of the recording that each frame is of; None where nothing tells.

    A new one begins with a subset, with a folder in the frames' names, where numbers in
    them don't go up as they mostly do, and where the true hand jumps.

    Args:
        names: of the frames; () where nobody says.
        truth: y.
        valid: which true joints are known.
        span: which rows of the test set the frames are.
        protocol: of the dataset.
    """
    named = bool(names) and all("/" in name for name in names)
    told = span.known and bool(protocol.subsets) and protocol.sets[0] in CONTINUOUS
    if protocol.block == ALONE or not (named or told):
        return None
    begins = np.zeros(len(truth), bool)
    step = metrics.joint_errors(truth[1:], truth[:-1], valid[1:] & valid[:-1])
    begins[1:] = metrics.per_frame(step) > CUT
    if named:
        places, numbers = zip(*map(_place, names), strict=True)
        parted = np.array(places[1:]) != np.array(places[:-1])
        begins[1:] |= parted | (np.diff(numbers) != _usual_step(numbers, parted))
    firsts = [s.first - span.first for s in protocol.subsets if span.known]
    begins[[first for first in firsts if 0 < first < len(truth)]] = True
    return np.cumsum(begins)


def _usual_step(numbers: Sequence[int], parted: Bool[np.ndarray, "steps"]) -> int:
    """By how much numbers mostly go up: by more than 1 where frames were thinned."""
    steps = np.diff(numbers)[~parted]
    sizes, counts = np.unique(steps[steps > 0], return_counts=True)
    return int(sizes[counts.argmax()]) if sizes.size else 1


def _place(name: str) -> tuple[str, int]:
    """A frame's name without its last number, and that number."""
    found = re.search(r"[0-9]+(?=[^0-9]*$)", name)
    if found is None:
        return name, 0
    return name[: found.start()] + name[found.end() :], int(found[0])


def _bend(x):
    """D2 x."""
    return x[2:].astype(np.float64) - 2.0 * x[1:-1] + x[:-2]
