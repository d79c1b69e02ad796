"""Cameras out of label files, on the host and in double precision.

Notation, shared by every function here:
    K: intrinsic matrix of a pinhole camera, pixels.
    R, t: rotation and translation of a rigid transform, mm.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from handjax.data.real.centres import unproject
from handjax.data.real.numbers import checked


def focal_and_centre(
    K: Any, error: type[ValueError]
) -> tuple[Float[np.ndarray, "2"], Float[np.ndarray, "2"]]:
    """Focal lengths and principal point of an intrinsic matrix, pixels.

    Args:
        K: 3 x 3 numbers, as they stand in the file.
        error: raised if they aren't.
    """
    matrix = checked(K, (3, 3), "the camera's matrix", error=error)
    focal = np.array([matrix[0, 0], matrix[1, 1]])
    if not (focal > 0).all():
        raise error(f"the camera's matrix has focal lengths {focal}")
    return focal, matrix[:2, 2]


def rigid(
    R: Float[np.ndarray, "3 3"], t: Float[np.ndarray, "3"] | Sequence[float]
) -> Float[np.ndarray, "4 4"]:
    """The rigid transform p -> R p + t, with the rotation nearest to R.

    Matrices are often printed with four digits.

    Source: Horn, Hilden & Negahdaripour, Closed-form solution of absolute orientation
    using orthonormal matrices, J. Opt. Soc. Am. A 5(7), 1988 (nearest orthonormal).
    """
    left, _, right = np.linalg.svd(R)
    return np.block([[left @ right, np.reshape(t, (3, 1))], [0.0, 0.0, 0.0, 1.0]])


def inverse(transform: Float[np.ndarray, "4 4"]) -> Float[np.ndarray, "4 4"]:
    """The rigid transform back."""
    turn = transform[:3, :3].T
    return rigid(turn, -turn @ transform[:3, 3])


def apply(
    transform: Float[np.ndarray, "4 4"], points: Float[np.ndarray, "points 3"]
) -> Float[np.ndarray, "points 3"]:
    """Points after a rigid transform."""
    return points @ transform[:3, :3].T + transform[:3, 3]


def middle_of_mask(
    depth: Float[np.ndarray, "height width"],
    mask: Bool[np.ndarray, "height width"],
    focal: Float[np.ndarray, "2"],
    centre: Float[np.ndarray, "2"],
) -> Float[np.ndarray, "3"] | None:
    """Middle of the points that depth shows under a mask, mm; None if there are none.

    Medians, since depth beside an outline is often that of what lies behind.
    """
    points = unproject(np.where(mask, depth, 0.0), focal, centre)
    return np.median(points, axis=0) if len(points) else None
