"""What the steps since the last look gave, read from the device only when asked."""

import time
from typing import Any

import jax
import numpy as np


class NotFiniteError(RuntimeError):
    """A loss term, the gradient or a parameter became NaN or infinite."""


class Meter:
    """Gathers metrics without waiting; `read` waits for them, checks and averages."""

    def __init__(self, samples_per_step: int):
        self._samples = samples_per_step
        self._pending: list[tuple[range, dict[str, Any]]] = []
        self._since: float | None = None

    def add(self, steps: range, metrics: dict[str, Any]) -> None:
        """Note the metrics of some steps, leaves (steps,), still on their way."""
        self._pending.append((steps, metrics))

    def read(self) -> dict[str, float]:
        """Means over the steps since the last call, the rate now, and the pace.

        The pace is absent from the first reading, which compiling is part of.

        Raises:
            NotFiniteError: naming the first step and term that were not finite.
        """
        steps = [step for steps, _ in self._pending for step in steps]
        parts = jax.device_get([metrics for _, metrics in self._pending])
        self._pending = []
        joined = {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}
        rows = [{k: v[at] for k, v in joined.items()} for at in range(len(steps))]
        for step, metrics in zip(steps, rows, strict=True):
            _check_metrics(step, metrics)
        means = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
        means["learning_rate"] = float(rows[-1]["learning_rate"])
        if self._since is not None:
            seconds = max(time.perf_counter() - self._since, 1e-9)
            means["samples_per_second"] = len(steps) * self._samples / seconds
        self.rest()
        return means

    def rest(self) -> None:
        """Leave the time up to now out of the pace."""
        self._since = time.perf_counter()


def _check_metrics(step: int, metrics: dict[str, Any]) -> None:
    """Name what is not finite: a term before the loss that it spoils."""
    order = sorted(metrics, key=lambda name: (not name.startswith("terms/"), name))
    broken = [name for name in order if not np.isfinite(metrics[name])]
    if broken:
        name = broken[0].removeprefix("terms/")
        raise NotFiniteError(f"{name!r} is {metrics[broken[0]]} at step {step}")


def check_finite(step: int, tree: Any) -> None:
    """Refuse arrays that are not finite, naming the first."""
    flat = jax.tree_util.tree_leaves_with_path(jax.device_get(tree))
    for path, leaf in flat:
        if not np.all(np.isfinite(np.asarray(leaf, np.float32))):
            name = jax.tree_util.keystr(path, simple=True, separator="/")
            raise NotFiniteError(f"{name!r} is not finite at step {step}")
