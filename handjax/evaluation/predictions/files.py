"""One file of joints, read."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from handjax.evaluation.predictions import arrays, encoding, shapes, text
from handjax.evaluation.predictions.surface import Surface, apart, surface_of
from handjax.evaluation.predictions.text import FileError

BROKEN = 3
"""So many bad rows are named."""
LARGEST = 1e6
"""No pixel and no length is so large: a kilometre in mm."""


class Points(NamedTuple):
    """What a file holds, as it stands there.

    Attributes:
        numbers: three a joint.
        names: of its rows; () where it has none.
        kind: see `arrays.kind`.
        surface: that stands beside the joints.
    """

    numbers: Float[np.ndarray, "frames joints 3"]
    names: tuple[str, ...]
    kind: str
    surface: Surface = Surface()


def read(
    path: str | Path,
    joints: Collection[int],
    *,
    names: Sequence[str] = (),
    hint: str = "uvd",
    gaps: bool = False,
) -> Points:
    """Points of a file, in whichever form.

    Args:
        path: of the file.
        joints: how many there may be in a frame.
        names: of its arrays, where it has several.
        hint: "uvd" or "xyz", see `arrays.choose`.
        gaps: let joints be NaN, as labels may be where nobody knows.

    Raises:
        FileError: it can't be read; the message names the file.
    """
    try:
        found = _read(Path(path), joints, names, hint)
        _check(found.numbers, gaps)
        if found.surface.vertices is not None:
            _check(found.surface.vertices, gaps, "vertices")
    except FileError as wrong:
        raise FileError(f"{path} {wrong}") from wrong
    return found


def read_surface(
    path: str | Path, frames: int, *, gaps: bool = False
) -> tuple[
    str, Float[np.ndarray, "frames vertices 3"], Int[np.ndarray, "faces 3"] | None
]:
    """The surfaces of a file: its vertices, or all that it holds.

    Args:
        path: of the file.
        frames: how many it should have.
        gaps: let vertices be NaN.

    Returns:
        Which kind it is of, see `arrays.kind`; vertices; and faces where it has some.

    Raises:
        FileError: it can't be read or has others; the message names the file.
    """
    try:
        kind, found = _arrays(Path(path))
        surface = Surface()
        if not isinstance(found, bytes):
            surface = surface_of(found, frames)
        vertices = surface.vertices
        if vertices is None:
            vertices = _read(Path(path), (), (), "xyz").numbers
        if len(vertices) != frames:
            raise FileError(
                f"has {len(vertices)} frames where the labels have {frames}"
            )
        _check(vertices, gaps, "vertices")
    except FileError as wrong:
        raise FileError(f"{path} {wrong}") from wrong
    return kind, vertices, surface.faces


def _read(
    path: Path, joints: Collection[int], names: Sequence[str], hint: str
) -> Points:
    kind, found = _arrays(path)
    if isinstance(found, bytes):
        return _from_text(found, joints)
    holding, beside = apart(found, names)
    points = arrays.choose(holding, joints, names=names, hint=hint)
    row_names = arrays.names_of(holding, len(points))
    return Points(points, row_names, kind, surface_of(beside, len(points)))


def _arrays(path: Path) -> tuple[str, arrays.Arrays | bytes]:
    """Which kind a file is of, and its arrays, or its text."""
    try:
        content = path.read_bytes()
    except OSError as wrong:
        raise FileError(f"can't be read: {wrong.strerror}") from wrong
    if not content.strip():
        raise FileError("is empty")
    content = encoding.as_utf8(arrays.unpacked(content))
    kind = arrays.kind(content)
    return kind, content if kind == "text" else arrays.load(path, content, kind)


def _from_text(content: bytes, joints: Collection[int]) -> Points:
    if b"\0" in content:
        raise FileError("is neither text nor .mat, .npz, .npy or JSON")
    rows = text.parse(content.decode("utf-8", errors="replace"))
    numbers = shapes.as_points(rows.numbers, joints)
    if numbers is None:
        raise FileError(
            f"has {rows.numbers.shape[1]} numbers a row, which is not three a joint: "
            "is there a column too many, or were 2D joints written?"
        )
    # Where a row is a joint, a frame is called as its first.
    every = len(rows.numbers) // len(numbers) or 1
    return Points(numbers, rows.names[::every], "text")


def _check(
    numbers: Float[np.ndarray, "frames joints 3"], gaps: bool, what: str = "values"
) -> None:
    bad = np.isinf(numbers) if gaps else ~np.isfinite(numbers)
    if bad.any():
        raise FileError(
            f"has {what} that are not finite in frames {_frames(bad)}; a frame that "
            "was lost wants a guess, such as the mean hand"
        )
    large = np.abs(numbers) > LARGEST
    if large.any():
        raise FileError(
            f"has {what} beyond {LARGEST:.0e} in frames {_frames(large)}: are they "
            "pixels and mm, or numbers that nobody set?"
        )


def _frames(bad: Bool[np.ndarray, "frames joints 3"]) -> str:
    """The first frames with something bad, and how many more."""
    rows = np.flatnonzero(bad.any(axis=(1, 2)))
    shown = ", ".join(str(row + 1) for row in rows[:BROKEN])
    return shown + (f" and {rows.size - BROKEN} more" if rows.size > BROKEN else "")
