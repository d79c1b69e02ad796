"""SIGTERM and Ctrl-C as a polite request to stop after the current step."""

import signal
from types import FrameType


class Interrupt:
    """A context that notes the first signal; a second one ends the process at once."""

    SIGNALS = (signal.SIGTERM, signal.SIGINT)

    def __init__(self) -> None:
        self.received: signal.Signals | None = None
        self._before = {}

    def __enter__(self) -> "Interrupt":
        self._before = {one: signal.signal(one, self._note) for one in self.SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        for one, handler in self._before.items():
            signal.signal(one, handler)

    def _note(self, number: int, _: FrameType | None) -> None:
        self.received = signal.Signals(number)
        signal.signal(number, signal.SIG_DFL)
