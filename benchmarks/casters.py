"""Peers that draw depth, in one signature: Embree by embreex, Open3D, and pyrender.

Each builds its tree, or sends its mesh, anew, as a hand that moves makes it.
"""

import functools
import os
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Cast(NamedTuple):
    """What a caster took and saw.

    Attributes:
        build, cast: seconds for the tree or the mesh, and for all rays.
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


def pyrender(vertices: np.ndarray, faces: np.ndarray, start, direction) -> Cast:
    """OpenGL through pyrender and EGL: Mesa's software where there is no card.

    It knows no rays, but a camera that sees the square where they start, and takes
    several looks a pixel, none through its centre: its pictures are close, not equal.
    """
    del direction
    side = round(len(start) ** 0.5)
    gl, renderer = _off_screen(side)
    half = -start[:, 0].min() * side / (side - 1)
    near, far = 1.0, 1000.0
    camera = gl.OrthographicCamera(half, half, znear=near, zfar=far)
    # Its y is up and it looks along -z.
    pose = np.diag([1.0, -1.0, -1.0, 1.0])
    pose[2, 3] = start[0, 2]
    begun = time.perf_counter()
    mesh = gl.Mesh([gl.Primitive(positions=vertices, indices=faces)])
    scene = gl.Scene()
    scene.add(mesh)
    scene.add(camera, pose=pose)
    built = time.perf_counter()
    flags = gl.RenderFlags.DEPTH_ONLY | gl.RenderFlags.SKIP_CULL_FACES
    depth = renderer.render(scene, flags=flags)
    drawn = time.perf_counter()
    # It reads every buffer as a perspective camera's; take that back.
    depth = np.where(depth > 0, near + far - near * far / np.maximum(depth, 1e-9), far)
    return Cast(built - begun, drawn - built, depth)


@functools.cache
def _off_screen(side: int):
    """pyrender and its renderer, whose programs are compiled once."""
    os.environ.setdefault("PYOPENGL_PLATFORM", "egl")
    import pyrender as gl  # pyright: ignore[reportMissingImports]

    return gl, gl.OffscreenRenderer(side, side)


CASTERS: dict[str, Callable[..., Cast]] = {
    "Embree": embree,
    "Open3D": open3d,
    "pyrender": pyrender,
}
