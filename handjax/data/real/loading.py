"""Real datasets as batches, to train on and to test on.

A dataset is prepared once (`python -m handjax data`), or here where its download is
given; afterwards nothing but the store is read. Left hands come mirrored.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal, NamedTuple

import jax
import numpy as np
from jaxtyping import Float, PRNGKeyArray

from handjax.batch import Batch, Source
from handjax.data.real import batches, crops, names, offered
from handjax.data.real.centres import read_centres
from handjax.data.real.download import missing, require_packages
from handjax.data.real.frame import About, DatasetError, FrameError, Reader
from handjax.data.real.looks import CENTERS, LABELS, Look, of_dataset
from handjax.data.real.mirror import mirrored
from handjax.data.real.records import Record
from handjax.data.real.survey import Survey

__all__ = [
    "CENTERS",
    "DATASETS",
    "LABELS",
    "SEES",
    "DatasetError",
    "FrameError",
    "Survey",
    "TestFrames",
    "open_frames",
    "source",
    "test_frames",
]

Config = Any

DATASETS = tuple(names.MODULES)
SEES = ("depth", "image")
FAULTS = (DatasetError, FrameError)
"""What is raised where something is wrong with a download."""


def require(config: Config) -> None:
    """See to it that a config can be drawn from; what it names is prepared if needed.

    Args and raises as `source`.
    """
    reader = names.reader(config.name)
    look = _look(config, reader.ABOUT)
    offered.require_there(
        [
            _open(reader, config.root, (split,), config.data_dir)
            for split in config.splits
        ],
        look,
    )


def source(config: Config, batch_size: int, *, seed: int = 0) -> Source:
    """Frames of a dataset in random order, for training.

    What a step is fed with follows from the seed, the number of the step and of the
    process alone.

    Args:
        config: see `configs.common.real`.
        batch_size: frames a draw, over all processes.
        seed: of the order and of what is random about crops.

    Raises:
        DatasetError: the dataset is not there, or lacks what was asked for.
    """
    reader = names.reader(config.name)
    look = _look(config, reader.ABOUT)
    frames = _open(reader, config.root, config.splits, config.data_dir)
    # What reads stores takes a second to import: only who needs it waits.
    from handjax.data.real import order

    processes = jax.process_count()
    if batch_size % processes:
        raise DatasetError(
            f"a batch of {batch_size} can't be shared by {processes} processes"
        )
    feed = order.Feed(
        order.draw(
            frames,
            look,
            batch_size // processes,
            seed=seed,
            process=jax.process_index(),
            processes=processes,
        ),
        threads=1 if look.sees == "depth" else os.cpu_count() or 1,
    )

    def sample(key: PRNGKeyArray, held: Any) -> Batch:
        del key
        return batches.as_batch(held, reader.ABOUT, look)

    return Source(sample, feed=feed)


def _look(config: Config, about: About) -> Look:
    """How a config shows frames, if it asks for any and for what they may have."""
    if not config.splits:
        raise DatasetError(
            "real.splits is empty: name what to learn from, as "
            "--config.real.splits=train"
        )
    if config.views < 1:
        raise DatasetError(f"real.views wants 1 or more; got {config.views}")
    look = Look(
        sees=config.sees,
        views=config.views,
        labels=tuple(config.labels),
        center=config.center,
        jitter=config.crop_jitter,
        cube=config.cube or None,
        pixels=config.pixels,
        **of_dataset(about),
    )
    offered.require_declared(about, look)
    return look


class TestFrames(NamedTuple):
    """Frames to test on, one after another, with the dataset's own joints.

    Attributes:
        source: of batches.
        part: number of a batch -> what is held for it; the last batch goes on from the
            first frame.
        count: how many there are.
        survey: what is known of each. Frames that could not be read are in neither:
            `survey.places` says which are there.
    """

    source: Source
    part: Callable[[int], Any]
    count: int
    survey: Survey


def test_frames(
    name: str,
    root: str | Path | None,
    split: str,
    batch_size: int,
    *,
    data_dir: str | Path | None = None,
    center: str | Path = "depth",
    sees: Literal["depth", "image"] = "depth",
    cube: float | None = None,
    pixels: int = crops.IMAGE_PIXELS,
) -> TestFrames:
    """The frames of a split as the first camera sees them that has depth, or colour.

    Args:
        name: one of `DATASETS`.
        root: the download, to prepare it from unless it is; None if it must be.
        split: one of the dataset's.
        batch_size: frames a draw.
        data_dir: where stores are; the user's cache by default.
        center: of the crops, see `looks.CENTERS`; or a text file with x, y, z in mm
            on a line for each frame of the split, in the frame of the camera that is
            shown.
        sees: depth along parallel rays, or colour as the camera took it.
        cube: edge of the crops, mm; the dataset's own by default.
        pixels: edge of the crops of colour.

    Raises:
        DatasetError: the dataset is not there, or lacks what was asked for.
    """
    from handjax.data.real.survey import look_over

    reader = names.reader(name)
    frames = _open(reader, root, (split,), data_dir)
    known = look_over(frames, sees)
    look = Look(
        sees,
        labels=offered.declared(reader.ABOUT, sees),
        center=str(center) if center in CENTERS else "depth",
        cube=cube,
        exact=True,
        pixels=pixels,
        **of_dataset(reader.ABOUT),
    )
    given = np.full_like(known.found, np.nan)
    if center in CENTERS:
        offered.require_there([frames], look._replace(labels=()))
    else:
        given = _given(Path(center), frames.places, known)

    def sample(key: PRNGKeyArray, held: Any) -> Batch:
        del key
        return batches.as_batch(held, reader.ABOUT, look)

    def show(row: int) -> batches.Held:
        still = np.random.default_rng(0)
        return batches.hold(frames[row], look, still, given[row])

    def part(number: int) -> Any:
        rows = (number * batch_size + np.arange(batch_size)) % len(frames)
        with ThreadPoolExecutor() as pool:
            return batches.collate(list(pool.map(show, rows.tolist())))

    return TestFrames(Source(sample), part, len(frames), known)


def open_frames(
    name: str,
    root: str | Path | None,
    split: str,
    *,
    data_dir: str | Path | None = None,
) -> Sequence[Record]:
    """The records of a split, each read when it is asked for.

    Args and raises as `test_frames`.
    """
    return _open(names.reader(name), root, (split,), data_dir)


def _open(
    reader: Reader,
    root: str | Path | None,
    splits: Sequence[str],
    data_dir: str | Path | None,
) -> Any:
    """Records of splits, prepared first where they are not."""
    require_packages()
    reader = names.rooted(reader, root)
    from handjax.data.real import order, store

    wanted = store.check_names(reader, splits)
    stored = store.open_store(reader, data_dir)
    if root:
        for split in wanted:
            if split in stored.splits:
                store.require_root(reader, split, stored.splits[split], root, data_dir)
    if lacking := [split for split in wanted if split not in stored.splits]:
        if not root:
            raise DatasetError(missing(reader.ABOUT, root))
        stored = store.prepare(reader, root, data_dir=data_dir, splits=lacking)
    return order.Frames(stored, wanted)


def _given(centers: Path, count: int, known: Survey) -> Float[np.ndarray, "frames 3"]:
    """A file's centres for the frames that are there, mirrored as these are."""
    found = np.full((count, 3), np.nan, np.float32)
    found[known.places] = mirrored(known.found, known.right)
    given = read_centres(centers, count, found)[known.places]
    return mirrored(given, known.right)
