"""Small files: sparse weights, half-precision displacements, short indices."""

from pathlib import Path

import numpy as np

from handjax.geometry.meshes import Closest

ASSETS = Path(__file__).parent.parent / "assets"


def write_level(path: Path, level: dict[str, np.ndarray]) -> None:
    """Write one level of the hand."""
    order = np.argsort(-level["weights"], axis=-1)[:, :4]
    np.savez_compressed(
        path,
        vertices=level["vertices"].astype(np.float32),
        faces=level["faces"].astype(np.uint16),
        weight_joints=order.astype(np.uint8),
        weight_values=np.take_along_axis(level["weights"], order, -1).astype(
            np.float16
        ),
        joints=level["joints"].astype(np.float32),
        shape_vertices=level["shape_vertices"].astype(np.float16),
        shape_joints=level["shape_joints"].astype(np.float32),
        uv=level["uv"].astype(np.float32),
        uv_faces=level["uv_faces"].astype(np.uint16),
    )


def write_maps(path: Path, maps: dict[str, Closest]) -> None:
    """Write the maps between levels: face and first two barycentrics."""
    arrays = {}
    for name, at in maps.items():
        arrays[f"{name}_face"] = at.faces.astype(np.uint16)
        arrays[f"{name}_weights"] = at.weights[:, :2].astype(np.float16)
    np.savez_compressed(path, **arrays)


def write_marks(path: Path, layers: dict[str, np.ndarray]) -> None:
    """Write the layers of a texture."""
    np.savez_compressed(path, allow_pickle=False, **layers)


def write_layouts(path: Path, layouts: dict[str, np.ndarray]) -> None:
    """Write layouts in the unit square, and which side each vertex counts to."""
    kinds = {name: np.uint8 if name == "side" else np.float32 for name in layouts}
    arrays = {name: array.astype(kinds[name]) for name, array in layouts.items()}
    np.savez_compressed(path, allow_pickle=False, **arrays)


def write_trees(path: Path, trees: dict[str, np.ndarray]) -> None:
    """Write the vertex at each node of the finest graphs."""
    arrays = {name: order.astype(np.int16) for name, order in trees.items()}
    np.savez_compressed(path, allow_pickle=False, **arrays)
