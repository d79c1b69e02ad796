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
            evaluation measures; each (batch, joints, 3).
    """

    init: Callable[..., tuple[Params, State]]
    predict: Callable[..., tuple[Any, State]]
    losses: Mapping[str, Callable[..., Terms]]
    trainable: Mapping[str, Callable[[tuple[str, ...]], bool]]
    imagine: Callable[..., Any] | None
    joints: Callable[..., dict[str, Any]]
