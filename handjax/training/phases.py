"""Phases: a run is one after another, each with its loss, its weights, its sources."""

from typing import NamedTuple

from ml_collections import ConfigDict

from handjax.methods.method import Method
from handjax.training.configs import Config, ConfigError


class Phase(NamedTuple):
    """A stretch of training with one loss.

    Attributes:
        name: told in the log.
        loss: its name in `Method.losses`.
        first: steps taken before it begins.
        steps: how many it takes.
        weights: of the loss terms; 0 only watches one.
        sources: where its batches come from, and how many examples a step from each;
            several give a tuple of batches.
        optimizer: settings of its optimiser.
        every: steps between looks at held-out frames, each of which keeps a checkpoint.
        keep: which of them counts, the "best" on held-out frames or the "latest".
        imagine: whether estimates of the first source are drawn anew, as one more
            batch, labelled, behind the others.
        shown: the source of what `Method.begin` sees, one example of it; "" for none.
        reuse: how often an example is learnt from, on average, see `Draws`.
    """

    name: str
    loss: str
    first: int
    steps: int
    weights: dict[str, float]
    sources: dict[str, int]
    optimizer: Config
    every: int
    keep: str
    imagine: bool
    shown: str = ""
    reuse: int = 1

    @property
    def last(self) -> int:
        """Steps taken when it has ended."""
        return self.first + self.steps


def read_phases(config: Config, method: Method) -> tuple[Phase, ...]:
    """The phases of a config, in order, checked against what the method offers."""
    phases, first = [], 0
    for entry in config.phases:
        if entry.loss not in method.losses:
            raise ConfigError(
                f"phase {entry.name!r} has a loss {entry.loss!r}; {config.method} "
                f"knows {sorted(method.losses)}"
            )
        phases.append(
            Phase(
                name=entry.name,
                loss=entry.loss,
                first=first,
                steps=entry.steps,
                weights={name: float(w) for name, w in entry.weights.items()},
                sources=_sources(config, entry),
                optimizer=_with(config.optimizer, entry.optimizer),
                every=entry.every or config.evaluation.every,
                keep=entry.keep,
                imagine=_imagines(config, entry, method),
                shown=entry.get("shown", ""),
                reuse=_reuse(entry),
            )
        )
        first += entry.steps
    return tuple(phases)


def _imagines(config: Config, entry: Config, method: Method) -> bool:
    """Configs of old releases know of no such thing."""
    wanted = entry.get("imagine", False)
    if wanted and method.imagine is None:
        raise ConfigError(
            f"phase {entry.name!r} wants estimates drawn anew, which {config.method} "
            "does not do; set its imagine to False"
        )
    return wanted


def _reuse(entry: Config) -> int:
    """Configs of old releases know of no such thing."""
    reuse = entry.get("reuse", 1)
    if reuse < 1:
        raise ConfigError(
            f"phase {entry.name!r} has reuse {reuse}; it must be 1 or more: an example "
            "is learnt from that often"
        )
    if reuse > 1 and "real" in entry.sources:
        raise ConfigError(
            f"phase {entry.name!r} reuses what is drawn, and real frames are read, not "
            "drawn; set its reuse to 1"
        )
    return reuse


def _sources(config: Config, entry: Config) -> dict[str, int]:
    """Examples a step from each source: the config's, where the phase does not say."""
    own = dict(entry.batch_sizes)
    unknown = sorted(set(own) - set(entry.sources))
    if unknown:
        raise ConfigError(
            f"phase {entry.name!r} sets a batch size for {unknown}; its sources are "
            f"{list(entry.sources)}"
        )
    return {name: own.get(name, config.batch_size) for name in entry.sources}


def _with(settings: Config, changes: Config) -> Config:
    """The settings with a phase's own in their place."""
    unknown = sorted(set(changes) - set(settings))
    if unknown:
        raise ConfigError(f"optimizer has no {unknown}; it has {sorted(settings)}")
    return ConfigDict({**settings, **changes})


def phase_at(phases: tuple[Phase, ...], step: int) -> Phase:
    """The phase whose optimiser a checkpoint after `step` steps holds."""
    return next(phase for phase in phases if step <= phase.last)
