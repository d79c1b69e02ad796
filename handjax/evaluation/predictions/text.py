"""Joints as text, one frame a row: what all public results of depth methods are.

A row holds three numbers a joint, between blanks, tabs, commas or semicolons. Real
files also have what is allowed here: line ends of any system, empty fields at either
end, a picture's name or number before the joints, lines of comment, a heading.
"""

from collections import Counter
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

SEPARATORS = str.maketrans(",;\t", "   ")


class FileError(ValueError):
    """A file of joints that can't be read or scored, and what to do about it."""


class Rows(NamedTuple):
    """The numbers of a text file.

    Attributes:
        numbers: one row a frame.
        names: what stood before the numbers of each row; () where nothing did.
    """

    numbers: Float[np.ndarray, "frames columns"]
    names: tuple[str, ...] = ()


def parse(text: str) -> Rows:
    """The rows of a text file.

    Raises:
        FileError: no numbers, rows of different lengths, a field that is no number.
    """
    lines = [
        (number, line.translate(SEPARATORS).split())
        for number, line in enumerate(text.splitlines(), 1)
        if not line.lstrip().startswith("#")
    ]
    rows = [(number, *_split(fields)) for number, fields in lines if fields]
    # A heading has names alone; so has a list of pictures, which is refused below.
    if len(rows) > 1 and not rows[0][2] and rows[1][2]:
        rows = rows[1:]
    rows = _without_count(rows)
    if not rows or not any(fields for _, _, fields in rows):
        raise FileError("has no row of numbers; is it a list of pictures?")
    _check_lengths(rows)
    numbers = _to_numbers(rows)
    names = tuple(name for _, name, _ in rows)
    return _without_index(numbers, names if all(names) else ())


def _split(fields: list[str]) -> tuple[str, list[str]]:
    """What stands before the first number of a row, and the row from there."""
    first = 0
    while first < len(fields) and not _is_number(fields[first]):
        first += 1
    return " ".join(fields[:first]), fields[first:]


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _without_count(rows):
    """Rows without a first one that only says how many there are."""
    if len(rows) > 1 and rows[0][2] == [str(len(rows) - 1)] and len(rows[1][2]) > 1:
        return rows[1:]
    return rows


def _check_lengths(rows) -> None:
    usual = Counter(len(fields) for _, _, fields in rows).most_common(1)[0][0]
    for number, name, fields in rows:
        if len(fields) != usual:
            after = f" after {name!r}" if name else ""
            raise FileError(
                f"line {number} has {len(fields)} numbers{after} where others have "
                f"{usual}: is it cut off, or are two lines joined?"
            )


def _to_numbers(rows) -> Float[np.ndarray, "frames columns"]:
    try:
        return np.array([[float(x) for x in fields] for _, _, fields in rows])
    except ValueError:
        for number, _, fields in rows:
            wrong = [field for field in fields if not _is_number(field)]
            if wrong:
                raise FileError(
                    f"line {number} has {wrong[0]!r} where a number should be"
                ) from None
        raise


def _without_index(
    numbers: Float[np.ndarray, "frames columns"], names: tuple[str, ...]
) -> Rows:
    """Rows without a first column that only numbers them.

    Some may be left out: DexYCB's toolkit numbers pictures without a hand too.
    """
    columns, first = numbers.shape[1], numbers[:, 0]
    numbered = (first == np.rint(first)).all() and (np.diff(first) > 0).all()
    if columns % 3 == 1 and columns > 1 and numbered:
        return Rows(numbers[:, 1:], names or tuple(f"{x:g}" for x in numbers[:, 0]))
    return Rows(numbers, names)
