"""Crops of what is stored, on the host: depth along parallel rays, colour as it was.

On one core of a CPU this makes several times as many crops a second as the same within
a jitted step, because here points outside the cube cost nothing.

Notation, shared by every function here and by the tests:
    p: points of a depth window in the crop frame, mm.
"""

import io
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8, UInt16

from handjax.batch import FAR
from handjax.data.crop import FILLED_FROM, PIXELS, SAME_SURFACE
from handjax.data.real.centres import PER_MM
from handjax.data.real.records import Part

ENOUGH = 1.5
"""Where more rows of depth than this fall into a row of the crop, some are left out."""

IMAGE_PIXELS = 256

Vector = Float[np.ndarray, "3"]
Camera = Float[np.ndarray, "2 2"]
Depth = Float[np.ndarray, "pixels pixels"]


class Cropped(NamedTuple):
    """What a pinhole camera sees of a cube.

    Attributes:
        camera: focal length and principal point, pixels.
        image: RGB; black beyond the picture.
        depth: mm from the centre, `FAR` where there is nothing; None without depth.
        mask: which pixels are of the hand; None without.
    """

    camera: Camera
    image: UInt8[np.ndarray, "pixels pixels 3"]
    depth: Depth | None
    mask: Bool[np.ndarray, "pixels pixels"] | None


def crop_depth(
    depth: UInt16[np.ndarray, "height width"],
    camera: Camera,
    centre: Vector,
    *,
    size: float,
    pixels: int = PIXELS,
    exact: bool = True,
) -> Depth:
    """Orthographic depth of the cube around a centre, as `data.crop.crop_depth`.

    Args:
        depth: eighths of a mm, 0 where nothing was measured.
        camera: focal length and principal point.
        centre: of the cube, in the camera's frame, mm.
        size: edge of the cube, mm.
        pixels: edge of the picture.
        exact: look at every pixel, though fewer would fill the picture.

    Returns:
        mm from the centre; `FAR` where the cube holds nothing, whatever its size.
    """
    if not exact:
        depth, camera = thin(depth, camera, centre, size / pixels)
    return gather(*_points(depth, camera, centre, size, pixels), pixels)


def gather(
    z: Float[np.ndarray, "points"], pixel: Int[np.ndarray, "points"], pixels: int
) -> Depth:
    """Depth of points by the pixel that each falls into; `FAR` where none does.

    Args:
        z: from the crop's centre, mm.
        pixel: counted row by row in a picture with a border of one, which catches what
            lies beside it.
        pixels: edge of the picture without its border.
    """
    wide = pixels + 2
    nearest = np.full(wide * wide, np.inf, np.float32)
    np.minimum.at(nearest, pixel, z)
    pixel[z > nearest[pixel] + np.float32(SAME_SURFACE)] = 0
    count = np.bincount(pixel, minlength=wide * wide).reshape(wide, wide)
    total = np.bincount(pixel, weights=z, minlength=wide * wide).reshape(wide, wide)
    for sums in (count, total):
        sums[[0, -1]] = sums[:, [0, -1]] = 0
    return _filled(count, total)


def thin(
    depth: UInt16[np.ndarray, "height width"],
    camera: Camera,
    centre: Vector,
    pitch: float,
) -> tuple[UInt16[np.ndarray, "rows columns"], Camera]:
    """Every so many rows and columns, still `ENOUGH` a row and column of a crop.

    Args:
        depth, camera, centre: see `crop_depth`.
        pitch: mm a pixel of the crop.

    Returns:
        Fewer pixels, and the camera that sees them.
    """
    across = float(camera[0].min()) * pitch / max(float(centre[2]), 1.0)
    step = max(int(across / ENOUGH), 1)
    return depth[::step, ::step], camera / np.float32(step)


