"""Downloads: what of a dataset is there, what is missing, and where to get it."""

import hashlib
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from handjax.data.real.frame import About, DatasetError, Reader

PACKAGES = ("tensorflow_datasets", "array_record", "grain")


class Found(NamedTuple):
    """What a download has.

    Attributes:
        files: how many match each path of the layout.
        frames: how many each split has; a sentence where it can't be read.
        same, changed: files that are as they were released, and that are not.
    """

    files: dict[str, int]
    frames: dict[str, int | str]
    same: tuple[str, ...]
    changed: tuple[str, ...]


def examine(reader: Reader, root: Path, splits: Sequence[str]) -> Found:
    """See what is there. Pictures are counted, not opened.

    Args:
        reader: the dataset's module.
        root: the download.
        splits: to look for.

    Raises:
        DatasetError: nothing of it is there.
    """
    about = reader.ABOUT
    files = {path: sum(1 for _ in root.glob(path)) for path in about.layout}
    if not any(files.values()):
        raise DatasetError(missing(about, root))
    known = {
        path: _digest(root / path) == digest
        for path, digest in about.checksums.items()
        if (root / path).is_file()
    }
    same, changed = ([p for p, as_was in known.items() if as_was == x] for x in (1, 0))
    frames = {split: _count(reader, root, split) for split in splits}
    return Found(files, frames, tuple(same), tuple(changed))


def missing(about: About, root: str | Path | None) -> str:
    """Where to get a dataset and where to put it."""
    where = f"not in {root}" if root else "not prepared, and no --root was given"
    width = max(map(len, about.layout))
    layout = "\n".join(
        f"  {path:{width}}  {what}" for path, what in about.layout.items()
    )
    return (
        f"{about.title} is {where}.\n"
        f"home page: {about.home}\n"
        f"licence: {about.licence}\n"
        f"expected in the folder that --root names:\n{layout}\n"
        f"then: python -m handjax data {about.name} --root PATH"
    )


def require_packages() -> None:
    """See to it that what reads and writes stores is installed.

    Raises:
        DatasetError: it is not.
    """
    lacking = [name for name in PACKAGES if find_spec(name) is None]
    if lacking:
        raise DatasetError(
            f"real datasets want {', '.join(lacking)}, not installed here: "
            "pip install 'handjax[datasets]'"
        )


def _count(reader: Reader, root: Path, split: str) -> int | str:
    try:
        return len(reader.index(root, split))
    except DatasetError as fault:
        return str(fault)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
