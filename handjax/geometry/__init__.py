"""Space: pure functions on arrays. Knows no hand, no network, no dataset.

One example per function is the interface; `jax.vmap` once at the top. Millimetres;
camera axes x right, y down, z forward; transforms are named target_from_source.
"""

from handjax.geometry import (
    alignment,
    cameras,
    heatmaps,
    kinematics,
    mesh_grid,
    meshes,
    rotations,
    skinning,
    spheres,
    transforms,
)

__all__ = [
    "alignment",
    "cameras",
    "heatmaps",
    "kinematics",
    "mesh_grid",
    "meshes",
    "rotations",
    "skinning",
    "spheres",
    "transforms",
]
