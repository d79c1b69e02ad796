"""Where skin changes colour: `python -m handjax.hands.build.marks` (host side, once).

A texture in the coordinates that all levels share: the palm's side, blood under the
skin, knuckles, nails with their white, creases, veins; each from 0 to 1. Drawn from the
same anatomy as the relief, and like it by eye.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from scipy.ndimage import distance_transform_edt

from handjax.geometry import meshes
from handjax.hands.build import relief, store, surface
from handjax.hands.build.chains import Chain, coordinates, distance, section
from handjax.hands.build.relief import bell, rise
from handjax.hands.skeleton import FINGERS
from handjax.hands.template import load_template

NAMES = ("palm", "blush", "knuckle", "nail", "white", "crease", "vein")
EDGE = 512
"""Of the texture, texels: 0.77 mm each."""
BLEED = 6.0  # texels around the layout that are filled from it

# Lines over the joints of the back of a finger: station, strength.
WRINKLES = (
    (0.92, 0.5), (0.97, 0.8), (1.02, 0.8), (1.08, 0.45), (1.96, 0.4), (2.01, 0.45),
)  # fmt: skip
# Balls of thumb and little finger, pads between knuckles: centre, width, strength.
FLUSHES = (
    ((25.0, -34.0, -22.0), 14.0, 0.7),
    ((-27.0, -34.0, -18.0), 14.0, 0.55),
    ((11.0, -93.0, -13.0), 8.0, 0.6),
    ((-9.0, -90.0, -13.0), 8.0, 0.6),
    ((-28.0, -80.0, -14.0), 8.0, 0.6),
)
# Veins of the back in its plane, (x, y).
VEINS = (
    ((11, -84), (9, -72), (2, -56), (1, -38), (6, -18), (10, 12)),
    ((-9, -84), (-6, -70), (2, -56)),
    ((-27, -76), (-22, -60), (-16, -46), (-14, -26), (-8, -6), (-8, 14)),
    ((-16, -46), (-6, -42), (1, -38)),
)


def finger_marks(chain: Chain, stations: np.ndarray, at: np.ndarray, *, thumb: bool):
    """Marks of one finger by name.

    Args:
        stations: s of the finger's four joints.
        at: points in the chain's frame.
    """
    u, v, s = at.T
    du, dv, _, pad, back = section(chain, s)
    under, over = rise(1.4 * (v - dv) / pad), rise(1.6 * (dv - v) / back)
    t = np.interp(s, stations, np.arange(4))
    size = 0.72 * chain.profile[-1, 2]
    reach = stations[-1] - s
    edge = relief.nail_edge(u - du, reach, size)
    top = rise(2.0 * (dv - v) / back)
    nail = top * rise(0.5 - edge / 0.9)
    moon = bell(u - du, 0.55 * size) * bell(reach - 2.4 * size, 0.28 * size)
    return {
        "palm": rise(0.5 + 1.1 * (v - dv) / pad),
        "blush": np.maximum(under, 0.5 * over * (1 - nail)) * rise((t - 2.15) / 0.7),
        "knuckle": over * np.maximum(bell(t - thumb - 1, 0.17), 0.5 * bell(t - 2, 0.1)),
        "nail": nail,
        "white": nail * np.maximum(rise((2.7 - reach) / 0.9), 0.45 * moon),
        "crease": np.maximum(
            _lines(s, stations, under, over, thumb=thumb),
            0.8 * top * bell(edge - 0.5, 0.55) * rise((reach - 2.0) / 3.0),
        ),
    }


def _lines(s, stations, under, over, *, thumb: bool) -> np.ndarray:
    """Folds under a finger's joints and wrinkles over them."""
    deep = np.zeros(len(s))
    folds = relief.THUMB_FOLDS if thumb else relief.FOLDS
    for station, depth in folds:
        where = np.interp(station, np.arange(4), stations)
        deep = np.maximum(deep, depth / 0.5 * under * bell(s - where, 0.8))
    for station, depth in WRINKLES:
        where = np.interp(station + thumb, np.arange(4), stations)
        deep = np.maximum(deep, depth * over * bell(s - where, 0.6))
    return deep


