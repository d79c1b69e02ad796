"""Files of glTF 2.0, .glb or .gltf, as JSON and arrays. Nothing in them is run.

Buffers stand in the file, beside it or in a data URI; none is fetched from elsewhere.
Every size, offset and index is checked before it is followed.

Source: Khronos Group, glTF 2.0 Specification, 2021.
"""

import base64
import binascii
import json
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import unquote

import numpy as np
from jaxtyping import Num

MAGIC, JSON_CHUNK, BINARY_CHUNK = 0x46546C67, 0x4E4F534A, 0x004E4942

LARGEST = 1 << 29
"""Bytes of a file, or of an accessor written out."""

COMPONENTS = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4"}
COMPONENTS |= {5126: "<f4"}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}

COMPRESSIONS = ("KHR_draco_mesh_compression", "EXT_meshopt_compression")
"""Extensions without which a file can't be read, and which are not here."""


class GltfError(ValueError):
    """A glTF file that can't be used, and what to do about it."""


class File(NamedTuple):
    """A glTF file.

    Attributes:
        path: where it is, for messages.
        content: its JSON.
        buffers: the bytes it speaks of.
    """

    path: Path
    content: Mapping[str, Any]
    buffers: tuple[bytes, ...]


def read(path: str | Path) -> File:
    """A file and the buffers it names.

    Raises:
        GltfError: it is not there, or is no glTF 2.0 that can be read.
    """
    path = Path(path)
    raw = _bytes(path)
    with broken(path, "it"):
        binary = raw[:4] == struct.pack("<I", MAGIC)
        text, own = _chunks(raw) if binary else (raw, None)
        content = json.loads(text)
        if not isinstance(content, dict):
            raise ValueError("its JSON is no object")
        _check(content)
        made = content.get("buffers", ())
        buffers = [_buffer(path, k, made[k], own) for k in range(len(made))]
    return File(path, content, tuple(buffers))


@contextmanager
def broken(path: Path, what: str) -> Iterator[None]:
    """Say of which part of which file it is that something is wrong."""
    try:
        yield
    except GltfError:
        raise
    # Whatever Python comes upon where JSON is of another kind than it should be.
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        RecursionError,
        TypeError,
        ValueError,
        struct.error,
    ) as wrong:
        why = f"no {wrong}" if isinstance(wrong, KeyError) else str(wrong)
        raise GltfError(
            f"{path} is no whole glTF 2.0 file: {what} is broken ({why}). Export the "
            "hand again, as .glb"
        ) from wrong


def item(file: File, kind: str, index: Any) -> Mapping[str, Any]:
    """One of a file's nodes, meshes, accessors and so on.

    Raises:
        ValueError: there is none of this index.
    """
    there = file.content.get(kind, ())
    if not isinstance(index, int) or not 0 <= index < len(there):
        raise ValueError(f"{kind} has {len(there)} entries; {index} is asked for")
    return there[index]


def accessor(
    file: File, index: int, *kinds: str
) -> Num[np.ndarray, "count components"]:
    """The numbers of an accessor: floats, or whole ones as they are stored.

        f = c / (2^b - 1), or max(c / (2^(b - 1) - 1), -1) with a sign

    is what normalised whole numbers of b bits stand for.

    Args:
        file: that it is in.
        index: of the accessor.
        kinds: what it may be of, such as "VEC3".

    Raises:
        ValueError: it is of another kind, or reaches beyond its buffer.
    """
    made = item(file, "accessors", index)
    if made["type"] not in kinds:
        raise ValueError(
            f"accessor {index} wants {' or '.join(kinds)}; it is {made['type']}"
        )
    dtype, width = _dtype(made["componentType"]), WIDTHS[made["type"]]
    count = _whole(made["count"], f"count of accessor {index}")
    if count * width * dtype.itemsize > LARGEST:
        raise ValueError(f"accessor {index} takes more than {LARGEST} bytes")
    if "bufferView" in made:
        values = _strided(file, made, count, width, dtype)
    else:
        values = np.zeros((count, width), dtype)
    if "sparse" in made:
        _replace(file, made["sparse"], values)
    if values.dtype.kind == "f":
        if not np.isfinite(values).all():
            raise ValueError(f"accessor {index} holds NaN or infinity")
        return values.astype(np.float64)
    if made.get("normalized", False):
        return np.maximum(values / np.iinfo(dtype).max, -1.0)
    return values.astype(np.int64)


def _replace(file: File, sparse: Mapping[str, Any], values: np.ndarray) -> None:
    """Put a sparse accessor's own values where they belong."""
    count = _whole(sparse["count"], "count of a sparse accessor")
    if count > len(values):
        raise ValueError(f"{count} sparse values for an accessor of {len(values)}")
    where = sparse["indices"]
    kind = _dtype(where["componentType"])
    rows = _strided(file, where, count, 1, kind)[:, 0]
    if kind.kind != "u" or (count and rows.max() >= len(values)):
        raise ValueError("a sparse accessor's indices point beyond it")
    values[rows] = _strided(
        file, sparse["values"], count, values.shape[1], values.dtype
    )


