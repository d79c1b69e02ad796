"""The datasets by name."""

from importlib import import_module
from pathlib import Path
from typing import Any

from handjax.data.real.frame import DatasetError, Reader

# What commands and configs call each, and the module of `handjax.data` that reads it.
MODULES = {
    "nyu": "nyu",
    "icvl": "icvl",
    "msra15": "msra15",
    "stb": "stb",
    "rhd": "rhd",
    "dexter_object": "dexter_object",
    "freihand": "freihand",
    "interhand": "interhand",
    "ho3d": "ho3d",
    "dexycb": "dexycb",
    "deep_hand_mesh": "deep_hand_mesh",
    "own": "own",
}


def reader(name: str) -> Reader:
    """The module that reads a dataset.

    Raises:
        DatasetError: none has that name.
    """
    if name not in MODULES:
        raise DatasetError(
            f"no dataset is called {name!r}; there are: {', '.join(MODULES)}"
        )
    module: Any = import_module(f"handjax.data.{MODULES[name]}")
    return module


def rooted(reader: Reader, root: str | Path | None) -> Reader:
    """The reader of what lies in a folder: of a user's own recordings, of that one.

    Raises:
        DatasetError: such a one is wanted, and is not there.
    """
    at = getattr(reader, "at", None)
    return at(root) if at else reader
