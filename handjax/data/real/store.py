"""Stores: every frame of a dataset read once, and what crops need of it kept.

HANDJAX_CACHE    where they are kept, unless a folder is named; else the user's cache

A store is `<folder>/<dataset>/<version>`. It takes gigabytes where the download takes
tens or hundreds, and minutes to hours to make; it is made split by split, and a split
is there when it is whole.
"""

import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, NamedTuple

from handjax.data.real import builder
from handjax.data.real.builder import Split
from handjax.data.real.download import missing
from handjax.data.real.frame import (
    DatasetError,
    FrameError,
    Reader,
    StoreError,
    require_splits,
)
from handjax.data.real.fresh import require_fresh
from handjax.data.real.progress import Bar
from handjax.data.real.publish import publish
from handjax.data.real.shards import Job, Note, open_folder, write_shard


class Store(NamedTuple):
    """What is stored of a dataset.

    Attributes:
        folder: where.
        splits: those that are there.
    """

    folder: Path
    splits: dict[str, Split]


def data_folder(chosen: str | Path | None = None) -> Path:
    """Where stores are kept."""
    if chosen:
        return Path(chosen).expanduser()
    cache = os.environ.get("HANDJAX_CACHE")
    return Path(cache or Path.home() / ".cache" / "handjax") / "datasets"


def open_store(reader: Reader, data_dir: str | Path | None = None) -> Store:
    """What is stored of a dataset; no split if nothing is."""
    folder = _folder(reader, data_dir)
    return Store(folder, builder.read_info(folder))


def prepare(
    reader: Reader,
    root: str | Path,
    *,
    data_dir: str | Path | None = None,
    splits: Sequence[str] = (),
    strict: bool = False,
    again: bool = False,
) -> Store:
    """Store the splits of a download that are not stored yet.

    A frame that can't be read is told and left out, and so is a view.

    Args:
        reader: the dataset's module.
        root: the download.
        data_dir: where stores are; see `data_folder`.
        splits: those to store; by default all usual ones that the download has.
        strict: end at the first frame or view that can't be read.
        again: store anew what is stored; the old is kept until the new is whole.

    Raises:
        DatasetError: the download lacks a split that was named, or all of them, or
            another one was stored, or the store can't be written.
        FrameError: a frame or view can't be read, or is not stored, and `strict`.
    """
    root = Path(root).expanduser()
    names = check_names(reader, splits)
    with _alone(_folder(reader, data_dir)):
        # Only now: another process may have been about to finish.
        store, faults = open_store(reader, data_dir), []
        for name in names:
            if name in store.splits and not again:
                require_root(reader, name, store.splits[name], root, data_dir)
                if strict:
                    _require_all(reader, name, store.splits[name])
                continue
            try:
                entries = _entries(reader, root, name)
            except DatasetError as fault:
                faults.append(str(fault))
                if splits or strict:
                    raise
                continue
            store = _store(reader, root, name, entries, store, strict)
    if not store.splits:
        raise DatasetError("; ".join(faults))
    return store


def require_root(
    reader: Reader,
    name: str,
    split: Split,
    root: str | Path,
    data_dir: str | Path | None = None,
) -> None:
    """See to it that a stored split is of the download that was named.

    Raises:
        StoreError: it was stored from another folder, or this one has changed since.
        DatasetError: what was named is no folder.
    """
    named, about = Path(root).expanduser().resolve(), reader.ABOUT
    where = f" --data-dir {data_dir}" if data_dir else ""
    if not split.root or named == Path(split.root):
        return require_fresh(reader, name, split, _folder(reader, data_dir), where)
    if not named.is_dir():
        raise DatasetError(missing(about, root))
    raise StoreError(
        f"{about.name}, {name} was stored from {split.root}, and --root is {named}: "
        "leave --root out to use what is stored, or store this one by python -m "
        f"handjax data {about.name} --root {named}{where} --split {name} --again"
    )


def check_names(reader: Reader, splits: Sequence[str]) -> tuple[str, ...]:
    """The splits that were named; if none were, the usual ones.

    Raises:
        DatasetError: the dataset has no such split.
    """
    require_splits(reader.ABOUT, *splits)
    return tuple(splits) or reader.ABOUT.usual or tuple(reader.ABOUT.frames)


def _folder(reader: Reader, data_dir: str | Path | None) -> Path:
    return data_folder(data_dir) / reader.ABOUT.name / reader.ABOUT.version


def _require_all(reader: Reader, name: str, split: Split) -> None:
    for what, faults in (("", split.skipped), ("views of ", split.dropped)):
        if not faults:
            continue
        why = faults[min(faults, key=int)]
        raise FrameError(
            f"{what}{len(faults)} frames of {reader.ABOUT.name}, {name} could not be "
            f"read when it was stored; the first: {why if not what else why[0]}. Mend "
            "the download and prepare it with --again"
        )


def _entries(reader: Reader, root: Path, name: str) -> Sequence:
    entries = reader.index(root, name)
    if not len(entries):
        raise DatasetError(f"{reader.ABOUT.name}, {name} has no frame in {root}")
    return entries


def _store(
    reader: Reader,
    root: Path,
    name: str,
    entries: Sequence,
    store: Store,
    strict: bool,
) -> Store:
    """Write all shards of a split and put them in their place."""
    beside = _beside(store.folder) / name
    stop = threading.Event()
    with Bar(f"{reader.ABOUT.name}, {name}", len(entries)) as bar:
        job = Job(reader, root, name, entries, beside, strict, bar.advance, stop.is_set)
        open_folder(job)
        notes = _write_all(job, stop)
    if not any(note.frames for note in notes):
        first = next(iter(notes[0].skipped.values()))
        raise DatasetError(
            f"no frame of {reader.ABOUT.name}, {name} can be read; the first: {first}"
        )
    return store._replace(splits=publish(job, notes, store.folder, store.splits))


def _write_all(job: Job, stop: threading.Event) -> list[Note]:
    """Notes of all shards, written by as many threads as there are cores."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        work: list[Future[Note]] = [
            pool.submit(write_shard, job, shard) for shard in range(job.count)
        ]
        try:
            wait(work, return_when=FIRST_EXCEPTION)
        finally:
            # An error, or the user's Ctrl-C: the others stop after their frame.
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
    failed = [f for f in work if not f.cancelled() and f.exception()]
    for future in sorted(failed, key=_interrupted):
        future.result()
    return [future.result() for future in work]


def _interrupted(future: Future) -> bool:
    return isinstance(future.exception(), InterruptedError)


def _beside(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.part")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """A context in which no other process prepares the same store."""
    path = _beside(folder) / "lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("w")
    except OSError as wrong:
        raise StoreError(
            f"{path.parent} can't be written to ({wrong.strerror}); choose another "
            "folder with --data-dir"
        ) from wrong
    with file:
        if os.name == "posix":
            _lock(file)
        yield
        path.unlink()
        # Splits that are not whole are still in it.
        with suppress(OSError):
            path.parent.rmdir()


def _lock(file: IO[str]) -> None:
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Who was done since it was opened took it away, and a third may have another.
        if not os.path.samestat(os.fstat(file.fileno()), os.stat(file.name)):
            raise BlockingIOError
    except OSError as wrong:
        raise StoreError(
            "another process prepares this dataset; wait until it is done"
        ) from wrong
