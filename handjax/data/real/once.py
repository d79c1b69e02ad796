"""Label files parsed once, however many threads want a frame of them."""

from collections.abc import Callable
from functools import lru_cache, wraps
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from handjax.data.real.frame import DatasetError, FrameError


class _Outcome(NamedTuple):
    """What a function gave, or the kind and words of what it raised."""

    given: Any = None
    fault: type[ValueError] | None = None
    words: str = ""


def once(keep: int) -> Callable[[Callable], Any]:
    """A decorator: what a function gave is kept, and no two threads make it at a time.

    `lru_cache` alone lets every thread that comes before the first is done parse the
    file for itself, which for labels of gigabytes no memory has room for; and it
    forgets failures, so that a broken file would be parsed again for every frame. A
    file that was written anew is read anew.

    Args:
        keep: so many results, those that were asked for last.
    """

    def decorate(make: Callable) -> Any:
        @lru_cache(keep)
        def held(stamps: tuple[Any, ...], *arguments: Any) -> _Outcome:
            del stamps
            try:
                return _Outcome(make(*arguments))
            # Not the error itself: its traceback would keep all that was read.
            except (DatasetError, FrameError) as error:
                return _Outcome(fault=type(error), words=str(error))

        lock = Lock()

        @wraps(make)
        def get(*arguments: Any) -> Any:
            with lock:
                given, fault, words = held(tuple(map(_stamp, arguments)), *arguments)
            if fault:
                raise fault(words)
            return given

        vars(get)["cache_clear"] = held.cache_clear
        return get

    return decorate


def _stamp(argument: Any) -> tuple[int, int] | None:
    """When a file was written, and its size; None for anything else."""
    if not isinstance(argument, Path):
        return None
    try:
        found = argument.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
