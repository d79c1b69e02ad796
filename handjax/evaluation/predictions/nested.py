"""JSON as arrays: lists, frames by name, an object a frame, and nests of these.

Notation, shared by every function here and by the tests:
    record: the object of one frame, {"image": "a.png", "joints": [[x, y, z], ...]}.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Shaped

from handjax.evaluation.predictions.shapes import VIEWS
from handjax.evaluation.predictions.text import FileError

Arrays = dict[str, Shaped[np.ndarray, "..."]]

NAMES = "names of frames"
"""What the array of them is called."""
SEEN = (0.0, 1.0, 2.0)
"""How COCO says whether a joint can be seen, after its u and v."""


def parsed(content: bytes) -> Any:
    """What JSON says; of several values, one after another, a list of all."""
    try:
        return json.loads(content)
    except json.JSONDecodeError as wrong:
        lines = [line for line in content.splitlines() if line.strip()]
        if not wrong.msg.startswith("Extra data") or len(lines) < 2:
            raise
        return [json.loads(line) for line in lines]


def holds_records(found: Any) -> bool:
    """Whether it is a list of objects, and not of lists."""
    return isinstance(found, list) and bool(found) and isinstance(found[0], dict)


def arrays_of(found: Mapping[str, Any] | Sequence[Any]) -> Arrays:
    """Every array of an object or of a list of records, by name.

    Raises:
        FileError: lists of different lengths, or 2D joints.
    """
    if not isinstance(found, Mapping):
        return _columns(_merged(found))
    frames = list(_frames(found, ""))
    if frames:
        names, records = zip(*frames, strict=True)
        return _columns(records, names)
    arrays: Arrays = {}
    for name, value in found.items():
        if holds_records(value):
            columns = _columns(value)
            # Lists of pictures, of cameras and the like hold no numbers.
            some = columns.keys() - {NAMES}
            arrays |= {f"{name}/{k}": a for k, a in columns.items() if some}
        elif isinstance(value, list):
            arrays[name] = array(value)
    return arrays


def _frames(found: Mapping[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    """Frames by name in an object, at any depth; none if it has other names."""
    within = {k: v for k, v in found.items() if isinstance(v, Mapping)}
    if within and len(within) == len(found) and not _is_joints(found):
        for name in sorted(within, key=in_order):
            inner = list(_frames(within[name], f"{path}{name}/"))
            yield from inner or [(f"{path}{name}", within[name])]
        return
    lists = {k: v for k, v in found.items() if isinstance(v, list)}
    shapes = {_shape(v) for v in lists.values()}
    alike = len(shapes) == 1 and len(next(iter(shapes))) in (1, 2)
    if alike and len(lists) > VIEWS and not holds_records(next(iter(lists.values()))):
        # What is called without a number is no frame but a joint, and stands in order.
        numbered = any(re.search("[0-9]", name) for name in lists)
        for name in sorted(lists, key=in_order) if numbered else lists:
            yield f"{path}{name}", lists[name]


def _merged(records: Sequence[Any]) -> Any:
    """Records, or what is in them if each only names what it holds."""
    keys = [tuple(one) for one in records if isinstance(one, Mapping)]
    if len(keys) < len(records):
        raise FileError("has objects beside lists; is it one file or several?")
    if len(set(keys)) == len(keys) > 1 and {len(key) for key in keys} == {1}:
        return [{NAMES: k, "": v} for one in records for k, v in one.items()]
    return records


def _columns(records: Sequence[Any], names: Sequence[str] = ()) -> Arrays:
    """An array of each field that all records have numbers in, and their names."""
    if not all(isinstance(one, Mapping) for one in records):
        records = [{"": one} for one in records]
    fields = [k for k in records[0] if all(k in one for one in records)]
    plain = {k: [_plain(one[k]) for one in records] for k in fields}
    arrays = {k: array(v) for k, v in plain.items() if isinstance(v[0], list)}
    for name, column in arrays.items():
        _refuse_visibilities(name, column)
    names = names or _names_in([plain[k] for k in fields if k not in arrays])
    return arrays | {NAMES: np.array(names)} if len(names) else arrays


def _names_in(columns: list[list[Any]]) -> Sequence[str]:
    """The first column that tells records apart, words before whole numbers."""
    for kind in (str, int):
        for column in columns:
            right = all(type(value) is kind for value in column)
            if right and len(set(column)) == len(column):
                return [str(value) for value in column]
    return ()


def _plain(value: Any) -> Any:
    """Joints by name as a list, and points by axis; all else as it is."""
    if _is_point(value):
        return [value[axis] for axis in "xyz"]
    if isinstance(value, Mapping) and _is_joints(value):
        return [_plain(point) for point in value.values()]
    if holds_records(value) and all(map(_is_point, value)):
        return [_plain(point) for point in value]
    return value


def _is_joints(found: Mapping[str, Any]) -> bool:
    """Whether each of several names is that of a point."""
    threes = [isinstance(v, list) and _shape(v) == (3,) for v in found.values()]
    return len(found) > 1 and (all(threes) or all(map(_is_point, found.values())))


def _is_point(value: Any) -> bool:
    return isinstance(value, Mapping) and {"x", "y", "z"} <= value.keys()


def _refuse_visibilities(name: str, column: Float[np.ndarray, "frames ..."]) -> None:
    """Refuse joints whose third number says only whether they can be seen."""
    rows = column.reshape(len(column), -1)
    if rows.shape[1] % 3 or rows.shape[1] < 9:
        return
    points = rows.reshape(-1, 3)
    if np.isin(points[:, 2], SEEN).all() and np.abs(points).max() > max(SEEN):
        raise FileError(
            f"has 0, 1 or 2 after every two numbers of {name or 'its joints'!r}, as "
            "COCO's 2D joints have: give u, v and depth, or x, y and z"
        )


def in_order(name: str) -> tuple[str | int, ...]:
    """A key that sorts names as people count: 2 before 10."""
    parts = re.split(r"([0-9]+)", name)
    return tuple(int(part) if k % 2 else part for k, part in enumerate(parts))


def _shape(nested: Any) -> tuple[int, ...]:
    """Lengths of a list, of its first list and so on."""
    lengths = ()
    while isinstance(nested, list) and nested:
        nested, lengths = nested[0], (*lengths, len(nested))
    return lengths


def depth(nested: Any) -> int:
    """How many lists are in one another."""
    return len(_shape(nested))


def array(nested: Any) -> Float[np.ndarray, "..."]:
    """Lists of numbers as an array.

    Raises:
        FileError: they are not as long as one another, or not of numbers.
    """
    try:
        return np.array(nested, np.float64)
    except (ValueError, TypeError) as wrong:
        raise FileError(
            "wants lists of numbers, as many in every frame; some are missing or of "
            "another length"
        ) from wrong
