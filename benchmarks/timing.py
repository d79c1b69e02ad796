"""How long jitted functions take, beside what the machine could do at best."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp

CHAIN = 32  # dependent operations per element: long enough to hide reading it


def fastest(
    calls: Mapping[str, Callable[[], Any]],
    *,
    repeats: int = 30,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, float]:
    """Seconds of each call's fastest run, after one run to compile.

    The calls take turns, so that a busy spell of the machine meets all of them.

    Args:
        clock: `time.process_time` counts all cores' work, neighbours' left out.
    """
    for call in calls.values():
        jax.block_until_ready(call())
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(repeats):
        for name, call in calls.items():
            start = clock()
            jax.block_until_ready(call())
            best[name] = min(best[name], clock() - start)
    return best


def copied_bytes() -> float:
    """Bytes read and written in a second by a copy larger than any cache."""
    array = jnp.zeros((64, 1 << 19))
    copy = jax.jit(lambda a: a + 1.0)
    return 2 * array.nbytes / fastest({"": lambda: copy(array)})[""]


def multiply_adds() -> float:
    """Multiply-adds of float32 in a second, by an elementwise kernel in cache."""
    return _operations(lambda a, slope, offset: a * slope + offset)


def square_roots() -> float:
    """Square roots of float32 in a second, by an elementwise kernel in cache."""
    return _operations(lambda a, slope, offset: jnp.sqrt(a))


def _operations(operation: Callable[..., jax.Array]) -> float:
    @jax.jit
    def kernel(a, slope, offset):
        for _ in range(CHAIN):
            a = operation(a, slope, offset)
        return a

    array = jnp.ones((64, 1 << 12))
    seconds = fastest({"": lambda: kernel(array, 0.9, 0.1)}, repeats=300)[""]
    return CHAIN * array.size / seconds
