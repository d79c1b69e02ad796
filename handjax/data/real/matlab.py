"""Arrays out of .mat files, of version 5 and 7.3.

A file of version 7.3 is HDF5, whose axes are the other way round; it needs h5py, which
is asked for where such a file is met.
"""

import zlib
from pathlib import Path
from typing import Any

import numpy as np

from handjax.data.real.frame import DatasetError


def read(path: str | Path, key: str) -> np.ndarray:
    """An array of numbers by its name.

    Args:
        path: the file.
        key: name of the variable.

    Raises:
        DatasetError: no such file or variable, or not one of numbers.
    """
    path = Path(path)
    if not path.is_file():
        raise DatasetError(f"no file at {path}; download it again")
    try:
        found = _read_5(path, key)
    except NotImplementedError:
        found = _read_7(path, key)
    if found.dtype.kind not in "biuf":
        raise DatasetError(
            f"{path} wants numbers under {key!r}; got {found.dtype} of shape "
            f"{found.shape}"
        )
    return found


def _read_5(path: Path, key: str) -> np.ndarray:
    from scipy.io import loadmat, whosmat

    try:
        found: dict[str, Any] = loadmat(path, variable_names=[key])
        names = [] if key in found else [name for name, *_ in whosmat(path)]
    # scipy tells of broken files by whatever went wrong inside; of version 7.3 by
    # NotImplementedError, which passes.
    except (OSError, ValueError, TypeError, LookupError, EOFError, zlib.error) as error:
        raise DatasetError(
            f"{path} is a broken .mat file ({error}); download it again"
        ) from error
    return np.asarray(found[key]) if not names else _missing(path, key, names)


def _read_7(path: Path, key: str) -> np.ndarray:
    try:
        import h5py  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise DatasetError(
            f"{path} is a .mat file of version 7.3: install h5py, or save it with "
            "-v7 in Matlab"
        ) from error
    try:
        with h5py.File(path, "r") as file:
            if not isinstance(file.get(key), h5py.Dataset):
                return _missing(path, key, list(file))
            return np.asarray(file[key]).T
    except OSError as error:
        raise DatasetError(
            f"{path} is a broken .mat file ({error}); download it again"
        ) from error


def _missing(path: Path, key: str, names: list[str]) -> np.ndarray:
    raise DatasetError(
        f"{path} has no variable {key!r}, only {', '.join(names) or 'none at all'}; "
        "is it another file of the dataset?"
    )