def body_marks(points: np.ndarray, normals: np.ndarray) -> dict[str, np.ndarray]:
    """Marks of palm, back and wrist by name."""
    down = rise(0.5 - 1.1 * normals[:, 2])
    hand = rise((12.0 - points[:, 1]) / 28.0)
    back = (1.0 - down) * rise((points[:, 2] + 2.0) / 6.0)
    flush, knuckle, vein = (np.zeros(len(points)) for _ in range(3))
    for centre, width, strength in FLUSHES:
        away = np.linalg.norm(points - centre, axis=-1)
        flush = np.maximum(flush, strength * down * bell(away, width))
    for finger in FINGERS[1:]:
        away = (points - surface.joints()[f"{finger}_mcp"])[:, :2] / [8.0, 7.0]
        knuckle = np.maximum(knuckle, 0.6 * bell(np.linalg.norm(away, axis=-1), 1.0))
    for line in VEINS:
        away, along = relief.curve(line).query(points[:, :2])
        ends = rise(np.minimum(along, 199 - along) / 30.0)
        vein = np.maximum(vein, back * bell(away, 1.5) * ends)
    return {
        "palm": down * hand,
        "blush": flush,
        "knuckle": knuckle * back,
        "crease": np.clip(relief.line_depth(points) / 0.5, 0.0, 1.0) ** 1.5,
        "vein": vein,
    }


def marks(points: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """Marks at points of the surface, (points, 7), in the order of `NAMES`."""
    body = body_marks(points, normals)
    found = {name: body.get(name, np.zeros(len(points))) for name in NAMES}
    for finger in FINGERS:
        chain = surface.finger_chain(finger)
        at = coordinates(chain, points)
        stations = coordinates(chain, surface.bones(finger))[:, 2]
        near = rise((4.0 - distance(chain, at)) / 3.0)
        # Behind the knuckle the body's own palm and back go on.
        own = near * rise((at[:, 2] - 0.1 * stations[1]) / (0.4 * stations[1]))
        new = finger_marks(chain, stations, at, thumb=finger == "thumb")
        found["palm"] += own * (new.pop("palm") - found["palm"])
        for name, values in new.items():
            found[name] = np.maximum(found[name], near * values)
    return np.clip(np.stack([found[name] for name in NAMES], -1), 0.0, 1.0)


def unwrapped(uv, uv_faces, values, edge: int) -> tuple[np.ndarray, np.ndarray]:
    """Values of the corners of faces, (faces, 3, n), at the texels that these cover.

    Returns:
        The texture, row 0 at v = 1, and which texels are covered.
    """
    texture = np.zeros((edge, edge, values.shape[-1]))
    covered = np.zeros((edge, edge), bool)
    places = np.stack([uv[:, 0], 1.0 - uv[:, 1]], -1) * edge - 0.5
    for corners, carried in zip(places[uv_faces], values, strict=True):
        low, high = np.ceil(corners.min(0)), np.floor(corners.max(0))
        x, y = np.mgrid[low[0] : high[0] + 1, low[1] : high[1] + 1].reshape(2, -1)
        offset = np.stack([x, y]) - corners[0][:, None]
        sides = np.linalg.solve((corners[1:] - corners[0]).T, offset)
        weights = np.stack([1.0 - sides.sum(0), *sides], -1)
        inside = np.all(weights >= -1e-6, -1)
        row, column = y[inside].astype(int), x[inside].astype(int)
        texture[row, column] = weights[inside] @ carried
        covered[row, column] = True
    return texture, covered


def texture() -> np.ndarray:
    """The texture of all marks, (EDGE, EDGE, 7), bytes."""
    hand = load_template("hand_12553")
    normals = np.asarray(meshes.vertex_normals(hand.vertices, hand.faces))
    both = np.concatenate([np.asarray(hand.vertices), normals], -1)
    corners = both[np.asarray(hand.faces)]
    surface_points, covered = unwrapped(
        np.asarray(hand.uv, np.float64), np.asarray(hand.uv_faces), corners, EDGE
    )
    at = surface_points[covered].astype(np.float64)
    drawn = np.zeros((EDGE, EDGE, len(NAMES)))
    drawn[covered] = marks(at[:, :3], at[:, 3:])
    # Bilinear sampling beside a seam reads texels beyond it.
    found: Any = distance_transform_edt(~covered, return_indices=True)
    away, nearest = found
    filled = drawn[tuple(nearest)] * (away < BLEED)[..., None]
    return np.round(255.0 * filled).astype(np.uint8)


def main() -> None:
    """Draw the marks and write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=store.ASSETS)
    args = parser.parse_args()
    drawn = texture()
    store.write_marks(
        args.out / "marks.npz", dict(zip(NAMES, drawn.transpose(2, 0, 1), strict=True))
    )


if __name__ == "__main__":
    main()
