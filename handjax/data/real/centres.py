"""Where crops stand: found in the depth, or read from a public file. On the host."""

from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float

from handjax.data.crop import SEED_SHARE
from handjax.data.real.frame import DatasetError

POINTS = 20_000
"""Of a larger frame every second, third, ... row and column is looked at."""

PER_MM = 8
"""Units of stored depth in a mm."""

FARTHEST = 65535 / PER_MM
"""What 16 bits hold of it, mm: 8.2 m."""

Vector = Float[np.ndarray, "3"]


def unproject(
    depth: Float[np.ndarray, "height width"],
    focal: Float[np.ndarray, "2"],
    centre: Float[np.ndarray, "2"],
    step: int = 1,
) -> Float[np.ndarray, "points 3"]:
    """What a pinhole camera measured as points, mm.

    Args:
        depth: mm; what is not above 0, or not finite, measured nothing.
        focal, centre: of the camera, pixels.
        step: every so many rows and columns are looked at.
    """
    few = depth[::step, ::step]
    row, column = np.nonzero(np.isfinite(few) & (few > 0.0))
    z = few[row, column].astype(np.float32)
    xy = (step * np.stack([column, row], -1) - centre) / focal * z[:, None]
    return np.concatenate([xy, z[:, None]], -1).astype(np.float32)


def find_centre(
    depth: Float[np.ndarray, "height width"],
    focal: Float[np.ndarray, "2"],
    centre: Float[np.ndarray, "2"],
    *,
    reach: float = 90.0,
    steps: int = 12,
) -> Vector:
    """Centre of the nearest thing in a frame, as `crop.centre_from_depth` finds it.

    Returns:
        mm; NaN where nothing was measured.
    """
    step = int(np.ceil(np.sqrt(depth.size / POINTS)))
    points = unproject(depth, focal, centre, step)
    if not len(points):
        return np.full(3, np.nan, np.float32)
    # A share of the picture, not the single nearest pixel, which may be noise.
    seeds = min(max(depth.size // step**2 // SEED_SHARE, 1), len(points))
    nearest = np.partition(points[:, 2], seeds - 1)[seeds - 1]
    # Coordinate by coordinate: sums over three columns do not vectorise.
    xyz = np.ascontiguousarray(points.T)
    found = xyz[:, xyz[2] <= nearest].mean(axis=1)
    for _ in range(steps):
        apart = xyz - found[:, None]
        near = np.sum(apart * apart, axis=0) < reach**2
        moved = xyz[:, near].mean(axis=1) if near.any() else found
        if np.array_equal(moved, found):
            break
        found = moved
    return found


def read_centres(
    path: str | Path, frames: int, found: Float[np.ndarray, "frames 3"]
) -> Float[np.ndarray, "frames 3"]:
    """Centres from a text file: a line a frame with x, y, z in mm; NaN for "invalid".

    Public files of datasets whose labels have y up have it so too: it is turned round
    where that brings the centres nearer to what the frames show.

    Args:
        path: the file.
        frames: lines that it must have.
        found: where the frames themselves show the hand, mm; NaN where they don't.

    Raises:
        DatasetError: there is no such file, or it holds something else.
    """
    path = Path(path)
    if not path.is_file():
        raise DatasetError(f"no file of crop centres at {path}")
    lines = [x for x in path.read_text(errors="replace").split("\n") if x.strip()]
    if len(lines) != frames:
        raise DatasetError(
            f"{path} wants a line of x, y, z for each of the {frames} frames; "
            f"got {len(lines)} lines"
        )
    centres = np.array([_row(line, path) for line in lines], np.float32)
    flipped = centres * np.array([1.0, -1.0, 1.0], np.float32)
    if _apart(flipped, found) < _apart(centres, found):
        return flipped
    return centres


def _row(line: str, path: Path) -> list[float]:
    if "invalid" in line:
        return [np.nan] * 3
    try:
        numbers = [float(word) for word in line.replace(",", " ").split()]
    except ValueError:
        numbers = []
    fits = len(numbers) == 3 and np.isfinite(numbers).all()
    if not fits or not 0.0 < numbers[2] <= FARTHEST:
        raise DatasetError(
            f"{path} wants x, y, z in mm on each line, z > 0 and no more than "
            f"{FARTHEST:.0f}; got {line.strip()[:80]!r}"
        )
    return numbers


def _apart(
    centres: Float[np.ndarray, "frames 3"], found: Float[np.ndarray, "frames 3"]
) -> float:
    """Median distance, over frames where both are known."""
    known = np.isfinite(centres + found).all(axis=1)
    distances = np.linalg.norm(centres[known] - found[known], axis=1)
    return float(np.median(distances)) if known.any() else np.inf


def centroid(
    joints: Float[np.ndarray, "joints 3"],
    valid: Bool[np.ndarray, "joints"],
    camera_from_world: Float[np.ndarray, "4 4"],
) -> Vector:
    """Mean of the joints that are known, in a camera's frame, mm; NaN if none is."""
    if not valid.any():
        return np.full(3, np.nan, np.float32)
    mean = joints[valid].mean(axis=0)
    R, t = camera_from_world[:3, :3], camera_from_world[:3, 3]
    return (R @ mean + t).astype(np.float32)
