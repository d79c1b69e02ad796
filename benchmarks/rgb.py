"""Pictures in colour a second, and where their time goes.

    PYTHONPATH=. python benchmarks/rgb.py
    PYTHONPATH=. python benchmarks/rgb.py --level hand_12553 --pixels 224 --samples 1

Prints ms of processor time a picture, over all cores, for the whole and for each stage
alone. Stages run on what those before them gave; fused into one program they may take
less, or more, than their sum.
"""

import argparse
import time
from functools import partial
from typing import Any

import jax
import timing

from configs import common
from handjax.data import appearance, backdrops, synthetic
from handjax.data.synthetic import colour
from handjax.geometry import meshes
from handjax.hands.template import load_template
from handjax.render import backgrounds, coverage, photograph, shading


def make_stages(template, config, held):
    """By name, a function of one picture's key and of what stages before it gave."""
    size = (config.rgb.pixels,) * 2
    window = {"height": size[0], "width": size[1]}

    def geometry(key):
        return colour.sample_scene(key, template, config)

    def background(key):
        return backgrounds.from_bank(key, held.bank, **window)

    def background_drawn(key):
        return backgrounds.procedural(key, **window)

    def rasterize(scene, look):
        mesh = appearance.dress(template, scene.hand, look)
        drawn = appearance.draw(mesh, scene.camera, size, config.rgb.samples)
        return coverage.merged(drawn, config.rgb.samples)

    def colours(scene, look, pixels):
        mesh = appearance.dress(template, scene.hand, look)
        return appearance.colours(pixels, mesh, look, held.marks)

    def shade_of_spheres(scene, look):
        mesh = appearance.dress(template, scene.hand, look)
        normals = meshes.vertex_normals(mesh.vertices, mesh.faces)
        hand, lights = scene.hand, look.lights
        return shading.shade_of_spheres(
            lights, mesh.vertices, normals, hand.centres, hand.radii
        )

    def shade(scene, look, pixels, albedo, kept):
        mesh = appearance.dress(template, scene.hand, look)
        camera, vertices = scene.camera, mesh.vertices
        return shading.shade(
            camera, pixels, vertices, mesh.faces, albedo, look.lights, shading=kept
        )

    stages = (geometry, background, background_drawn, rasterize, colours)
    stages = (*stages, shade_of_spheres, shade)
    return {f.__name__: jax.jit(jax.vmap(f)) for f in stages}


def make_calls(template, config, held, count):
    """By name, the stages and the whole, ready to run on a batch."""
    keys = jax.random.split(jax.random.key(0), count)
    edge = config.rgb.pixels
    stage = make_stages(template, config, held)
    scene = stage["geometry"](keys)
    make_look = partial(
        appearance.sample_appearance, height=edge, width=edge, bank=held.bank
    )
    look = jax.jit(jax.vmap(make_look))(keys, scene.middle)
    pixels, _ = stage["rasterize"](scene, look)
    albedo = stage["colours"](scene, look, pixels)
    kept = stage["shade_of_spheres"](scene, look)
    taken = jax.jit(jax.vmap(photograph.snapshot))
    jpeg = jax.jit(jax.vmap(photograph.compress))
    whole = jax.jit(
        lambda key, held: synthetic.sample(key, template, config, count, held)
    )
    return {
        "the whole": lambda: whole(jax.random.key(0), held),
        "geometry": lambda: stage["geometry"](keys),
        "rasterize": lambda: stage["rasterize"](scene, look),
        "marks, albedo": lambda: stage["colours"](scene, look, pixels),
        "shade of spheres": lambda: stage["shade_of_spheres"](scene, look),
        "light": lambda: stage["shade"](scene, look, pixels, albedo, kept),
        "background, from the bank": lambda: stage["background"](keys),
        "background, drawn": lambda: stage["background_drawn"](keys),
        "photograph": lambda: taken(keys, look.background),
        "of this, JPEG": lambda: jpeg(keys, look.background),
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--level", default="hand_1721", help="of the hand's mesh")
    parser.add_argument("--pixels", type=int, default=256, help="edge of a picture")
    parser.add_argument("--samples", type=int, default=2, help="looks along its edge")
    parser.add_argument("--batch", type=int, default=8, help="pictures a call")
    parser.add_argument("--repeats", type=int, default=5)
    args = parser.parse_args()
    config: Any = common.synthetic()
    config.modality = "rgb"
    config.rgb.pixels, config.rgb.samples = args.pixels, args.samples
    config.rgb.background_count = 16
    held = colour.hold(config.rgb)
    calls = make_calls(load_template(args.level), config, held, args.batch)
    found = timing.fastest(calls, repeats=args.repeats, clock=time.process_time)
    print(
        f"{jax.default_backend()}, {args.level}, {args.pixels} pixels, "
        f"{args.samples} looks along a side, batch {args.batch}; backgrounds of "
        f"{backdrops.EDGE} pixels"
    )
    for name, taken in found.items():
        print(f"{name:28}{1e3 * taken / args.batch:8.1f} ms/picture")
    print(f"{args.batch / found['the whole']:.1f} pictures a second of one core's time")


if __name__ == "__main__":
    main()
