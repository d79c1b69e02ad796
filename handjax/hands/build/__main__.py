"""Remake the hand: `python -m handjax.hands.build [--out DIR] [--spacing MM]`."""

import argparse
from itertools import permutations
from pathlib import Path
from typing import NamedTuple

import numpy as np

from handjax.geometry.meshes import Closest, closest_points
from handjax.hands import anatomy
from handjax.hands.build import (
    atlas,
    decimate,
    flips,
    folds,
    meshing,
    profiles,
    shapes,
    store,
    transfer,
    unwrap,
    weights,
)
from handjax.hands.skeleton import POSED

COUNTS = (12553, 1721, 1000, 790)
# Levels of so many vertices and more are fine enough for creases and nails.
DETAILED = 5000
# How much finer fingers are kept than the palm, finger ends than that, and the rim of
# the stump.
FINGER_DENSITY, TIP_DENSITY, RIM_DENSITY = 1.25, 1.35, 1.3


class Dense(NamedTuple):
    """The master mesh and what the levels take from it."""

    vertices: np.ndarray
    faces: np.ndarray
    skin: np.ndarray
    side: np.ndarray
    layouts: list[np.ndarray]


def dense_hand(spacing: float) -> Dense:
    """Surface, skinning weights and texture layout on a grid of `spacing` mm."""
    vertices, faces = meshing.master(spacing)
    side = unwrap.sides(vertices, faces)
    mean = flips.sliding(len(vertices), faces, side)
    vertices = meshing.relax(vertices, faces, mean, 8, detailed=True)
    skin = weights.skinning_weights(vertices, faces)
    layouts = unwrap.charts(vertices, faces, side, skin)
    return Dense(vertices, faces, skin, side, atlas.pack(layouts, faces, side))


def build(spacing: float, counts=COUNTS) -> dict[str, dict[str, np.ndarray]]:
    """All levels by name."""
    dense = dense_hand(spacing)
    ends = [POSED.index(n) for n in POSED if n.endswith(("dip", "_ip"))]
    density = FINGER_DENSITY ** dense.skin[:, 1:].sum(-1)
    density *= TIP_DENSITY ** dense.skin[:, ends].sum(-1)
    density[dense.vertices[:, 1] > profiles.RIM] *= RIM_DENSITY
    collapser = decimate.Collapser(dense.vertices, dense.faces, density, dense.side)
    return {f"hand_{n}": level(dense, *collapser.collapse_to(n)) for n in counts}


def level(dense: Dense, vertices, faces, side) -> dict[str, np.ndarray]:
    """Everything that one level's file holds."""
    detailed = len(vertices) >= DETAILED
    vertices, faces = flips.even(vertices, faces, side, rounds=3, detailed=detailed)
    if not detailed:
        vertices, faces = folds.unfold(vertices, faces, side)
    at = closest_points(vertices, dense.vertices, dense.faces)
    skin = transfer.carry(dense.skin, at, dense.faces)
    skin = weights.sparse_rows(skin, weights.MOST_BONES)
    shape_vertices, shape_joints = shapes.shape_space(vertices, skin)
    master = (dense.vertices, dense.faces, dense.side, dense.layouts)
    uv, uv_faces = atlas.carry(vertices, faces, side, master)
    return {
        "vertices": vertices,
        "faces": faces,
        "weights": skin,
        "joints": anatomy.rest_joints(),
        "shape_vertices": shape_vertices,
        "shape_joints": shape_joints,
        "uv": uv,
        "uv_faces": uv_faces,
    }


def level_maps(levels) -> dict[str, Closest]:
    """Where every vertex of each level lies on each other level."""
    return {
        f"{a}_on_{b}": closest_points(
            levels[a]["vertices"], levels[b]["vertices"], levels[b]["faces"]
        )
        for a, b in permutations(levels, 2)
    }


def main() -> None:
    """Build and write everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=store.ASSETS)
    parser.add_argument("--spacing", type=float, default=1.2, help="master grid, mm")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    levels = build(args.spacing)
    for name, arrays in levels.items():
        store.write_level(args.out / f"{name}.npz", arrays)
    store.write_maps(args.out / "maps.npz", level_maps(levels))


if __name__ == "__main__":
    main()
