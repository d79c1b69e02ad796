"""Masks and depth with and without gradient, beside Embree casting the same rays.

    python benchmarks/silhouettes.py

Prints milliseconds a picture and the memory that each program wants, for 32 pictures of
1,721 vertices at 64x64 and six views of 12,553 vertices at 256x256. Embree, where
`embreex` is installed, builds its tree anew for each picture, as a hand that moves
makes it, and casts on one core.
"""

import os
import time
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import timing

from handjax.geometry import cameras
from handjax.geometry.topology import edge_faces
from handjax.hands import poses
from handjax.hands.template import load_template
from handjax.render import silhouette
from handjax.render.rasterize import rasterize

FAR = 150.0
SIZES = (("hand_1721", 64, 32), ("hand_12553", 256, 6))


def scene(name: str, count: int) -> jax.Array:
    """Hands at rest, their middle in the crop's, seen from all sides."""
    template = load_template(name)
    keys = jax.random.split(jax.random.key(0), count)
    views = jax.vmap(partial(poses.sample_view, kind="haar"))(keys)
    middle = jnp.mean(template.vertices, axis=0)
    return jnp.einsum("bij,vj->bvi", views, template.vertices - middle)


def designs(name: str, pixels: int) -> dict[str, Any]:
    """What is drawn of one mesh, by name."""
    faces, camera = load_template(name).faces, cameras.orthographic_crop(300.0, pixels)
    edges = edge_faces(faces)
    size: dict[str, Any] = {"height": pixels, "width": pixels, "far": FAR, "cull": True}
    return {
        "depth, interpolated": lambda v: rasterize(camera, v, faces, **size).depth,
        "mask, antialiased": lambda v: (
            silhouette.antialiased(camera, v, faces, edges, **size).mask
        ),
        "depth, antialiased": lambda v: (
            silhouette.antialiased(camera, v, faces, edges, **size).depth
        ),
        "mask, neural renderer": lambda v: silhouette.neural_renderer(
            camera, v, faces, **size
        ),
    }


def embree(name: str, pixels: int, vertices: np.ndarray) -> tuple[float, np.ndarray]:
    """Seconds of the fastest of three pictures, and the depth of the last."""
    from embreex import rtcore_scene  # pyright: ignore[reportMissingImports]
    from embreex.mesh_construction import (  # pyright: ignore[reportMissingImports]
        TriangleMesh,
    )

    faces = np.asarray(load_template(name).faces, np.int32)
    camera = cameras.orthographic_crop(300.0, pixels)
    uv = cameras.pixel_grid(pixels, pixels).reshape(-1, 2)
    start, direction = cameras.rays(camera, uv)
    start = np.array(start - 500.0 * direction, np.float32)
    direction = np.array(direction, np.float32)
    best, distance = np.inf, np.zeros(0)
    for _ in range(3):
        begun = time.perf_counter()
        made = rtcore_scene.EmbreeScene()
        TriangleMesh(made, vertices, faces)
        distance = made.run(start, direction, query="DISTANCE")
        best = min(best, time.perf_counter() - begun)
    return best, np.minimum(distance - 500.0, FAR).reshape(pixels, pixels)


def measure(name: str, pixels: int, count: int) -> None:
    vertices, calls, memory = scene(name, count), {}, {}
    for design, draw in designs(name, pixels).items():
        slope = jax.grad(lambda v, draw=draw: jnp.sum((draw(v) - 0.3) ** 2))
        for kind, function in (("", draw), (", gradient", slope)):
            program = jax.jit(jax.vmap(function)).lower(vertices).compile()
            calls[design + kind] = partial(program, vertices)
            used = program.memory_analysis()
            memory[design + kind] = used.temp_size_in_bytes / 2**20 if used else np.nan
    seconds = timing.fastest(calls, repeats=5)
    print(f"{len(load_template(name).vertices)} vertices, {pixels}x{pixels}, {count}:")
    for kind, took in seconds.items():
        ms = f"{1e3 * took / count:9.2f} ms a picture"
        print(f"{kind:36}{ms}{memory[kind]:9.0f} MiB in all")
    try:
        shown = np.asarray(vertices, np.float32)
        found = [embree(name, pixels, one) for one in shown]
    except ImportError:
        print("embreex is not installed: no comparison")
        return
    ms = 1e3 * np.mean([took for took, _ in found])
    ours = np.asarray(calls["depth, interpolated"]())
    off = np.abs(ours - np.stack([depth for _, depth in found])) > 0.01
    print(f"{'Embree, one core':36}{ms:9.2f} ms a picture; {off.sum()} pixels differ")


def main() -> None:
    print(f"{jax.default_backend()}, {os.cpu_count()} cores")
    for size in SIZES:
        measure(*size)


if __name__ == "__main__":
    main()
