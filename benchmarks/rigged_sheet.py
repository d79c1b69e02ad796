"""A picture of any rigged hand: as its file has it, as our template, and bent.

python benchmarks/rigged_sheet.py HAND.glb [--out rigged.png]

The first row is in the file's axes and on its own side, seen along -z, z, -x and y; the
others are the template, a right hand in ours.
"""

import argparse
from pathlib import Path

import jax.numpy as jnp
import numpy as np
from hand_sheet import VIEWS, picture, posed, sheet, turned

from handjax.hands import gltf, poses

# Rows: to the right, down and away, in the file's axes.
FILE_VIEWS = {
    "along -z": ((1, 0, 0), (0, -1, 0), (0, 0, -1)),
    "along z": ((-1, 0, 0), (0, -1, 0), (0, 0, 1)),
    "along -x": ((0, 1, 0), (0, 0, -1), (-1, 0, 0)),
    "along y": ((1, 0, 0), (0, 0, -1), (0, 1, 0)),
}
BENT = ("fist", "aokay", "thumb up normal", "claws")
ACROSS = 228.0


def main() -> None:
    """Draw the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("hand", type=Path)
    parser.add_argument("--out", type=Path, default=Path("rigged.png"))
    args = parser.parse_args()
    hand = gltf.load(args.hand)
    template, tiles = hand.template, []
    theirs = 1e3 * np.asarray(gltf.file_points(hand, template.vertices))
    faces = template.faces[:, :: -1 if hand.side == "left" else 1]
    for name, rows in FILE_VIEWS.items():
        view = np.array(rows, float)
        image = picture(theirs, faces, view, pixels=360, size=ACROSS, smooth=False)
        tiles.append((f"{hand.side} hand, {name}", image))
    for name, view in VIEWS.items():
        image = picture(
            template.vertices, template.faces, view, pixels=360, size=ACROSS
        )
        tiles.append((f"template, {name}", image))
    for name in BENT:
        vertices = posed(template, jnp.asarray(poses.NAMED[name]))
        view = turned(down=12.0, around=-24.0)
        image = picture(vertices, template.faces, view, pixels=360, size=ACROSS)
        tiles.append((name, image))
    sheet(tiles, 4).save(args.out, optimize=True)


if __name__ == "__main__":
    main()
