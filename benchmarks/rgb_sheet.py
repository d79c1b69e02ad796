"""A sheet of random pictures of hands in colour, as `data.synthetic` makes them.

PYTHONPATH=. python benchmarks/rgb_sheet.py [--out docs/images/rgb_sheet.png]
PYTHONPATH=. python benchmarks/rgb_sheet.py --backgrounds FOLDER --labels --out mine.png
"""

import argparse
from pathlib import Path
from typing import Any

import jax
import numpy as np
from PIL import Image, ImageDraw

from configs import common
from handjax.data import synthetic
from handjax.hands.template import load_template

DRAWN = ("keypoints2d", "mask")
"""What `--labels` shows: key points in red, the mask's outline in white."""


def make_config(args: argparse.Namespace) -> Any:
    """The default pictures, but for what was asked for."""
    config: Any = common.synthetic()
    config.modality = "rgb"
    config.rgb.pixels, config.rgb.samples = args.pixels, args.samples
    config.rgb.backgrounds = args.backgrounds
    config.rgb.labels = DRAWN if args.labels else ()
    return config


def tile(batch: Any) -> np.ndarray:
    """One picture of a `Batch`, with its labels where there are any."""
    image = (255.0 * np.asarray(batch.views.image[0, 0]) + 0.5).astype(np.uint8)
    if batch.views.mask is None:
        return image
    mask = np.asarray(batch.views.mask[0, 0])
    inner = mask.copy()
    for axis in (0, 1):
        inner &= np.roll(mask, 1, axis) & np.roll(mask, -1, axis)
    image[mask & ~inner] = 255
    picture = Image.fromarray(image)
    pen = ImageDraw.Draw(picture)
    for u, v in np.asarray(batch.labels.keypoints2d[0, 0]).tolist():
        pen.ellipse((u - 1, v - 1, u + 1, v + 1), fill=(230, 30, 30))
    return np.asarray(picture)


def main() -> None:
    """Draw the sheet."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("docs/images/rgb_sheet.png"))
    parser.add_argument("--level", default="hand_12553", help="of the hand's mesh")
    parser.add_argument("--pixels", type=int, default=128, help="edge of a picture")
    parser.add_argument("--samples", type=int, default=2, help="looks along its edge")
    parser.add_argument("--rows", type=int, default=8, help="of pictures, and columns")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--backgrounds", default="", help="folder of photographs")
    parser.add_argument("--labels", action="store_true", help="draw them over it")
    args = parser.parse_args()
    try:
        template = load_template(args.level)
        source = synthetic.source(template, make_config(args), 1)
    except ValueError as wrong:
        parser.error(str(wrong))
    one = jax.jit(source.sample)
    keys = jax.random.split(jax.random.key(args.seed), args.rows**2)
    tiles = np.stack([tile(one(key, source.held)) for key in keys])
    grid = tiles.reshape(args.rows, args.rows, args.pixels, args.pixels, 3)
    sheet = grid.transpose(0, 2, 1, 3, 4).reshape(args.rows * args.pixels, -1, 3)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(sheet).save(args.out, optimize=True)


if __name__ == "__main__":
    main()
