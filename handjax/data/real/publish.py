"""A split whose shards are all written, put in the place that TFDS looks in.

The shards stay beside until the store says that it has them: who is stopped between
goes on from there and reads no frame again.
"""

import os
import shutil
from pathlib import Path

from handjax.data.real import builder
from handjax.data.real.builder import Split
from handjax.data.real.shards import Job, Note, writing


def publish(
    job: Job, notes: list[Note], folder: Path, splits: dict[str, Split]
) -> dict[str, Split]:
    """Put a split in its place, where an older one of the name may be.

    Args:
        job: the split, with all its shards written.
        notes: of these.
        folder: of the store.
        splits: that it has.

    Returns:
        those that it has then.

    Raises:
        DatasetError: it can't be written; what was read stays beside.
    """
    with writing(folder):
        return _publish(job, notes, folder, splits)


def _publish(
    job: Job, notes: list[Note], folder: Path, splits: dict[str, Split]
) -> dict[str, Split]:
    folder.mkdir(parents=True, exist_ok=True)
    others = {name: split for name, split in splits.items() if name != job.split}
    if job.split in splits:
        _forget(job, folder, others)
    name = job.reader.ABOUT.name
    # Of an older split, or of a preparation that was stopped here.
    for stray in folder.glob(f"{name}-{job.split}.{builder.FORMAT}-*"):
        stray.unlink()
    some = [shard for shard, note in enumerate(notes) if note.frames]
    for number, shard in enumerate(some):
        file = builder.shard_name(name, job.split, number, len(some))
        _link(job.path(shard), folder / file)
    split = Split(
        shards=tuple(notes[shard].frames for shard in some),
        size=sum(note.size for note in notes),
        skipped={place: why for note in notes for place, why in note.skipped.items()},
        dropped={place: why for note in notes for place, why in note.dropped.items()},
        root=str(job.root.resolve()),
    )
    now = others | {job.split: split}
    builder.write_info(folder, job.reader, now)
    shutil.rmtree(job.folder)
    return now


def _forget(job: Job, folder: Path, others: dict[str, Split]) -> None:
    """No longer say that the split is there, since its files are about to change."""
    if others:
        builder.write_info(folder, job.reader, others)
    else:
        (folder / builder.INFO).unlink()


def _link(shard: Path, file: Path) -> None:
    try:
        os.link(shard, file)
    except OSError:
        # Not every file system has a second name for a file.
        os.replace(shard, file)
