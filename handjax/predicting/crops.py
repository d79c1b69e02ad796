"""Crops of a user's frame as methods see them, at several places at once.

Where a crop stands decides much of what a network says of it, so a method sees the hand
in crops around several places, and the best is kept.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from handjax.batch import FAR, Views
from handjax.data.crop import PIXELS, SIZE
from handjax.data.real import crops
from handjax.data.real.centres import FARTHEST, PER_MM
from handjax.geometry import cameras
from handjax.geometry.cameras import Pinhole

ASIDE = (-15.0, 0.0, 15.0)
AHEAD = (-10.0, 0.0, 10.0)
"""Where crops of depth stand from the place that was found, mm."""
OFFSETS = np.array([(x, y, z) for x in ASIDE for y in ASIDE for z in AHEAD])

Box = tuple[float, float, float]
"""Left, top and edge of a square in a picture, pixels."""


def depth_views(
    depth: Float[np.ndarray, "height width"],
    camera: Pinhole,
    centre: Float[np.ndarray, "3"],
) -> Views:
    """Crops of a depth frame around `OFFSETS` from a place.

    Args:
        depth: mm; 0 and anything not finite mean that nothing was measured.
        camera: that took the frame; its frame is the world.
        centre: in that frame, mm.
    """
    near = np.where(np.isfinite(depth) & (depth < FARTHEST), depth, 0.0)
    stored = np.round(np.maximum(near, 0.0) * PER_MM).astype(np.uint16)
    numbers = np.stack([np.asarray(leaf, np.float32) for leaf in camera])
    part, own = _window(stored, numbers, centre)
    places = (centre + OFFSETS).astype(np.float32)
    D = np.stack([crops.crop_depth(part, own, place, size=SIZE) for place in places])
    count = len(places)
    ortho = cameras.orthographic_crop(SIZE, PIXELS)
    leaves = (jnp.broadcast_to(leaf, (count, 1, 2)) for leaf in ortho)
    crop_from_camera = np.tile(np.eye(4, dtype=np.float32), (count, 1, 1, 1))
    crop_from_camera[:, 0, :3, 3] = -places
    return Views(
        depth=jnp.asarray(D[:, None]),
        image=None,
        mask=jnp.asarray(D[:, None] < FAR),
        valid=jnp.ones((count, 1), bool),
        camera=cameras.Orthographic(*leaves),
        crop_from_camera=jnp.asarray(crop_from_camera),
        camera_from_world=jnp.broadcast_to(jnp.eye(4), (count, 1, 4, 4)),
    )


def image_views(
    picture: UInt8[np.ndarray, "height width 3"],
    camera: Pinhole,
    boxes: Sequence[Box],
    pixels: int,
) -> Views:
    """Crops of a picture; the camera's frame is the world.

    Args:
        picture: RGB.
        camera: that took it.
        boxes: what of it is seen; black beyond the picture.
        pixels: edge of the crops.
    """
    seen = np.stack([cut(picture, box, pixels) for box in boxes]).astype(np.float32)
    corner = jnp.asarray(boxes)[:, :2]
    scale = pixels / jnp.asarray(boxes)[:, 2:]
    own = jax.vmap(cameras.crop, (None, 0, 0))(
        camera, corner, jnp.broadcast_to(scale, corner.shape)
    )
    count = len(boxes)
    eye = jnp.broadcast_to(jnp.eye(4), (count, 1, 4, 4))
    return Views(
        depth=None,
        image=jnp.asarray(seen)[:, None] / 255,
        mask=None,
        valid=jnp.ones((count, 1), bool),
        camera=jax.tree.map(lambda leaf: leaf[:, None], own),
        crop_from_camera=eye,
        camera_from_world=eye,
    )


def cut(
    picture: UInt8[np.ndarray, "height width 3"], box: Box, pixels: int
) -> UInt8[np.ndarray, "pixels pixels 3"]:
    """A square of a picture at another size, averaged where it gets smaller."""
    left, top, edge = box
    # What lies beyond the picture is black, and as wide as the square at most.
    whole = np.floor([left, top, left + edge, top + edge]).astype(int)
    low, high = whole[:2] - 1, whole[2:] + 2
    height, width = picture.shape[:2]
    x = np.clip([low[0], high[0]], 0, width)
    y = np.clip([low[1], high[1]], 0, height)
    part = np.zeros((high[1] - low[1], high[0] - low[0], 3), np.uint8)
    inside = picture[y[0] : y[1], x[0] : x[1]]
    at = y[0] - low[1], x[0] - low[0]
    part[at[0] : at[0] + inside.shape[0], at[1] : at[1] + inside.shape[1]] = inside
    corner = left - low[0], top - low[1]
    moved = Image.fromarray(part).resize(
        (pixels, pixels),
        Image.Resampling.BILINEAR,
        box=(*corner, corner[0] + edge, corner[1] + edge),
    )
    return np.asarray(moved)


def _window(
    stored: np.ndarray, camera: np.ndarray, centre: Float[np.ndarray, "3"]
) -> tuple[np.ndarray, np.ndarray]:
    """The pixels that may see any of the cubes, and their camera."""
    focal, middle = camera
    reach = SIZE / 2 + max(ASIDE)
    front = max(centre[2] - SIZE / 2 - max(AHEAD), centre[2] / 4, 1.0)
    edge = np.array(stored.shape[::-1])
    corners = np.array(
        [
            focal * (centre[:2] + side * reach) / z + middle
            for side in (-1.0, 1.0)
            for z in (front, centre[2] + SIZE / 2 + max(AHEAD))
        ]
    )
    start = np.clip(np.floor(corners.min(axis=0)), 0, edge).astype(int)
    stop = np.clip(np.ceil(corners.max(axis=0)) + 1, 0, edge).astype(int)
    part = stored[start[1] : stop[1], start[0] : stop[0]]
    return part, np.stack([focal, middle - start]).astype(np.float32)
