"""Files that are there whole or not at all: whoever finds one may rely on it."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def whole(path: str | Path) -> Iterator[IO[bytes]]:
    """A file to be filled, which takes its place when the context ends well.

    Until then what stood there stays, and for good if anything goes wrong.

    Args:
        path: of the file; its folder is made.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        # A temporary file is its owner's alone; this one is as others are.
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(beside, 0o666 & ~mask)
        os.replace(beside, path)
    except BaseException:
        os.unlink(beside)
        raise


def write(path: str | Path, content: bytes) -> Path:
    """Write a file whole or not at all; makes its folder, returns the path."""
    with whole(path) as file:
        file.write(content)
    return Path(path)
