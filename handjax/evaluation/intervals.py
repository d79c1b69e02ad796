"""A mean and its interval, as every figure of an evaluation has them."""

import numpy as np
from jaxtyping import Float

from handjax.evaluation import compare, metrics
from handjax.evaluation.protocols import Protocol

LEAST_BLOCKS = 3
"""Of fewer blocks of frames a bootstrap tells nothing."""

Values = Float[np.ndarray, "frames values"]


def of_mean(values: Values, protocol: Protocol, pairs: int = 1) -> compare.Interval:
    """The interval of the mean of what is known; NaN of too few frames to tell.

    Args:
        values: NaN where unknown.
        protocol: of the dataset.
        pairs: see `compare.pooled`.
    """
    found = compare.pooled(values, block=protocol.block, pairs=pairs)
    if few(values, protocol):
        return found._replace(low=np.nan, high=np.nan)
    return found


def few(values: Values, protocol: Protocol) -> bool:
    """Whether the frames that know anything are too few to tell."""
    known = int((~np.isnan(values)).any(axis=1).sum())
    return known < LEAST_BLOCKS * protocol.block


def under(key: str, values: Values, protocol: Protocol) -> dict[str, object]:
    """A mean under a name, and its interval beside it, as results.json has them.

    Args:
        key: the name; the interval's ends in _95.
        values: NaN where unknown; infinite ones leave no interval.
        protocol: of the dataset.
    """
    if np.isinf(values).any():
        return {key: metrics.mean(values), f"{key}_95": [np.nan, np.nan]}
    found = of_mean(values, protocol)
    return {key: found.mean, f"{key}_95": [found.low, found.high]}
