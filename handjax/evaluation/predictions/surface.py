"""Vertices and faces among the arrays of a file of joints."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, Shaped

from handjax.evaluation.predictions.arrays import Arrays, as_points
from handjax.evaluation.predictions.text import FileError

VERTICES = ("vertices", "verts")
FACES = "faces"
"""How their arrays are called."""


class Surface(NamedTuple):
    """What a file says of surfaces; None where it says nothing.

    Attributes:
        vertices: of each frame.
        faces: numbers of three vertices each.
    """

    vertices: Float[np.ndarray, "frames vertices 3"] | None = None
    faces: Int[np.ndarray, "faces 3"] | None = None


def apart(arrays: Arrays, keys: Sequence[str] = ()) -> tuple[Arrays, Arrays]:
    """The arrays that may hold joints, and those of a surface.

    Args:
        arrays: of a file.
        keys: names that somebody gave to the arrays of joints.
    """
    ours = {n: a for n, a in arrays.items() if n in (*VERTICES, FACES)}
    ours = {n: a for n, a in ours.items() if n not in keys}
    others = {n: a for n, a in arrays.items() if n not in ours}
    # Who has nothing else called the joints so.
    return (others, ours) if others else (ours, {})


def surface_of(arrays: Arrays, frames: int) -> Surface:
    """The surface of each frame.

    Args:
        arrays: those that `apart` calls a surface's.
        frames: how many have joints.

    Raises:
        FileError: they are not three numbers a vertex, or of other frames; faces of
            vertices that there are not.
    """
    named = next((name for name in VERTICES if name in arrays), None)
    if named is None or not arrays[named].size:
        return Surface()
    vertices = as_points(arrays[named], ())
    if vertices is not None and len(vertices) != frames == vertices.shape[1]:
        vertices = vertices.swapaxes(0, 1)
    if vertices is None or len(vertices) != frames:
        raise FileError(
            f"has {named} of the shape {arrays[named].shape} where ({frames}, "
            "vertices, 3) is wanted, one surface for every frame of joints"
        )
    # Challenges want vertices; who has none sends zeros.
    if not vertices.any():
        return Surface()
    faces = _faces(arrays[FACES], vertices.shape[1]) if FACES in arrays else None
    return Surface(vertices, faces)


def _faces(faces: Shaped[np.ndarray, "..."], count: int) -> Int[np.ndarray, "faces 3"]:
    """Faces by numbers of vertices from 0; MATLAB's users count from 1."""
    numbers = faces.ndim == 2 and faces.shape[1] == 3 and faces.dtype.kind in "iuf"
    if numbers and faces.size and (faces == np.rint(faces)).all():
        found = faces.astype(int)
        found = found - 1 if found.min() == 1 and found.max() == count else found
        if found.min() >= 0 and found.max() < count:
            return found
    raise FileError(
        f"has faces that are not three numbers of vertices each, from 0 to {count - 1}"
    )
