"""Joints as arrays: .mat of either kind, .npz, .npy and JSON, told by their content.

Nothing that is read can run: NumPy's pickles are refused, MATLAB's objects ignored.
"""

import io
import zipfile
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float, Shaped

from handjax.evaluation.predictions import nested
from handjax.evaluation.predictions.shapes import as_points
from handjax.evaluation.predictions.text import FileError

Arrays = dict[str, Shaped[np.ndarray, "..."]]

HDF5 = b"\x89HDF\r\n\x1a\n"
MATLAB_HEADER = 512
"""Bytes before the HDF5 of a MATLAB 7.3 file."""
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
    found = nested.parsed(content)
    if isinstance(found, dict) or nested.holds_records(found):
        return nested.arrays_of(found)
    if len(found) == 2 and nested.depth(found) == 4:
        # As challenges have it: joints, then vertices, of every frame.
        return {"joints": nested.array(found[0]), "vertices": nested.array(found[1])}
    return {"": nested.array(found)}


def names_of(arrays: Arrays, frames: int) -> tuple[str, ...]:
    """The names of a file's frames, if an array has as many words; else ()."""
    for array in arrays.values():
        if array.dtype.kind == "U" and array.shape == (frames,):
            return tuple(str(name).strip() for name in array)
    return ()


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
