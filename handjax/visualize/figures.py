"""Spheres and joints drawn as figures, over nothing or over a picture."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int, UInt8

from handjax.hands.skeleton import KEYPOINT_PARENTS
from handjax.visualize.surface import INK, PAPER, SKIN, Picture, shade

# Wrist, thumb, index, middle, ring, little.
HAND_COLOURS = np.array(
    [
        (120, 124, 134),
        (214, 72, 62),
        (232, 150, 40),
        (70, 158, 84),
        (44, 124, 196),
        (140, 84, 172),
    ],
    np.uint8,
)
KEYPOINT_COLOURS = HAND_COLOURS[[0, *np.repeat(np.arange(1, 6), 4)]]


def draw_spheres(
    centres: Float[np.ndarray, "n 3"],
    radii: Float[np.ndarray, "n"],
    focal: Float[np.ndarray, "2"],
    centre: Float[np.ndarray, "2"],
    *,
    size: int,
    scale: int = 1,
    colours: UInt8[np.ndarray, "n 3"] | None = None,
) -> Picture:
    """Lit spheres seen by an orthographic camera, `scale` times enlarged.

    Args:
        centres: mm, camera axes.
        radii: mm.
        focal: pixels a millimetre.
        centre: pixel of the optical axis.
        size: height and width of the camera's picture, pixels.
        scale: pixels drawn for one of the camera's.
        colours: one a sphere; skin by default.
    """
    pixels = (np.arange(size * scale) + 0.5) / scale - 0.5
    # Of each column and of each row beside each sphere, mm.
    x, y = (
        ((pixels - c) / f)[:, None] - beside
        for c, f, beside in zip(centre, focal, centres[:, :2].T, strict=True)
    )
    squared = radii**2 - x**2 - (y**2)[:, None]
    half_chord = np.sqrt(np.maximum(squared, 0))
    depth = np.where(squared > 0, centres[:, 2] - half_chord, np.inf)
    first = depth.argmin(-1)
    row, column = np.indices(first.shape)
    hit = squared[row, column, first] > 0
    inwards = x[column, first], y[row, first], -half_chord[row, column, first]
    normal = np.where(hit, np.stack(inwards) / radii[first], 0.0)
    normal = np.moveaxis(normal, 0, -1)
    return shade(normal, colour=SKIN if colours is None else colours[first])


def draw_joints(
    picture: Picture,
    uv: Float[np.ndarray, "joints 2"],
    *,
    scale: float | int = 1.0,
    parents: Sequence[int] | Int[np.ndarray, "joints"] | None = KEYPOINT_PARENTS,
    colours: UInt8[np.ndarray, "joints 3"] | None = None,
    radius: float | int = 3.0,
) -> Picture:
    """Joints as dots and bones as lines over a picture.

    Args:
        picture: what is drawn over, left as it is.
        uv: joints in the pixels of the camera.
        scale: how many times `picture` is enlarged over the camera's pixels.
        parents: each joint's parent, -1 for none; None draws no bones.
        colours: one a joint; by finger for the 21 key points, ink for other sets.
        radius: of a dot, in pixels of `picture`.
    """
    from PIL import Image, ImageDraw

    finer = 4  # drawn at four times the size and reduced: PIL does not antialias
    height, width = picture.shape[:2]
    canvas = Image.fromarray(picture).resize((width * finer, height * finer))
    pen = ImageDraw.Draw(canvas)
    spots = (np.asarray(uv) + 0.5) * scale * finer
    if colours is None:
        colours = KEYPOINT_COLOURS if len(uv) == 21 else np.tile(INK, (len(uv), 1))
    fills = [tuple(colour) for colour in colours.tolist()]
    reach = radius * finer
    for joint, parent in enumerate(() if parents is None else parents):
        if parent >= 0:
            ends = [tuple(spots[parent]), tuple(spots[joint])]
            pen.line(ends, fill=fills[joint], width=round(0.8 * reach))
    for (u, v), fill in zip(spots, fills, strict=True):
        box = (u - reach, v - reach, u + reach, v + reach)
        pen.ellipse(box, fill=fill, outline=PAPER, width=finer)
    return np.asarray(canvas.resize((width, height), Image.Resampling.LANCZOS))
