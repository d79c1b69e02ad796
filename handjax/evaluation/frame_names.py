"""Frames that are told by their names, whatever the order of a file's rows."""

import re
from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Int

Key = Callable[[str], object]

SHOWN = 3
"""So many missing frames are named."""


def rows_of(
    names: Sequence[str], wanted: Sequence[str]
) -> Int[np.ndarray, "wanted"] | None:
    """The row of each wanted frame; None if the names do not tell all of them.

    Names agree as they are, without ending or folder, or in their numbers alone:
    "test_seq_1/image_0007.png" is "image_0007" and 7, where no other is.

    Args:
        names: of a file's rows.
        wanted: names of the labels' frames.
    """
    if not names:
        return None
    for key, exact in ((_path, False), (_stem, False), (_numbers, True), (_last, True)):
        row = {key(name): k for k, name in enumerate(names)}
        keys = [key(name) for name in wanted]
        told = len(row) == len(names) and len(set(keys)) == len(keys) > 0
        # Numbers agree by chance: they must do so in every frame.
        if told and set(keys) <= row.keys() and (len(keys) == len(names) or not exact):
            return np.array([row[k] for k in keys])
    return None


def missing(names: Sequence[str], wanted: Sequence[str]) -> str:
    """Which frames a file lacks, as the end of a sentence; "" if names do not tell."""
    for key in (_path, _stem):
        have = {key(name) for name in names}
        lost = [name for name in wanted if key(name) not in have]
        if len(have) == len(names) and len(wanted) - len(lost) == len(names) and lost:
            more = f" and {len(lost) - SHOWN} more" if len(lost) > SHOWN else ""
            return f"; by its names it lacks {', '.join(lost[:SHOWN])}{more}"
    return ""


def _path(name: str) -> object:
    """A name without its ending, its folders told apart as everywhere."""
    return re.sub(r"\.[A-Za-z]\w*$", "", name.replace("\\", "/").strip("/"))


def _stem(name: str) -> object:
    return str(_path(name)).rsplit("/", 1)[-1]


def _numbers(name: str) -> object:
    return tuple(map(int, re.findall(r"[0-9]+", str(_path(name)))))


def _last(name: str) -> object:
    numbers = re.findall(r"[0-9]+", str(_path(name)))
    # What has none is told by no number; its own name is as good as any.
    return int(numbers[-1]) if numbers else name