def crop_image(
    part: Part, centre: Vector, *, size: float, pixels: int = IMAGE_PIXELS
) -> Cropped:
    """What the camera sees of a square around a centre, `size` wide there.

    Args:
        part: of a record, with an image.
        centre: in the camera's frame, mm.
        size: edge of the square, mm.
        pixels: edge of the picture.
    """
    from PIL import Image

    focal, middle = part.image_camera
    half = float(focal.max()) * size / 2 / float(centre[2])
    low = focal * centre[:2] / centre[2] + middle + 0.5 - half
    step = 2 * half / pixels
    with Image.open(io.BytesIO(part.image)) as stored:
        moved = stored.convert("RGB").transform(
            (pixels, pixels),
            Image.Transform.AFFINE,
            (step, 0.0, float(low[0]), 0.0, step, float(low[1])),
            resample=Image.Resampling.BILINEAR,
        )
    corner = (middle + 0.5 - low) / step - 0.5
    camera = np.stack([focal / step, corner]).astype(np.float32)
    return Cropped(
        camera,
        np.asarray(moved),
        _seen(part, camera, centre, size, pixels) if part.depth.size else None,
        _look_up(part, part.mask, camera, pixels) if part.mask.size else None,
    )


def _points(
    depth: UInt16[np.ndarray, "height width"],
    camera: Camera,
    centre: Vector,
    size: float,
    pixels: int,
) -> tuple[Float[np.ndarray, "points"], Int[np.ndarray, "points"]]:
    """z of the points between the cube's front and back, and which pixel each is in.

    Pixels are counted row by row in a picture with a border of one.
    """
    flat = np.ascontiguousarray(depth).reshape(-1)
    near = min(max(int(np.ceil((centre[2] - size / 2) * PER_MM)), 1), 65535)
    far = int(np.floor((centre[2] + size / 2) * PER_MM))
    # What lies before the front wraps around to the far end of 16 bits.
    index = np.flatnonzero(flat - np.uint16(near) <= np.uint16(max(far - near, 0)))
    z = flat[index] * np.float32(1 / PER_MM)
    row, column = np.divmod(index, depth.shape[1])
    scale, middle = pixels / size, (pixels - 1) / 2 + 1
    (fx, fy), (cx, cy) = camera
    # A ray for each row and column is fewer than one for each point.
    right = ((np.arange(depth.shape[1]) - cx) * (scale / fx)).astype(np.float32)
    down = ((np.arange(depth.shape[0]) - cy) * (scale / fy)).astype(np.float32)
    # The half more lets cutting off decimals round.
    u = right[column] * z + np.float32(middle - scale * centre[0] + 0.5)
    v = down[row] * z + np.float32(middle - scale * centre[1] + 0.5)
    for x in (u, v):
        np.clip(x, 0, pixels + 1, out=x)
    pixel = v.astype(np.int32) * (pixels + 2) + u.astype(np.int32)
    return z - np.float32(centre[2]), pixel


def _filled(count: np.ndarray, total: np.ndarray) -> Depth:
    """Mean depth; pixels of which most neighbours were hit get the mean of these."""
    hit = count > 0
    both = np.stack([hit, total / np.maximum(count, 1)]).astype(np.float32)
    rows = both[:, :-2] + both[:, 1:-1] + both[:, 2:]
    around, sums = rows[:, :, :-2] + rows[:, :, 1:-1] + rows[:, :, 2:]
    inner = hit[1:-1, 1:-1]
    depth = np.where(inner, both[1, 1:-1, 1:-1], np.float32(FAR))
    # A pixel that was not hit adds nothing to its own sums.
    gap = ~inner & (around >= FILLED_FROM)
    depth[gap] = sums[gap] / around[gap]
    return depth


def _seen(
    part: Part, camera: Camera, centre: Vector, size: float, pixels: int
) -> Depth:
    """Depth as a crop's camera sees it, from the nearest pixel."""
    z = _look_up(part, part.depth, camera, pixels).astype(np.float32) / PER_MM
    apart = z - centre[2]
    return np.where((z > 0) & (np.abs(apart) < size / 2), apart, FAR).astype(np.float32)


def _look_up(part: Part, array: np.ndarray, camera: Camera, pixels: int) -> np.ndarray:
    """An array of the part's own camera at the pixels of another; 0 beyond it."""
    rays = (np.arange(pixels)[:, None] - camera[1]) / camera[0]
    place = np.rint(rays * part.camera[0] + part.camera[1]).astype(int)
    limit = np.array(array.shape[::-1])
    there = (place >= 0) & (place < limit)
    column, row = place.clip(0, limit - 1).T
    seen = there[:, 1:] & there[:, 0]
    return np.where(seen, array[np.ix_(row, column)], array.dtype.type(0))
