"""One training step: draw a batch, predict, weigh the loss terms, move, average."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Int, Key

from handjax.batch import Batch, Source
from handjax.losses import weigh
from handjax.methods.method import Method
from handjax.training.optimizer import (
    average,
    make_optimizer,
    make_schedule,
    moving,
)
from handjax.training.phases import Phase

Metrics = dict[str, Any]


class TrainState(NamedTuple):
    """All that a run carries from step to step, and all that a checkpoint holds.

    Attributes:
        params: what the optimiser moves.
        state: what the network keeps beside its parameters (running statistics).
        ema: moving average of `params`; evaluation uses it.
        opt_state: of the phase's optimiser, started afresh with each phase.
        step: steps taken since the run began.
    """

    params: Any
    state: Any
    ema: Any
    opt_state: Any
    step: Int[Array, ""]


@dataclass(frozen=True, eq=False)
class Step:
    """One training step, in two parts that may be compiled together or apart.

    Its randomness comes from the run's key and the number of the step alone, so that a
    resumed run draws what it would have.

    Attributes:
        sample: of the source, (key, what it holds) -> batch.
        learn: (state, key, batch) -> (state, metrics).
        blind: learns from labels alone; compiled together, others are not made.
    """

    sample: Callable[[Any, Any], Any]
    learn: Callable[[TrainState, Key[Array, ""], Any], tuple[TrainState, Metrics]]
    blind: bool

    def __call__(
        self, train: TrainState, key: Key[Array, ""], held: Any
    ) -> tuple[TrainState, Metrics]:
        """(state, key of the run, what the source holds) -> (state, metrics)."""
        draw, noise = keys_of(key, train.step)
        return self.learn(train, noise, self.sample(draw, held))


def keys_of(key: Key[Array, ""], number: Int[Array, ""]) -> Key[Array, "2"]:
    """Keys of what a step draws and of what it adds to that, by the step's number."""
    return jax.random.split(jax.random.fold_in(key, number))


def init_state(method: Method, batch: Any, key: Key[Array, ""]) -> TrainState:
    """The state before the first step; `enter` gives it an optimiser."""
    params, state = method.init(key, batch)
    # A copy: a buffer that stands twice in the state can't be given away twice.
    ema = jax.tree.map(jnp.copy, params)
    return TrainState(params, state, ema, (), jnp.zeros((), jnp.int32))


def enter(
    train: TrainState, method: Method, phase: Phase, shown: Batch | None = None
) -> TrainState:
    """Begin a phase: the parameters that the method wants, a new optimiser.

    Args:
        train: what the last phase left.
        method: may change it.
        phase: begins.
        shown: one example of the source that the phase is shown.
    """
    if method.begin is not None:
        begin = partial(method.begin, phase.loss, shown=shown)
        train = train._replace(params=begin(train.params), ema=begin(train.ema))
    moves = moving(train.params, method.trainable[phase.loss])
    optimizer = make_optimizer(phase.optimizer, phase.steps, moves)
    return train._replace(opt_state=optimizer.init(train.params))


def make_step(method: Method, phase: Phase, source: Source) -> Step:
    """The step of one phase, ready to be jitted.

    Args:
        method: predicts and compares.
        phase: names the loss, weighs its terms, sets the optimiser.
        source: of batches, or of tuples of batches where the phase mixes sources.

    Returns:
        how to draw its batch and to learn from it.
    """
    schedule = make_schedule(phase.optimizer, phase.steps)

    def learn(
        train: TrainState, key: Key[Array, ""], batch: Any
    ) -> tuple[TrainState, Metrics]:

        def objective(params: Any) -> tuple[Array, tuple[Any, Metrics]]:
            prediction, state = predict(method, params, train.state, batch, key)
            seen = batch
            if phase.imagine:
                prediction, seen, state = imagine(
                    method, params, state, prediction, batch, key
                )
            terms = method.losses[phase.loss](params, prediction, seen)
            total = weigh(terms, phase.weights)
            # The others go nowhere, so that the compiler leaves them out.
            return total, (state, {name: terms[name] for name in phase.weights})

        value = jax.value_and_grad(objective, has_aux=True)
        (loss, (state, terms)), gradient = value(train.params)
        moves = moving(train.params, method.trainable[phase.loss])
        optimizer = make_optimizer(phase.optimizer, phase.steps, moves)
        updates, opt_state = optimizer.update(gradient, train.opt_state, train.params)
        params = optax.apply_updates(train.params, updates)
        ema = average(train.ema, params, phase.optimizer.ema, train.step)
        metrics = {f"terms/{name}": term for name, term in terms.items()} | {
            "loss": loss,
            "gradient_norm": optax.tree.norm(_select(gradient, moves)),
            "learning_rate": schedule(train.step - phase.first),
        }
        return TrainState(params, state, ema, opt_state, train.step + 1), metrics

    return Step(source.sample, learn, phase.loss in method.blind)


def predict(
    method: Method, params: Any, state: Any, batch: Any, key: Key[Array, ""]
) -> tuple[Any, Any]:
    """Training predictions for a batch, or for each of a tuple of batches."""
    if isinstance(batch, Batch):
        return method.predict(params, state, batch, key=key, train=True)
    predictions = []
    for number, part in enumerate(batch):
        own = jax.random.fold_in(key, number)
        one, state = method.predict(params, state, part, key=own, train=True)
        predictions.append(one)
    return tuple(predictions), state


def imagine(
    method: Method,
    params: Any,
    state: Any,
    prediction: Any,
    batch: Any,
    key: Key[Array, ""],
) -> tuple[tuple[Any, ...], tuple[Batch, ...], Any]:
    """Predictions and batches with one more: the first's estimates, drawn anew."""
    if isinstance(batch, Batch):
        prediction, batch = (prediction,), (batch,)
    draw, own = jax.random.split(jax.random.fold_in(key, len(batch)))
    assert method.imagine is not None
    drawn = method.imagine(draw, prediction[0], batch[0])
    again, state = method.predict(params, state, drawn, key=own, train=True)
    return (*prediction, again), (*batch, drawn), state


def _select(tree: Any, chosen: Any) -> list[Any]:
    leaves, picks = jax.tree.leaves(tree), jax.tree.leaves(chosen)
    return [leaf for leaf, pick in zip(leaves, picks, strict=True) if pick]
