"""Which pixels are of the hand, frame by frame, from a download itself.

Stores keep the part of a mask around the hand; what is to be counted over whole
pictures is read anew.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool

from handjax.data.real import names
from handjax.data.real.download import missing
from handjax.data.real.frame import DatasetError, FrameError, require_splits


class TrueMask(NamedTuple):
    """A frame's mask.

    Attributes:
        name: of the frame; why it can't be read, where it can't.
        mask: of the first camera that has one; None if the frame can't be read.
    """

    name: str
    mask: Bool[np.ndarray, "height width"] | None


class Masks(NamedTuple):
    """The masks of a split.

    Attributes:
        title: of the dataset and the split.
        count: how many frames there are.
        frames: each of them, in the authors' order.
    """

    title: str
    count: int
    frames: Iterator[TrueMask]


def of_split(name: str, root: str | Path | None, splits: Sequence[str]) -> Masks:
    """The masks of a split of a download; pictures are read one by one.

    Args:
        name: of the dataset.
        root: the download.
        splits: the one that was asked for, or those that there are to choose from.

    Raises:
        DatasetError: it is not there, has no such split, several, or no masks in it.
    """
    reader = names.reader(name)
    about = reader.ABOUT
    if len(splits) > 1:
        raise DatasetError(f"{name} has several splits; --subset, of {list(splits)}")
    split = splits[0]
    require_splits(about, split)
    if root is None:
        raise DatasetError(
            "--masks are compared with whole pictures, which stores don't keep: say "
            f"with --root DIR where {name} was downloaded to"
        )
    root = Path(root).expanduser()
    if not root.is_dir():
        raise DatasetError(missing(about, root))
    entries = reader.index(root, split)

    def frames() -> Iterator[TrueMask]:
        for entry in entries:
            try:
                frame = reader.read(root, entry)
            except FrameError as wrong:
                yield TrueMask(str(wrong), None)
                continue
            masks = [view.mask for view in frame.views if view.mask is not None]
            if not masks:
                raise DatasetError(f"{name}, {split} has no masks of hands")
            yield TrueMask(frame.name, masks[0])

    return Masks(f"{about.title}, {split}", len(entries), frames())
