"""Pickles as Python 2 wrote them, whose strings were bytes: protocol 2, by hand."""

import struct
from typing import Any, NamedTuple

import numpy as np


class Made(NamedTuple):
    """An object of a class that need not be there to be written."""

    name: str
    fields: dict[str, Any]


def python_2(value: Any) -> bytes:
    """A pickle of dictionaries, lists, tuples, sets, text, numbers, None, arrays and
    objects, which are `Made`."""
    return b"\x80\x02" + _put(value) + b"."


def _put(value: Any) -> bytes:
    if value is None:
        return b"N"
    if isinstance(value, bool):
        return b"\x88" if value else b"\x89"
    if isinstance(value, int):
        return b"J" + struct.pack("<i", value)
    if isinstance(value, float):
        return b"G" + struct.pack(">d", value)
    if isinstance(value, str):
        return _text(value.encode("latin-1"))
    if isinstance(value, dict):
        items = b"".join(_put(key) + _put(item) for key, item in value.items())
        return b"}(" + items + b"u"
    if isinstance(value, list):
        return b"](" + b"".join(map(_put, value)) + b"e"
    if isinstance(value, set):
        return b"c__builtin__\nset\n" + _put(list(value)) + b"\x85R"
    if isinstance(value, Made):
        module, name = value.name.encode().rsplit(b".", 1)
        return b"c" + module + b"\n" + name + b"\n)\x81" + _put(value.fields) + b"b"
    if isinstance(value, tuple):
        return b"(" + b"".join(map(_put, value)) + b"t"
    return _array(np.asarray(value))


def _text(data: bytes) -> bytes:
    if len(data) < 256:
        return b"U" + bytes([len(data)]) + data
    return b"T" + struct.pack("<i", len(data)) + data


def _array(values: np.ndarray) -> bytes:
    order, code = ("|" if values.dtype.itemsize == 1 else "<"), values.dtype.str[1:]
    shape = b"".join(map(_put, values.shape))
    unknown = _put(-1) * 2 + b"K\x00"
    return (
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
        b"(K\x01(" + shape + b"tcnumpy\ndtype\n" + _text(code.encode()) + b"K\x00K\x01"
        b"\x87R(K\x03" + _text(order.encode()) + b"NNN" + unknown + b"tb\x89"
        + _text(np.ascontiguousarray(values).tobytes()) + b"tb"
    )  # fmt: skip
