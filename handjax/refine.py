"""Test-time refinement: gradient descent over a hand's own parameters.

Knows neither what the parameters are nor what is minimised: an estimate of any method,
a batch of hands at once, goes in and comes out with a lower objective.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, ArrayLike, Float

Variables = Any
Objective = Callable[[Variables], Float[Array, "batch"]]


class Refined(NamedTuple):
    """The best that was met on the way, hand by hand.

    Attributes:
        variables: like those refined, each leaf (batch, ...).
        energy: the objective there.
        history: the objective at every step.
    """

    variables: Variables
    energy: Float[Array, "batch"]
    history: Float[Array, "steps batch"]


def refine(
    objective: Objective,
    variables: Variables,
    steps: int,
    *,
    learning_rate: Float[ArrayLike, ""] = 0.03,
    final: float = 0.05,
) -> Refined:
    """Lower an objective by Adam under a cosine schedule; keep each hand's best.

    Hands do not see one another: the gradient of the sum is each one's own. A step
    whose objective is not finite is never kept.

    Args:
        objective: variables of a batch of hands to their energies; pure, traced.
        variables: where to start, any tree of arrays (batch, ...). Adam's steps are
            as long in each of them, so they should be measured in units of which
            about as much is missing.
        steps: how often the objective is evaluated.
        learning_rate: length of the first steps, units of the variables.
        final: the last steps' length as a share of the first.
    """
    schedule = optax.cosine_decay_schedule(learning_rate, steps, alpha=final)
    optimizer = optax.adam(schedule)

    def total(variables):
        energy = objective(variables)
        return jnp.sum(energy), energy

    def step(carry, _):
        variables, state, best, least = carry
        (_, energy), gradient = jax.value_and_grad(total, has_aux=True)(variables)
        better = energy < least
        best = jax.tree.map(lambda new, old: _choose(better, new, old), variables, best)
        least = jnp.where(better, energy, least)
        updates, state = optimizer.update(_finite(gradient), state, variables)
        return (optax.apply_updates(variables, updates), state, best, least), energy

    least = jnp.full(_batch_size(variables), jnp.inf)
    start = variables, optimizer.init(variables), variables, least
    (_, _, best, least), history = jax.lax.scan(step, start, None, length=steps)
    return Refined(best, least, history)


def take(variables: Variables, hands: Array) -> Variables:
    """The variables of some hands of a batch."""
    return jax.tree.map(lambda leaf: leaf[hands], variables)


def _choose(better: Array, new: Array, old: Array) -> Array:
    return jnp.where(better.reshape(-1, *[1] * (new.ndim - 1)), new, old)


def _finite(gradient: Variables) -> Variables:
    """A gradient that is no number would stay in Adam's averages for ever."""
    return jax.tree.map(lambda g: jnp.where(jnp.isfinite(g), g, 0.0), gradient)


def _batch_size(variables: Variables) -> int:
    return len(jax.tree.leaves(variables)[0])
