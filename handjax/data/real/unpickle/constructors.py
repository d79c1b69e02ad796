"""What pickles may build: numpy's arrays, dtypes and scalars, and plain containers.

Constructors are the ones that pickles name, but made here, so that each takes only what
it should and none reaches anything else.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, cast

import numpy as np

from handjax.data.real.frame import DatasetError

Constructors = Mapping[str, Callable[..., Any]]

# Truth values, integers, floats, complex numbers and text of fixed length; no objects.
_CODE = re.compile(r"[<>=|]?[?biufcSU]\d{0,9}")


class Record(NamedTuple):
    """An object of a class that was not loaded.

    Attributes:
        name: of its class.
        fields: the attributes that it was given.
    """

    name: str
    fields: dict[str, Any]


def records(*names: str) -> Constructors:
    """Constructors for classes of these full names that keep their attributes only."""
    made = {name: _record_of(name) for name in names}
    plumbing = {
        "copy_reg._reconstructor": lambda kind, base, state: kind(),
        "copyreg._reconstructor": lambda kind, base, state: kind(),
        "__builtin__.object": _no_call,
        "builtins.object": _no_call,
    }
    return made | plumbing


def fill(target: Any, state: Any) -> None:
    """Give an object that was made its state.

    Raises:
        ValueError: the state is not one of such an object.
        DatasetError: the object is of no kind that takes one.
    """
    if isinstance(target, np.ndarray):
        _fill_array(target, state)
    elif isinstance(target, np.dtype):
        _fill_dtype(target, state)
    elif isinstance(target, Record):
        slots = state if isinstance(state, tuple) else (state,)
        for fields in slots:
            target.fields.update(fields or {})
    else:
        raise DatasetError(f"a pickle gives {type(target).__name__} a state; refused")


def _fill_array(array: np.ndarray, state: Any) -> None:
    *_, shape, dtype, fortran, raw = state
    size = math.prod(_size(n) for n in shape) * dtype.itemsize
    content = _bytes(raw)
    if len(content) != size:
        raise ValueError(f"an array of {size} bytes has {len(content)}")
    cast(Any, array).__setstate__((1, tuple(shape), dtype, bool(fortran), content))


def _fill_dtype(dtype: np.dtype, state: Any) -> None:
    version, order, *rest = state
    if order not in ("<", ">", "=", "|") or any(part is not None for part in rest[:3]):
        raise ValueError("a dtype has fields")
    whole = (int(version), order, None, None, None, dtype.itemsize, dtype.alignment, 0)
    cast(Any, dtype).__setstate__(whole)


def _size(number: Any) -> int:
    if not isinstance(number, int) or number < 0:
        raise ValueError(f"a size is {number!r}")
    return number


def _bytes(raw: Any) -> bytes:
    """What Python 2 called a string."""
    return raw.encode("latin-1") if isinstance(raw, str) else bytes(memoryview(raw))


def _dtype(code: str, *_: Any) -> np.dtype:
    if not _CODE.fullmatch(code):
        raise DatasetError(f"a pickle holds arrays of the type {code!r}; refused")
    # A copy, since the state that follows would change numpy's own.
    return np.dtype(code, False, True)


def _scalar(dtype: np.dtype, raw: Any) -> Any:
    return np.frombuffer(_bytes(raw), dtype, count=1)[0]


def _from_buffer(raw: Any, dtype: np.dtype, shape: Any, order: str) -> np.ndarray:
    return cast(Any, np.frombuffer(_bytes(raw), dtype)).reshape(shape, order=order)


def _encode(text: str, encoding: str = "latin1") -> bytes:
    """How protocol 2 of Python 3 writes bytes."""
    if encoding not in ("latin1", "latin-1"):
        raise ValueError(f"bytes are encoded as {encoding!r}")
    return text.encode("latin-1")


def _empty_array(*_: Any) -> np.ndarray:
    return np.empty(0, np.uint8)


def _no_call(*_: Any) -> None:
    raise DatasetError("a pickle calls a class that it may only name; refused")


def _record_of(name: str) -> Callable[..., Record]:
    return lambda *arguments: Record(name, {})


def _empty_bytes() -> bytes:
    return b""


_CORE = ("numpy.core", "numpy._core")
_BUILTINS = ("__builtin__", "builtins")

NUMPY: Constructors = {
    "numpy.dtype": _dtype,
    "numpy.ndarray": _no_call,
    "_codecs.encode": _encode,
    "collections.OrderedDict": dict,
    **{f"{core}.multiarray._reconstruct": _empty_array for core in _CORE},
    **{f"{core}.multiarray.scalar": _scalar for core in _CORE},
    **{f"{core}.numeric._frombuffer": _from_buffer for core in _CORE},
    **{f"{module}.set": set for module in _BUILTINS},
    **{f"{module}.frozenset": frozenset for module in _BUILTINS},
    **{f"{module}.bytes": _empty_bytes for module in _BUILTINS},
}
"""What pickles may call where nothing else is said."""
