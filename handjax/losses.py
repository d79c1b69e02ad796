"""Loss terms that several papers share, and how terms become one number."""

from collections.abc import Mapping

import jax.numpy as jnp
from jaxtyping import Array, Float


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
