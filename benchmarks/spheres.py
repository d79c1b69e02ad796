"""Sphere ray-casting and point-to-sphere distance against the obvious broadcast.

    python benchmarks/spheres.py

Prints microseconds an image, the ratio to the broadcast measured in the same run,
and the share of the machine's ceiling: one square root a ray (or point) and sphere
is the least that Eqs. (6) and (10) of [wan2019] ask for.
"""

import functools
import os

import jax
import jax.numpy as jnp
import timing

from handjax.geometry import cameras, spheres

BATCH, SPHERES, PIXELS, FAR = 64, 41, 64, 150.0
X, Y = cameras.orthographic_axes(
    cameras.orthographic_crop(300.0, PIXELS), PIXELS, PIXELS
)


def cast(centres, radii, _):
    return spheres.ray_cast(X, Y, centres, radii, FAR)


def cast_by_broadcast(centres, radii, _):
    xy = jnp.stack(jnp.meshgrid(X, Y), axis=-1)
    squared = radii**2 - jnp.sum((xy[:, :, None] - centres[:, :2]) ** 2, axis=-1)
    hit = squared > 0.0
    depth = centres[:, 2] - jnp.sqrt(jnp.where(hit, squared, 1.0))
    return jnp.min(jnp.where(hit, depth, FAR), axis=-1)


def distance(centres, radii, points):
    return spheres.point_to_spheres(points, centres, radii)


def distance_by_broadcast(centres, radii, points):
    norm = jnp.linalg.norm(points[:, None] - centres, axis=-1)
    return jnp.min(jnp.abs(norm - radii), axis=-1)


def calls(function, inputs):
    """Jitted calls of a function and of its gradient, over the batch."""

    def gradient(*inputs):
        return jax.grad(lambda *a: jnp.sum(function(*a) ** 2), (0, 1))(*inputs)

    jitted = [jax.jit(jax.vmap(f)) for f in (function, gradient)]
    return [functools.partial(f, *inputs) for f in jitted]


def scene(key: jax.Array):
    """Hand-sized clouds of spheres, and as many points as pixels around them."""
    keys = jax.random.split(key, 3)
    centres = 35.0 * jax.random.normal(keys[0], (BATCH, SPHERES, 3))
    radii = jax.random.uniform(keys[1], (BATCH, SPHERES), minval=8.0, maxval=22.0)
    points = 40.0 * jax.random.normal(keys[2], (BATCH, PIXELS * PIXELS, 3))
    return centres, radii, points


def main() -> None:
    inputs = scene(jax.random.key(0))
    ours, broadcast = {}, {}
    for title, fast, slow in [
        ("ray_cast", cast, cast_by_broadcast),
        ("point_to_spheres", distance, distance_by_broadcast),
    ]:
        rows = [title, f"{title}, with gradient"]
        ours |= dict(zip(rows, calls(fast, inputs), strict=True))
        broadcast |= dict(zip(rows, calls(slow, inputs), strict=True))
    report(timing.fastest(ours), timing.fastest(broadcast, repeats=10))


def report(ours: dict[str, float], broadcast: dict[str, float]) -> None:
    roots = timing.square_roots()
    least = SPHERES * PIXELS**2 / roots * 1e6
    print(f"{jax.devices()[0].device_kind}, {os.cpu_count()} cores")
    print(f"ceiling: copy {timing.copied_bytes() / 1e9:.1f} GB/s,", end=" ")
    print(f"{timing.multiply_adds() / 1e9:.1f} G multiply-adds/s,", end=" ")
    print(f"{roots / 1e9:.1f} G roots/s: {least:.1f} us an image for the roots alone")
    print(f"{SPHERES} spheres, {PIXELS}x{PIXELS} rays or points, batch {BATCH}")
    print(f"{'us an image':32}{'broadcast':>10}{'ours':>8}{'ratio':>8}{'ceiling':>9}")
    for row, seconds in ours.items():
        us, slow = seconds / BATCH * 1e6, broadcast[row] / BATCH * 1e6
        print(f"{row:32}{slow:10.0f}{us:8.1f}{slow / us:7.1f}x{least / us:9.0%}")


if __name__ == "__main__":
    main()
