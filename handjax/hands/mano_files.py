"""Files of MANO: as released, without running any of them, and as we store them.

A released file is a pickle that Python 2 wrote: a dictionary of NumPy arrays, a sparse
matrix of SciPy's (J_regressor) and expressions of chumpy's (shapedirs, in some files
others), of which those two are read that do no more than hold or pick numbers. Metres;
fingers along -x in right hands, +x in left ones, the thumb's side along z, the back of
the hand along y.

Left hands before version 1.2 have the shape directions of right hands, x and all:
their fingers grow shorter as they grow thicker (github.com/vchoutas/smplx, issue 48).

Source: names and shapes as smplx reads them (body_models.py); nodes of chumpy as its
ch.py and reordering.py evaluate them.
"""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from handjax import unpickle

HOME = "https://mano.is.tue.mpg.de"

VERTICES = 778
PARENTS = (0, 1, 2, 0, 4, 5, 0, 7, 8, 0, 10, 11, 0, 13, 14)
"""Of the joints after the wrist: index, middle, little, ring, thumb."""

SIDES = ("right", "left")

DEEPEST = 8
"""Nodes of chumpy's within one another."""

LARGEST = 1 << 26
"""Bytes of all arrays of a stored file; one takes 3 MB."""

# The sizes of each array; the same letter is the same size, wherever it stands.
Sizes = Mapping[str, tuple[int | str, ...]]

RELEASED: Sizes = {
    "v_template": (VERTICES, 3),
    "shapedirs": (VERTICES, 3, "shape"),
    "posedirs": (VERTICES, 3, 135),
    "J_regressor": (16, VERTICES),
    "weights": (VERTICES, 16),
    "f": ("faces", 3),
    "kintree_table": (2, 16),
    "hands_components": (45, 45),
    "hands_mean": (45,),
}

STORED: Sizes = {
    "vertices": (VERTICES, 3),
    "faces": ("faces", 3),
    "weights": (VERTICES, 17),
    "joints": (22, 3),
    "axes": (17, 3, 3),
    "limits": (17, 3, 2),
    "shape_vertices": ("shape", VERTICES, 3),
    "shape_joints": ("shape", 22, 3),
    "sphere_joints": (41,),
    "sphere_centres": (41, 3),
    "sphere_radii": (41,),
    "shape_centres": ("shape", 41, 3),
    "shape_radii": ("shape", 41),
    "uv": ("corners", 2),
    "uv_faces": ("faces", 3),
    "correctives": (135, 3, VERTICES),
    "tips": (5,),
    "components": (45, 45),
    "mean": (45,),
    "house_from_file": (3, 3),
    "wrist": (3,),
    "shape_wrist": ("shape", 3),
}
"""Fields of `template.Template` and of `mano.Mano`."""

# What indices point at: so many there are, or so many as this size.
INDICES: Mapping[str, int | str] = {
    "f": VERTICES,
    "faces": VERTICES,
    "tips": VERTICES,
    "sphere_joints": 17,
    "uv_faces": "corners",
}

_SPARSE = {
    f"scipy.sparse.{_module}.{_kind}_matrix": _kind
    for _kind in ("csc", "csr", "coo")
    for _module in (_kind, f"_{_kind}")
}
_HELD, _PICKED = "chumpy.ch.Ch", "chumpy.reordering.Select"
_ALLOWED = {**unpickle.NUMPY, **unpickle.records(*_SPARSE, _HELD, _PICKED)}


class ManoError(ValueError):
    """A file of MANO's that can't be used, and what to do about it."""


