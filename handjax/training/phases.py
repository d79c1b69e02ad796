"""Phases: a run is one after another, each with its loss, its weights, its sources."""

from typing import NamedTuple

from handjax.methods.method import Method
from handjax.training.configs import Config, ConfigError


class Phase(NamedTuple):
    """A stretch of training with one loss.

    Attributes:
        name: of the loss in `Method.losses`.
        first: steps taken before it begins.
        steps: how many it takes.
        weights: of the loss terms.
        sources: where its batches come from; several give a tuple of batches.
    """

    name: str
    first: int
    steps: int
    weights: dict[str, float]
    sources: tuple[str, ...]

    @property
    def last(self) -> int:
        """Steps taken when it has ended."""
        return self.first + self.steps


def read_phases(config: Config, method: Method) -> tuple[Phase, ...]:
    """The phases of a config, in order, checked against what the method offers."""
    phases, first = [], 0
    for entry in config.phases:
        if entry.name not in method.losses:
            raise ConfigError(
                f"the config has a phase {entry.name!r}; {config.method} knows "
                f"{sorted(method.losses)}"
            )
        weights = {name: float(weight) for name, weight in entry.weights.items()}
        sources = tuple(entry.sources)
        phases.append(Phase(entry.name, first, entry.steps, weights, sources))
        first += entry.steps
    return tuple(phases)


def phase_at(phases: tuple[Phase, ...], step: int) -> Phase:
    """The phase whose optimiser a checkpoint after `step` steps holds."""
    return next(phase for phase in phases if step <= phase.last)
