"""Data-parallel training: the batch spread over the local devices, the state on all."""

from collections.abc import Callable
from functools import partial
from math import gcd
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from handjax.batch import Source
from handjax.training.configs import ConfigError
from handjax.training.draws import Draws
from handjax.training.step import Step, TrainState, keys_of

AT_ONCE = 10
# Inside a loop, XLA's convolutions on a CPU are many times slower.
PER_DISPATCH = {"cpu": 1}


def make_mesh(*batch_sizes: int) -> Mesh | None:
    """A row of all local devices; None where there is only one.

    Raises:
        ConfigError: if they can't share a batch evenly.
    """
    count = jax.local_device_count()
    if count == 1:
        return None
    for size in batch_sizes:
        if size % count:
            raise ConfigError(
                f"a batch size of {size} can't be shared by {count} devices; make "
                f"batch_size, and batch_sizes of phases, multiples of {count}"
            )
    return jax.make_mesh((count,), ("batch",), axis_types=(AxisType.Auto,))


def spread(source: Source, mesh: Mesh | None) -> Source:
    """The same draws, each device making its part from all that is held.

    What a step is fed with comes in parts: its leaves are (batch, ...).
    """
    if mesh is None:
        return source
    parts = NamedSharding(mesh, PartitionSpec("batch"))

    def sample(key: Any, held: Any) -> Any:
        return jax.lax.with_sharding_constraint(source.sample(key, held), parts)

    feed = source.feed
    if feed is None:
        return Source(sample, replicate(source.held, mesh))
    return Source(sample, feed=lambda step: jax.device_put(feed(step), parts))


def replicate(tree: Any, mesh: Mesh | None) -> Any:
    """The same arrays on every device of the mesh."""
    if mesh is None:
        return tree
    return jax.device_put(tree, NamedSharding(mesh, PartitionSpec()))


def steps_per_dispatch(*marks: int, singly: bool = False) -> int:
    """How many steps go to the device at once, for this backend.

    Args:
        marks: steps that must fall between two dispatches, and whose multiples must.
        singly: whether the host has something to do with each step.
    """
    return (
        1 if singly else gcd(PER_DISPATCH.get(jax.default_backend(), AT_ONCE), *marks)
    )


def compile_step(
    step: Step, mesh: Mesh | None, count: int = 1, draws: Draws | None = None
) -> Callable[[TrainState, Any, Any], tuple[TrainState, Any]]:
    """Jit steps in a row, which give their state's memory to the next.

    A step alone may be two programs: phases that draw from the same source share the
    one that draws, and both are at work at once.

    Args:
        step: what is done again and again.
        mesh: the devices.
        count: steps a call.
        draws: what a step alone learns from; None to draw then. Steps must follow one
            another.

    Returns:
        (state, key, held) -> (state, metrics of each step, leaves (count, ...)).
    """

    def several(state: TrainState, key: Any, held: Any) -> tuple[TrainState, Any]:
        return jax.lax.scan(lambda s, _: step(s, key, held), state, None, count)

    def alone(state: TrainState, key: Any, held: Any) -> tuple[TrainState, Any]:
        return _rowed(step(state, key, held))

    def learn(state: TrainState, key: Any, batch: Any) -> tuple[TrainState, Any]:
        return _rowed(step.learn(state, key, batch))

    everywhere = None if mesh is None else NamedSharding(mesh, PartitionSpec())
    compiled = partial(jax.jit, donate_argnums=0, out_shardings=everywhere)
    if count > 1 or draws is None:
        return compiled(several if count > 1 else alone)
    keys, move = jax.jit(keys_of), compiled(learn)

    def apart(state: TrainState, key: Any, held: Any) -> tuple[TrainState, Any]:
        batch = draws(int(state.step), key, held)
        return move(state, keys(key, state.step)[1], batch)

    return apart


def _rowed(stepped: tuple[TrainState, Any]) -> tuple[TrainState, Any]:
    """One step's metrics as those of several in a row."""
    state, metrics = stepped
    return state, jax.tree.map(lambda value: jnp.asarray(value)[None], metrics)
