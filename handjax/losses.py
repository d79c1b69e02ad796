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
        weights: how much of each; a term without a weight is only watched.

    Raises:
        KeyError: a weight names a term that was not measured.
    """
    unknown = sorted(set(weights) - set(terms))
    if unknown:
        raise KeyError(f"weights name {unknown}, but the terms are {sorted(terms)}")
    return jnp.sum(jnp.stack([weights[name] * terms[name] for name in weights]))