def _strided(
    file: File, made: Mapping[str, Any], count: int, width: int, dtype: np.dtype
) -> np.ndarray:
    """Rows of numbers in a buffer view, copied; `made` says where."""
    view = item(file, "bufferViews", made["bufferView"])
    if set(COMPRESSIONS) & set(view.get("extensions", ())):
        raise ValueError(f"bufferView {made['bufferView']} is compressed")
    item(file, "buffers", view["buffer"])
    content = file.buffers[view["buffer"]]
    start, size = (
        _whole(view.get(name, 0), name) for name in ("byteOffset", "byteLength")
    )
    offset = _whole(made.get("byteOffset", 0), "byteOffset")
    row = width * dtype.itemsize
    stride = _whole(view.get("byteStride", row), "byteStride")
    ends = offset + (count - 1) * stride + row if count else 0
    if stride < row or ends > size or start + size > len(content):
        raise ValueError(
            f"bufferView {made['bufferView']} ends before the numbers that are in it"
        )
    return np.ndarray(
        (count, width), dtype, content, start + offset, (stride, dtype.itemsize)
    ).copy()


def _dtype(component: Any) -> np.dtype:
    if component not in COMPONENTS:
        raise ValueError(f"componentType wants one of {[*COMPONENTS]}; got {component}")
    return np.dtype(COMPONENTS[component])


def _whole(number: Any, what: str) -> int:
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise ValueError(f"{what} wants a whole number of 0 or more; got {number!r}")
    return number


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST:
            raise GltfError(f"{path} takes more than {LARGEST} bytes, and is no hand")
        return path.read_bytes()
    except OSError as wrong:
        raise GltfError(f"{path} can't be read ({wrong.strerror})") from wrong


def _chunks(raw: bytes) -> tuple[bytes, bytes | None]:
    """JSON and binary chunk of a .glb."""
    _, version, length = struct.unpack_from("<III", raw)
    if version != 2:
        raise ValueError(f"its container is of version {version}, 2 is wanted")
    if length > len(raw):
        raise ValueError(f"it wants {length} bytes and has {len(raw)}")
    chunks, at = [], 12
    while at + 8 <= length:
        size, kind = struct.unpack_from("<II", raw, at)
        if at + 8 + size > length:
            raise ValueError("a chunk goes on beyond the end")
        chunks.append((kind, raw[at + 8 : at + 8 + size]))
        at += 8 + size
    if not chunks or chunks[0][0] != JSON_CHUNK:
        raise ValueError("its first chunk is not JSON")
    own = [chunk for kind, chunk in chunks[1:2] if kind == BINARY_CHUNK]
    return chunks[0][1], own[0] if own else None


def _check(content: Mapping[str, Any]) -> None:
    version = content["asset"]["version"]
    if str(version).split(".")[0] != "2":
        raise ValueError(f"it is of glTF {version}, 2.0 is wanted")
    packed = set(COMPRESSIONS) & set(content.get("extensionsRequired", ()))
    if packed:
        raise ValueError(f"it is compressed by {sorted(packed)[0]}: switch that off")


def _buffer(path: Path, index: int, made: Mapping[str, Any], own: Any) -> bytes:
    """The bytes of a buffer: of the file's own chunk, of a data URI, of a neighbour."""
    uri = made.get("uri")
    if uri is None:
        if index or own is None:
            raise ValueError(f"buffer {index} has no content")
        found = own
    elif uri.startswith("data:"):
        head, _, text = uri.partition(",")
        if not head.endswith(";base64"):
            raise ValueError(f"buffer {index} is no base64")
        try:
            found = base64.b64decode(text, validate=True)
        except binascii.Error as wrong:
            raise ValueError(f"buffer {index} is no base64 ({wrong})") from wrong
    else:
        found = _neighbour(path, unquote(uri))
    if len(found) < _whole(made["byteLength"], f"byteLength of buffer {index}"):
        raise ValueError(
            f"buffer {index} wants {made['byteLength']} bytes and has {len(found)}"
        )
    return found


def _neighbour(path: Path, name: str) -> bytes:
    """A file beside this one or in a folder there."""
    parts = PurePosixPath(name)
    if ":" in name or "\\" in name or parts.is_absolute() or ".." in parts.parts:
        raise GltfError(
            f"{path} wants {name!r}, which is not beside it, and is not fetched. "
            "Export the hand again, as .glb, which holds all it needs"
        )
    found = path.parent / parts
    if not found.is_file():
        raise GltfError(f"{path} wants {name!r} beside it, and there is no such file")
    return _bytes(found)
