"""Where a hand is in a depth frame: the nearest thing that is as large as one.

A blob is what hangs together in the depth: neighbouring pixels less than `STEP` apart.
Of each, from near to far, the hand is sought at its nearest part, by the mean shift of
`data.crop.centre_from_depth`. It is one if, within `REACH` of that place,

    it is as large as a hand: `SMALLEST` to `LARGEST` mm^2 as the camera sees it;
    it stands out: in the shell between `REACH` and `SHELL` around it the blob is there
        in less than `SURROUNDED` of all directions in the picture. An arm takes an
        eighth of them, spread finger tips some more; a wall or a chest all;
    it is within `FARTHEST`: behind that are scraps of the background.

Two such blobs within `TOGETHER` of one another are one hand, as fingers before a palm
are, if both together, within `SHELL` of their middle, are no larger than one.

Limits. The hand must be nearer to the camera than the rest of its own body: of one that
hangs beside a body, or lies on a table, the blob's nearest part is something else. Two
hands that touch, or hang together through one body, are one blob, and the nearer hand
is taken; two blobs of a hand's size whose nearest parts are within `APART` of one
another in depth are refused, because nobody knows which is meant. A head held out
alone, a cup or a foot within these limits is taken for a hand: the estimate's
confidence tells. Where any of this fails, the centre or a box is given by hand.
"""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy import ndimage

from handjax.data.given.frames import FrameError
from handjax.geometry.cameras import Pinhole

STEP = 15.0
"""Of neighbouring pixels of one surface, mm in depth."""
REACH, SHELL = 90.0, 130.0
"""Radii of the ball that holds most of a hand, and of the shell around it, mm."""
SMALLEST, LARGEST = 2_500.0, 22_000.0
"""Of a hand within the ball, mm^2: a child's fist end on; most of a disc is 25,400."""
SURROUNDED = 0.6
"""Share of directions in which a blob goes on."""
APART = 150.0
"""Blobs nearer to one another in depth than this are equally near, mm."""
TOGETHER = 120.0
"""Of middles of blobs that may be parts of one hand, mm."""
FARTHEST = 1_500.0
"""Of a hand, mm; methods have learnt from hands between 450 and 1,000."""
SECTORS = 24
ROUNDS = 20
PIXELS = 80_000
"""Of a larger frame every second, third, ... row and column is looked at."""


class Blob(NamedTuple):
    """A thing of a hand's size.

    Attributes:
        centre: of its nearest part, mm in the camera's frame.
        nearest: depth of that part, mm.
        area: within `REACH`, as the camera sees it, mm^2.
        surrounded: share of directions in which it goes on beyond.
    """

    centre: Float[np.ndarray, "3"]
    nearest: float
    area: float
    surrounded: float


def find(depth: Float[np.ndarray, "height width"], camera: Pinhole) -> Blob:
    """The hand in a depth frame; see the module for its limits.

    Args:
        depth: mm; 0 and anything not finite mean that nothing was measured.
        camera: that took the frame.

    Raises:
        FrameError: no blob is as large as a hand, or two are that are equally near.
    """
    return chosen(hands(depth, camera))


def chosen(found: list[Blob]) -> Blob:
    """The one of `hands` that is the hand.

    Raises:
        FrameError: there is none, or two are equally near.
    """
    if not found:
        raise FrameError(
            "no hand: nothing that stands out is as large as one; give --center X,Y,Z "
            "in mm or --box x,y,w,h in pixels, and look whether the camera is right"
        )
    if other := rival(found):
        places = " and ".join(_place(blob.centre) for blob in (found[0], other))
        raise FrameError(
            f"two things as large as a hand, at {places} mm: say which, by --center "
            "X,Y,Z in mm or --box x,y,w,h in pixels"
        )
    return found[0]


def hands(depth: Float[np.ndarray, "height width"], camera: Pinhole) -> list[Blob]:
    """Every blob that may be a hand, the nearest first.

    Args:
        depth, camera: see `find`.
    """
    found = [blob for blob in blobs(depth, camera) if is_hand(blob)]
    return sorted(found, key=lambda blob: blob.nearest)


def rival(found: list[Blob]) -> Blob | None:
    """The second of `hands`, where it is as near as the first; else None."""
    if len(found) > 1 and found[1].nearest - found[0].nearest < APART:
        return found[1]
    return None


def is_hand(blob: Blob) -> bool:
    """Whether a blob is as large as a hand, and stands out as one."""
    large = SMALLEST <= blob.area <= LARGEST
    return large and blob.surrounded <= SURROUNDED and blob.nearest <= FARTHEST


