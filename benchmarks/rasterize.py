"""Depth of a hand's mesh: the queue of places against two other designs.

    python benchmarks/rasterize.py

Prints pictures a second, and how many times faster each design is than measuring
every face at every pixel, in the same run. The third design, a patch a face, lets
every face offer its depth to a fixed square of pixels at once: no queue to keep, but
most of the square is wasted on faces smaller than a pixel, and it is right only as
long as no face outgrows the square.
"""

from functools import partial

import jax
import jax.numpy as jnp
import timing

from handjax.geometry import cameras
from handjax.hands import poses
from handjax.hands.template import load_template
from handjax.render.rasterize import rasterize

BATCH, PIXELS, FAR, SIDE = 32, 64, 150.0, 3
CAMERA = cameras.orthographic_crop(300.0, PIXELS)
TEMPLATE = load_template("hand_1721")


def queue(vertices, *, cull: bool):
    draw = partial(rasterize, CAMERA, height=PIXELS, width=PIXELS, far=FAR, cull=cull)
    return draw(vertices, TEMPLATE.faces).depth


def queue_gradient(vertices):
    return jax.grad(lambda x: jnp.sum(queue(x, cull=True) ** 2))(vertices)


def offers(vertices, column, row):
    """Depth of every face, in rows, at pixels; `FAR` where the face is not."""
    uv = cameras.project(CAMERA, vertices)
    (a, b, c), (r, s, t) = jnp.moveaxis(uv[TEMPLATE.faces], (2, 1), (0, 1))[..., None]
    z = vertices[TEMPLATE.faces, 2].T[..., None]
    a, b, c, r, s, t = a - column, b - column, c - column, r - row, s - row, t - row
    spans = (b * t - c * s, c * r - a * t, a * s - b * r)
    area = sum(spans)
    inside = (spans[0] * area >= 0) & (spans[1] * area >= 0) & (spans[2] * area >= 0)
    depth = sum(span * corner for span, corner in zip(spans, z, strict=True)) / area
    return jnp.where(inside & (area != 0), depth, FAR)


def every_face_at_every_pixel(vertices):
    row, column = jnp.mgrid[:PIXELS, :PIXELS]
    depth = offers(vertices, column.ravel(), row.ravel())
    return jnp.minimum(jnp.min(depth, axis=0), FAR).reshape(PIXELS, PIXELS)


def patch_a_face(vertices):
    uv = cameras.project(CAMERA, vertices)[TEMPLATE.faces]
    left, top = jnp.ceil(jnp.min(uv, axis=1)).astype(int).T[..., None]
    down, right = (x.ravel() for x in jnp.mgrid[:SIDE, :SIDE])
    column, row = left + right, top + down
    depth = offers(vertices, column, row)
    return jnp.full((PIXELS, PIXELS), FAR).at[row, column].min(depth, mode="drop")


def scene() -> jax.Array:
    """Hands at rest, their middle in the crop's, seen from all sides."""
    keys = jax.random.split(jax.random.key(0), BATCH)
    views = jax.vmap(partial(poses.sample_view, kind="haar"))(keys)
    middle = jnp.mean(TEMPLATE.vertices, axis=0)
    return jnp.einsum("bij,vj->bvi", views, TEMPLATE.vertices - middle)


def main() -> None:
    vertices = scene()
    designs = {
        "every face at every pixel": every_face_at_every_pixel,
        "a patch a face": patch_a_face,
        "queue of places": partial(queue, cull=False),
        "queue of places, culled": partial(queue, cull=True),
        "queue of places, culled, gradient": queue_gradient,
    }
    jitted = {name: jax.jit(jax.vmap(design)) for name, design in designs.items()}
    slow = "every face at every pixel"
    expected = jitted[slow](vertices)
    seconds = timing.fastest(
        {name: partial(design, vertices) for name, design in jitted.items()}
    )
    print(f"{jax.default_backend()}, {len(TEMPLATE.faces)} faces, batch {BATCH}")
    for name, design in jitted.items():
        speed = seconds[slow] / seconds[name]
        print(f"{name:36}{BATCH / seconds[name]:9.0f}/s {speed:7.1f} times", end="")
        result = design(vertices)
        if result.shape == expected.shape:
            off = jnp.abs(result - expected) > 1e-4
            print(f"  {int(off.sum())} of {off.size} pixels off", end="")
        print()


if __name__ == "__main__":
    main()
