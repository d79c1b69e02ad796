"""Arrays by name from a file of a user's: .safetensors, or NumPy's .npz.

Files from elsewhere are untrusted: nothing in them can run, and no number in them is
believed before it is checked against the size of the file.

A .safetensors file is the length of its header, 8 bytes, the lowest first; the header,
JSON: {name: {"dtype", "shape", "data_offsets": [begin, end]}}, where "__metadata__" is
no array; then the arrays, C order, lowest byte first, without gap or overlap.
Source: github.com/huggingface/safetensors, README, Format.
"""

import json
import math
import shlex
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

DTYPES: dict[str, Any] = {
    "BOOL": np.dtype("?"),
    "U8": np.dtype("u1"),
    "I8": np.dtype("i1"),
    "U16": np.dtype("<u2"),
    "I16": np.dtype("<i2"),
    "U32": np.dtype("<u4"),
    "I32": np.dtype("<i4"),
    "U64": np.dtype("<u8"),
    "I64": np.dtype("<i8"),
    "F16": np.dtype("<f2"),
    "BF16": np.dtype(jnp.bfloat16),
    "F32": np.dtype("<f4"),
    "F64": np.dtype("<f8"),
}
HEADER_LIMIT = 2**20
"""Bytes; that of ResNet-50 takes 32,000."""
LIMIT = 2**30
"""Bytes of all arrays; ResNet-50 takes 100 MB."""
AXES = 8
SUFFIXES = (".safetensors", ".npz")

Arrays = dict[str, np.ndarray]


class StoredError(ValueError):
    """A file that can't be read or does not hold what it should."""


class _Entry(NamedTuple):
    """Where the header says that an array is."""

    name: str
    dtype: np.dtype
    shape: tuple[int, ...]
    begin: int
    end: int


def read(path: str | Path) -> Arrays:
    """Every array of a file, by name.

    Args:
        path: its name ends in .safetensors or .npz.

    Raises:
        StoredError: there is none, it is something else, or it is broken.
    """
    path = Path(path)
    if not path.is_file():
        raise StoredError(f"no file at {path}; give the path of the weights")
    if path.suffix.lower() not in SUFFIXES:
        raise StoredError(f"{path} is neither .safetensors nor .npz.\n{advice(path)}")
    reader = _npz if path.suffix.lower() == ".npz" else _safetensors
    try:
        if path.stat().st_size > LIMIT:
            raise StoredError(f"it takes more than {LIMIT} bytes")
        return reader(path)
    except (StoredError, OSError) as wrong:
        raise StoredError(f"{path} can't be read: {wrong}.\n{advice(path)}") from wrong


def advice(path: Path) -> str:
    """How to make a file that can be read from one of PyTorch's."""
    source = path.with_suffix(".pth") if path.suffix.lower() in SUFFIXES else path
    return (
        "Download it again, or, since PyTorch's own files (.pth, .pt, .bin) are "
        "pickles, which can run anything and are not read here, turn one into .npz "
        "where PyTorch is installed:\n"
        '    python -c "import numpy, sys, torch; numpy.savez(sys.argv[2], **{k: '
        "v.detach().float().numpy() for k, v in torch.load(sys.argv[1], "
        "map_location='cpu', weights_only=True).items()})\" "
        f"{shlex.quote(str(source))} {shlex.quote(str(path.with_suffix('.npz')))}"
    )


def _npz(path):
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > LIMIT:
            raise StoredError(f"unpacked it takes more than {LIMIT} bytes")
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
    except StoredError:
        raise
    # Broken archives raise whatever zipfile, zlib, tokenize or numpy come upon.
    except Exception as wrong:
        raise StoredError(f"it is no archive of arrays ({wrong})") from wrong
    others = sorted(k for k, v in arrays.items() if not isinstance(v, np.ndarray))
    if others:
        raise StoredError(f"it holds other things than arrays: {others[:3]}")
    # NumPy has no bfloat16, and stores those of others as two bytes of anything.
    return {
        k: v.view(jnp.bfloat16) if v.dtype == "V2" else v for k, v in arrays.items()
    }


def _safetensors(path):
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    if len(content) < 8 or length > min(len(content) - 8, HEADER_LIMIT):
        raise StoredError(
            f"{len(content)} bytes with a header of {length} are no safetensors file, "
            "or not the whole of one"
        )
    body = memoryview(content)[8 + length :]
    entries = _header(content[8 : 8 + length])
    _check_cover(entries, len(body))
    return {entry.name: _array(entry, body) for entry in entries}


def _array(entry, body):
    flat = np.frombuffer(body[entry.begin : entry.end], entry.dtype)
    return flat.reshape(entry.shape)


def _header(text):
    """The entries of a header, in the order of the bytes."""
    try:
        page = json.loads(text.decode(), object_pairs_hook=_unique)
    # Brackets within brackets without end.
    except (ValueError, RecursionError) as wrong:
        raise StoredError(f"its header is no JSON ({wrong})") from wrong
    if not isinstance(page, dict):
        raise StoredError("its header is no dictionary of arrays")
    page.pop("__metadata__", None)
    entries = [_entry(name, told) for name, told in page.items()]
    return sorted(entries, key=lambda entry: entry.begin)


def _unique(pairs):
    """A dictionary; with two of a name, readers would not agree on which counts."""
    page = dict(pairs)
    if len(page) < len(pairs):
        raise StoredError("its header has a name twice")
    return page


def _entry(name, told):
    wanted = {"dtype", "shape", "data_offsets"}
    if not isinstance(told, dict) or told.keys() != wanted:
        raise StoredError(f"its header wants {sorted(wanted)} of {name!r}")
    dtype = told["dtype"]
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise StoredError(f"{name!r} is of {dtype!r}, which is none of {[*DTYPES]}")
    shape, offsets = told["shape"], told["data_offsets"]
    # An axis of 0 would let the others be of any length.
    if not _counts(shape, least=1) or len(shape) > AXES:
        raise StoredError(f"{name!r} has a shape that can't be: {shape!r}")
    if not _counts(offsets, least=0) or len(offsets) != 2:
        raise StoredError(f"{name!r} lies at {offsets!r}; wanted are begin and end")
    begin, end = offsets
    size = math.prod(shape) * DTYPES[dtype].itemsize
    if end - begin != size:
        raise StoredError(
            f"{name!r}, {dtype} of {shape}, takes {size} bytes; it has {begin} to {end}"
        )
    return _Entry(name, DTYPES[dtype], tuple(shape), begin, end)


def _counts(values, *, least):
    """Whether it is a list of whole numbers; JSON's true is one to Python."""
    return isinstance(values, list) and all(
        type(value) is int and value >= least for value in values
    )


def _check_cover(entries, size):
    """That each array begins where the one before ends, and the last with the file."""
    reached = 0
    for entry in entries:
        if entry.begin != reached:
            raise StoredError(
                f"{entry.name!r} begins at byte {entry.begin}, where {reached} is free"
            )
        reached = entry.end
    if reached != size:
        raise StoredError(f"its arrays take {reached} bytes, and {size} are there")
