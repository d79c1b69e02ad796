"""Method: what a paper is to the training loop, a NamedTuple of pure functions."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

# To a type checker every field of a ConfigDict is a union of all that a field can be.
Config = Any
Params = Any
State = Any
Terms = dict[str, Any]


class Method(NamedTuple):
    """A paper's method, as a GradientTransformation is an optimiser.

    Whatever a loss needs that is random is drawn in `predict` and stands in the
    prediction.

    Attributes:
        init: (key, batch) -> (params, state).
        predict: (params, state, batch, *, key, train) -> (prediction, state).
        losses: a loss's name -> (params, prediction, batch) -> every term it knows; a
            phase of training names its loss and weighs the terms it wants. Parameters
            are for what judges the prediction (a prior, a teacher) or trains without
            one; only those that `trainable` names move. A phase that mixes sources
            gets tuples of predictions and of batches.
        trainable: a loss's name -> predicate on a parameter's path: does it move?
        imagine: (key, prediction, batch) -> labelled batch, for papers that render
            their own estimates as training data; None where there is none.
        joints: (prediction, batch) -> {joint set name: world coordinates, mm}, what
            evaluation measures; each (batch, joints, 3). "surface" is the template's
            vertices, measured beside a true surface of any topology.
        begin: (loss's name, params, *, shown) -> what a phase with this loss begins
            with, of the same structure; shown is a batch of one, or None where the
            phase names no source of it, and where only the structure matters. None
            where phases begin with what the last one left.
        given: params -> (the same with those from a file of the user's in their place,
            a line on which file), once when a run begins, before any of another run's;
            None where there is no such file.
        release: params -> those that are worth releasing, which `predict` and `joints`
            take as well; None where all are.
        blind: losses that learn from a few labels alone and look at no picture.
        refine: (params, prediction, batch, *, steps) -> the prediction, refined against
            what the networks say of the same pictures and against no label; called by
            the host, of parts that it has compiled itself. None where there is none.
    """

    init: Callable[..., tuple[Params, State]]
    predict: Callable[..., tuple[Any, State]]
    losses: Mapping[str, Callable[..., Terms]]
    trainable: Mapping[str, Callable[[tuple[str, ...]], bool]]
    imagine: Callable[..., Any] | None
    joints: Callable[..., dict[str, Any]]
    begin: Callable[..., Params] | None = None
    given: Callable[[Params], tuple[Params, str]] | None = None
    release: Callable[[Params], Params] | None = None
    blind: frozenset[str] = frozenset()
    refine: Callable[..., Any] | None = None


def check_terms(phase: Config, losses: Mapping[str, tuple[str, ...]]) -> None:
    """Refuse weights of terms that a phase's loss has not.

    Args:
        phase: of a config.
        losses: a loss's name -> the names of its terms.

    Raises:
        ValueError: naming the phase, its strange terms, and those that there are.
    """
    known = losses.get(phase.loss, ())
    unknown = sorted(set(phase.weights) - set(known))
    if known and unknown:
        raise ValueError(
            f"phase {phase.name!r} weighs {unknown}; the terms of its loss "
            f"{phase.loss!r} are {list(known)}"
        )
