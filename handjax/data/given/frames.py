"""Depth frames from files, and the cameras that took them.

A frame is an array (height, width) of depths in mm; 0 and anything not finite mean
that nothing was measured. Files are the user's: what is wrong with one is said in a
`FrameError`, with what to do about it.
"""

from pathlib import Path

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from PIL import Image, UnidentifiedImageError

from handjax.geometry.cameras import Pinhole

# fx, fy, cx, cy in pixels, as the public evaluations of these datasets have them.
CAMERAS = {
    "nyu": (588.03, 587.07, 320.0, 240.0),
    "icvl": (240.99, 240.96, 160.0, 120.0),
    "msra": (241.42, 241.42, 160.0, 120.0),
}

METRES = 20.0
"""A frame whose largest depth is below this was measured in metres."""

Depth = Float[np.ndarray, "height width"]


class FrameError(ValueError):
    """A frame, camera or centre that can't be used, and what to do about it."""


def parse_camera(text: str) -> Pinhole:
    """A camera by name or as fx,fy,cx,cy in pixels."""
    numbers = CAMERAS.get(text.lower()) or _numbers(text, 4)
    if numbers is None or min(numbers[:2]) <= 0.0:
        raise FrameError(
            f"--camera wants {', '.join(CAMERAS)} or fx,fy,cx,cy in pixels with "
            f"positive focal lengths; got {text!r}"
        )
    return Pinhole(jnp.array(numbers[:2]), jnp.array(numbers[2:]))


def parse_center(text: str) -> Float[np.ndarray, "3"] | None:
    """The hand's centre in the camera's frame, mm; None to find it in the depth."""
    if text == "depth":
        return None
    numbers = _numbers(text, 3)
    if numbers is None or numbers[2] <= 0.0:
        raise FrameError(
            "--center wants 'depth' or X,Y,Z in mm (x right, y down, z forward, "
            f"so Z > 0); got {text!r}"
        )
    return np.array(numbers)


def read_depth(path: str | Path) -> Depth:
    """A depth frame from a file, mm.

    Args:
        path: a PNG of 16 bits in mm; a PNG as NYU writes them, mm = 256 green + blue;
            or a .npy array of two axes in mm.

    Raises:
        FrameError: the file is missing, unreadable, or holds something else.
    """
    path = Path(path)
    if not path.is_file():
        raise FrameError(f"no file at {path}; give the path of a depth image")
    array = _load_array(path) if path.suffix == ".npy" else _load_image(path)
    return depth_of(array, path)


def depth_of(
    array: np.ndarray,
    name: str | Path,
    *,
    unit: float = 1.0,
    metres: str = "multiply by 1000",
) -> Depth:
    """A depth frame from what a file holds, mm.

    Args:
        array: numbers as they are stored, or NYU's coding of them.
        name: of the frame, for who reads of what is wrong with it.
        unit: mm that a one stands for.
        metres: what to do where the numbers seem to be metres.

    Raises:
        FrameError: it is no depth, or none was measured.
    """
    depth = _decode(array, name).astype(np.float32) * np.float32(unit)
    _check(depth, name, metres)
    return depth


def _load_array(path: Path) -> np.ndarray:
    try:
        array = np.load(path, allow_pickle=False)
    # A broken header can fail in Python's own parser.
    except (ValueError, OSError, EOFError, SyntaxError) as error:
        raise FrameError(
            f"{path} can't be read as a .npy array ({error}); write it with np.save"
        ) from error
    if not isinstance(array, np.ndarray):
        raise FrameError(f"{path} is an archive of arrays; give one array as .npy")
    return array


def _load_image(path: Path) -> np.ndarray:
    try:
        # Of other formats Pillow has some read by a program, which the file tells.
        with Image.open(path, formats=("PNG", "TIFF")) as image:
            return np.asarray(image)
    except (
        *(UnidentifiedImageError, OSError, SyntaxError, ValueError),
        Image.DecompressionBombError,
    ) as error:
        raise FrameError(
            f"{path} is not an image that can be read; give a 16-bit PNG in mm, "
            "a PNG as NYU writes them, or a .npy array"
        ) from error


def _decode(array: np.ndarray, path: str | Path) -> np.ndarray:
    """Depth in mm from what the file holds."""
    if array.ndim == 2 and array.dtype.kind in "iuf" and array.dtype != np.uint8:
        return array
    coded = array.ndim == 3 and array.shape[2] >= 3 and array.dtype == np.uint8
    if coded and not array[..., 0].any():
        # Eight bits times 256 would overflow in their own type.
        return array[..., 1].astype(np.int32) * 256 + array[..., 2]
    kind = "a colour picture" if coded else f"{array.dtype} of shape {array.shape}"
    raise FrameError(
        f"{path} wants depth: one channel of 16 bits or more in mm, or NYU's coding "
        f"(red 0, mm = 256 green + blue); got {kind}"
    )


def _check(depth: np.ndarray, path: str | Path, metres: str) -> None:
    measured = depth[np.isfinite(depth) & (depth > 0.0)]
    if not measured.size:
        raise FrameError(f"{path} holds no depth at all; no pixel is above 0")
    if measured.max() < METRES:
        raise FrameError(
            f"{path} wants mm, but its largest depth is {measured.max():.3g}: "
            f"if that is metres, {metres}"
        )


def _numbers(text: str, count: int) -> tuple[float, ...] | None:
    """So many finite numbers between commas, or None."""
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError:
        return None
    return numbers if len(numbers) == count and np.isfinite(numbers).all() else None
