"""Matrix products at full float32 precision on every backend.

Accelerators round the factors of a default product to 10 (TF32) or 7 (bfloat16)
bits of mantissa, which is 0.1 mm at half a metre; geometry cannot afford that.
"""

import functools

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

einsum = functools.partial(jnp.einsum, precision=jax.lax.Precision.HIGHEST)
matmul = functools.partial(jnp.matmul, precision=jax.lax.Precision.HIGHEST)


def dot(
    a: Float[Array, "*#batch n"], b: Float[Array, "*#batch n"]
) -> Float[Array, "*batch 1"]:
    """Inner products of vectors of a few numbers, written out.

    A reduction over three channels keeps what surrounds it from fusing: lighting a
    picture by it took thirty times as long on a CPU.
    """
    terms = [a[..., i, None] * b[..., i, None] for i in range(a.shape[-1])]
    return functools.reduce(jnp.add, terms)


def small_matmul(
    a: Float[Array, "*batch n m"], b: Float[Array, "*batch m k"]
) -> Float[Array, "*batch n k"]:
    """Product of matrices of a few rows and columns, written out.

    A batched `dot` calls a kernel for every 4x4 product; sums of outer products fuse
    with what surrounds them.
    """
    terms = [a[..., :, i, None] * b[..., None, i, :] for i in range(a.shape[-1])]
    return functools.reduce(jnp.add, terms)
