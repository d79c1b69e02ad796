"""Pictures of depth, hands and joints, for logs, reports and fits.

A picture is an array (height, width, 3) of uint8. Pixel centres stand at integer
coordinates, u to the right and v down, as everywhere. Runs on the host, in NumPy.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int, Shaped, UInt8

from handjax.hands.skeleton import KEYPOINT_PARENTS

Picture = UInt8[np.ndarray, "height width 3"]

PAPER = (250, 250, 248)
INK = (45, 48, 56)
SKIN = (226, 178, 152)
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
# Near is light and warm, far is dark and cold.
DEPTH_STOPS = np.array(
    [(255, 236, 170), (246, 168, 96), (206, 88, 96), (116, 52, 118), (38, 28, 76)],
    np.float64,
)
LIGHT = np.array([-0.35, -0.55, -0.76])


def depth_to_rgb(
    depth: Float[np.ndarray, "height width"],
    *,
    far: float,
    limits: tuple[float, float] | None = None,
) -> Picture:
    """Depth as colour, near light and far dark; the background is paper.

    Args:
        depth: mm.
        far: depths from here on are background, mm.
        limits: nearest and farthest depth of the colour scale, mm; the picture's own
            extremes by default.
    """
    hit = depth < far
    if not hit.any():
        return _blank(depth.shape)
    near, last = limits or (depth[hit].min(), depth[hit].max())
    place = np.clip((depth - near) / max(last - near, 1e-6), 0.0, 1.0)
    stops = np.linspace(0.0, 1.0, len(DEPTH_STOPS))
    colour = np.stack([np.interp(place, stops, band) for band in DEPTH_STOPS.T], -1)
    return np.where(hit[..., None], colour, PAPER).astype(np.uint8)


def error_to_rgb(
    difference: Float[np.ndarray, "height width"], *, limit: float = 20.0
) -> Picture:
    """Signed depth error: blue in front of the truth, red behind it, paper at 0.

    Args:
        difference: predicted minus true depth, mm.
        limit: the error that gets the full colour, mm.
    """
    place = np.clip(difference / limit, -1.0, 1.0)[..., None]
    end = np.where(place > 0, (190, 40, 44), (36, 84, 176))
    colour = np.asarray(PAPER) + (end - np.asarray(PAPER)) * np.abs(place)
    return colour.astype(np.uint8)


def normals_from_depth(
    depth: Float[np.ndarray, "height width"], *, mm_per_pixel: float, far: float
) -> Float[np.ndarray, "height width 3"]:
    """Unit normals towards the camera by central differences; 0 on the background."""
    hit = depth < far
    # One-sided slopes across the outline would be cliffs: let the background take
    # the depth of a neighbour first.
    filled = _bleed(np.where(hit, depth, np.nan))
    dv, du = np.gradient(filled, mm_per_pixel)
    normals = np.stack([du, dv, -np.ones_like(du)], -1)
    normals = normals / np.linalg.norm(normals, axis=-1, keepdims=True)
    return np.where(hit[..., None], np.nan_to_num(normals), 0.0)


def shade(
    normals: Float[np.ndarray, "height width 3"],
    *,
    colour: Sequence[float] | Shaped[np.ndarray, "*pixels 3"] = SKIN,
    background: Sequence[float] | Shaped[np.ndarray, "*pixels 3"] = PAPER,
) -> Picture:
    """A matt surface under one light from the upper left.

    Args:
        normals: unit normals in camera axes (z forward); 0 where nothing is.
        colour: of the surface, one or one a pixel, 0 to 255.
        background: what shows where nothing is, likewise.
    """
    facing = np.clip(normals @ (LIGHT / np.linalg.norm(LIGHT)), 0.0, 1.0)
    # A grazing surface darkens towards its outline, which reads as roundness.
    glow = 0.35 + 0.55 * facing + 0.10 * np.abs(normals[..., 2])
    lit = np.clip(np.asarray(colour) * glow[..., None] * 1.05, 0, 255)
    hit = np.any(normals != 0.0, axis=-1, keepdims=True)
    return np.where(hit, lit, background).astype(np.uint8)


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
    xy = np.stack(np.meshgrid(pixels, pixels), -1) - np.asarray(centre)
    offset = (xy / np.asarray(focal))[:, :, None] - centres[:, :2]
    squared = radii**2 - np.sum(offset**2, -1)
    depth = np.where(
        squared > 0, centres[:, 2] - np.sqrt(np.maximum(squared, 0)), np.inf
    )
    first = depth.argmin(-1)
    hit = np.isfinite(depth.min(-1))[..., None]
    inwards = np.concatenate([offset, -np.sqrt(np.maximum(squared, 0))[..., None]], -1)
    normal = np.take_along_axis(inwards, first[..., None, None], 2)[:, :, 0]
    normal = np.where(hit, normal / radii[first][..., None], 0.0)
    return shade(normal, colour=SKIN if colours is None else colours[first])


def draw_joints(
    picture: Picture,
    uv: Float[np.ndarray, "joints 2"],
    *,
    scale: float = 1.0,
    parents: Sequence[int] | Int[np.ndarray, "joints"] | None = KEYPOINT_PARENTS,
    colours: UInt8[np.ndarray, "joints 3"] | None = None,
    radius: float = 3.0,
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
    spots = ((np.asarray(uv, np.float64) + 0.5) * scale) * finer
    if colours is None:
        colours = KEYPOINT_COLOURS if len(uv) == 21 else np.array([INK] * len(uv))
    for joint, parent in enumerate(parents if parents is not None else ()):
        if parent >= 0:
            ends = [tuple(spots[parent]), tuple(spots[joint])]
            pen.line(
                ends, fill=_fill(colours[joint]), width=round(radius * finer * 0.8)
            )
    for (u, v), colour in zip(spots, colours, strict=True):
        reach = radius * finer
        box = [u - reach, v - reach, u + reach, v + reach]
        pen.ellipse(box, fill=_fill(colour), outline=PAPER, width=finer)
    return np.asarray(canvas.resize((width, height), Image.Resampling.LANCZOS))


def enlarge(picture: Picture, scale: int) -> Picture:
    """Every pixel becomes a square of `scale` by `scale`."""
    return picture.repeat(scale, 0).repeat(scale, 1)


def contact_sheet(
    rows: Sequence[Sequence[Picture]],
    *,
    headings: Sequence[str] = (),
    captions: Sequence[str] = (),
    gap: int = 6,
) -> Picture:
    """Pictures of one size in rows and columns, on paper.

    Args:
        rows: pictures, row by row.
        headings: a line over each column.
        captions: a line under each row.
        gap: pixels between pictures.
    """
    from PIL import Image, ImageDraw

    height, width = rows[0][0].shape[:2]
    line = 18
    top = line + gap if headings else gap
    step = height + gap + (line if captions else 0)
    across = max(len(row) for row in rows)
    sheet = Image.new(
        "RGB", (gap + across * (width + gap), top + len(rows) * step), PAPER
    )
    pen = ImageDraw.Draw(sheet)
    for column, heading in enumerate(headings):
        pen.text(
            (gap + column * (width + gap), gap // 2), heading, fill=INK, font_size=13
        )
    for row, pictures in enumerate(rows):
        for column, picture in enumerate(pictures):
            at = (gap + column * (width + gap), top + row * step)
            sheet.paste(Image.fromarray(picture), at)
        if captions:
            below = (gap, top + row * step + height + 1)
            pen.text(below, captions[row], fill=INK, font_size=13)
    return np.asarray(sheet)


def save_png(path: str | Path, picture: Picture) -> Path:
    """Write a picture, making its folder; returns the path."""
    from PIL import Image

    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(picture)).save(path)
    return path


def _blank(shape: tuple[int, ...]) -> Picture:
    return np.broadcast_to(np.array(PAPER, np.uint8), (*shape, 3)).copy()


def _fill(colour: Sequence[int]) -> tuple[int, ...]:
    return tuple(int(band) for band in colour)


def _bleed(
    depth: Float[np.ndarray, "height width"],
) -> Float[np.ndarray, "height width"]:
    """Give every NaN pixel beside known ones the mean of these."""
    padded = np.pad(depth, 1, constant_values=np.nan)
    around = np.stack(
        [padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]]
    )
    known = np.isfinite(around)
    mean = np.where(known, around, 0.0).sum(0) / np.maximum(known.sum(0), 1)
    return np.where(np.isfinite(depth) | ~known.any(0), depth, mean)
