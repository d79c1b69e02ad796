"""One process a working folder."""

import os
from pathlib import Path
from typing import IO

from handjax.training.configs import ConfigError

FILE = "lock"


class Alone:
    """A context that holds a folder, made where it is missing, for this process.

    The lock goes with the process, however that ends. Systems without `flock` are not
    guarded.

    Raises:
        ConfigError: another process trains there, or nothing can be written there.
    """

    def __init__(self, workdir: Path):
        self._workdir = workdir
        self._file: IO[str] | None = None

    def __enter__(self) -> "Alone":
        try:
            self._workdir.mkdir(parents=True, exist_ok=True)
            self._file = (self._workdir / FILE).open("w")
        except OSError as wrong:
            raise ConfigError(
                f"--workdir {self._workdir} can't be written to: {wrong.strerror}"
            ) from wrong
        if os.name == "posix":
            self._lock(self._file)
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()

    def _lock(self, file: IO[str]) -> None:
        import fcntl

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as wrong:
            file.close()
            raise ConfigError(
                f"another process trains in {self._workdir}; stop it first, or choose "
                "another --workdir"
            ) from wrong
