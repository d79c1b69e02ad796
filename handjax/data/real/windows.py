"""Windows: which pixels of a picture are kept around a hand, and how they see it."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from handjax.data.real.frame import View

MARGIN = 75.0
"""Kept around the cube, mm, for crops that stand elsewhere: jittered, or around other
people's centres. Those of AWR for NYU are up to 53 mm an axis from the palm joint."""

Vector = Float[np.ndarray, "3"]


class Window(NamedTuple):
    """Columns `left` to `right` and rows `top` to `bottom` of a picture."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Of an array of pixels."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


def size(view: View) -> tuple[int, int]:
    """Height and width of a view's pictures."""
    pictures = [p for p in (view.depth, view.image, view.mask) if p is not None]
    return pictures[0].shape[:2]


def in_sight(view: View, point: Vector) -> bool:
    """Whether a point before the camera is in the picture."""
    height, width = size(view)
    u, v = view.focal * point[:2] / point[2] + view.centre
    return bool(-0.5 <= u <= width - 0.5 and -0.5 <= v <= height - 0.5)


def around(view: View, points: list[Vector], reach: float) -> Window:
    """The pixels that see the cubes around points, as far as there are pixels.

    Args:
        view: with a picture.
        points: in the camera's frame, mm.
        reach: half of the cubes' edge, mm.
    """
    corners = np.array([_extent(view, point, reach) for point in points]).reshape(-1, 2)
    return _within(view, corners.min(axis=0), corners.max(axis=0))


def square(view: View, point: Vector, reach: float) -> Window:
    """The pixels that see a square around a point that faces the camera.

    Args:
        view: with a picture.
        point: in the camera's frame, mm.
        reach: half of the square's edge, mm.
    """
    middle = view.focal * point[:2] / point[2] + view.centre
    half = np.max(view.focal) * reach / point[2]
    return _within(view, middle - half, middle + half)


def measured(depth: np.ndarray) -> Window:
    """The smallest part of an array that holds all that is not 0 in it."""
    rows, columns = (np.flatnonzero(depth.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return Window(0, 0, 0, 0)
    return Window(
        int(columns[0]), int(rows[0]), int(columns[-1] + 1), int(rows[-1] + 1)
    )


def within(outer: Window, inner: Window) -> Window:
    """A window of a window, as one of the picture."""
    left, top = outer.left, outer.top
    return Window(
        left + inner.left, top + inner.top, left + inner.right, top + inner.bottom
    )


def rays(
    view: View, window: Window
) -> tuple[Float[np.ndarray, "width"], Float[np.ndarray, "height 1"]]:
    """How far rays through columns and rows go aside in 1 mm of depth, mm."""
    u = np.arange(window.left, window.right, dtype=np.float32)
    v = np.arange(window.top, window.bottom, dtype=np.float32)
    x = (u - view.centre[0]) / view.focal[0]
    y = (v - view.centre[1]) / view.focal[1]
    return x.astype(np.float32), y[:, None].astype(np.float32)


def camera(
    view: View, window: Window, scale: Float[np.ndarray, "2"] | float = 1.0
) -> Float[np.ndarray, "2 2"]:
    """Focal length and principal point of the window, reduced by a scale.

    As `geometry.cameras.crop`.
    """
    corner = np.array([window.left, window.top])
    centre = scale * (view.centre + 0.5 - corner) - 0.5
    return np.stack([view.focal * scale, centre]).astype(np.float32)


def _extent(view: View, point: Vector, reach: float) -> Float[np.ndarray, "corners 2"]:
    """Where the corners of the cube around a point appear, those that matter."""
    xy, z = point[:2], point[2]
    # The front of a cube may reach behind a camera that is very near.
    depths = max(z - reach, z / 4), z + reach
    sides = [(xy + side * reach) / depth for depth in depths for side in (-1, 1)]
    return view.focal * np.array(sides) + view.centre


def _within(view: View, low, high) -> Window:
    height, width = size(view)
    edge = np.array([width, height])
    left, top = np.clip(np.floor(low + 0.5), 0, edge).astype(int).tolist()
    right, bottom = np.clip(np.ceil(high + 0.5), 0, edge).astype(int).tolist()
    return Window(left, top, max(right, left), max(bottom, top))