class Released(NamedTuple):
    """What a released file holds, in its own units, axes and order.

    Attributes:
        vertices: at rest, metres.
        shapes: their displacement by each coefficient of shape.
        correctives: by each entry of R - I of the 15 joints after the wrist.
        regressor: joints from vertices.
        weights: of the 16 joints on each vertex.
        faces: counter-clockwise seen from outside.
        components: principal components of finger poses, rows.
        mean: their mean, axis-angle, radians.
        left: whether the hand is a left one.
        repaired: whether the sign of the shape directions along x was wrong.
    """

    vertices: Float[np.ndarray, "778 3"]
    shapes: Float[np.ndarray, "778 3 shape"]
    correctives: Float[np.ndarray, "778 3 135"]
    regressor: Float[np.ndarray, "16 778"]
    weights: Float[np.ndarray, "778 16"]
    faces: Int[np.ndarray, "faces 3"]
    components: Float[np.ndarray, "45 45"]
    mean: Float[np.ndarray, "45"]
    left: bool
    repaired: bool


def read_released(
    path: str | Path, *, side: str | None = None, repair: bool | None = None
) -> Released:
    """A file as released, its left hand's shape directions put right.

    Args:
        path: MANO_RIGHT.pkl or MANO_LEFT.pkl, of any version.
        side: "right" or "left"; None for what the direction of the fingers says.
        repair: whether a left hand's shape directions have the wrong sign along x;
            None for what `sign_is_wrong` says.

    Raises:
        ManoError: the file holds something else than MANO.
        unpickle.UnpickleError: it is not there, is broken, or would run something.
    """
    if side not in (None, *SIDES):
        raise ValueError(f"side wants one of {', '.join(SIDES)}; got {side!r}")
    stored = unpickle.read(path, allowed=_ALLOWED)
    if not isinstance(stored, Mapping):
        raise ManoError(f"{path} holds {type(stored).__name__}, no MANO. {_advice()}")
    plain = {
        name: _plain(stored.get(name), f"{name} in {path}", sizes)
        for name, sizes in RELEASED.items()
    }
    found = checked(plain, RELEASED, path)
    if tuple(found["kintree_table"][0, 1:]) != PARENTS:
        raise ManoError(f"joints in {path} hang otherwise than MANO's. {_advice()}")
    vertices, shapes = found["v_template"], found["shapedirs"]
    wrist, middle = found["J_regressor"][[0, 4]] @ vertices[:, 0]
    left = middle > wrist if side is None else side == "left"
    if repair is None:
        repair = sign_is_wrong(vertices, shapes)
    repaired = bool(left and repair)
    if repaired:
        shapes = shapes * np.array([-1.0, 1.0, 1.0])[:, None]
    return Released(
        vertices=vertices,
        shapes=shapes,
        correctives=found["posedirs"],
        regressor=found["J_regressor"],
        weights=found["weights"],
        faces=found["f"],
        components=found["hands_components"],
        mean=found["hands_mean"],
        left=bool(left),
        repaired=repaired,
    )


def sign_is_wrong(
    vertices: Float[np.ndarray, "vertices 3"],
    shapes: Float[np.ndarray, "vertices 3 shape"],
) -> bool:
    """Whether among hands of these shapes the long ones are narrow.

    With coefficients of variance 1, length and breadth, which are the extents along x
    and z, vary together by
        sum_s (dlength / dshape_s) (dbreadth / dshape_s),
    which is above 0 among people, and changes its sign with the directions along x.
    """
    about = vertices - vertices.mean(axis=0)
    growth = np.einsum("va,vas->as", about, shapes)
    return bool(growth[0] @ growth[2] < 0.0)


def read_stored(path: str | Path) -> dict[str, np.ndarray]:
    """The arrays of a file that `write_stored` wrote.

    Raises:
        ManoError: there is no such file, or it holds something else.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > LARGEST:
            raise ManoError(f"{path} takes more than {LARGEST} bytes, and is no hand")
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in STORED if name in file.files}
    except ManoError:
        raise
    # Broken archives raise whatever zipfile, zlib, tokenize or numpy come upon.
    except Exception as wrong:
        raise ManoError(f"{path} can't be read ({wrong}). {_again()}") from wrong
    return checked(arrays, STORED, path)


def write_stored(file: IO[bytes], arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays that `checked` would let pass, none of them a pickle."""
    np.savez_compressed(file, allow_pickle=False, **arrays)


