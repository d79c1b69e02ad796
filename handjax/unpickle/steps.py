"""The instructions of pickles that build data, and no others.

Text that Python 2 wrote comes out as text, a character a byte (Latin-1).

Source: the instructions are documented in CPython's Lib/pickletools.py.
"""

import codecs
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from handjax.unpickle.constructors import fill
from handjax.unpickle.errors import UnpickleError
from handjax.unpickle.limits import keyed
from handjax.unpickle.machine import Machine, Named


def run(machine: Machine) -> Any:
    """What the program leaves on the stack."""
    while (code := machine.take(1)) != b".":
        step = _STEPS.get(code)
        if step is None:
            raise UnpickleError(
                f"{machine.name} holds the instruction {code!r} "
                f"({_REFUSED.get(code, 'unknown')}), which is refused"
            )
        step(machine)
    result = machine.stack.pop()
    if isinstance(result, Named):
        raise UnpickleError(f"{machine.name} holds {result.name}, which is no data")
    return result


_REFUSED: Mapping[bytes, str] = {
    b"i": "INST", b"o": "OBJ", b"P": "PERSID", b"Q": "BINPERSID",
    b"\x92": "NEWOBJ_EX", b"\x97": "NEXT_BUFFER", b"\x98": "READONLY_BUFFER",
    b"\x82": "EXT1", b"\x83": "EXT2", b"\x84": "EXT4",
}  # fmt: skip


def _push(machine: Machine, *, make: Callable[[Machine], Any]) -> None:
    machine.stack.append(make(machine))


def _sized(machine: Machine, *, form: str, decode: Callable[[bytes], Any]) -> None:
    machine.stack.append(decode(machine.take(machine.number(form))))


def _lined(machine: Machine, *, parse: Callable[[bytes], Any]) -> None:
    machine.stack.append(parse(machine.line()))


def _latin(data: bytes) -> str:
    return data.decode("latin-1")


