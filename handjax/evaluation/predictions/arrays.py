"""Joints as arrays: .mat of either kind, .npz, .npy and JSON, told by their content.

Nothing that is read can run: NumPy's pickles are refused, MATLAB's objects ignored.
"""

import io
import json
import re
import zipfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Shaped

from handjax.evaluation.predictions.text import FileError

Arrays = dict[str, Shaped[np.ndarray, "..."]]

HDF5 = b"\x89HDF\r\n\x1a\n"
MATLAB_HEADER = 512
"""Bytes before the HDF5 of a MATLAB 7.3 file."""
VIEWS = 8
"""No more cameras than this look at one hand."""
LARGEST = 2**31
"""Bytes that an archive's file may have."""


def kind(content: bytes) -> str:
    """What a file is, by how it begins: npz, npy, mat, hdf5, json or text.

    Raises:
        FileError: a compressed file.
    """
    starts = {b"PK\x03\x04": "npz", b"\x93NUMPY": "npy", b"MATLAB 5.0": "mat"}
    for start, found in starts.items():
        if content.startswith(start):
            return found
    if HDF5 in (content[:8], content[MATLAB_HEADER : MATLAB_HEADER + 8]):
        return "hdf5"
    if content.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf")):
        raise FileError("is compressed; unpack it first")
    return "json" if content.lstrip()[:1] in (b"[", b"{") else "text"


def unpacked(content: bytes) -> bytes:
    """The one file of a .zip; a file that is none, or is of NumPy, as it is.

    Raises:
        FileError: a broken archive, or one of several files or of none.
    """
    if not content.startswith(b"PK\x03\x04"):
        return content
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            held = [one for one in archive.infolist() if _counts(one.filename)]
            names = [one.filename for one in held]
            if any(name.endswith(".npy") for name in names):
                return content
            if len(held) != 1 or held[0].file_size > LARGEST:
                said = ", ".join(names[:4]) or "none"
                raise FileError(
                    f"is an archive and wants one file in it; it has {said}: unpack it "
                    "and give the one with the joints"
                )
            return archive.read(held[0])
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as wrong:
        raise FileError(f"is an archive that can't be read: {wrong}") from wrong


def _counts(name: str) -> bool:
    """Whether a member is a file that somebody packed; macOS adds its own."""
    return not name.endswith("/") and not name.startswith("__MACOSX/")


def load(path: Path, content: bytes, found: str) -> Arrays:
    """Every array of a file, by name.

    Args:
        path: for readers that want the file itself.
        content: of the file.
        found: its `kind`.

    Raises:
        FileError: it is broken, or wants a library that is not there.
    """
    readers = {"npz": _npz, "npy": _npy, "mat": _mat, "hdf5": _hdf5, "json": _json}
    try:
        return readers[found](path, content)
    except FileError:
        raise
    except Exception as wrong:
        raise FileError(f"can't be read as {found} ({wrong})") from wrong


def _npz(path: Path, content: bytes) -> Arrays:
    del path
    with np.load(io.BytesIO(content), allow_pickle=False) as stored:
        if not isinstance(stored, np.lib.npyio.NpzFile) or not stored.files:
            raise FileError("is an archive without arrays; unpack it first")
        return {name: stored[name] for name in stored.files}


def _npy(path: Path, content: bytes) -> Arrays:
    del path
    return {"": np.load(io.BytesIO(content), allow_pickle=False)}


def _mat(path: Path, content: bytes) -> Arrays:
    from scipy.io import loadmat

    del path
    stored = loadmat(io.BytesIO(content))
    return {k: v for k, v in stored.items() if not k.startswith("__")}


def _hdf5(path: Path, content: bytes) -> Arrays:
    del content
    try:
        import h5py  # pyright: ignore[reportMissingImports]
    except ImportError as wrong:
        raise FileError(
            "is a MATLAB 7.3 file, which wants h5py: pip install h5py, or save it with "
            "-v7 in MATLAB"
        ) from wrong
    with h5py.File(path, "r") as stored:
        held = {k: v for k, v in stored.items() if isinstance(v, h5py.Dataset)}
        # MATLAB counts axes from the other end.
        return {name: np.asarray(v).T for name, v in held.items()}


