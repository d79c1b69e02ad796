"""Remake the studio's surface: `python -m handjax.data.studio.build [--spacing MM]`.

The same implicit hand that the template is cut from, met by another, tilted grid: a
finer mesh that shares no vertex and no face with any template. Host side, once.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation
from skimage.measure import marching_cubes

from handjax.data.studio import subjects
from handjax.data.studio.skin import RELIEF
from handjax.geometry.meshes import edges
from handjax.hands.build import chains, flips, meshing, surface, weights
from handjax.hands.build.relief import bell, line_depth, rise
from handjax.hands.skeleton import FINGERS
from handjax.hands.skeleton import chain as skeleton_chain

SPACING = 1.42
TILT = Rotation.from_euler("zyx", (31.0, 17.0, 23.0), degrees=True).as_matrix()
"""Rows are the axes of the grid; far from those of the template's."""
OUTSIDE = 5.0  # the field beyond the hand's box, mm

# The stump becomes a ball joint: as deep along the arm as it is through the hand, so
# that an arm with such an end can turn in it and leave no gap.
WRIST_MIDDLE = np.array([-1.0, 0.0, -1.0])
WRIST_RADII = np.array([28.6, 18.0, 17.6])
ROUNDING = 7.0  # the way along which palm turns into ball, mm

# Centre, width and height of what swells when thumb or little finger bend, and of
# what is drawn in when neighbours part, mm; how much deeper the palm's lines grow.
EMINENCES = {
    "thenar": ((25.0, -34.0, -22.0), 13.0, 2.4),
    "hypothenar": ((-27.0, -34.0, -18.0), 13.0, 1.4),
}
WEBS = {
    "web_1": ((13.0, -108.0, -7.0), 5.0, -1.3),
    "web_2": ((-10.0, -106.0, -7.0), 5.0, -1.3),
    "web_3": ((-29.0, -94.0, -9.0), 5.0, -1.3),
    "thumb_web": ((38.0, -62.0, -13.0), 10.0, -1.8),
}
LINE_DEPTH = 2.0


def extract(spacing: float) -> tuple[np.ndarray, np.ndarray]:
    """Marching cubes over the hand's box on the tilted grid."""
    box = surface.BOUNDS
    corners = np.stack(np.meshgrid(*box.T, indexing="ij"), -1).reshape(-1, 3) @ TILT.T
    low, high = corners.min(0), corners.max(0)
    x, y, z = (np.arange(a, b, spacing) for a, b in zip(low, high, strict=True))
    values = np.stack([_slab(np.meshgrid(a, y, z, indexing="ij")) for a in x])
    vertices, faces, _, _ = marching_cubes(values, 0.0, spacing=(spacing,) * 3)
    vertices = (vertices.astype(np.float64) + low) @ TILT
    a, b, c = np.moveaxis(vertices[faces], 1, 0)
    if np.sum(a * np.cross(b, c)) < 0.0:
        faces = faces[:, ::-1]
    return meshing.largest_part(vertices, faces.astype(np.int64))


def _slab(grid: Sequence[np.ndarray]) -> np.ndarray:
    """The field on one plane of the tilted grid, called outside beyond the box."""
    flat = np.stack(grid, -1).reshape(-1, 3) @ TILT
    inside = np.all((flat > surface.BOUNDS[0]) & (flat < surface.BOUNDS[1]), -1)
    values = np.full(len(flat), OUTSIDE)
    values[inside] = surface.field(flat[inside])
    return values.reshape(grid[0].shape[1:])


def dense_hand(spacing: float) -> tuple[np.ndarray, np.ndarray]:
    """Vertices spread evenly over the surface, and faces; the stump rounded."""
    vertices, faces = extract(spacing)
    mean = meshing.averaging(len(vertices), faces)
    vertices = meshing.relax(vertices, faces, mean, 4, detailed=True)
    side = np.zeros(len(faces), int)
    vertices, faces = flips.even(vertices, faces, side, rounds=3, detailed=True)
    return round_stump(vertices), faces


def round_stump(vertices: np.ndarray) -> np.ndarray:
    """Draw what lies behind the wrist radially onto an ellipsoid about the wrist."""
    arm = vertices - WRIST_MIDDLE
    gauge = np.linalg.norm(arm / WRIST_RADII, axis=-1, keepdims=True)
    t = np.clip(arm[:, 1:2] / ROUNDING, 0.0, 1.0)
    ball = arm / np.maximum(gauge, 0.5)
    return WRIST_MIDDLE + arm + t * t * (3.0 - 2.0 * t) * (ball - arm)


def in_order(vertices: np.ndarray, faces: np.ndarray):
    """Vertices along the hand and faces by their first one: neighbours store small."""
    order = np.lexsort((vertices[:, 0], np.round(vertices[:, 1] / 2.0)))
    number = np.argsort(order)
    faces = number[faces]
    first = np.argmin(faces, -1)[:, None]
    faces = np.take_along_axis(faces, (first + np.arange(3)) % 3, -1)
    return vertices[order], faces[np.lexsort(faces.T[::-1])]


