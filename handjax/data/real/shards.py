"""Shards: files of a few hundred records, each written whole or not at all.

A shard that is done has a note beside it, with what went into it, written last. So a
preparation that was killed goes on with the shards that have none, and those that lack
frames, which may have been mended since.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from handjax.data.real import records
from handjax.data.real.frame import DatasetError, FrameError, Reader, StoreError

PER_SHARD = 512
"""Frames: 20 MB of NYU, and what a kill may cost."""

PLAN = "plan.json"

FAULTS = (
    *(FrameError, DatasetError, OSError, UnicodeError),
    *(MemoryError, RecursionError),
)
"""What a broken file makes a reader raise: one never costs the other frames."""


class Note(NamedTuple):
    """What went into a shard.

    Attributes:
        frames: how many.
        size: of their examples, bytes.
        skipped: place of a frame in its split -> why it is not there.
        dropped: place of a frame -> of views that are not there, why.
    """

    frames: int
    size: int
    skipped: dict[str, str]
    dropped: dict[str, list[str]]


class Job(NamedTuple):
    """A split to store.

    Attributes:
        reader: the dataset's module.
        root: the download.
        split: its name.
        entries: of `reader.index`.
        folder: of the shards until all are done.
        strict: whether a frame or a view that can't be read ends it.
        tell: called after every frame, with why it was skipped or None, and why views
            of it were dropped.
        stopped: whether to end early.
    """

    reader: Reader
    root: Path
    split: str
    entries: Sequence[Any]
    folder: Path
    strict: bool
    tell: Callable[[str | None, Sequence[str]], None]
    stopped: Callable[[], bool]

    @property
    def count(self) -> int:
        """How many shards there will be."""
        return -(-len(self.entries) // PER_SHARD)

    def path(self, shard: int) -> Path:
        """Of a shard."""
        return self.folder / f"{shard:05d}"


def open_folder(job: Job) -> None:
    """Make the folder, with what an earlier preparation of the same left in it."""
    plan = {
        "root": str(job.root.resolve()),
        "frames": len(job.entries),
        "entries": fingerprint(job.entries),
        "per_shard": PER_SHARD,
        "version": job.reader.ABOUT.version,
    }
    path = job.folder / PLAN
    if read_json(path) != plan:
        with writing(job.folder):
            shutil.rmtree(job.folder, ignore_errors=True)
            job.folder.mkdir(parents=True)
            write_json(path, plan)


def fingerprint(entries: Sequence[Any]) -> str:
    """Other entries have another, as when more of a download was unpacked since."""
    seen = hashlib.sha256()
    for entry in entries:
        seen.update(_written(entry))
    return seen.hexdigest()


def write_shard(job: Job, shard: int) -> Note:
    """Write a shard, unless it is there.

    Raises:
        FrameError: a frame or view can't be read, and the job is strict.
        DatasetError: the shard can't be written.
    """
    done = read_note(job, shard)
    places = range(shard * PER_SHARD, min((shard + 1) * PER_SHARD, len(job.entries)))
    if done:
        for _ in places:
            job.tell(None, ())
        return done
    beside = job.path(shard).with_suffix(".part")
    note = _write(job, beside, places)
    with writing(beside):
        os.replace(beside, job.path(shard))
        write_json(job.path(shard).with_suffix(".json"), note._asdict())
    return note


def read_note(job: Job, shard: int) -> Note | None:
    """What went into a shard that is done, None if it is not or lacks a frame."""
    found = read_json(job.path(shard).with_suffix(".json"))
    if found is None or found["skipped"] or not job.path(shard).is_file():
        return None
    return Note(**found)


def read_json(path: Path) -> Any:
    """What a JSON file of ours holds, None if it is missing or broken."""
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return None


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file, whole or not at all."""
    beside = path.with_suffix(".json.part")
    beside.write_text(json.dumps(content))
    os.replace(beside, path)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """A context in which a file that can't be written is told with what to do.

    Args:
        path: the file, or the folder of files, for errors that name none.

    Raises:
        DatasetError: it can't.
    """
    try:
        yield
    except (OSError, RuntimeError) as wrong:
        # ArrayRecord tells of a full disk by a plain one; others are our mistakes.
        if not isinstance(wrong, OSError) and type(wrong) is not RuntimeError:
            raise
        reason = getattr(wrong, "strerror", None) or wrong
        raise StoreError(
            f"{getattr(wrong, 'filename', None) or path} can't be written ({reason}); "
            "make room there, or choose another folder with --data-dir. What is "
            "prepared stays, and a preparation goes on where it ended"
        ) from wrong


def _write(job: Job, path: Path, places: range) -> Note:
    from array_record.python.array_record_module import ArrayRecordWriter

    from handjax.data.real import builder, examples

    described = examples.features()
    with writing(path):
        writer = ArrayRecordWriter(str(path), builder.OPTIONS)
    note = Note(0, 0, {}, {})
    try:
        for place in places:
            if job.stopped():
                raise InterruptedError
            record, faults = _read(job, place)
            if record:
                content = examples.to_bytes(record, described)
                with writing(path):
                    writer.write(content)
                note = note._replace(
                    frames=note.frames + 1, size=note.size + len(content)
                )
                if faults:
                    note.dropped[str(place)] = faults
            else:
                note.skipped[str(place)] = faults[0]
            job.tell(None if record else faults[0], faults if record else ())
    finally:
        with writing(path):
            writer.close()
    return note


def _read(job: Job, place: int) -> tuple[records.Record | None, list[str]]:
    """The record of a frame and why views of it are not there; or why it is not."""
    try:
        frame = job.reader.read(job.root, job.entries[place])
        if job.strict and frame.dropped:
            raise FrameError(f"{frame.name}: {frame.dropped[0]}")
        return records.make(frame, job.reader.ABOUT, place), list(frame.dropped)
    except FrameError as fault:
        if job.strict:
            raise
        return None, [str(fault)]
    except FAULTS as fault:
        what = f"{type(fault).__name__}, {fault}" if str(fault) else repr(fault)
        why = f"frame {place} of {job.split}: {what}"
        if job.strict:
            raise FrameError(why) from fault
        return None, [why]


def _written(entry: Any) -> bytes:
    if isinstance(entry, tuple):
        return b"(" + b",".join(map(_written, entry)) + b")"
    # Arrays print slowly, and long ones not in full.
    return entry.tobytes() if isinstance(entry, np.ndarray) else repr(entry).encode()
