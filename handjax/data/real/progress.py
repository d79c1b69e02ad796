"""A progress bar for preparations, which tells of frames that are skipped."""

from collections.abc import Sequence
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
"""Frames, and views, whose fault is told as it is found; of all, the number is."""


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
        self._counts, self._lock = {"skipped": 0, "left out": 0}, Lock()

    def __enter__(self) -> "Bar":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def advance(self, why: str | None, dropped: Sequence[str]) -> None:
        """Another frame is done, or skipped because of what `why` says.

        Args:
            why: it was skipped; None if it was not.
            dropped: why views of it were.
        """
        self._progress.advance(self._task)
        told = [("skipped", why)] if why else [("left out", view) for view in dropped]
        for what, fault in told:
            with self._lock:
                self._counts[what] += 1
                count = self._counts[what]
            if count <= SHOWN:
                # A name in brackets is no markup, and a path is not to be broken.
                self._progress.console.print(
                    f"{what}: {fault}", markup=False, highlight=False, soft_wrap=True
                )
        if told:
            self._progress.update(self._task, skipped=self._said())

    def _said(self) -> str:
        views = {"skipped": "", "left out": " views"}
        return ", ".join(
            f"{count}{views[what]} {what}"
            for what, count in self._counts.items()
            if count
        )
