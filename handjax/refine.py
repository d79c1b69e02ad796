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


class Way(NamedTuple):
    """How a hand goes down: from where, and step by step.

    Attributes:
        begin: variables -> what is carried from step to step.
        step: carried -> (carried, energies).
        end: carried -> the best variables and their energies.
    """

    begin: Callable[[Variables], Any]
    step: Callable[[Any], tuple[Any, Float[Array, "batch"]]]
    end: Callable[[Any], tuple[Variables, Float[Array, "batch"]]]


def way(
    objective: Objective,
    steps: int | Float[Array, ""],
    *,
    learning_rate: Float[ArrayLike, ""] = 0.03,
    final: float = 0.05,
) -> Way:
    """The steps of `refine`, for who takes them one by one; arguments as there."""
    optimizer = optax.adam(lambda count: learning_rate * _share(count, steps, final))

    def total(variables):
        energy = objective(variables)
        return jnp.sum(energy), energy

    def begin(variables):
        least = jnp.full(_batch_size(variables), jnp.inf)
        return variables, optimizer.init(variables), variables, least

    def step(carry):
        variables, state, best, least = carry
        (_, energy), gradient = jax.value_and_grad(total, has_aux=True)(variables)
        better = energy < least
        best = jax.tree.map(lambda new, old: _choose(better, new, old), variables, best)
        least = jnp.where(better, energy, least)
        updates, state = optimizer.update(_finite(gradient), state, variables)
        return (optax.apply_updates(variables, updates), state, best, least), energy

    return Way(begin, step, lambda carry: carry[2:])


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
        steps: how often the objective is evaluated; after 0 all is as it was, and
            energies are infinite.
        learning_rate: length of the first steps, units of the variables.
        final: the last steps' length as a share of the first.
    """
    down = way(objective, steps, learning_rate=learning_rate, final=final)
    start = down.begin(variables)
    last, history = jax.lax.scan(lambda carry, _: down.step(carry), start, None, steps)
    return Refined(*down.end(last), history)


def stepwise(
    objective: Callable[[Variables, Any], Float[Array, "batch"]],
    *,
    learning_rate: Float[ArrayLike, ""] = 0.03,
    final: float = 0.05,
) -> Callable[[Variables, Any, int], Refined]:
    """`refine` as a program of one step that the host calls again and again.

    For objectives with convolutions on a CPU, which XLA runs many times slower inside
    of a loop. It is compiled once for all that it is given later.

    Args:
        objective: (variables, what else it is about) to energies.
        learning_rate, final: as of `refine`.

    Returns:
        (variables, what else, steps) -> the same as of `refine`; not for a jitted
        caller.
    """

    def down(given: Any, steps: Any) -> Way:
        # How many steps there are is an array, lest each number be a program.
        return way(
            lambda variables: objective(variables, given),
            steps,
            learning_rate=learning_rate,
            final=final,
        )

    @jax.jit
    def step(carry: Any, given: Any, steps: Any) -> Any:
        return down(given, steps).step(carry)

    def run(variables: Variables, given: Any, steps: int) -> Refined:
        whole = down(given, steps)
        carry = whole.begin(variables)
        history = [jnp.zeros((0, _batch_size(variables)))]
        for _ in range(steps):
            carry, energy = step(carry, given, jnp.asarray(steps, jnp.float32))
            history.append(energy[None])
        return Refined(*whole.end(carry), jnp.concatenate(history))

    return run


def take(variables: Variables, hands: Array) -> Variables:
    """The variables of some hands of a batch."""
    return jax.tree.map(lambda leaf: leaf[hands], variables)


def _share(count: Any, steps: Any, final: float) -> Array:
    """Of the first step's length; a cosine from 1 to `final`."""
    done = jnp.minimum(count, steps) / steps
    return final + (1.0 - final) * 0.5 * (1.0 + jnp.cos(jnp.pi * done))


def _choose(better: Array, new: Array, old: Array) -> Array:
    return jnp.where(better.reshape(-1, *[1] * (new.ndim - 1)), new, old)


def _finite(gradient: Variables) -> Variables:
    """A gradient that is no number would stay in Adam's averages for ever."""
    return jax.tree.map(lambda g: jnp.where(jnp.isfinite(g), g, 0.0), gradient)


def _batch_size(variables: Variables) -> int:
    return len(jax.tree.leaves(variables)[0])
