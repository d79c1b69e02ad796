"""Work that is asked for faster than it can be done: the last time counts."""

import time
import traceback
from collections.abc import Callable
from threading import Condition, Thread


class Latest:
    """A thread that does a piece of work whenever it was asked for since the last time.

    Args:
        work: what is done; what goes wrong is printed, and the next time tried again.
        period: seconds from one beginning to the next, at least.
    """

    def __init__(self, work: Callable[[], None], period: float):
        self._work, self._period = work, period
        self._asked = self._busy = self._ended = False
        self._condition = Condition()
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def ask(self) -> None:
        """Have it done soon, once for all that ask until then."""
        with self._condition:
            self._asked = True
            self._condition.notify_all()

    def settle(self, timeout: float = 60.0) -> bool:
        """Wait until all that was asked for is done; whether it is."""
        with self._condition:
            return self._condition.wait_for(
                lambda: not (self._asked or self._busy), timeout
            )

    def end(self) -> None:
        """Do nothing more."""
        with self._condition:
            self._ended = True
            self._condition.notify_all()
        self._thread.join()

    def _run(self) -> None:
        while self._wait():
            began = time.monotonic()
            try:
                self._work()
            except Exception:
                # Somebody looks at the page, not at this thread.
                traceback.print_exc()
            self._rest(began)

    def _wait(self) -> bool:
        """Until there is something to do, or nothing any more."""
        with self._condition:
            self._condition.wait_for(lambda: self._asked or self._ended)
            self._asked, self._busy = False, not self._ended
            return not self._ended

    def _rest(self, began: float) -> None:
        with self._condition:
            self._busy = False
            self._condition.notify_all()
            left = self._period - (time.monotonic() - began)
            if left > 0.0:
                self._condition.wait_for(lambda: self._ended, left)
