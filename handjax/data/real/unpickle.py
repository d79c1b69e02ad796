"""A dataset's pickles: `handjax.unpickle`, in the words of a dataset's errors."""

from pathlib import Path
from typing import Any

from handjax import unpickle
from handjax.data.real.frame import DatasetError


def read(path: str | Path) -> Any:
    """What a pickle of arrays and plain containers holds.

    Raises:
        DatasetError: there is no such file, it is broken, or it asks for more.
    """
    try:
        return unpickle.read(path)
    except unpickle.UnpickleError as error:
        raise DatasetError(str(error)) from error