def write(path: Path, vertices, faces, skin) -> None:
    """Steps of 1/256 mm, differences between rows, weights in 1/255."""
    joints = np.argsort(-skin, axis=-1)[:, : weights.MOST_BONES]
    values = np.take_along_axis(skin, joints, -1)
    fixed = np.round(vertices * subjects.STEPS_A_MM).astype(np.int16)
    np.savez_compressed(
        path,
        vertices=np.diff(fixed, axis=0, prepend=np.int16(0)),
        faces=np.diff(faces.astype(np.int32), axis=0, prepend=0),
        weight_joints=joints.astype(np.uint8),
        weight_values=np.round(values * 255.0).astype(np.uint8),
        relief=np.round(relief(vertices) / subjects.RELIEF_STEP).astype(np.int8),
    )


def relief(points: np.ndarray) -> np.ndarray:
    """Heights of the patterns `skin.RELIEF` at points of the surface, mm, (20, n)."""
    rows = dict.fromkeys(RELIEF, np.zeros(len(points)))
    for finger in FINGERS:
        rows |= finger_relief(finger, points)
    palm = rise((-6.0 - points[:, 2]) / 6.0)
    lines = LINE_DEPTH * line_depth(points)
    for name, (centre, width, height) in EMINENCES.items():
        ball = bell(np.linalg.norm(points - centre, axis=-1), width)
        rows[name] = palm * (height * ball - lines * rise(2.0 * ball))
    for name, (centre, width, height) in WEBS.items():
        rows[name] = height * bell(np.linalg.norm(points - centre, axis=-1), width)
    return np.stack([rows[name] for name in RELIEF])


def finger_relief(finger: str, points: np.ndarray) -> dict[str, np.ndarray]:
    """The patterns of one finger's joints by their names."""
    chain = surface.finger_chain(finger)
    at = chains.coordinates(chain, points)
    away = chains.distance(chain, at)
    du, dv, half, pad, back = chains.section(chain, at[:, 2])
    u, v, s = at[:, 0] - du, at[:, 1] - dv, at[:, 2]
    under, over = rise(1.4 * v / pad), rise(-1.6 * v / back)
    near = 1.0 - rise((away - 1.0) / 2.0)
    stations = chains.coordinates(chain, surface.bones(finger))[:, 2]
    rows = {}
    for name, station in zip(skeleton_chain(finger), stations[:3], strict=False):
        if name.endswith("_mcp") and finger != "thumb":
            loose = 1.0 - rise((away - 2.0) / 7.0)
            rows[name] = loose * knuckle(u, s, v > 0.0, under, over)
        elif name in RELIEF:
            size = 1.0 if name.endswith("pip") else 0.75
            rows[name] = size * near * fold(s - station, half, under, over)
    return rows


def fold(s, half, under, over) -> np.ndarray:
    """A crease between two bulges under a joint, a bump over it, mm.

    Args:
        s: how far beyond the joint, mm.
        half: half breadth of the finger, mm.
        under, over: 1 on the pad's side, on the back.
    """
    beside = bell(s - 0.85 * half, 0.4 * half) + bell(s + 0.85 * half, 0.4 * half)
    bump = bell(s, 0.55 * half) - 0.45 * bell(np.abs(s) - 1.4 * half, 0.4 * half)
    return under * (1.8 * beside - 1.9 * bell(s, 1.7)) + 1.4 * over * bump


def knuckle(u, s, palmar, under, over) -> np.ndarray:
    """Pads on both sides of a crease in the palm; behind, a knuckle between valleys."""
    middle = bell(u, 8.0)
    pads = 1.6 * bell(s - 16.0, 5.0) + 1.3 * bell(s + 5.0, 5.0)
    crease = 1.5 * bell(s - 6.0, 1.8)
    valleys = bell(u - 10.5, 3.0) + bell(u + 10.5, 3.0)
    back = 2.2 * bell(np.hypot(u, s + 1.0), 5.5) - 1.2 * valleys * bell(s - 4.0, 7.0)
    return np.where(palmar, under * middle * (pads - crease), over * back)


def report(path: Path) -> None:
    """Print what was made, and how far each subject is from the shape space."""
    base = subjects.base()
    count = len(base.vertices)
    euler = count - len(edges(base.faces)) + len(base.faces)
    print(f"{count} vertices, Euler number {euler}, {path.stat().st_size} bytes")
    print("residual, mm: of shape; of shape and pose")
    for name in subjects.SUBJECTS:
        subject = subjects.load_subject(name)
        left = [subjects.residual(subject, pose=pose) for pose in (False, True)]
        print(f"{name}  {left[0]:.2f}  {left[1]:.2f}")


def main() -> None:
    """Build and write the surface."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=subjects.ASSET)
    parser.add_argument("--spacing", type=float, default=SPACING, help="grid, mm")
    args = parser.parse_args()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    vertices, faces = in_order(*dense_hand(args.spacing))
    write(args.out, vertices, faces, weights.skinning_weights(vertices, faces))
    report(args.out)


if __name__ == "__main__":
    main()
