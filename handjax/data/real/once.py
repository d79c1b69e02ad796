"""Label files parsed once, however many threads want a frame of them."""

from collections.abc import Callable
from functools import lru_cache, wraps
from threading import Lock
from typing import Any


def once(keep: int) -> Callable[[Callable], Any]:
    """A decorator: what a function gave is kept, and no two threads make it at a time.

    `lru_cache` alone lets every thread that comes before the first is done parse the
    file for itself, which for labels of gigabytes no memory has room for.

    Args:
        keep: so many results, those that were asked for last.
    """

    def decorate(make: Callable) -> Any:
        held, lock = lru_cache(keep)(make), Lock()

        @wraps(make)
        def get(*arguments: Any) -> Any:
            with lock:
                return held(*arguments)

        vars(get)["cache_clear"] = held.cache_clear
        return get

    return decorate
