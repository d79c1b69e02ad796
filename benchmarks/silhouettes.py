"""Masks and depth with and without gradient, beside peers casting the same rays.

    python benchmarks/silhouettes.py
    python benchmarks/silhouettes.py --one-core

Prints milliseconds a picture and the memory that each program wants, for 32 pictures of
1,721 vertices at 64x64 and six views of 12,553 vertices at 256x256. `--one-core` keeps
the process on one core and prints depth alone beside peers that are installed, of
`embreex`, `open3d` and `pyrender`: the building of their tree, new for each picture as
a hand that moves makes it, and the casting of rays apart.
"""

import argparse
import os
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import timing
from casters import CASTERS

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


def peers(name: str, pixels: int, vertices: jax.Array, ours: np.ndarray) -> None:
    """Print what peers take for a picture, the fastest of three, and see otherwise."""
    faces = np.asarray(load_template(name).faces, np.int32)
    uv = cameras.pixel_grid(pixels, pixels).reshape(-1, 2)
    start, direction = cameras.rays(cameras.orthographic_crop(300.0, pixels), uv)
    start, direction = np.array(start - 500.0 * direction), np.array(direction)
    for peer, cast in CASTERS.items():
        try:
            found = [
                [cast(np.array(one), faces, start, direction) for _ in range(3)]
                for one in vertices
            ]
        except ImportError as missing:
            print(f"{peer}: not installed ({missing})")
            continue
        best = [min(three, key=lambda one: one.build + one.cast) for three in found]
        build = 1e3 * np.mean([one.build for one in best])
        rest = 1e3 * np.mean([one.cast for one in best])
        depth = np.stack([np.minimum(one.distance - 500.0, FAR) for one in best])
        off = np.sum(abs(ours.reshape(depth.shape) - depth) > 0.01)
        took = f"{build + rest:9.2f} ms a picture: build {build:.2f}, cast {rest:.2f}"
        print(f"{peer + ', one core':36}{took}; {off} pixels differ", flush=True)


def measure(name: str, pixels: int, count: int) -> None:
    """Time all that is drawn of one size, and print it."""
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
        print(f"{kind:36}{ms}{memory[kind]:9.0f} MiB in all", flush=True)


def compare(name: str, pixels: int, count: int) -> None:
    """Time depth alone, and peers."""
    vertices = scene(name, count)
    draw = jax.jit(jax.vmap(designs(name, pixels)["depth, interpolated"]))
    took = timing.fastest({"": lambda: draw(vertices)})[""]
    print(f"{len(load_template(name).vertices)} vertices, {pixels}x{pixels}, {count}:")
    print(f"{'depth, interpolated, one core':36}{1e3 * took / count:9.2f} ms a picture")
    peers(name, pixels, vertices, np.asarray(draw(vertices)))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--one-core", action="store_true", help="depth beside peers")
    options = parser.parse_args()
    if options.one_core:
        # Before JAX starts its threads: it counts the cores that it may use.
        os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
    cores = len(os.sched_getaffinity(0))
    print(f"{jax.default_backend()}, {cores} cores", flush=True)
    for size in SIZES:
        (compare if options.one_core else measure)(*size)


if __name__ == "__main__":
    main()
