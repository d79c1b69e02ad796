"""A recording of two cameras in a folder, and what spoils it."""

import csv
import json

import numpy as np
from PIL import Image

from handjax.hands.skeleton import KEYPOINTS

LENS = {"fx": 200.0, "fy": 200.0, "cx": 80.0, "cy": 60.0}
SIZE = (120, 160)
BESIDE = np.eye(4)
BESIDE[0, 3] = -60.0
"""camera_from_world of the second camera, 60 mm to the right of the first."""
PAGE = {
    "side": "right",
    "joints_in": "front",
    "cameras": {
        "front": {**LENS, "camera_from_world": np.eye(4).tolist()},
        "right": {**LENS, "camera_from_world": BESIDE.tolist()},
    },
}


def depth(x=0.0, z=500.0):
    """A ball as large as a fist around (x, 0, z), mm, in whole mm; 0 beside it."""
    v, u = np.mgrid[: SIZE[0], : SIZE[1]]
    apart = np.hypot((u - 80) / 200 * z - x, (v - 60) / 200 * z)
    bump = np.sqrt(np.maximum(45.0**2 - apart**2, 0.0))
    return np.where(apart < 45.0, z - bump, 0.0).astype(np.uint16)


def joints(x=0.0, z=500.0):
    """Key points within the ball."""
    return np.linspace([x - 20, -20, z - 20], [x + 20, 20, z + 20], 21)


def save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def page(root, **changes):
    """recording.json, with some of it changed."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "recording.json").write_text(json.dumps({**PAGE, **changes}))


def write(root, count=3, split="train", labelled=()):
    """A recording; key points of the frames whose numbers are labelled."""
    page(root)
    for k in range(count):
        save(root / split / "front" / f"{k}.png", depth(x=10.0 * k))
        save(root / split / "right" / f"{k}.png", depth(x=10.0 * k - 60.0))
    if labelled:
        write_joints(root / split / "joints.csv", labelled)
    return root


def write_joints(path, numbers, side="right"):
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["frame", "side", "joint", "x_mm", "y_mm", "z_mm"])
        for k in numbers:
            for name, xyz in zip(KEYPOINTS, joints(x=10.0 * k), strict=True):
                table.writerow([k, side, name, *xyz])
