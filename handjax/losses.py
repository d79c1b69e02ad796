"""Loss terms that several papers share, and how terms become one number."""

from collections.abc import Mapping

import jax.numpy as jnp
from jaxtyping import Array, Float


def smooth_l1(x: Float[Array, "*any"], beta: float = 1.0) -> Float[Array, "*any"]:
    """A parabola within beta, straight beyond, in the units of x.

    Source: Girshick, Fast R-CNN, ICCV 2015, Eq. (3), there with beta = 1.
    """
    size = jnp.abs(x)
    return jnp.where(size < beta, 0.5 * jnp.square(x) / beta, size - 0.5 * beta)


def weigh(
    terms: Mapping[str, Float[Array, ""]], weights: Mapping[str, float]
) -> Float[Array, ""]:
    """The weighted sum of a phase's terms: what is minimised.

        sum_n weights[n] * terms[n]

    Args:
        terms: what the method measured, by name.
        weights: how much of each; 0 leaves a term out, however steep it is.

    Raises:
        KeyError: a weight names a term that was not measured.

    Source: [wan2019] Eq. (4).
    """
    unknown = sorted(set(weights) - set(terms))
    if unknown:
        raise KeyError(f"weights name {unknown}, but the terms are {sorted(terms)}")
    total = jnp.zeros(())
    for name, weight in weights.items():
        # 0 times an infinite slope is NaN.
        total += weight * terms[name] if weight else 0.0
    return total
