"""Pictures side by side, and on disk."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from handjax.visualize.surface import INK, PAPER, Picture


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
