"""The state of a pickle's program, and the two ways out of it that are open."""

import struct
from collections.abc import Callable
from typing import Any, NamedTuple

from handjax.unpickle.constructors import Constructors
from handjax.unpickle.errors import UnpickleError
from handjax.unpickle.limits import budget, cost


class Named(NamedTuple):
    """A constructor that the program has named."""

    name: str
    make: Callable[..., Any]


class Machine:
    """The state of the program: where it reads, its stack, marks and memo."""

    def __init__(self, data: bytes, allowed: Constructors, name: str) -> None:
        self.data, self.allowed, self.name = data, allowed, name
        self.at = 0
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}
        self.left = budget(len(data))

    def take(self, size: int) -> bytes:
        """The next bytes."""
        end = self.at + size
        if size < 0 or end > len(self.data):
            raise EOFError("it ends too early")
        start, self.at = self.at, end
        return self.data[start:end]

    def line(self) -> bytes:
        """The next bytes up to the end of the line."""
        end = self.data.find(b"\n", self.at)
        if end < 0:
            raise EOFError("it ends too early")
        start, self.at = self.at, end + 1
        return self.data[start:end]

    def number(self, form: str) -> Any:
        """The next number, of a format of `struct`."""
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def since_mark(self) -> list[Any]:
        """What was put on the stack since the last mark, taken off."""
        start = self.marks.pop()
        found = self.stack[start:]
        del self.stack[start:]
        return found

    def find(self, module: str, name: str) -> Named:
        """The constructor of this name, if it is allowed."""
        full = f"{module}.{name}"
        if full not in self.allowed:
            raise UnpickleError(
                f"{self.name} asks for {full}, which is refused: only arrays and plain "
                "containers are read from pickles. Take the file from its makers' "
                "own page"
            )
        return Named(full, self.allowed[full])

    def call(self, function: Any, arguments: Any) -> Any:
        """What an allowed constructor makes."""
        if not isinstance(function, Named):
            raise UnpickleError(
                f"{self.name} calls {type(function).__name__}, which is refused"
            )
        # Some constructors are handed others, as the class of what they make.
        made = function.make(
            *(a.make if isinstance(a, Named) else a for a in arguments)
        )
        self.pay(made)
        return made

    def pay(self, made: Any) -> None:
        """Take what was made off what may be.

        Raises:
            UnpickleError: there is nothing left.
        """
        self.left -= cost(made)
        if self.left < 0:
            raise UnpickleError(
                f"{self.name} makes far more data than its {len(self.data)} bytes can "
                "hold, which is refused; download it again"
            )
