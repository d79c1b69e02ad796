"""A queue of pieces: many of one owner, few or none of another, a chunk at a time.

What owners have is as long as it happens to be, and arrays are not: the pieces of all
owners stand one after another, and each chunk asks whose its own are.
"""

import jax.numpy as jnp
from jaxtyping import Array, Int


def owners(
    ends: Int[Array, "owners"], start: Int[Array, ""], chunk: int
) -> Int[Array, "chunk"]:
    """Whose the pieces from `start` on are: how many others end before or there.

    A histogram and a running sum, since a binary search reads memory at random.

    Args:
        ends: the running number of pieces after each owner.
        start: the first piece of the chunk.
        chunk: how many pieces it has; those after the last belong to one owner more.
    """
    ahead = jnp.sum(ends < start, dtype=jnp.int32)
    bins = jnp.where(ends < start, chunk, ends - start)
    ending = jnp.zeros(chunk, jnp.int32).at[bins].add(1, mode="drop")
    return ahead + jnp.cumsum(ending, dtype=jnp.int32)
