"""Joints into files that other people's tools read."""

import io
import json
from pathlib import Path

import numpy as np
from jaxtyping import Float

from handjax import files
from handjax.evaluation.predictions.text import FileError

DECIMALS = 4
"""Of a pixel or a millimetre: a ten-thousandth of a pixel is 0.0002 mm at 1 m."""
ENDINGS = (".txt", ".csv", ".npz", ".npy", ".mat", ".json")


def write(path: str | Path, numbers: Float[np.ndarray, "frames joints 3"]) -> Path:
    """Write joints in the form that the path's ending names; returns the path.

    Text has a frame a row, three numbers a joint; arrays are (frames, joints, 3) and
    called "joints".

    Raises:
        FileError: another ending, or a place where nothing can be written.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise FileError(f"{path} wants one of the endings {', '.join(ENDINGS)}")
    content = _content(ending, numbers)
    try:
        return files.write(path, content)
    except OSError as wrong:
        raise FileError(f"{path} can't be written: {wrong.strerror}") from wrong


def _content(ending: str, numbers: Float[np.ndarray, "frames joints 3"]) -> bytes:
    rows = numbers.reshape(len(numbers), -1)
    stream = io.BytesIO()
    if ending == ".npz":
        np.savez_compressed(stream, allow_pickle=False, joints=numbers)
    elif ending == ".npy":
        np.save(stream, numbers, allow_pickle=False)
    elif ending == ".mat":
        from scipy.io import savemat

        savemat(stream, {"joints": numbers})
    elif ending == ".json":
        stream.write(json.dumps(np.round(numbers, DECIMALS).tolist()).encode())
    else:
        between, number = "," if ending == ".csv" else " ", f"{{:.{DECIMALS}f}}".format
        lines = (between.join(map(number, row)) for row in rows.tolist())
        stream.write("".join(f"{line}\n" for line in lines).encode())
    return stream.getvalue()
