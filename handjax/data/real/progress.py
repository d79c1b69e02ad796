"""A progress bar for preparations, which tells of frames that are skipped."""

from threading import Lock

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

SHOWN = 10
"""Frames whose fault is told as it is found; of all, the number is."""


class Bar:
    """A context with a bar on stderr, which many threads may advance."""

    def __init__(self, title: str, total: int):
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[skipped]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._task = self._progress.add_task(title, total=total, skipped="")
        self._skipped, self._lock = 0, Lock()

    def __enter__(self) -> "Bar":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def advance(self, why: str | None) -> None:
        """Another frame is done, or skipped because of what `why` says."""
        self._progress.advance(self._task)
        if why is None:
            return
        with self._lock:
            self._skipped += 1
            count = self._skipped
        if count <= SHOWN:
            # A name in brackets is no markup, and a path is not to be broken.
            self._progress.console.print(
                f"skipped: {why}", markup=False, highlight=False, soft_wrap=True
            )
        self._progress.update(self._task, skipped=f"{count} skipped")