def blobs(depth: Float[np.ndarray, "height width"], camera: Pinhole) -> list[Blob]:
    """Every blob that may be large enough, by its nearest part."""
    step = int(np.ceil(np.sqrt(depth.size / PIXELS)))
    few = np.where(np.isfinite(depth), depth, 0.0)[::step, ::step].astype(np.float32)
    labels, count = label(few, STEP * step)
    f = np.asarray(camera.focal, np.float64) / step
    c = np.asarray(camera.centre, np.float64) / step
    row, column = np.nonzero(labels)
    z = few[row, column].astype(np.float64)
    points = np.stack([(column - c[0]) / f[0] * z, (row - c[1]) / f[1] * z, z], -1)
    areas = z * z / (f[0] * f[1])
    which = labels[row, column]
    whole = np.bincount(which, weights=areas, minlength=count + 1)
    large = [k for k in range(1, count + 1) if whole[k] >= SMALLEST]
    return _joined([(points[which == k], areas[which == k]) for k in large])


def _joined(parts: list[tuple[np.ndarray, np.ndarray]]) -> list[Blob]:
    """Blobs of points and their areas; parts of one hand are one."""
    seen: list[tuple[Blob, np.ndarray, np.ndarray]] = []
    for points, areas in parts:
        blob = _look(points, areas)
        for k, (other, at, size) in enumerate(seen):
            if not (is_hand(blob) and is_hand(other) and _together(blob, other)):
                continue
            both = np.concatenate([at, points]), np.concatenate([size, areas])
            if _is_one(whole := _look(*both), *both):
                seen[k] = whole, *both
                break
        else:
            seen.append((blob, points, areas))
    return [blob for blob, _, _ in seen]


def _is_one(blob: Blob, points: np.ndarray, areas: np.ndarray) -> bool:
    within = np.linalg.norm(points - blob.centre, axis=1) < SHELL
    return is_hand(blob) and float(areas[within].sum()) <= LARGEST


def _together(a: Blob, b: Blob) -> bool:
    return float(np.linalg.norm(a.centre - b.centre)) < TOGETHER


def label(
    depth: Float[np.ndarray, "height width"], step: float
) -> tuple[Int[np.ndarray, "height width"], int]:
    """Numbers of blobs from 1, 0 where nothing was measured, and how many there are.

    Args:
        depth: mm; 0 where nothing was measured.
        step: of neighbouring pixels of one blob, mm.
    """
    height, width = depth.shape
    # Between pixels stand the links; what is labelled is pixels and links at once.
    grid = np.zeros((2 * height - 1, 2 * width - 1), bool)
    there = depth > 0.0
    grid[::2, ::2] = there
    grid[1::2, ::2] = _linked(depth[:-1], depth[1:], step)
    grid[::2, 1::2] = _linked(depth[:, :-1], depth[:, 1:], step)
    found: Any = ndimage.label(grid)
    numbers, count = found
    return numbers[::2, ::2], count


def _linked(a: np.ndarray, b: np.ndarray, step: float) -> Bool[np.ndarray, "..."]:
    return (a > 0.0) & (b > 0.0) & (np.abs(a - b) < step)


def _look(
    points: Float[np.ndarray, "points 3"], areas: Float[np.ndarray, "points"]
) -> Blob:
    """The nearest part of a blob, and how large and how alone it stands.

    Source: Fukunaga & Hostetler 1975 (mean shift), as `data.crop.centre_from_depth`.
    """
    order = np.argsort(points[:, 2])
    # As much as a finger tip, not the single nearest pixel, which may be noise.
    seeds = int(np.searchsorted(np.cumsum(areas[order]), SMALLEST / 10)) + 1
    near = order[:seeds]
    centre, nearest = points[near].mean(axis=0), float(points[near[-1], 2])
    for _ in range(ROUNDS):
        within = np.linalg.norm(points - centre, axis=1) < REACH
        moved = points[within].mean(axis=0) if within.any() else centre
        if np.allclose(moved, centre, atol=0.1):
            break
        centre = moved
    away = np.linalg.norm(points - centre, axis=1)
    shell = points[(away >= REACH) & (away < SHELL), :2] - centre[:2]
    turn = np.arctan2(shell[:, 1], shell[:, 0]) / (2 * np.pi) % 1.0
    sectors = np.unique((turn * SECTORS).astype(int))
    return Blob(
        centre, nearest, float(areas[away < REACH].sum()), len(sectors) / SECTORS
    )


def _place(point: Float[np.ndarray, "3"]) -> str:
    return "(" + ", ".join(f"{x:.0f}" for x in point) + ")"
