"""Masks that somebody predicted: a folder of PNG, or an array in .npz or .npy.

Masks of two values have the hand where they aren't 0; those of more (how sure a network
is) where they reach half of what they can hold: 128 of 255, or 0.5. Which of both they
are is one answer for all masks of a method.
"""

import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Shaped

from handjax.evaluation.predictions import FileError

Mask = Bool[np.ndarray, "height width"]
Find = Callable[[int, str, tuple[int, ...]], Mask]
"""The mask of a frame: its number, its name, and the shape that it must have."""
LOOKS = 32
"""So many pictures of a folder, evenly spread, tell whether masks have two values."""


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

    second = _second_value(path, stored)

    def find(number: int, name: str, shape: tuple[int, ...]) -> Mask:
        what = f"{path}, the mask of {name}"
        return _checked(stored[number], shape, what, second)

    return find


def _in_folder(folder: Path) -> Find:
    every = sorted(folder.rglob("*.png"))
    some = every[:: -(-len(every) // LOOKS) or 1]
    second, owners = _second_value(folder, _readable(some)), dict[Path, str]()

    def find(number: int, name: str, shape: tuple[int, ...]) -> Mask:
        del number
        ways = (folder / f"{name}.png", folder / f"{name.split('/')[-1]}.png")
        there = [path for path in ways if path.is_file()]
        if not there:
            shown = " nor ".join(dict.fromkeys(map(str, ways)))
            raise FileError(f"--masks {folder} lacks a frame: neither {shown} is there")
        owner = owners.setdefault(there[0], name)
        if owner != name:
            raise FileError(
                f"--masks {there[0]} would be that of {owner} and of {name}: put masks "
                f"into folders as these names have them, {ways[0]}"
            )
        return _checked(_picture(there[0]), shape, str(there[0]), second)

    return find


def _second_value(
    path: Path, masks: Iterable[Shaped[np.ndarray, "..."]]
) -> float | None:
    """The value besides 0 that masks have; None if they have more, or 0 alone.

    Raises:
        FileError: they differ in what they have, most of them having one.
    """
    every = [np.unique(pixels[pixels != 0]) for pixels in masks]
    single = [float(values[0]) for values in every if len(values) == 1]
    more = [values for values in every if len(values) > 1]
    # Of how sure a network is, one value is the exception: a picture without a hand.
    if len(more) >= len(single):
        return None
    if more or len(set(single)) > 1:
        shown = " or ".join(f"{value:g}" for value in sorted(set(single)))
        others = ", and others of more values" if more else ""
        raise FileError(
            f"--masks {path} has pictures of 0 and {shown} alone{others}: write all "
            "masks with the same two values, or all from 0 to 255, and keep other "
            "pictures out of it"
        )
    return single[0]


def _readable(paths: Iterable[Path]) -> Iterator[Shaped[np.ndarray, "..."]]:
    """Pictures but for those that can't be read: they need not be masks."""
    for path in paths:
        with suppress(FileError):
            yield _picture(path)


def _picture(path: Path) -> Shaped[np.ndarray, "..."]:
    from PIL import Image

    try:
        with Image.open(path) as image:
            bands, pixels = image.getbands(), np.asarray(image)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as wrong:
        raise FileError(f"--masks {path} can't be read: {wrong}") from wrong
    if pixels.ndim == 2:
        return pixels
    # Grey written as colour; how opaque it is says nothing of hands.
    return pixels[..., [band != "A" for band in bands]].max(axis=-1)


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
    pixels: Shaped[np.ndarray, "..."],
    shape: tuple[int, ...],
    what: str,
    second: float | None,
) -> Mask:
    """A mask of the right size, of numbers that mean one thing in all masks."""
    if pixels.shape != shape:
        raise FileError(
            f"--masks {what} wants {_size(shape)} pixels as the frame has; got "
            f"{_size(pixels.shape)}"
        )
    if pixels.dtype.kind == "b":
        return pixels
    if np.isnan(pixels).any():
        raise FileError(f"--masks {what} has values that are not numbers")
    if second is not None:
        if not ((pixels == 0) | (pixels == second)).all():
            raise FileError(
                f"--masks {what} has other values than 0 and {second:g}, which others "
                "have alone: write all masks with two values, or all from 0 to 255"
            )
        return pixels != 0
    whole = pixels.dtype.kind in "iu"
    return pixels >= (np.iinfo(pixels.dtype).max / 2 if whole else 0.5)


def _size(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
