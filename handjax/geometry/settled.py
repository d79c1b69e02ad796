"""Numbers that are worked out once, before whatever reads them.

XLA fuses what makes a number into each loop that reads it. A lamp's place, of random
bits, is then drawn anew for every vertex that it shines on: of a batch of pictures in
colour, most of the time.
"""

from typing import TypeVar

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

Tree = TypeVar("Tree")


def settled(numbers: Tree) -> Tree:
    """The same numbers, made before they are read; for few that many read.

    On a CPU a barrier is gone before loops are fused. What is sorted is made first: so
    they are sorted, by where they stand already.

    Args:
        numbers: a tree of floats.
    """
    if jax.default_backend() != "cpu":
        return jax.lax.optimization_barrier(numbers)
    flat, unravel = ravel_pytree(numbers)
    # One number by itself would not be sorted.
    flat = jnp.pad(flat, (0, 1))
    order = jnp.arange(len(flat), dtype=jnp.int32)
    return unravel(jax.lax.sort((order, flat), num_keys=1)[1][:-1])
