"""Matrix products at full float32 precision on every backend.

Accelerators round the factors of a default product to 10 (TF32) or 7 (bfloat16)
bits of mantissa, which is 0.1 mm at half a metre; geometry cannot afford that.
"""

import functools

import jax
import jax.numpy as jnp

einsum = functools.partial(jnp.einsum, precision=jax.lax.Precision.HIGHEST)
matmul = functools.partial(jnp.matmul, precision=jax.lax.Precision.HIGHEST)
