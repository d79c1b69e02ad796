"""The camera that took a user's frames, as far as it is known.

Notation, shared by every function here and by the tests:
    f, c: focal length and principal point, pixels.
"""

import json
import math
from pathlib import Path
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from handjax.data.given.frames import CAMERAS, FrameError
from handjax.geometry.cameras import Pinhole, crop

SIZES = {"nyu": (640, 480), "icvl": (320, 240), "msra": (320, 240)}
"""Width and height of the frames of the presets."""
VIEW = 60.0
"""Degrees that the longer side of a picture is taken to see where nobody says."""
ASPECT = 0.02
"""Relative difference of two scales that still counts as one."""


class Lens(NamedTuple):
    """A camera before a frame is at hand.

    Attributes:
        numbers: f_u, f_v, c_u, c_v; None where nobody said.
        size: width and height that they are of; None for whatever frames have.
        origin: how it was said.
    """

    numbers: tuple[float, float, float, float] | None
    size: tuple[int, int] | None
    origin: str


def parse(text: str | None) -> Lens:
    """A camera as a user says it.

    Args:
        text: fx,fy,cx,cy in pixels, the name of a preset, or the path of a JSON file
            with {"fx", "fy", "cx", "cy"} or {"K": 3 x 3}, and maybe "width", "height".

    Raises:
        FrameError: it is none of these.
    """
    if text is None:
        return Lens(None, None, "not given")
    if (name := text.lower()) in CAMERAS:
        return Lens(CAMERAS[name], SIZES[name], name)
    if text.lower().endswith(".json"):
        return _from_file(Path(text))
    wanted = (
        "--camera wants fx,fy,cx,cy in pixels with positive focal lengths, one of "
        f"{', '.join(CAMERAS)}, or a JSON file with fx, fy, cx, cy or K; got {text!r}"
    )
    return Lens(_checked(text.split(","), wanted), None, "given")


def of_frame(lens: Lens, height: int, width: int) -> Pinhole:
    """The camera of a frame of this size.

    Raises:
        FrameError: it is of pictures of another shape.
    """
    if lens.numbers is None:
        focal = max(width, height) / 2 / math.tan(math.radians(VIEW) / 2)
        middle = (width - 1) / 2, (height - 1) / 2
        return _pinhole((focal, focal, *middle))
    camera = _pinhole(lens.numbers)
    if lens.size is None:
        _require_within(lens.numbers, height, width)
        return camera
    scale = np.array([width, height]) / np.array(lens.size)
    if abs(scale[0] / scale[1] - 1.0) > ASPECT:
        raise FrameError(
            f"the frame has {width} x {height} pixels, and the camera "
            f"({lens.origin}) is of {lens.size[0]} x {lens.size[1]}: give that of "
            "these frames, as fx,fy,cx,cy"
        )
    found = crop(camera, jnp.zeros(2), jnp.asarray(scale, jnp.float32))
    assert isinstance(found, Pinhole)
    return found


def told(lens: Lens, camera: Pinhole) -> str:
    """A camera for who reads it."""
    f, c = np.asarray(camera.focal), np.asarray(camera.centre)
    how = lens.origin if lens.numbers else f"{VIEW:.0f} degrees across, supposed"
    return f"focal {f[0]:.1f}, {f[1]:.1f}, centre {c[0]:.1f}, {c[1]:.1f} pixels; {how}"


def _pinhole(numbers: tuple[float, ...]) -> Pinhole:
    return Pinhole(jnp.array(numbers[:2]), jnp.array(numbers[2:]))


def _from_file(path: Path) -> Lens:
    try:
        page = json.loads(path.read_text())
    except OSError as wrong:
        raise FrameError(f"--camera {path} can't be read: {wrong.strerror}") from wrong
    except ValueError as wrong:
        raise FrameError(f"--camera {path} is no JSON ({wrong})") from wrong
    page = page if isinstance(page, dict) else {}
    return of_page(page, f"--camera {path}")._replace(origin=path.name)


def of_page(page: dict[str, Any], where: str) -> Lens:
    """A camera as JSON has it.

    Args:
        page: see `parse`.
        where: it stands, for who reads what is wrong with it.

    Raises:
        FrameError: it is none.
    """
    numbers = _of_matrix(page["K"]) if "K" in page else _of_fields(page)
    wanted = (
        f"{where} wants fx, fy, cx, cy or K, [[fx, 0, cx], [0, fy, cy], [0, 0, 1]], in "
        f"pixels with positive focal lengths; got {str(numbers)[:80]}"
    )
    return Lens(_checked(numbers, wanted), _size(page, where), where)


def _size(page: dict[str, Any], where: str) -> tuple[int, int] | None:
    width, height = page.get("width"), page.get("height")
    if width is None and height is None:
        return None
    if not all(isinstance(s, int) and s > 0 for s in (width, height)):
        raise FrameError(f"{where} wants width and height, whole numbers")
    return int(width or 0), int(height or 0)


def _of_fields(page: dict[str, Any]) -> list[Any]:
    return [page.get(name) for name in ("fx", "fy", "cx", "cy")]


def _of_matrix(rows: Any) -> list[Any]:
    """f and c of [[fx, 0, cx], [0, fy, cy], [0, 0, 1]]."""
    try:
        K = np.asarray(rows, float)
    except (TypeError, ValueError):
        return []
    # Some write it transposed, and the centre would seem to be the frame's corner.
    if K.shape != (3, 3) or K[1, 0] or not np.array_equal(K[2], [0.0, 0.0, 1.0]):
        return []
    return [K[0, 0], K[1, 1], K[0, 2], K[1, 2]]


def _checked(words: Any, wanted: str) -> tuple[float, float, float, float]:
    """Four numbers that a camera can have.

    Raises:
        FrameError: they are none; it says what is wanted.
    """
    try:
        numbers = tuple(float(word) for word in words)
    except (TypeError, ValueError):
        numbers = ()
    if len(numbers) != 4 or not np.isfinite(numbers).all() or min(numbers[:2]) <= 0:
        raise FrameError(wanted)
    return numbers[0], numbers[1], numbers[2], numbers[3]


def _require_within(numbers: tuple[float, ...], height: int, width: int) -> None:
    """Most cameras that are of another resolution have their centre elsewhere."""
    u, v = numbers[2:]
    if not (0.0 <= u < width and 0.0 <= v < height):
        raise FrameError(
            f"the camera's centre ({u:g}, {v:g}) is not in a frame of {width} x "
            f"{height} pixels; are these numbers of another resolution?"
        )
