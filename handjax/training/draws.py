"""What each step learns from: drawn beside the step before, and learnt from again."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array, Int, Key

from handjax.training.phases import Phase
from handjax.training.step import keys_of

SLOTS, HELD = 256, 2**30
"""Batches in a pool, and bytes, at most."""


@dataclass
class Draws:
    """Batches for steps that follow one another.

    The next is asked for before a step is taken, so that both are worked on at once. A
    phase that reuses examples has a pool: a batch is drawn into it every `phase.reuse`
    steps, and each step learns from a mixture of what it holds. What a step is given
    depends on the run's key and its number alone: a run that goes on draws again what
    its pool held.

    Attributes:
        sample: of the source, jitted: (key, what it holds) -> batch.
        phase: whose steps they are.
        ahead: whether the source holds the same for every step.
        mesh: the devices.
        slots: how many batches a pool holds, if they are no more than `HELD`.
    """

    sample: Callable[[Any, Any], Any]
    phase: Phase
    ahead: bool = True
    mesh: Mesh | None = None
    slots: int = SLOTS
    _rows: Any = field(default=None, init=False)
    _waiting: dict[int, Any] = field(default_factory=dict, init=False)

    def __call__(self, number: int, key: Key[Array, ""], held: Any) -> Any:
        """What to learn from.

        Args:
            number: of the step, counted from the run's first, 0; as it follows the
                last, or begins anew.
            key: of the run.
            held: by the source.
        """
        reuse = self.phase.reuse
        if reuse == 1:
            return self._draw(number, key, held)
        draws, since = divmod(number - self.phase.first, reuse)
        missing = range(draws, draws + (since == 0))
        if self._rows is None:
            self._make_room(key, held)
            missing = range(max(0, draws + 1 - self.slots), draws + 1)
        for draw in missing:
            batch = self._draw(self.phase.first + draw * reuse, key, held)
            self._rows = _replace(self._rows, batch, jnp.asarray(draw % self.slots))
        mix = jax.random.fold_in(_drawing(key, jnp.asarray(number)), 1)
        return _take(self._rows, mix, jnp.asarray(min(draws + 1, self.slots)))

    def _draw(self, number: int, key: Key[Array, ""], held: Any) -> Any:
        """The batch that is drawn at a step; the one after it is begun."""
        after = number + self.phase.reuse
        wanted = [number, after] if self.ahead and after < self.phase.last else [number]
        self._waiting = {
            step: self._waiting[step]
            if step in self._waiting
            else self.sample(_drawing(key, jnp.asarray(step)), held)
            for step in wanted
        }
        return self._waiting.pop(number)

    def _make_room(self, key: Key[Array, ""], held: Any) -> None:
        batch = jax.eval_shape(self.sample, key, held)
        size = sum(x.size * x.dtype.itemsize for x in jax.tree.leaves(batch))
        self.slots = max(1, min(self.slots, HELD // size))
        self._rows = jax.tree.map(self._blank, batch)

    def _blank(self, leaf: jax.ShapeDtypeStruct) -> Array:
        rows = jnp.zeros((self.slots, *leaf.shape), leaf.dtype)
        if self.mesh is None:
            return rows
        parts = PartitionSpec(None, *self.mesh.axis_names)
        return jax.device_put(rows, NamedSharding(self.mesh, parts))


@jax.jit
def _drawing(key: Key[Array, ""], number: Int[Array, ""]) -> Key[Array, ""]:
    return keys_of(key, number)[0]


@partial(jax.jit, donate_argnums=0)
def _replace(rows: Any, batch: Any, slot: Int[Array, ""]) -> Any:
    return jax.tree.map(lambda row, one: row.at[slot].set(one), rows, batch)


@jax.jit
def _take(rows: Any, key: Key[Array, ""], filled: Int[Array, ""]) -> Any:
    """Every example from a slot of its own, all that belongs to it from the same."""
    most = max(leaf.shape[1] for leaf in jax.tree.leaves(rows))
    slots = jax.random.randint(key, (most,), 0, filled)
    return jax.tree.map(
        lambda row: row[slots[: row.shape[1]], jnp.arange(row.shape[1])], rows
    )
