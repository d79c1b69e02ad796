"""Predictions brought to the truth before they are measured, as protocols allow.

Notation, shared by every function here and by the tests:
    x: predicted joints, mm, (frames, joints, 3).
    y: true joints, mm, likewise.
    m: which joints a frame is aligned by, (frames, joints).
    s, R, t: scale, rotation and translation of each frame.

A frame that says too little for an alignment is aligned as far as it says, never to
NaN; each function says how far. NaN comes out only where it went in.

[umeyama1991]: Least-squares estimation of transformation parameters between two point
patterns, IEEE PAMI 13(4).
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from handjax.evaluation.metrics import known_joints

Joints = Float[np.ndarray, "frames joints 3"]
Valid = Bool[np.ndarray, "frames joints"]
Scalars = Float[np.ndarray, "frames"]


class Similarity(NamedTuple):
    """A map of each frame, y = s R x + t.

    Attributes:
        scale: s.
        rotation: R.
        translation: t, mm.
    """

    scale: Scalars
    rotation: Float[np.ndarray, "frames 3 3"]
    translation: Float[np.ndarray, "frames 3"]


def root_relative(joints: Joints, root: int, valid: Valid | None = None) -> Joints:
    """Joints as seen from one of them.

    Args:
        joints: mm.
        root: number of that joint.
        valid: which joints are known; where the root is not, the frame becomes NaN,
            so that a truth counts nowhere.
    """
    about = joints - joints[:, root, None]
    if valid is None:
        return about
    return np.where(valid[:, root, None, None], about, np.nan)


def bone_length(joints: Joints, bone: tuple[int, int]) -> Scalars:
    """Distance of two joints in each frame, mm."""
    first, last = bone
    return np.linalg.norm(joints[:, last] - joints[:, first], axis=-1)


def scaled_to(
    joints: Joints, lengths: Scalars, *, bone: tuple[int, int], root: int
) -> Joints:
    """Joints scaled about the root until a bone is as long as is known.

        s = lengths / |x_last - x_first|

    For [ge2019] and [baek2019] the bone runs from the middle finger's knuckle to its
    next joint; HO-3D scales by wrist and middle knuckle, about the wrist.

    Args:
        joints: x.
        lengths: true lengths of the bone, mm. A frame where it isn't a positive
            number, or where the bone has no length in x, keeps its scale.
        bone: numbers of its first and last joint.
        root: number of the joint that stays where it is.

    Source: [ge2019] Sec. 5; the public evaluation code of HO-3D.
    """
    known = np.where(lengths > 0.0, lengths, np.nan)
    return _scaled(joints, _quotient(known, bone_length(joints, bone)), root)


def scaled_to_fit(
    predicted: Joints, truth: Joints, *, root: int, valid: Valid | None = None
) -> Joints:
    """Predictions scaled about their root so that the squares of errors are least.

        s = max(0, sum m x . y / sum m x . x),    x and y from their roots

    A negative s would turn the hand inside out. A frame whose true root or all else
    is unknown, or whose x all coincide, keeps its scale.

    Args:
        predicted: x; stays at its root.
        truth: y.
        root: its number.
        valid: which true joints are known; all that are finite by default.
    """
    m = _usable(predicted, truth, valid)
    m = (m & m[:, root, None])[..., None]
    x = np.where(m, predicted - predicted[:, root, None], 0.0)
    y = np.where(m, truth - truth[:, root, None], 0.0)
    s = _quotient(np.sum(x * y, axis=(1, 2)), np.sum(x * x, axis=(1, 2)))
    return _scaled(predicted, np.maximum(s, 0.0), root)


def procrustes(
    predicted: Joints,
    truth: Joints,
    valid: Valid | None = None,
    *,
    reflections: bool = False,
) -> Joints:
    """Each frame moved, turned and scaled to lie nearest to its truth (PA).

    Args as for `fit`, which says what becomes of frames that know too little.

    Source: [umeyama1991] Eq. (40)-(42).
    """
    found = fit(predicted, truth, valid, reflections=reflections)
    return apply(found, predicted)


def rigid(predicted: Joints, truth: Joints, valid: Valid | None = None) -> Joints:
    """Each frame moved and turned, but not scaled, to lie nearest to its truth.

    Args as for `fit`, which says what becomes of frames that know too little.

    Source: [umeyama1991] Eq. (40)-(41).
    """
    return apply(fit(predicted, truth, valid, scaled=False), predicted)


def fit(
    predicted: Joints,
    truth: Joints,
    valid: Valid | None = None,
    *,
    scaled: bool = True,
    reflections: bool = False,
) -> Similarity:
    """The similarity of each frame that brings predictions nearest to the truth.

        min over s, R, t of  sum over joints of m |s R x + t - y|^2

    With fewer than three known joints, or where all x or all y coincide, R is the
    identity and s is 1: the frame is only moved until the means agree. It stays as it
    was where no joint is known, or where one of x that should count is not finite.

    Args:
        predicted: x.
        truth: y.
        valid: which true joints are known; all that are finite by default.
        scaled: let s differ from 1.
        reflections: let R be a mirror image, as the public evaluation code of FreiHAND
            and HO-3D does; a prediction of the other hand then looks right.

    Source: [umeyama1991] Eq. (40)-(42).
    """
    m = _usable(predicted, truth, valid)
    x_mean, x = _centred(predicted, m)
    y_mean, y = _centred(truth, m)
    U, sigma, Vt = np.linalg.svd(y.swapaxes(1, 2) @ x)
    if not reflections:
        # The least of the axes gives way, lest the hand be mirrored.
        mirrored = np.linalg.det(U @ Vt) < 0.0
        sign = np.where(mirrored[:, None] & (np.arange(3) == 2), -1.0, 1.0)
        U, sigma = U * sign[:, None], sigma * sign
    enough = (m.sum(axis=1) >= 3) & (sigma[:, 0] > 0.0)
    R = np.where(enough[:, None, None], U @ Vt, np.eye(3))
    s = np.ones(len(m))
    if scaled:
        spread = np.sum(x * x, axis=(1, 2))
        s = np.where(enough, _quotient(sigma.sum(axis=1), spread), 1.0)
    turned = s[:, None] * np.einsum("fij,fj->fi", R, x_mean)
    return Similarity(s, R, y_mean - turned)


def apply(
    similarity: Similarity, points: Float[np.ndarray, "frames points 3"]
) -> Float[np.ndarray, "frames points 3"]:
    """Points of each frame under its map: joints, or vertices by their joints' map."""
    s, R, t = similarity
    return s[:, None, None] * (points @ R.swapaxes(1, 2)) + t[:, None]


