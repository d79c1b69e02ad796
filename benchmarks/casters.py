"""Peers that cast rays, in one signature: Embree by embreex, and Open3D's scene of it.

Each builds its tree anew, as a hand that moves makes it, and casts on one core.
"""

import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Cast(NamedTuple):
    """What a caster took and saw.

    Attributes:
        build, cast: seconds for the tree, and for all rays.
        distance: to what each ray meets first, infinite or huge where it meets nothing.
    """

    build: float
    cast: float
    distance: np.ndarray


def embree(vertices: np.ndarray, faces: np.ndarray, start, direction) -> Cast:
    """Embree through embreex, which trimesh uses too."""
    from embreex import rtcore_scene  # pyright: ignore[reportMissingImports]
    from embreex.mesh_construction import (  # pyright: ignore[reportMissingImports]
        TriangleMesh,
    )

    begun = time.perf_counter()
    made = rtcore_scene.EmbreeScene()
    TriangleMesh(made, vertices, faces)
    # The tree is there once a first ray has been cast.
    made.run(start[:1], direction[:1], query="DISTANCE")
    built = time.perf_counter()
    distance = made.run(start, direction, query="DISTANCE")
    return Cast(built - begun, time.perf_counter() - built, distance)


def open3d(vertices: np.ndarray, faces: np.ndarray, start, direction) -> Cast:
    """Open3D's ray-casting scene; its build uses as many cores as it likes."""
    from open3d import core, t  # pyright: ignore[reportMissingImports]

    rays = core.Tensor(np.concatenate([start, direction], axis=-1))
    begun = time.perf_counter()
    made = t.geometry.RaycastingScene(nthreads=1)
    made.add_triangles(core.Tensor(vertices), core.Tensor(faces.astype(np.uint32)))
    made.cast_rays(rays[:1], nthreads=1)
    built = time.perf_counter()
    distance = made.cast_rays(rays, nthreads=1)["t_hit"].numpy()
    return Cast(built - begun, time.perf_counter() - built, distance)


CASTERS: dict[str, Callable[..., Cast]] = {"Embree": embree, "Open3D": open3d}
