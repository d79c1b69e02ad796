"""Downloads of RHD that are known by hand: squares for hands, joints about them."""

import numpy as np

from tests.data.fixtures import coded, matrix, write
from tests.data.python_2 import python_2

SIZE = (320, 320)
FOCALS = (300.0, 330.0, 280.0)
CENTRE = (160.0, 160.0)
DEPTH = 600.0
RNG = np.random.default_rng(0)
JOINTS = RNG.uniform(-50.0, 50.0, (3, 21, 3)) + np.array([0.0, 0.0, DEPTH])


def square(left, width=60):
    """A mask of `width` by 60 pixels in the middle of the rows."""
    mask = np.zeros(SIZE, bool)
    mask[130:190, left : left + width] = True
    return mask


MASKS = [square(130), square(120), square(140)]
"""Of the right hands of the three pictures."""


def write_rhd(root):
    """Three pictures of the evaluation set; returns the folder."""
    folder, labels = root / "evaluation", {}
    for number, mask in enumerate(MASKS):
        name = f"{number:05d}.png"
        stored = np.full(SIZE, round(DEPTH / 5000 * 65535), np.uint16)
        write(folder / "color" / name, np.full((*SIZE, 3), 90, np.uint8))
        write(folder / "mask" / name, np.where(mask, 20, 1).astype(np.uint8))
        write(folder / "depth" / name, coded(stored >> 8, stored & 255, order="hl0"))
        xyz = np.concatenate([JOINTS[number] + 500.0, JOINTS[number]]) / 1000.0
        camera = matrix((FOCALS[number],) * 2, CENTRE)
        labels[number] = {"xyz": xyz, "uv_vis": np.ones((42, 3)), "K": camera}
    (folder / "anno_evaluation.pickle").write_bytes(python_2(labels))
    return root
