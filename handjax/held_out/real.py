"""Frames of real datasets to test on: their labels, their pictures, estimates."""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from handjax.data.real import crops, loading
from handjax.data.real.download import missing
from handjax.data.real.frame import StoreError
from handjax.data.real.names import reader
from handjax.data.real.survey import Survey, look_over
from handjax.evaluation import arguments, own, surveyed
from handjax.evaluation.known import Known, subset_of
from handjax.evaluation.labelling import shown
from handjax.evaluation.matching import check_subset
from handjax.evaluation.pictures import Sheet
from handjax.evaluation.predictions import FileError
from handjax.evaluation.protocol import Protocol
from handjax.evaluation.score import Scored

Joints = Float[np.ndarray, "frames joints 3"]

OF_CONFIGS = "; real.sees may be the other"
"""What faults say to who trains, and what says nothing here."""


class Split(NamedTuple):
    """A split that is tested on.

    Attributes:
        records: of the frames that could be read.
        survey: of them.
        count: how many frames it has, read or not.
    """

    records: Sequence[Any]
    survey: Survey
    count: int


def labels_of_root(
    chosen: argparse.Namespace, protocol: Protocol
) -> tuple[Known, Sheet]:
    """The labels of a dataset, and what draws its frames, numbered as these.

    Args:
        chosen: the command line.
        protocol: of the dataset.

    Raises:
        FileError: it is not there, has no such subset, or is tested one by one.
    """
    check_subset(chosen.subset, protocol)
    names = protocol.tested(chosen.subset)
    if (chosen.workdir or chosen.weights) and len(names) > 1:
        raise FileError(
            f"{chosen.dataset} is tested one by one, each by a method that was trained "
            f"on the others: --subset, one of {', '.join(names)}"
        )
    with _told(chosen):
        splits = [_open(chosen, name) for name in names]
    surveys = [split.survey for split in splits]
    counts = {name: split.count for name, split in zip(names, splits, strict=True)}
    origin = shown(str(chosen.root or "the store"))
    every = surveyed.known_of(surveys, counts, protocol, origin)
    if not every.valid.any():
        raise FileError(
            f"no frame of {origin} has key points to test on; see the layout by "
            f"python -m handjax data {chosen.dataset}"
        )
    known = subset_of(every, chosen.subset, protocol).beginning(chosen.frames)
    first = known.span.first - every.span.first

    def sheet(
        frames: Sequence[int], joints: Mapping[str, Joints], headings: Sequence[str]
    ) -> Any:
        from handjax import visualize

        records = [_record(splits, first + frame) for frame in frames]
        name = protocol.sets[0]
        return visualize.overlays_sheet(records, joints, name, headings=headings)

    return known, sheet


def score_run(
    found: Any, chosen: argparse.Namespace, known: Known, protocol: Protocol, name: str
) -> Scored:
    """A trained method on the frames of some labels.

    Args:
        found: `weights.Weights`.
        chosen: the command line.
        known: the labels, of `labels_of_root`.
        protocol: of the dataset.
        name: of the method.

    Raises:
        FileError: there is nothing to see or to measure, or options don't fit.
    """
    from handjax.evaluation import contest, trained

    align = contest.alignment(chosen, protocol)
    first = known.span.first - (known.whole or known.span).first
    estimates = _estimate(found, chosen, protocol, first + len(known.span))
    estimates = _rows(estimates, slice(first, None))
    trained.check_crops(estimates, protocol, _pixels(found.config))
    return trained.scored_of(
        estimates,
        known,
        protocol,
        name=name,
        align=align,
        denoiser=chosen.denoiser,
        notes=(found.origin,),
    )


def _estimate(
    found: Any, chosen: argparse.Namespace, protocol: Protocol, count: int
) -> Any:
    """`training.Estimates` of a split's first frames, a row for each, read or not."""
    import jax

    from handjax.experiment import assemble, covering
    from handjax.training import make_examiner

    made, size = assemble(found.config), found.config.evaluation.batch_size
    (split,), name = protocol.tested(chosen.subset), protocol.sets[0]
    center = chosen.centers or chosen.center or "depth"
    shown = found.config.get("real", {})
    try:
        test = loading.test_frames(
            chosen.dataset,
            chosen.root,
            split,
            size,
            data_dir=chosen.data_dir,
            center=center,
            sees=shown.get("sees", "depth"),
            cube=shown.get("cube") or None,
            pixels=_pixels(found.config),
        )
    except loading.FAULTS as wrong:
        # That the frames are there was seen when their labels were read.
        said = str(wrong).removesuffix(OF_CONFIGS)
        raise FileError(f"{found.origin} can't see these frames: {said}") from wrong
    method = made.method._replace(joints=own.joints_of(made.method.joints, name))
    examiner = make_examiner(
        method,
        test.source,
        own.truth_of(name),
        size,
        test.part,
        pictures=False,
        cover=covering(made, lambda held: None),
        refine=arguments.refinement(chosen, found.config),
    )
    read = int(np.searchsorted(test.survey.places, count))
    if not read:
        raise FileError(f"none of the first {count} frames of {split} could be read")
    estimates = examiner(found.params, found.state, jax.random.key(0), read)
    estimates = own.with_camera(estimates, test.survey)
    return own.whole(estimates, test.survey.places[:read], count)


def _pixels(config: Any) -> int:
    """Edge of pictures in colour."""
    # Configs of old releases say nothing of some settings, or of all.
    shown, drawn = (config.get(name, {}) for name in ("real", "synthetic"))
    pixels = drawn.get("rgb", {}).get("pixels", crops.IMAGE_PIXELS)
    return shown.get("pixels", pixels)


def _rows(estimates: Any, rows: slice) -> Any:
    import jax

    return jax.tree.map(lambda leaf: leaf[rows], estimates)


def _open(chosen: argparse.Namespace, split: str) -> Split:
    records = loading.open_frames(
        chosen.dataset, chosen.root, split, data_dir=chosen.data_dir
    )
    # Surfaces are for files alone: no method of ours has any.
    survey = look_over(records, surfaces=bool(chosen.predictions))
    count = reader(chosen.dataset).ABOUT.frames[split]
    return Split(records, survey, own.frames_of(survey.places, count))


def _record(splits: Sequence[Split], frame: int) -> Any:
    """The record of a frame, or of the one before it if it could not be read."""
    for split in splits:
        if frame < split.count:
            row = np.searchsorted(split.survey.places, frame, side="right") - 1
            return split.records[max(int(row), 0)]
        frame -= split.count
    raise IndexError(frame)


@contextmanager
def _told(chosen: argparse.Namespace) -> Iterator[None]:
    """A context in which faults of a dataset are told with where to get it."""
    about = reader(chosen.dataset).ABOUT
    try:
        yield
    except loading.FAULTS as wrong:
        said, where = str(wrong), missing(about, chosen.root)
        if "home page" not in said and not isinstance(wrong, StoreError):
            said = f"{said}\n{where}"
        runs = chosen.workdir or chosen.weights
        alone = "" if runs else "\nor give its labels alone: --labels FILE"
        raise FileError(said + alone) from wrong
    except ImportError as wrong:
        raise FileError(f"{wrong}; install handjax[datasets]") from wrong
