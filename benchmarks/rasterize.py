"""Depth of a hand's mesh by every design of the rasteriser, in one run.

    python benchmarks/rasterize.py
    python benchmarks/rasterize.py --kernel --repeats 3
    python benchmarks/rasterize.py --memory

Prints milliseconds an image, forward, and for a gradient with its forward pass; how
many times faster a design is than every face at every pixel, in the same run; how many
pairs of face and pixel it looks at, its candidates, and what one costs; the memory that
the program of the whole batch wants besides its arguments and results; and how many
pixels differ, by face or by depth, from every face at every pixel. `--kernel` adds the
kernel for GPUs; on a CPU it is interpreted, which says nothing about its speed.
"""

import argparse
import os
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import timing
from silhouettes import FAR, SIZES, scene

from handjax.geometry import cameras
from handjax.hands.template import load_template
from handjax.render import visibility
from handjax.render.designs import bins, boxes, kernel, tiles
from handjax.render.rasterize import rasterize

SLOW = "every_face"


class Program(NamedTuple):
    """A compiled design.

    Attributes:
        call: draws the whole batch.
        temporary: bytes that it wants besides arguments and results.
    """

    call: Callable[[], Any]
    temporary: int


def compiled(design: str, name: str, pixels: int, vertices, *, slope: bool) -> Program:
    """A design, drawing a batch, or finding the gradient of its depth."""
    camera, faces = cameras.orthographic_crop(300.0, pixels), load_template(name).faces
    size = {"height": pixels, "width": pixels, "far": FAR, "cull": True}

    def draw(v):
        return rasterize(camera, v, faces, design=design, **size)

    function = jax.grad(lambda v: jnp.sum(draw(v).depth ** 2)) if slope else draw
    program = jax.jit(jax.vmap(function)).lower(vertices).compile()
    memory = program.memory_analysis()
    temporary = memory.temp_size_in_bytes if memory else 0
    return Program(partial(program, vertices), temporary)


def candidates(name: str, pixels: int, vertices) -> dict[str, Any]:
    """Pairs of face and pixel that designs look at, in one picture on average."""
    camera, faces = cameras.orthographic_crop(300.0, pixels), load_template(name).faces
    frame = visibility.Frame(pixels, pixels, -np.inf, True)
    uvq = jnp.dstack([cameras.project(camera, vertices), vertices[..., 2]])
    count = len(vertices)
    box = visibility.box(frame, jnp.transpose(uvq, (2, 1, 0))[:, faces.T])
    area, side = box.columns * box.rows, jnp.maximum(box.columns, box.rows)
    large = float(jnp.sum(jnp.where(side > boxes.SIDE, area, 0))) / count

    def entered(tile):
        return bins.entries_in(bins.grid_of(frame, tile, count), frame, uvq, faces)

    return {
        "fragments": float(area.sum()) / count,
        "boxes": len(faces) * boxes.SIDE**2 + large,
        "tiles": entered(tiles.SIDE) * tiles.SIDE**2 / count,
        "kernel": entered(kernel.SIDE) * kernel.SIDE**2 / count,
        "every_face": float(len(faces) * pixels**2),
    }


def measure(designs: list[str], name: str, pixels: int, count: int, repeats: int):
    """Time one size and print its table."""
    vertices = scene(name, count)
    compile_ = partial(compiled, name=name, pixels=pixels, vertices=vertices)
    forward = {d: compile_(d, slope=False) for d in (*designs, SLOW)}
    slopes = {d: compile_(d, slope=True) for d in designs}
    calls = {d: forward[d].call for d in designs}
    calls |= {f"{d} gradient": slopes[d].call for d in designs}
    seconds = timing.fastest(calls, repeats=repeats)
    seconds |= timing.fastest({SLOW: forward[SLOW].call}, repeats=1)
    ms = {d: 1e3 * s / count for d, s in seconds.items()}
    faces = len(load_template(name).faces)
    print(f"\n{faces} faces, {pixels}x{pixels}, batch {count}:")
    print("ms and candidates an image, memory of the whole batch")
    print(HEAD)
    pairs, right = candidates(name, pixels, vertices), forward[SLOW].call()
    for design in forward:
        print(row(design, ms, pairs[design]), end="")
        for programs in (forward, slopes):
            wanted = programs[design].temporary if design in programs else np.nan
            print(f"{wanted / 2**20:10.1f}", end="")
        drawn = forward[design].call()
        differ = (drawn.face != right.face) | (abs(drawn.depth - right.depth) > 1e-4)
        print(f"{int(differ.sum()):8}", flush=True)


HEAD = (
    f"{'design':12}{'ms':>10}{'gradient':>10}{'times':>8}{'candidates':>15}"
    f"{'ns each':>9}{'MiB':>10}{'gradient':>10}{'differ':>8}"
)


def row(design: str, ms: dict[str, float], pairs: float) -> str:
    """What a design takes, beside every face at every pixel."""
    times, slope = ms[SLOW] / ms[design], ms.get(f"{design} gradient", np.nan)
    each = 1e6 * ms[design] / pairs
    taken = f"{design:12}{ms[design]:10.3f}{slope:10.3f}{times:8.1f}"
    return f"{taken}{pairs:15,.0f}{each:9.2f}"


def weigh(design: str) -> None:
    """Print what one picture's program wants at every size."""
    print(f"{design}, one picture: MiB forward, gradient, an array of pixels x faces")
    for name in ("hand_1721", "hand_12553"):
        vertices, faces = scene(name, 1), load_template(name).faces
        for pixels in (32, 64, 128, 256, 512):
            forward, slope = (
                compiled(design, name, pixels, vertices, slope=of).temporary / 2**20
                for of in (False, True)
            )
            product = 4 * pixels**2 * len(faces) / 2**20
            size = f"{len(faces):6} faces {pixels:4} pixels"
            print(f"{size}{forward:9.2f}{slope:9.2f}{product:12,.0f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kernel", action="store_true", help="the kernel for GPUs too")
    parser.add_argument("--repeats", type=int, default=5, help="runs of each design")
    parser.add_argument("--memory", action="store_true", help="of more sizes, alone")
    options = parser.parse_args()
    if options.memory:
        weigh("fragments")
        return
    designs = ["fragments", "boxes", "tiles"] + ["kernel"] * options.kernel
    print(f"{jax.default_backend()}, {os.cpu_count()} cores, {options.repeats} runs")
    for size in SIZES:
        measure(designs, *size, repeats=options.repeats)


if __name__ == "__main__":
    main()
