"""The labels of a dataset as it was downloaded, with all that its frames know."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from handjax.evaluation import own, sequences
from handjax.evaluation.known import Beside, Known
from handjax.evaluation.matching import span_of_frames
from handjax.evaluation.protocols import Protocol


def known_of(
    surveys: Sequence[Any], splits: Mapping[str, int], protocol: Protocol, origin: str
) -> Known:
    """The labels of splits, one after another.

    Args:
        surveys: `data.real.survey.Survey` of each.
        splits: how many frames each has, by its name; see `own.whole`.
        protocol: of the dataset.
        origin: where they come from.
    """
    every = list(zip(surveys, splits.values(), strict=True))
    parts = [own.labels_of(one, protocol.sets[0], count) for one, count in every]
    joints, valid = (np.concatenate([part[k] for part in parts]) for k in (0, 1))
    names = sum((part[2] for part in parts), ())
    alone = next(iter(splits)) if len(splits) == 1 else ""
    span = span_of_frames(len(joints), protocol, alone)
    vertices, focal = (
        _together([take(*one) for one in every]) for take in (_vertices, _focal)
    )
    recordings = sequences.number(names, joints, valid, span, protocol)
    further = Beside(vertices, None, focal, recordings)
    return Known(joints, valid, span, names, origin, further)


def _focal(survey: Any, count: int) -> np.ndarray | None:
    return None if survey.focal is None else survey.focal[own.rows_of(survey, count)[0]]


def _vertices(survey: Any, count: int) -> np.ndarray | None:
    """In each frame's first camera, mm; NaN where it could not be read."""
    if survey.vertices is None:
        return None
    rows, there = own.rows_of(survey, count)
    vertices = own.seen(survey, survey.vertices)[rows]
    return np.where(there[:, None, None], vertices, np.nan)


def _together(parts: Sequence[np.ndarray | None]) -> np.ndarray | None:
    """Arrays one after another; None if one is missing."""
    known = [part for part in parts if part is not None]
    return np.concatenate(known) if len(known) == len(parts) else None
