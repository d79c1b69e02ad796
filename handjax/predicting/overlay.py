"""A picture of an estimate: the frame, the surface over it, the key points over it."""

import numpy as np
from jaxtyping import Float, Int
from PIL import Image, ImageDraw

from handjax.fitting import overlay
from handjax.geometry.cameras import Pinhole
from handjax.visualize import PAPER, contact_sheet, depth_to_rgb, draw_joints
from handjax.visualize.surface import Picture

SIZE = overlay.SIZE
FRAME = (220, 60, 30)
"""Colour of the hand's box in the whole frame."""


def sheet(
    pixels: np.ndarray,
    camera: Pinhole,
    vertices: Float[np.ndarray, "vertices 3"],
    faces: Int[np.ndarray, "faces 3"],
    joints: Float[np.ndarray, "21 3"],
) -> Picture:
    """The whole frame with the hand's box, then the surface and the key points.

    Args:
        pixels: depth, mm, or RGB.
        camera: that took the frame.
        vertices: of the surface, in the camera's frame, mm.
        faces: of it.
        joints: the 21 key points, likewise.
    """
    surface, points = (overlay.project(camera, x) for x in (vertices, joints))
    left_top, scale = overlay.window(surface)
    middle = float(vertices[:, 2].mean())
    if pixels.ndim == 2:
        below = overlay.depth_picture(pixels, middle, left_top, scale)
    else:
        below = _part(pixels, left_top, scale)
    corners = scale * (surface - left_top)
    over = overlay.draw_surface(below, corners, vertices, faces)
    # `draw_joints` takes pixel centres at integers and adds the half itself.
    bones = draw_joints(below, scale * (points - left_top) - 0.5)
    box = np.concatenate([surface.min(axis=0), surface.max(axis=0)])
    pictures = [_whole(pixels, middle, box), over, bones]
    return contact_sheet([pictures], headings=("frame", "surface", "key points"))


def blank(pixels: np.ndarray) -> Picture:
    """A sheet as large as the others of a frame without a hand."""
    seen = pixels[pixels > 0.0] if pixels.ndim == 2 else np.zeros(0)
    middle = float(np.median(seen)) if seen.size else 0.0
    empty = np.full((SIZE, SIZE, 3), PAPER, np.uint8)
    pictures = [_whole(pixels, middle, None), empty, empty]
    return contact_sheet([pictures], headings=("frame", "surface", "key points"))


def _part(pixels: Picture, left_top: Float[np.ndarray, "2"], scale: float) -> Picture:
    """A square of a picture in colour, enlarged."""
    step = 1.0 / scale
    moved = Image.fromarray(pixels).transform(
        (SIZE, SIZE),
        Image.Transform.AFFINE,
        (step, 0.0, float(left_top[0]), 0.0, step, float(left_top[1])),
        resample=Image.Resampling.BILINEAR,
    )
    return np.asarray(moved)


def _whole(
    pixels: np.ndarray, middle: float, box: Float[np.ndarray, "4"] | None
) -> Picture:
    """The whole frame, as large as fits, with the box in it."""
    height, width = pixels.shape[:2]
    scale = SIZE / max(height, width)
    if pixels.ndim == 2:
        there = np.isfinite(pixels) & (pixels > 0.0)
        far = middle + 4 * overlay.IN_SIGHT
        shown = np.where(there, np.minimum(pixels, far), far)
        pixels = depth_to_rgb(shown, far=far, limits=(middle - overlay.IN_SIGHT, far))
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    canvas = Image.new("RGB", (SIZE, SIZE), tuple(int(x) for x in PAPER))
    at = (SIZE - size[0]) // 2, (SIZE - size[1]) // 2
    canvas.paste(Image.fromarray(pixels).resize(size), at)
    if box is not None:
        left, top, right, bottom = box * scale + [*at, *at]
        pen = ImageDraw.Draw(canvas)
        pen.rectangle((left, top, right, bottom), outline=FRAME, width=2)
    return np.asarray(canvas)
