"""Pickles, read without running any of them.

A pickle is a program for a small stack machine, and Python's own reader imports and
calls whatever the program names. Ours knows the instructions that build data; what it
may call besides are the constructors that it is handed: those of numpy's arrays, dtypes
and scalars and of plain containers, unless told otherwise. Anything else is refused by
name before it is looked up.
"""

import struct
from pathlib import Path
from typing import Any

from handjax.unpickle.constructors import NUMPY, Constructors, Record, records
from handjax.unpickle.errors import UnpickleError
from handjax.unpickle.machine import Machine
from handjax.unpickle.steps import run

__all__ = [
    "NUMPY",
    "Constructors",
    "Record",
    "UnpickleError",
    "loads",
    "read",
    "records",
]


def read(path: str | Path, *, allowed: Constructors = NUMPY) -> Any:
    """What a pickle file holds.

    Args:
        path: the file, of any protocol, written by Python 2 or 3.
        allowed: what it may build, see `loads`.

    Raises:
        UnpickleError: there is no such file, it is broken, or it asks for something
            that is not allowed.
    """
    path = Path(path)
    if not path.is_file():
        raise UnpickleError(f"no file at {path}; download it again")
    return loads(path.read_bytes(), allowed=allowed, name=str(path))


def loads(
    data: bytes, *, allowed: Constructors = NUMPY, name: str = "the pickle"
) -> Any:
    """What a pickle holds.

    Args:
        data: the pickle.
        allowed: the constructors that it may call, by the full names that pickles give
            them, as "numpy.dtype"; `records` makes some for classes.
        name: what messages call it.

    Raises:
        UnpickleError: it is broken, or asks for something that is not allowed.
    """
    machine = Machine(data, allowed, name)
    try:
        return run(machine)
    except UnpickleError:
        raise
    except (
        *(EOFError, LookupError, TypeError, ValueError, AttributeError),
        *(OverflowError, MemoryError, RecursionError, struct.error),
    ) as error:
        raise UnpickleError(
            f"{name} is a broken pickle ({error or type(error).__name__}, at byte "
            f"{machine.at} of {len(data)}); download it again"
        ) from error
