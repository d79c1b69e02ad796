"""What keeps a surface in order that nobody has measured: in mm^2."""

import jax.numpy as jnp
from jaxtyping import Array, Float


def size(corrective: Float[Array, "*rows 3"]) -> Float[Array, ""]:
    """Squared length of a corrective's rows, mm^2; mean.

    An L2 norm, printed without a formula or a weight, for templates of low resolution:
    one term for each of the three correctives.

    Source: [moon2020] Sec. 15.
    """
    return jnp.mean(jnp.sum(jnp.square(corrective), axis=-1))
