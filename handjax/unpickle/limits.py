"""What a pickle may cost, whoever wrote it: a few bytes of it can ask for terabytes."""

import sys
from collections.abc import Iterable
from typing import Any

import numpy as np

DEEPEST = 100
"""Tuples within tuples that may be a key."""

LARGEST = 1_000
"""Things within a key."""

TIMES, SLACK = 8, 64 << 20
"""Constructors may make so many bytes for each of the pickle's, and so many more."""


def budget(size: int) -> int:
    """Bytes that constructors may make for a pickle of this size."""
    return TIMES * size + SLACK


def cost(made: Any) -> int:
    """Bytes of what a constructor made, without what was there before."""
    if isinstance(made, np.ndarray):
        return made.nbytes
    # A record is what its fields are.
    parts = made if isinstance(made, tuple) else (made,)
    return sum(map(sys.getsizeof, parts))


def keyed(keys: Any) -> Any:
    """Things that are to be keys, or of a set.

    Python hashes tuples by recursion that nothing stops, each as often as it is named.

    Raises:
        ValueError: one is too deep or too large for that.
    """
    if not isinstance(keys, Iterable):
        raise TypeError(f"keys are {type(keys).__name__}")
    for key in keys:
        if isinstance(key, tuple):
            _require_shallow(key)
    return keys


def _require_shallow(key: tuple) -> None:
    left, seen = [(key, 1)], 0
    while left:
        things, depth = left.pop()
        seen += len(things)
        if depth > DEEPEST or seen > LARGEST:
            raise ValueError("a key of tuples in tuples, too deep or too large")
        left += [(thing, depth + 1) for thing in things if isinstance(thing, tuple)]
