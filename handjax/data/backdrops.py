"""Banks of backgrounds: the user's photographs, or pictures drawn once.

A bank waits on the device as `render.backgrounds.as_bytes` makes it: fine in the dark,
and a product away from light again.
"""

import warnings
from functools import lru_cache
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, UInt8
from PIL import Image, ImageOps

from handjax.render import backgrounds, photograph

EDGE = 320
"""Of a bank's pictures, pixels."""

SUFFIXES = (".png", ".jpg", ".jpeg")
FORMATS = ("PNG", "JPEG")

LARGEST = 1 << 27
"""Pixels of a photograph, a phone's 108 million among them. A file of a few KB may say
that it has billions, and a decoder would make room for them."""

SEED = 2019
"""Of the drawn ones, which are the same in every run."""


INSTEAD = "name a folder of photographs, or none to have backgrounds drawn"


@lru_cache
def load_bank(
    folder: str = "", *, count: int = 256, edge: int = EDGE
) -> UInt8[Array, "pictures {edge} {edge} 3"]:
    """Backgrounds on the device, read or drawn once in a process.

    Args:
        folder: of PNG and JPEG photographs of any size, in it and beneath it; none for
            drawn ones.
        count: how many are drawn; of photographs, the most that are taken, spread
            evenly over the folder.
        edge: of the squares that are kept of them, pixels.

    Raises:
        ValueError: if the folder has no photograph that can be read.
    """
    if count < 1:
        raise ValueError(f"a bank wants 1 background or more, got {count}")
    if not folder:
        return draw_bank(count, edge)
    return jnp.asarray(read_bank(Path(folder).expanduser(), count=count, edge=edge))


def draw_bank(count: int, edge: int) -> UInt8[Array, "{count} {edge} {edge} 3"]:
    """Pictures of rooms that never were."""

    def one(key):
        drawn = backgrounds.procedural(key, height=edge, width=edge)
        return backgrounds.as_bytes(drawn)

    keys = jax.random.split(jax.random.key(SEED), count)
    # One after another: as a batch they would take hundreds of MB more.
    return jax.jit(lambda keys: jax.lax.map(one, keys))(keys)


def read_bank(
    folder: Path, *, count: int, edge: int
) -> UInt8[np.ndarray, "pictures {edge} {edge} 3"]:
    """The middle squares of photographs; what can't be read is named and left out."""
    files = list_photographs(folder)
    chosen = np.linspace(0, len(files) - 1, min(count, len(files))).round().astype(int)
    pictures = []
    for path in (files[k] for k in chosen):
        try:
            pictures.append(read_square(path, edge))
        except ValueError as wrong:
            warnings.warn(f"left out of the backgrounds: {wrong}", stacklevel=2)
    if not pictures:
        raise ValueError(f"no photograph in {folder} can be read; {INSTEAD}")
    return np.stack(pictures)


def list_photographs(folder: Path) -> list[Path]:
    """Every photograph in a folder and beneath it, in the order of their names."""
    if not folder.is_dir():
        raise ValueError(f"no folder of backgrounds at {folder}; {INSTEAD}")
    files = [path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES]
    if not files:
        wanted = ", ".join(SUFFIXES)
        raise ValueError(f"no photographs ({wanted}) in {folder}; {INSTEAD}")
    return sorted(files)


def read_square(path: Path, edge: int) -> UInt8[np.ndarray, "{edge} {edge} 3"]:
    """The middle square of a photograph, upright, as a bank keeps it.

    Raises:
        ValueError: if it can't be read, naming it.
    """
    try:
        with _header(path) as image:
            if image.width * image.height > LARGEST:
                size = f"{image.width} x {image.height}"
                raise ValueError(f"{path} has {size} pixels, more than {LARGEST}")
            if image.mode.startswith(("I", "F")):
                raise ValueError(f"{path} wants 8 bits a channel, got {image.mode}")
            # Of a large JPEG an eighth of the waves may do.
            image.draft("RGB", (2 * edge, 2 * edge))
            upright = ImageOps.exif_transpose(image).convert("RGB")
            square = ImageOps.fit(upright, (edge, edge), Image.Resampling.BICUBIC)
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"{path} can't be read as a picture ({error})") from error
    return _bytes_of_srgb()[np.asarray(square)]


def _header(path: Path) -> Image.Image:
    """A picture of which nothing is decoded yet."""
    with warnings.catch_warnings():
        # Pillow warns of large ones; here they are refused by their size.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        return Image.open(path, formats=FORMATS)


@lru_cache
def _bytes_of_srgb() -> np.ndarray:
    """What a bank keeps for each byte of sRGB."""
    srgb = jnp.arange(256) / 255.0
    return np.asarray(backgrounds.as_bytes(photograph.decode(srgb)))