def _json(path: Path, content: bytes) -> Arrays:
    del path
    found = json.loads(content)
    if isinstance(found, dict):
        return _named(found)
    if len(found) == 2 and _depth(found) == 4:
        # As challenges have it: joints, then vertices, of every frame.
        return {"joints": _array(found[0]), "vertices": _array(found[1])}
    return {"": _array(found)}


def _named(found: Mapping[str, Any]) -> Arrays:
    """Arrays by name; or one array, if the names are those of frames."""
    names = sorted(found, key=in_order)
    arrays = {name: _array(v) for name in names if isinstance(v := found[name], list)}
    shapes = {array.shape for array in arrays.values()}
    if len(shapes) == 1 and len(next(iter(shapes))) == 2 and len(arrays) > VIEWS:
        return {"": np.stack(list(arrays.values()))}
    return arrays


def in_order(name: str) -> tuple[str | int, ...]:
    """A key that sorts names as people count: 2 before 10."""
    parts = re.split(r"([0-9]+)", name)
    return tuple(int(part) if k % 2 else part for k, part in enumerate(parts))


def _depth(nested: Any) -> int:
    depth = 0
    while isinstance(nested, list) and nested:
        nested, depth = nested[0], depth + 1
    return depth


def _array(nested: Any) -> np.ndarray:
    try:
        return np.array(nested, np.float64)
    except (ValueError, TypeError) as wrong:
        raise FileError(
            "wants lists of numbers, as many in every frame; some are missing or of "
            "another length"
        ) from wrong


def choose(
    arrays: Arrays, joints: Collection[int], *, names: Sequence[str], hint: str
) -> Float[np.ndarray, "frames joints 3"]:
    """The array that holds the joints.

    Args:
        arrays: of the file.
        joints: how many there may be, which tells axes apart.
        names: of the arrays to take, one after another; () to find it.
        hint: "uvd" or "xyz": of several arrays the one that is called so.

    Raises:
        FileError: there is none, or more than one.
    """
    points = {name: as_points(a, joints) for name, a in arrays.items()}
    have = ", ".join(f"{k or 'one'} {a.shape}" for k, a in arrays.items()) or "none"
    unfit = [name for name in names if points.get(name) is None]
    if unfit:
        raise FileError(f"has no points called {unfit}; its arrays: {have}")
    fit = {k: p for k, p in points.items() if p is not None}
    if names:
        return np.concatenate([fit[name] for name in names])
    if len(fit) > 1 and "joints" in fit:
        return fit["joints"]
    if len(fit) > 1:
        fit = {k: p for k, p in fit.items() if hint in k} or fit
    if len(fit) == 1:
        return next(iter(fit.values()))
    raise FileError(
        f"has {len(fit) or 'no'} arrays of three numbers a joint; its arrays: {have}. "
        + ("Name one with --key" if fit else "Wanted are (frames, joints, 3)")
    )


def as_points(
    array: Shaped[np.ndarray, "..."], joints: Collection[int]
) -> Float[np.ndarray, "frames joints 3"] | None:
    """An array as points, whatever the order of its axes; None if it holds none.

    Args:
        array: (frames, joints, 3) in any order; (frames, 3 joints); or views of these,
            of which the first is taken.
        joints: how many there may be.
    """
    if array.dtype.kind not in "iuf" or not array.size:
        return None
    if array.ndim == 4 and len(array) <= VIEWS:
        array = array[0]
    if array.ndim == 2 and array.shape[1] % 3 == 0:
        return array.reshape(len(array), -1, 3).astype(np.float64)
    threes = [axis for axis in (2, 0, 1) if array.ndim == 3 and array.shape[axis] == 3]
    if not threes:
        return None
    first, second = (axis for axis in range(3) if axis != threes[0])
    lengths = array.shape[first], array.shape[second]
    fit = [length in joints for length in lengths]
    # MATLAB's users put frames last: (3, joints, frames).
    unusual = threes[0] != 2 and not any(fit) and lengths[0] < lengths[1]
    if fit == [True, False] or unusual:
        first, second = second, first
    return array.transpose(first, second, threes[0]).astype(np.float64)
