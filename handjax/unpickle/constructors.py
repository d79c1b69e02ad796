"""What pickles may build: numpy's arrays, dtypes and scalars, and plain containers.

Constructors are the ones that pickles name, but made here, so that each takes only what
it should and none reaches anything else.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, cast

import numpy as np

from handjax.unpickle.errors import UnpickleError
from handjax.unpickle.limits import keyed

Constructors = Mapping[str, Callable[..., Any]]

# Truth values, integers, floats, complex numbers and text of fixed length; no objects.
_CODE = re.compile(r"[<>=|]?[?biufcSU]\d{0,9}")


_AXES = 32


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
        UnpickleError: the object is of no kind that takes one.
    """
    if isinstance(target, np.ndarray):
        _fill_array(target, state)
    elif isinstance(target, np.dtype):
        _fill_dtype(target, state)
    elif isinstance(target, Record):
        slots = state if isinstance(state, tuple) else (state,)
        for fields in slots:
            target.fields.update(keyed(fields or {}))
    else:
        raise UnpickleError(f"a pickle gives {type(target).__name__} a state; refused")


def _fill_array(array: np.ndarray, state: Any) -> None:
    *_, shape, dtype, fortran, raw = state
    dtype, content = _plain(dtype), _bytes(raw)
    shape = _shape(shape, dtype, len(content))
    cast(Any, array).__setstate__((1, shape, dtype, bool(fortran), content))


def _fill_dtype(dtype: np.dtype, state: Any) -> None:
    version, order, *rest = state
    if order not in ("<", ">", "=", "|") or any(part is not None for part in rest[:3]):
        raise ValueError("a dtype has fields")
    whole = (int(version), order, None, None, None, dtype.itemsize, dtype.alignment, 0)
    cast(Any, dtype).__setstate__(whole)


def _plain(dtype: Any) -> np.dtype:
    """A dtype that `_dtype` made, and not what numpy would take for one."""
    if not isinstance(dtype, np.dtype):
        raise ValueError(f"a dtype is {type(dtype).__name__}")
    return dtype


def _shape(shape: Any, dtype: np.dtype, size: int) -> tuple[int, ...]:
    """A shape, if so many bytes fill it."""
    sizes = tuple(_size(n) for n in shape[:_AXES])
    wanted = math.prod(sizes) * dtype.itemsize
    if wanted != size or len(shape) > _AXES:
        raise ValueError(f"an array of {wanted} bytes has {size}")
    return sizes


def _size(number: Any) -> int:
    if not isinstance(number, int) or not 0 <= number < 1 << 62:
        raise ValueError(f"a size is {type(number).__name__}, or less than nothing")
    return number


def _bytes(raw: Any) -> bytes:
    """What Python 2 called a string."""
    return raw.encode("latin-1") if isinstance(raw, str) else bytes(memoryview(raw))


def _dtype(code: str, *_: Any) -> np.dtype:
    if not _CODE.fullmatch(code):
        raise UnpickleError(f"a pickle holds arrays of the type {code[:80]!r}; refused")
    # A copy, since the state that follows would change numpy's own.
    dtype = np.dtype(code, False, True)
    if not dtype.itemsize:
        # Without bytes an array may claim any shape.
        raise UnpickleError(f"a pickle holds arrays of the type {code!r}; refused")
    return dtype


def _scalar(dtype: Any, raw: Any) -> Any:
    if len(raw) != _plain(dtype).itemsize:
        raise ValueError(f"a number of {dtype.itemsize} bytes has {len(raw)}")
    return np.frombuffer(_bytes(raw), dtype)[0]


def _from_buffer(raw: Any, dtype: Any, shape: Any, order: str) -> np.ndarray:
    flat = np.frombuffer(_bytes(raw), _plain(dtype))
    return cast(Any, flat).reshape(_shape(shape, dtype, flat.nbytes), order=order)


def _encode(text: str, encoding: str = "latin1") -> bytes:
    """How protocol 2 of Python 3 writes bytes."""
    if encoding not in ("latin1", "latin-1"):
        raise ValueError("bytes are not encoded as Latin-1")
    return text.encode("latin-1")


def _empty_array(*_: Any) -> np.ndarray:
    return np.empty(0, np.uint8)


def _set(items: Any = ()) -> set:
    return set(keyed(items))


def _frozen(items: Any = ()) -> frozenset:
    return frozenset(keyed(items))


def _ordered(pairs: Any = ()) -> dict:
    keyed([key for key, _ in pairs])
    return dict(pairs)


def _no_call(*_: Any) -> None:
    raise UnpickleError("a pickle calls a class that it may only name; refused")


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
    "collections.OrderedDict": _ordered,
    **{f"{core}.multiarray._reconstruct": _empty_array for core in _CORE},
    **{f"{core}.multiarray.scalar": _scalar for core in _CORE},
    **{f"{core}.numeric._frombuffer": _from_buffer for core in _CORE},
    **{f"{module}.set": _set for module in _BUILTINS},
    **{
        f"{module}.frozenset": lambda items=(): frozenset(keyed(items))
        for module in _BUILTINS
    },
    **{f"{module}.bytes": _empty_bytes for module in _BUILTINS},
}
"""What pickles may call where nothing else is said."""
