"""Arrays of numbers as points, whatever the order of their axes.

What an axis is shows in its length: 3 numbers, a number of joints that the dataset
knows, any number of frames. Where that leaves a choice, the usual order is taken.

Notation, shared by every function here and by the tests:
    f, j, 3: frames, joints and the numbers of each, as axes are called.
"""

from collections.abc import Collection

import numpy as np
from jaxtyping import Float, Num, Shaped

VIEWS = 8
"""No more cameras than this look at one hand."""
ORDERS = ((0, 1, 2), (0, 2, 1), (1, 0, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1))
"""Which axis is f, j and 3, the usual order first."""
LOOKED_AT = 100
"""Frames that tell how the numbers of a row lie."""
NARROWER = 0.1
"""Numbers in another order than the usual leave less than this of a hand's spread."""


def as_points(
    array: Shaped[np.ndarray, "..."], joints: Collection[int]
) -> Float[np.ndarray, "frames joints 3"] | None:
    """An array as points, in double precision; None if it holds none.

    Args:
        array: of f, j and 3 in any order; (f, 3 j) or (3 j, f), each joint's numbers
            together or each coordinate's; (f j, 3) or (3, f j), a joint a row; views of
            these, of which the first is taken.
        joints: how many there may be.
    """
    if array.dtype.kind not in "iuf" or not array.size:
        return None
    array = _without_ones(array)
    if array.ndim == 4 and len(array) <= VIEWS:
        array = array[0]
    known, points = sorted(joints), None
    if array.ndim == 2:
        points = _of_rows(array, known)
        points = _of_rows(array.T, known) if points is None else points
        if points is None and array.shape[1] % 3 == 0:
            # Of a number of joints that nobody knows, which is for others to refuse.
            points = array.reshape(len(array), -1, 3)
    elif array.ndim == 3:
        points = _turned(array, known)
    return None if points is None else points.astype(np.float64)


def _without_ones(array: Shaped[np.ndarray, "..."]) -> Shaped[np.ndarray, "..."]:
    """An array of more than three axes without those of one place, the last first."""
    for axis in reversed(range(array.ndim)):
        if array.ndim > 3 and array.shape[axis] == 1:
            array = array.squeeze(axis)
    return array


def _of_rows(
    rows: Num[np.ndarray, "rows columns"], joints: list[int]
) -> Num[np.ndarray, "frames joints 3"] | None:
    """Rows of a frame each, or of a joint each; None if they are neither."""
    count, columns = rows.shape
    if columns % 3 == 0 and columns // 3 in joints:
        usual = rows.reshape(count, -1, 3)
        # All x, then all y, then all z: a hand's x are near one another, and far from
        # its z.
        apart = rows.reshape(count, 3, -1).swapaxes(1, 2)
        return apart if _spread(apart) < NARROWER * _spread(usual) else usual
    fit = [number for number in joints if columns == 3 and count % number == 0]
    return rows.reshape(-1, fit[0], 3) if fit else None


def _turned(
    array: Num[np.ndarray, "a b c"], joints: list[int]
) -> Num[np.ndarray, "frames joints 3"] | None:
    """f, j and 3 in any order, brought into the usual one; None without a 3."""
    fit = [order for order in ORDERS if array.shape[order[2]] == 3]
    known = [order for order in fit if array.shape[order[1]] in joints]
    # MATLAB's users put frames last, who are many.
    many = [o for o in fit if o == ORDERS[0] or array.shape[o[0]] >= array.shape[o[1]]]
    best = (known or many)[:1]
    return array.transpose(best[0]) if best else None


def _spread(points: Num[np.ndarray, "frames joints 3"]) -> float:
    """Variance of each coordinate about its mean over a hand, of some frames."""
    rows = np.linspace(0, len(points) - 1, LOOKED_AT).astype(int)
    some = points[np.unique(rows)].astype(np.float64)
    # Labels may have gaps.
    kept = some[np.isfinite(some).all(axis=(1, 2))]
    return float(np.mean(kept.var(axis=1))) if len(kept) else 0.0
