"""What a camera sees: the hand's depth and mask, beside the frame that it came from."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Int
from PIL import Image

from handjax.geometry import cameras
from handjax.geometry.cameras import Pinhole
from handjax.render.rasterize import rasterize
from handjax.visualize import contact_sheet, depth_to_rgb
from handjax.visualize.surface import PAPER, Picture

EDGE = 208
"""Of each picture, pixels."""
FAR = 1e5
"""Depth where no hand is, mm."""
MARGIN = 0.35
"""What is shown around a hand, as a share of its extent."""
AROUND = 150.0
"""Depth shown before and behind the hand, mm."""
INK = (52, 96, 148)
"""Of the mask."""
OVER = np.array((64, 160, 235))
"""Of the hand over a frame."""
SHARE = 0.55
"""How much of that is seen."""


class Window(NamedTuple):
    """A square of a camera's picture.

    Attributes:
        left, top: its corner, pixels, from the corner of the picture.
        edge: its width and height, likewise.
    """

    left: float
    top: float
    edge: float


class Eye(NamedTuple):
    """A camera, and the part of its picture that is shown.

    Attributes:
        camera: that takes the whole picture.
        width, height: of the whole picture, pixels.
        window: the part.
    """

    camera: Pinhole
    width: int
    height: int
    window: Window


def usual() -> Eye:
    """The camera of a page without frames: 320 x 320 pixels, as wide as a depth camera
    sees."""
    camera = Pinhole(jnp.array([475.0, 475.0]), jnp.array([159.5, 159.5]))
    return Eye(camera, 320, 320, Window(48.0, 48.0, 224.0))


def around(
    camera: Pinhole, size: tuple[int, int], points: Float[np.ndarray, "points 3"]
) -> Eye:
    """A camera that is shown around a hand.

    Args:
        camera: that took the frame.
        size: width and height of the frame, pixels.
        points: of the hand, in the camera's frame, mm.
    """
    seen = points[np.isfinite(points).all(axis=-1)]
    uv = np.asarray(cameras.project(camera, jnp.asarray(seen, jnp.float32))) + 0.5
    low, high = uv.min(axis=0), uv.max(axis=0)
    edge = max((1.0 + 2.0 * MARGIN) * float((high - low).max()), 16.0)
    left, top = (low + high - edge) / 2.0
    return Eye(camera, *size, Window(float(left), float(top), edge))


def look(
    eye: Eye,
    vertices: Float[np.ndarray, "vertices 3"],
    faces: Int[np.ndarray, "faces 3"],
) -> Float[np.ndarray, "edge edge"]:
    """Depth of a hand in the part that is shown, mm, `FAR` where there is none."""
    left, top, edge = eye.window
    scale = jnp.full(2, EDGE / edge)
    part = cameras.crop(eye.camera, jnp.array([left, top]), scale)
    return _depth(part, vertices, faces, EDGE, EDGE)


def frame_of(
    eye: Eye,
    vertices: Float[np.ndarray, "vertices 3"],
    faces: Int[np.ndarray, "faces 3"],
) -> Float[np.ndarray, "height width"]:
    """The whole frame that a depth camera would take of a hand, mm, 0 without one."""
    depth = _depth(eye.camera, vertices, faces, eye.height, eye.width)
    return np.where(depth < FAR, depth, np.float32(0.0))


def _depth(camera, vertices, faces, height: int, width: int) -> np.ndarray:
    surface = jnp.asarray(vertices, jnp.float32), jnp.asarray(faces, jnp.int32)
    size = {"height": height, "width": width, "far": FAR, "cull": True}
    return np.asarray(rasterize(camera, *surface, **size).depth)


def told(depth: Float[np.ndarray, "edge edge"]) -> str:
    """How far a hand reaches, for a heading."""
    hit = depth < FAR
    if not hit.any():
        return "depth: no hand in sight"
    return f"depth, {depth[hit].min():.0f} to {depth[hit].max():.0f} mm"


def of_depth(depth: Float[np.ndarray, "edge edge"]) -> Picture:
    """Near light and warm, far dark and cold."""
    return depth_to_rgb(depth, far=FAR)


def of_mask(depth: Float[np.ndarray, "edge edge"]) -> Picture:
    """The hand's pixels in one colour."""
    hit = (depth < FAR)[..., None]
    return np.where(hit, INK, PAPER).astype(np.uint8)


def of_frame(pixels: np.ndarray, eye: Eye, middle: float) -> Picture:
    """The part of a frame that is shown.

    Args:
        pixels: depth, mm, of two axes; or RGB.
        eye: that took it.
        middle: depth of the hand, mm.
    """
    if pixels.ndim == 3:
        return _cut(pixels, eye.window, Image.Resampling.BILINEAR)
    part = _cut(np.nan_to_num(pixels), eye.window, Image.Resampling.NEAREST)
    near, far = middle - AROUND, middle + AROUND
    shown = (part > near) & (part < far)
    return depth_to_rgb(np.where(shown, part, far), far=far, limits=(near, far))


def over(picture: Picture, hit: Bool[np.ndarray, "edge edge"]) -> Picture:
    """A hand's mask over a picture."""
    mixed = (1.0 - SHARE) * picture + SHARE * OVER
    return np.where(hit[..., None], mixed, picture).astype(np.uint8)


def _cut(pixels: np.ndarray, window: Window, how: Image.Resampling) -> np.ndarray:
    step = window.edge / EDGE
    to_frame = (step, 0.0, window.left, 0.0, step, window.top)
    image = Image.fromarray(pixels if pixels.ndim == 3 else pixels.astype(np.float32))
    cut = image.transform((EDGE, EDGE), Image.Transform.AFFINE, to_frame, resample=how)
    return np.asarray(cut)


def sheet(
    eye: Eye,
    vertices: Float[np.ndarray, "vertices 3"],
    faces: Int[np.ndarray, "faces 3"],
    pixels: np.ndarray | None = None,
) -> Picture:
    """All that the camera sees of a hand, side by side.

    Args:
        eye: the camera.
        vertices: of the hand, in its frame, mm.
        faces: of it.
        pixels: the frame that it was estimated from, None without one.
    """
    depth = look(eye, vertices, faces)
    row = [of_depth(depth), of_mask(depth)]
    drawn = contact_sheet([row], headings=(told(depth), "mask"))
    if pixels is None:
        return drawn
    frame = of_frame(pixels, eye, float(np.median(vertices[:, 2])))
    above = [[frame, over(frame, depth < FAR)]]
    seen = contact_sheet(above, headings=("frame", "hand over it"))
    return np.concatenate([seen, drawn])
