"""Data-parallel training: the batch spread over the local devices, the state on all."""

from collections.abc import Callable
from typing import Any

import jax
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from handjax.training.configs import ConfigError


def make_mesh(batch_size: int) -> Mesh | None:
    """A row of all local devices; None where there is only one.

    Raises:
        ConfigError: if they can't share a batch evenly.
    """
    count = jax.local_device_count()
    if count == 1:
        return None
    if batch_size % count:
        raise ConfigError(
            f"batch_size {batch_size} can't be shared by {count} devices; make it a "
            f"multiple, --config.batch_size={(batch_size // count + 1) * count}"
        )
    return jax.make_mesh((count,), ("batch",), axis_types=(AxisType.Auto,))


def spread(sample: Callable[[Any], Any], mesh: Mesh | None) -> Callable[[Any], Any]:
    """The same draws, each device making its part of the batch."""
    if mesh is None:
        return sample
    parts = NamedSharding(mesh, PartitionSpec("batch"))
    return lambda key: jax.lax.with_sharding_constraint(sample(key), parts)


def replicate(tree: Any, mesh: Mesh | None) -> Any:
    """The same arrays on every device of the mesh."""
    if mesh is None:
        return tree
    return jax.device_put(tree, NamedSharding(mesh, PartitionSpec()))


def compile_step(step: Callable[..., Any], mesh: Mesh | None) -> Callable[..., Any]:
    """Jit a step that gives its state's memory to the next."""
    if mesh is None:
        return jax.jit(step, donate_argnums=0)
    everywhere = NamedSharding(mesh, PartitionSpec())
    return jax.jit(step, donate_argnums=0, out_shardings=everywhere)