def checked(
    arrays: Mapping[str, Any], wanted: Sizes, path: str | Path
) -> dict[str, np.ndarray]:
    """Arrays of the wanted sizes, of finite numbers, indices within their bounds.

    Raises:
        ManoError: one is not.
    """
    known: dict[str, int] = {}
    found = {}
    for name, sizes in wanted.items():
        if name not in arrays or not isinstance(arrays[name], np.ndarray):
            raise ManoError(f"{path} has no {name}: it is no hand. {_again()}")
        array = arrays[name]
        fits = array.ndim == len(sizes) and all(
            got == (known.setdefault(size, got) if isinstance(size, str) else size)
            for got, size in zip(array.shape, sizes, strict=True)
        )
        if not fits or not array.size:
            said = " x ".join(str(known.get(str(size), size)) for size in sizes)
            got = " x ".join(map(str, array.shape))
            raise ManoError(f"{name} in {path} wants {said} numbers; got {got}")
        found[name] = _numbers(array, name, path)
    for name, bound in INDICES.items():
        if name in found:
            most = bound if isinstance(bound, int) else known[bound]
            if found[name].min() < 0 or found[name].max() >= most:
                raise ManoError(f"{name} in {path} points at what is not there")
    return found


def _numbers(array: np.ndarray, name: str, path: str | Path) -> np.ndarray:
    whole = name in INDICES or name == "kintree_table"
    if array.dtype.kind not in ("iu" if whole else "iuf"):
        raise ManoError(f"{name} in {path} holds {array.dtype}, no numbers")
    if not np.isfinite(array).all():
        raise ManoError(f"{name} in {path} holds NaN or infinity")
    return array.astype(np.int64 if whole else np.float64)


def _plain(value: Any, what: str, sizes: tuple[int | str, ...]) -> Any:
    """An array in place of a sparse matrix or of one of chumpy's nodes."""
    try:
        return _evaluated(value, sizes, 0)
    except (KeyError, IndexError, TypeError, ValueError, OverflowError) as wrong:
        raise ManoError(f"{what} is broken ({wrong}). {_advice()}") from wrong


def _evaluated(value: Any, sizes: tuple[int | str, ...] | None, depth: int) -> Any:
    if not isinstance(value, unpickle.Record):
        if not isinstance(value, np.ndarray):
            raise TypeError(f"{type(value).__name__}, no array")
        return value
    if depth > DEEPEST:
        raise ValueError("expressions within expressions")
    fields = value.fields
    if value.name in _SPARSE:
        if tuple(fields["_shape"]) != sizes:
            raise ValueError("a sparse matrix of another size")
        return _dense(_SPARSE[value.name], fields, sizes)
    if value.name == _HELD:
        return _evaluated(fields["x"], None, depth + 1)
    source = _evaluated(fields["a"], None, depth + 1)
    picked = source.ravel()[_evaluated(fields["idxs"], None, depth + 1)]
    return picked.reshape(fields.get("preferred_shape", picked.shape))


def _dense(kind: str, fields: Mapping[str, Any], sizes: Any) -> np.ndarray:
    """A sparse matrix written out, its indices checked before SciPy follows them."""
    from scipy import sparse

    if kind == "coo":
        places = (fields["row"], fields["col"])
        return sparse.coo_matrix((fields["data"], places), sizes).toarray()
    make = sparse.csc_matrix if kind == "csc" else sparse.csr_matrix
    matrix = make((fields["data"], fields["indices"], fields["indptr"]), sizes)
    matrix.check_format(full_check=True)
    return matrix.toarray()


def _advice() -> str:
    return f"Take MANO_RIGHT.pkl or MANO_LEFT.pkl from {HOME}"


def _again() -> str:
    return "Make it again: python -m handjax data mano MANO_RIGHT.pkl --out FILE.npz"
