"""Keep freed memory at hand between steps, instead of giving it back to the system."""

import ctypes
import sys

# Parameters of glibc's mallopt.
TRIM_THRESHOLD, TOP_PAD, MMAP_THRESHOLD = -1, -2, -3
# A step's memory is one piece: what is larger than the threshold is mapped anew.
LARGEST = 2**31 - 1


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
    wanted = {TRIM_THRESHOLD: LARGEST, TOP_PAD: 256 * 2**20, MMAP_THRESHOLD: LARGEST}
    agreed = [mallopt(name, value) == 1 for name, value in wanted.items()]
    return all(agreed)
