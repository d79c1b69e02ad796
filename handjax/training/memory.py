"""Keep freed memory at hand between steps, instead of giving it back to the system."""

import ctypes
import sys

# Parameters of glibc's mallopt, and what they are set to. No trimming at all: 2 GiB,
# the most that a threshold can say, is less than several compiled steps may free.
TRIM_THRESHOLD, TOP_PAD, MMAP_MAX = -1, -2, -4
KEEP = {TRIM_THRESHOLD: -1, TOP_PAD: 256 * 2**20, MMAP_MAX: 0}


def keep_freed() -> bool:
    """Ask the C library to keep what is freed; returns whether it agreed.

    On a CPU, XLA takes the temporary memory of every step from malloc. glibc hands
    large pieces back to the system each time, which then clears every page of them
    again: a quarter of a training step on two cores. Only glibc knows these settings;
    elsewhere nothing is done.
    """
    if sys.platform != "linux":
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    agreed = [mallopt(name, value) == 1 for name, value in KEEP.items()]
    return all(agreed)
