"""Numbers out of label files: of the right shape, and numbers all of them."""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from handjax.data.real.frame import DatasetError, FrameError

LARGEST = 1 << 26
"""Numbers in one label: of a depth map there are fewer."""

BLOCK = 1 << 24
"""Bytes of a file of points that are read at a time."""

Shape = Sequence[int | None]


def checked(
    values: Any, shape: Shape, what: str, *, error: type[ValueError] = FrameError
) -> Float[np.ndarray, "..."]:
    """Values as an array of this shape, all finite.

    Args:
        values: array or nested lists.
        shape: the size of each axis; None for any.
        what: they are, for messages.
        error: raised if they aren't.
    """
    # Before they are copied: a label may hold a list a million times by name.
    found = shape_of(values, len(shape) + 1)
    fits = len(found) == len(shape) and all(
        wanted in (None, size) for wanted, size in zip(shape, found, strict=True)
    )
    if not fits or math.prod(found) > LARGEST:
        raise error(f"{what} wants {_text(shape)} numbers; got {_text(found)}")
    try:
        array = np.asarray(values, np.float64)
    except (TypeError, ValueError, RecursionError, MemoryError) as cause:
        raise error(f"{what} wants {_text(shape)} numbers; {cause}") from cause
    if array.shape != found:
        raise error(f"{what} wants {_text(shape)} numbers; got {_text(array.shape)}")
    if not np.isfinite(array).all():
        raise error(f"{what} holds NaN or infinity")
    return array


def shape_of(values: Any, axes: int = 8) -> tuple[int, ...]:
    """Shape of an array, or of nested lists by the first of each; at most `axes`."""
    shape: tuple[int, ...] = ()
    while isinstance(values, list | tuple) and len(shape) < axes:
        shape += (len(values),)
        if not values:
            return shape
        values = values[0]
    if isinstance(values, np.ndarray):
        shape += values.shape
    return shape[:axes]


def item(values: Any, place: int, what: str) -> Any:
    """An item of a list that has one for every frame.

    Raises:
        FrameError: it has not.
    """
    if not isinstance(values, list | np.ndarray) or place >= len(values):
        raise FrameError(f"{what} is missing: number {place} is not in the list")
    return values[place]


def read_json(path: Path, each: Callable[[dict], Any] | None = None) -> Any:
    """What a JSON file holds.

    While it is parsed, memory holds the text and what was made of it: without `each`
    about ten times the text (measured on lists of pictures), as Python keeps numbers.

    Args:
        path: the file.
        each: called with every object as it ends, inner ones first; what it gives
            stands in its place. So a file of many may become small as it is read.

    Raises:
        DatasetError: there is no such file, or it is broken.
    """
    if not path.is_file():
        raise DatasetError(f"no file at {path}; download it again")
    try:
        return json.loads(path.read_text("utf-8-sig"), object_hook=each)
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"{path} is no JSON ({error}); download it again") from error


def read_json_points(path: Path, rows: int) -> Float[np.ndarray, "samples {rows} 3"]:
    """Points of each sample from a JSON file, in single precision.

    Files of surfaces reach gigabytes, and as Python's numbers would fill several times
    their size in memory; so brackets are dropped and the numbers read as one row, block
    by block. It takes twice the memory of the points, 0.6 GB for FreiHAND's 32,560
    surfaces, whatever the size of the file.

    Args:
        path: a list of lists of points.
        rows: points of a sample.

    Raises:
        DatasetError: no such file, or not such lists.
    """
    if not path.is_file():
        raise DatasetError(f"no file at {path}; download it again")
    wanted, lists, parts = f"{path} wants samples of {rows} x 3 numbers", 0, []
    try:
        for block in _blocks(path):
            lists += block.count(b"[")
            text = block.translate(None, b"[]\n\r\t ").strip(b",")
            if text:
                parts.append(np.fromstring(text, np.float32, sep=","))
        points = np.concatenate([np.zeros(0, np.float32), *parts]).reshape(-1, rows, 3)
    except ValueError as error:
        raise DatasetError(f"{wanted} ({error}); download it again") from error
    # One list of all, one a sample, one a point: else a row was too long or short.
    if lists != 1 + len(points) * (1 + rows):
        raise DatasetError(f"{wanted}; got {points.size} numbers in {lists} lists")
    return points


def _blocks(path: Path) -> Iterator[bytes]:
    """Parts of a JSON file of lists, none of which ends within a number."""
    rest = b""
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            cut = block.rfind(b"]") + 1
            if cut:
                yield rest + block[:cut]
                rest = block[cut:]
            else:
                rest += block
    yield rest


def _text(shape: Shape) -> str:
    return " x ".join("any" if size is None else str(size) for size in shape)