def _usable(predicted, truth, valid):
    """The known joints of frames whose predictions of them are all finite."""
    m = known_joints(truth, valid)
    lost = (m & ~np.isfinite(predicted).all(axis=-1)).any(axis=1)
    return m & ~lost[:, None]


def _centred(points, m):
    """Mean of the joints that count, and those joints about it; 0 for the others."""
    points = np.where(m[..., None], points, 0.0).astype(np.float64)
    mean = points.sum(axis=1) / np.maximum(m.sum(axis=1), 1)[:, None]
    about = np.where(m[..., None], points - mean[:, None], 0.0)
    # Coincident points differ from their mean by rounding, which is no direction.
    rounding = 10.0 * np.finfo(np.float64).eps * np.abs(points).max(axis=(1, 2))
    apart = np.abs(about).max(axis=(1, 2)) > rounding
    return mean, np.where(apart[:, None, None], about, 0.0)


def _scaled(joints, s, root):
    """Joints scaled about their root."""
    at = joints[:, root, None]
    return at + s[:, None, None] * (joints - at)


def _quotient(over, under):
    """The quotient; 1 where it would not be a finite number."""
    some = np.isfinite(over) & np.isfinite(under) & (under > 0.0)
    return np.where(some, over / np.where(some, under, 1.0), 1.0)