def _unicode(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")


def _long(data: bytes) -> int:
    return int.from_bytes(data, "little", signed=True)


def _integer(line: bytes) -> int | bool:
    """Protocol 0 writes truth values as integers with two digits."""
    if line in (b"00", b"01"):
        return line == b"01"
    return int(line.rstrip(b"L"))


def _quoted(line: bytes) -> str:
    line = line.strip()
    if len(line) < 2 or line[:1] not in b"'\"" or line[-1:] != line[:1]:
        raise ValueError("a string without quotes")
    return _latin(codecs.escape_decode(line[1:-1])[0])


def _mark(machine: Machine) -> None:
    machine.marks.append(len(machine.stack))


def _pop(machine: Machine) -> None:
    if machine.marks and machine.marks[-1] == len(machine.stack):
        machine.marks.pop()
    else:
        machine.stack.pop()


def _tuple(machine: Machine, *, size: int) -> None:
    if size > len(machine.stack):
        raise IndexError("its stack is empty")
    start = len(machine.stack) - size
    machine.stack[start:] = [tuple(machine.stack[start:])]


def _top(machine: Machine, kind: type) -> Any:
    """What is filled: numpy's arrays would take keys and items in their own way."""
    if not isinstance(machine.stack[-1], kind):
        raise TypeError(f"{type(machine.stack[-1]).__name__} is filled as {kind}")
    return machine.stack[-1]


def _append(machine: Machine) -> None:
    item = machine.stack.pop()
    _top(machine, list).append(item)


def _extend(machine: Machine) -> None:
    items = machine.since_mark()
    _top(machine, list).extend(items)


def _pairs(items: list[Any]) -> dict[Any, Any]:
    return dict(zip(keyed(items[::2]), items[1::2], strict=True))


def _set_item(machine: Machine) -> None:
    value, key = machine.stack.pop(), machine.stack.pop()
    _top(machine, dict).update(_pairs([key, value]))


def _set_items(machine: Machine) -> None:
    items = machine.since_mark()
    _top(machine, dict).update(_pairs(items))


def _add_items(machine: Machine) -> None:
    items = machine.since_mark()
    _top(machine, set).update(keyed(items))


def _freeze(machine: Machine) -> None:
    machine.stack.append(frozenset(keyed(machine.since_mark())))


def _global(machine: Machine) -> None:
    module, name = _latin(machine.line()), _latin(machine.line())
    machine.stack.append(machine.find(module, name))


def _stack_global(machine: Machine) -> None:
    name, module = machine.stack.pop(), machine.stack.pop()
    machine.stack.append(machine.find(str(module), str(name)))


def _call(machine: Machine) -> None:
    arguments, function = machine.stack.pop(), machine.stack.pop()
    machine.stack.append(machine.call(function, arguments))


def _build(machine: Machine) -> None:
    state = machine.stack.pop()
    fill(machine.stack[-1], state)
    machine.pay(machine.stack[-1])


def _put(machine: Machine, *, number: Callable[[Machine], int]) -> None:
    machine.memo[number(machine)] = machine.stack[-1]


def _get(machine: Machine, *, number: Callable[[Machine], int]) -> None:
    machine.stack.append(machine.memo[number(machine)])


def _of(form: str) -> Callable[[Machine], Any]:
    return lambda machine: machine.number(form)


def _counted(machine: Machine) -> int:
    return int(machine.line())


_STEPS: Mapping[bytes, Callable[[Machine], Any]] = {
    b"\x80": lambda machine: machine.take(1),
    b"\x95": lambda machine: machine.take(8),
    b"(": _mark,
    b"0": _pop,
    b"1": lambda machine: machine.since_mark(),
    b"2": partial(_push, make=lambda machine: machine.stack[-1]),
    b"N": partial(_push, make=lambda machine: None),
    b"\x88": partial(_push, make=lambda machine: True),
    b"\x89": partial(_push, make=lambda machine: False),
    b"K": partial(_push, make=_of("<B")),
    b"M": partial(_push, make=_of("<H")),
    b"J": partial(_push, make=_of("<i")),
    b"G": partial(_push, make=_of(">d")),
    b"I": partial(_lined, parse=_integer),
    b"L": partial(_lined, parse=_integer),
    b"F": partial(_lined, parse=float),
    b"S": partial(_lined, parse=_quoted),
    b"V": partial(_lined, parse=lambda line: line.decode("raw-unicode-escape")),
    b"\x8a": partial(_sized, form="<B", decode=_long),
    b"\x8b": partial(_sized, form="<i", decode=_long),
    b"U": partial(_sized, form="<B", decode=_latin),
    b"T": partial(_sized, form="<i", decode=_latin),
    b"C": partial(_sized, form="<B", decode=bytes),
    b"B": partial(_sized, form="<I", decode=bytes),
    b"\x8e": partial(_sized, form="<Q", decode=bytes),
    b"\x96": partial(_sized, form="<Q", decode=bytes),
    b"\x8c": partial(_sized, form="<B", decode=_unicode),
    b"X": partial(_sized, form="<I", decode=_unicode),
    b"\x8d": partial(_sized, form="<Q", decode=_unicode),
    b"]": partial(_push, make=lambda machine: []),
    b"l": partial(_push, make=lambda machine: machine.since_mark()),
    b"a": _append,
    b"e": _extend,
    b")": partial(_push, make=lambda machine: ()),
    b"t": partial(_push, make=lambda machine: tuple(machine.since_mark())),
    b"\x85": partial(_tuple, size=1),
    b"\x86": partial(_tuple, size=2),
    b"\x87": partial(_tuple, size=3),
    b"}": partial(_push, make=lambda machine: {}),
    b"d": partial(_push, make=lambda machine: _pairs(machine.since_mark())),
    b"s": _set_item,
    b"u": _set_items,
    b"\x8f": partial(_push, make=lambda machine: set()),
    b"\x90": _add_items,
    b"\x91": partial(
        _push, make=lambda machine: frozenset(keyed(machine.since_mark()))
    ),
    b"p": partial(_put, number=_counted),
    b"q": partial(_put, number=_of("<B")),
    b"r": partial(_put, number=_of("<I")),
    b"\x94": partial(_put, number=lambda machine: len(machine.memo)),
    b"g": partial(_get, number=_counted),
    b"h": partial(_get, number=_of("<B")),
    b"j": partial(_get, number=_of("<I")),
    b"c": _global,
    b"\x93": _stack_global,
    b"R": _call,
    b"\x81": _call,
    b"b": _build,
}
