"""Whether files of a user's own are still those that were stored."""

from pathlib import Path

from handjax.data.real import builder
from handjax.data.real.builder import Split
from handjax.data.real.frame import Reader, StoreError


def require_fresh(
    reader: Reader, name: str, split: Split, folder: Path, where: str
) -> None:
    """See to it that files that may change have not, since they were stored.

    Args:
        reader: that knows of its files, as `data.own.Rooted`; others' don't change.
        name: of the split.
        split: what is stored of it.
        folder: of the store.
        where: option that names this folder, on a command line.

    Raises:
        StoreError: they have.
    """
    changed = getattr(reader, "changed", None)
    frames = sum(split.shards) + len(split.skipped)
    if changed and changed(name, frames, (folder / builder.INFO).stat().st_mtime):
        raise StoreError(
            f"{split.root}, {name} has changed since its frames were stored: python -m "
            f"handjax data own --root {split.root}{where} --split {name} --again"
        )
