"""Masks that somebody predicted: a folder of PNG, or an array in .npz or .npy.

A pixel is of the hand where a mask of two values isn't 0, and where one of more values
(how sure a network is) reaches half of what it can hold: 128 of 255, or 0.5.
"""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Shaped

from handjax.evaluation.predictions import FileError

Mask = Bool[np.ndarray, "height width"]
Find = Callable[[int, str, tuple[int, ...]], Mask]
"""The mask of a frame: its number, its name, and the shape that it must have."""


def open_masks(path: Path, count: int) -> Find:
    """What finds the mask of each frame.

    Args:
        path: a folder with a PNG a frame, called as the frame; or a file with an array
            (frames, height, width).
        count: how many frames there are.

    Raises:
        FileError: it can't be read or has other frames; what comes back raises it
            where a frame's mask is missing, broken or of another size.
    """
    if path.is_dir():
        return _in_folder(path)
    if not path.is_file():
        raise FileError(f"--masks {path}: no such folder or file")
    stored = _array(path)
    if stored.ndim != 3 or len(stored) != count or stored.dtype.kind not in "biuf":
        raise FileError(
            f"--masks {path} wants an array of {count} frames, ({count}, height, "
            f"width); got {stored.shape} of {stored.dtype}"
        )

    def find(number: int, name: str, shape: tuple[int, ...]) -> Mask:
        return _checked(stored[number], shape, f"{path}, the mask of {name}")

    return find


def _in_folder(folder: Path) -> Find:
    def find(number: int, name: str, shape: tuple[int, ...]) -> Mask:
        del number
        ways = (folder / f"{name}.png", folder / f"{name.split('/')[-1]}.png")
        there = [path for path in ways if path.is_file()]
        if not there:
            shown = " nor ".join(dict.fromkeys(map(str, ways)))
            raise FileError(f"--masks {folder} lacks a frame: neither {shown} is there")
        return _checked(_picture(there[0]), shape, str(there[0]))

    return find


def _picture(path: Path) -> Shaped[np.ndarray, "..."]:
    from PIL import Image

    try:
        with Image.open(path) as image:
            pixels = np.asarray(image)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as wrong:
        raise FileError(f"--masks {path} can't be read: {wrong}") from wrong
    # Grey written as colour; the fourth channel would be how opaque it is.
    return pixels[..., :3].max(axis=-1) if pixels.ndim == 3 else pixels


def _array(path: Path) -> Shaped[np.ndarray, "..."]:
    try:
        with path.open("rb") as file:
            stored: Any = np.load(file, allow_pickle=False)
            if isinstance(stored, np.ndarray):
                return stored
            named = "masks" if "masks" in stored.files else stored.files[0]
            return stored[named]
    except (OSError, ValueError, EOFError, IndexError, zipfile.BadZipFile) as wrong:
        raise FileError(
            f"--masks {path} wants a folder of PNG, or an array called masks in .npz "
            f"or .npy: {wrong}"
        ) from wrong


def _checked(
    pixels: Shaped[np.ndarray, "..."], shape: tuple[int, ...], what: str
) -> Mask:
    if pixels.shape != shape:
        raise FileError(
            f"--masks {what} wants {_size(shape)} pixels as the frame has; got "
            f"{_size(pixels.shape)}"
        )
    if pixels.dtype.kind == "b":
        return pixels
    if np.isnan(pixels).any():
        raise FileError(f"--masks {what} has values that are not numbers")
    if ((pixels == 0) | (pixels == pixels.max())).all():
        return pixels > 0
    whole = pixels.dtype.kind in "iu"
    return pixels >= (np.iinfo(pixels.dtype).max / 2 if whole else 0.5)


def _size(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
