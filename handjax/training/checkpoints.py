"""Checkpoints: written while training goes on, the latest and the best kept."""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import orbax.checkpoint as ocp
from orbax.checkpoint.checkpoint_managers import (
    AnyPreservationPolicy,
    BestN,
    LatestN,
)

from handjax.training.phases import Phase
from handjax.training.step import TrainState

FOLDER = "checkpoints"
MEAN = "mean_mm"
STANDING = "standing"
"""What the best checkpoint has most of: a later phase, then less error or, in a phase
that keeps the latest, more steps."""
A_PHASE = 1e9


class Checkpoints:
    """The checkpoints of one working folder; a context that waits for the last write.

    Read only, nothing is made in the folder.

    Two items each: "model" (params, state, ema), which is all that evaluation reads,
    and "rest" (opt_state, step), which only going on needs.
    """

    def __init__(self, workdir: str | Path, *, read_only: bool = False):
        self.folder = Path(workdir).resolve() / FOLDER
        best = BestN(
            get_metric_fn=lambda metrics: metrics[STANDING],
            n=1,
            keep_checkpoints_without_metrics=False,
        )
        policy = AnyPreservationPolicy([LatestN(1), best])
        self._manager = ocp.CheckpointManager(
            self.folder,
            options=ocp.CheckpointManagerOptions(
                preservation_policy=policy,
                best_fn=lambda metrics: metrics[STANDING],
                create=not read_only,
                read_only=read_only,
            ),
        )

    def __enter__(self) -> "Checkpoints":
        return self

    def __exit__(self, *_: object) -> None:
        self._manager.close()

    @property
    def latest(self) -> int | None:
        """Steps taken at the latest checkpoint, None where there is none."""
        return self._manager.latest_step()

    @property
    def best(self) -> int | None:
        """Steps taken at the checkpoint that counts, else at the latest."""
        return self._manager.best_step() or self.latest

    def save(
        self,
        train: TrainState,
        mean_mm: float | None = None,
        phase: Phase | None = None,
    ) -> None:
        """Write in the background; a step that is already there is left alone.

        Args:
            train: what to keep.
            mean_mm: its error on held-out frames, where it was measured.
            phase: the one that it was measured in.
        """
        step = int(train.step)
        if step in self._manager.all_steps():
            return
        model = {"params": train.params, "state": train.state, "ema": train.ema}
        rest = {"opt_state": train.opt_state, "step": train.step}
        items = ocp.args.Composite(
            model=ocp.args.StandardSave(model), rest=ocp.args.StandardSave(rest)
        )
        metrics = None
        if mean_mm is not None:
            metrics = {MEAN: mean_mm, STANDING: _standing(step, mean_mm, phase)}
        self._manager.save(step, args=items, metrics=metrics, force=True)

    def restore(self, like: TrainState) -> TrainState:
        """The latest state, laid out and placed as `like`."""
        model = {"params": like.params, "state": like.state, "ema": like.ema}
        rest = {"opt_state": like.opt_state, "step": like.step}
        items = ocp.args.Composite(
            model=ocp.args.StandardRestore(_abstract(model)),
            rest=ocp.args.StandardRestore(_abstract(rest)),
        )
        found = self._manager.restore(self.latest, args=items)
        return TrainState(**_unbound(found["model"]), **_unbound(found["rest"]))

    def restore_model(self, params: Any, state: Any, step: int) -> tuple[Any, Any]:
        """Averaged parameters and state at `step`, laid out as those given."""
        like = _abstract({"params": params, "state": state, "ema": params})
        items = ocp.args.Composite(model=ocp.args.StandardRestore(like))
        found = _unbound(self._manager.restore(step, args=items)["model"])
        return found["ema"], found["state"]


def _standing(step: int, mean_mm: float, phase: Phase | None) -> float:
    if phase is None:
        return -mean_mm
    return phase.first * A_PHASE + (step if phase.keep == "latest" else -mean_mm)


def _abstract(tree: Any) -> Any:
    """Shapes, types and placement; a shape without placement goes to one device."""
    here = jax.sharding.SingleDeviceSharding(jax.local_devices()[0])

    def describe(leaf: Any) -> jax.ShapeDtypeStruct:
        placed = getattr(leaf, "sharding", None) or here
        return jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=placed)

    return jax.tree.map(describe, tree)


def _unbound(tree: Any) -> Any:
    """The same arrays, those of one device free to follow others.

    Orbax ties them to it, and programs say so of what they are given: all that was
    compiled before they were saved would be compiled again for them.
    """

    def free(leaf: jax.Array) -> jax.Array:
        tied = isinstance(leaf.sharding, jax.sharding.SingleDeviceSharding)
        return jnp.array(jax.device_get(leaf)) if tied else leaf

    return jax.tree.map(free, tree)
