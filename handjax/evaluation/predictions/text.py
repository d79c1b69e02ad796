"""Joints as text, one frame a row: what all public results of depth methods are.

A row holds three numbers a joint, between blanks, tabs, commas or semicolons. Real
files also have what is allowed here: line ends of any system, empty fields at either
end, a picture's name or number before the joints or after them, lines of comment, a
heading, decimal commas.
"""

import re
from collections import Counter
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

SEPARATORS = str.maketrans(",;\t", "   ")
NO_NUMBER = re.compile(r"[-+]?(1\.#(QNAN|SNAN|IND|INF)\w*|nan\(\w*\))", re.IGNORECASE)
"""As C and Windows write what `float` calls nan."""
QUOTED = re.compile(r'"([^"\n]*)"')
COMMA = re.compile(r"(?<=\d),(?=\d)")
OF_NUMBERS = "0123456789.,+-eE"
"""The signs that numbers are written with."""
LOOKED_AT = 100
"""Rows that tell what a comma is."""


class FileError(ValueError):
    """A file of joints that can't be read or scored, and what to do about it."""


class Rows(NamedTuple):
    """The numbers of a text file.

    Attributes:
        numbers: one row a frame.
        names: what stood before the numbers of each row, or after them; () where
            nothing did.
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
        for number, line in enumerate(_with_points(text).splitlines(), 1)
        if not line.lstrip().startswith("#")
    ]
    rows = [(number, *_split(fields)) for number, fields in lines if fields]
    # A heading has names alone; so has a list of pictures, which is refused below.
    if len(rows) > 1 and not rows[0][2] and rows[1][2]:
        rows = rows[1:]
    rows = _without_ends(_without_count(rows))
    if not rows or not any(fields for _, _, fields in rows):
        raise FileError("has no row of numbers; is it a list of pictures?")
    _check_lengths(rows)
    numbers = _to_numbers(rows)
    names = tuple(name for _, name, _ in rows)
    return _without_index(numbers, names if all(names) else ())


def _with_points(text: str) -> str:
    """Text whose numbers are as we write them: a point, no quotes, nan."""
    if "#" in text or "nan(" in text:
        text = NO_NUMBER.sub("nan", text)
    if '"' in text:
        # Within quotes a comma separates nothing.
        text = QUOTED.sub(lambda found: COMMA.sub(".", found[1]), text)
    return COMMA.sub(".", text) if _has_decimal_commas(text) else text


def _has_decimal_commas(text: str) -> bool:
    """Whether commas stand in numbers: one in a field, and no point in any.

    Pairs, as in "u,v d", have them too, but then in the same columns of every row.
    """
    lines = [line for line in text.splitlines() if "," in line][:LOOKED_AT]
    rows = [[f.strip(",") for f in re.split(r"[;\s]+", line)] for line in lines]
    rows = [[f for f in row if f and not f.strip(OF_NUMBERS)] for row in rows]
    if any(field.count(",") > 1 or "." in field for row in rows for field in row):
        return False
    some = any("," in field for row in rows for field in row)
    return some and not all(_in_pairs(row) for row in rows)


def _in_pairs(fields: list[str]) -> bool:
    """Whether of every two fields the first has a comma and the second has none."""
    commas = ["," in field for field in fields]
    return all(commas[::2]) and not any(commas[1::2]) and len(commas) % 2 == 0


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


def _without_ends(rows):
    """Rows whose names stand at the end, as if they stood before."""
    if any(name or not fields or _is_number(fields[-1]) for _, name, fields in rows):
        return rows
    turned = [(number, *_split(fields[::-1])) for number, _, fields in rows]
    return [
        (number, " ".join(name.split(" ")[::-1]), fields[::-1])
        for number, name, fields in turned
    ]


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
    """Rows without a first or last column that only numbers them.

    Some may be left out: DexYCB's toolkit numbers pictures without a hand too.
    """
    frames, columns = numbers.shape
    if columns % 3 != 1 or columns == 1:
        return Rows(numbers, names)
    for column, others in ((0, numbers[:, 1:]), (-1, numbers[:, :-1])):
        index = numbers[:, column]
        whole = np.isfinite(index).all() and (index == np.rint(index)).all()
        if whole and len(np.unique(index)) == frames:
            return Rows(others, names or tuple(f"{x:.0f}" for x in index))
    return Rows(numbers, names)
