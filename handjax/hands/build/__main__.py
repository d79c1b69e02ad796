"""Remake the hand: `python -m handjax.hands.build [--out DIR] [--spacing MM]`."""

import argparse
from itertools import permutations
from pathlib import Path

import numpy as np

from handjax.hands import anatomy
from handjax.hands.build import (
    decimate,
    meshing,
    shapes,
    store,
    transfer,
    unwrap,
    weights,
)

COUNTS = (12553, 1721, 1000, 790)


def build(spacing: float, counts=COUNTS) -> dict[str, dict[str, np.ndarray]]:
    """All levels by name."""
    vertices, faces = meshing.master(spacing)
    skin = weights.skinning_weights(vertices, faces)
    collapser = decimate.Collapser(vertices, faces, np.ones(len(vertices)))
    levels = {}
    for count in counts:
        coarse, coarse_faces = collapser.collapse_to(count)
        coarse = meshing.project(coarse)
        face, at = transfer.closest(coarse, vertices, faces)
        carried = weights.sparse_rows(transfer.carry(skin, face, at, faces), 4)
        levels[f"hand_{count}"] = level(coarse, coarse_faces, carried)
    return levels


def level(vertices, faces, skin) -> dict[str, np.ndarray]:
    """Everything that one level's file holds."""
    shape_vertices, shape_joints = shapes.shape_space(vertices, skin)
    uv, uv_faces = unwrap.unwrap(vertices, faces)
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


def level_maps(levels) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Where every vertex of each level lies on each other level."""
    return {
        f"{a}_on_{b}": transfer.closest(
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
