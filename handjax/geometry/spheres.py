"""Depth images of spheres, and how spheres keep out of one another.

Notation, shared by every function here and by the tests:
    c: sphere centres in camera space, mm, (spheres, 3).
    r: sphere radii, mm, (spheres,); a sphere of radius 0 is padding, never met.
    p: points, mm, (points, 3).
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Int

from handjax.geometry import least

HALF_CHORD_FLOOR = 0.1
"""Half chord in mm below which the slope of depth at a silhouette grows no further."""


def sphere_depth(
    xy: Float[Array, "*pixels 2"],
    c: Float[Array, "3"],
    r: Float[Array, ""],
    far: Float[ArrayLike, ""],
) -> Float[Array, "*pixels"]:
    """Depth at which orthographic rays first meet one sphere.

        z(x, y) = c_z - sqrt(r^2 - |(x, y) - c_xy|^2)

    Args:
        xy: where each ray crosses the image plane, mm.
        c: sphere centre, mm.
        r: sphere radius, mm.
        far: depth given to rays that miss, mm.

    Source: [wan2019] Eqs. (6)-(7).
    """
    squared = r**2 - jnp.sum((xy - c[:2]) ** 2, axis=-1)
    return jnp.where(squared > 0.0, c[2] - _half_chord(squared), far)


def ray_cast(
    x: Float[Array, "width"],
    y: Float[Array, "height"],
    centres: Float[Array, "spheres 3"],
    radii: Float[Array, "spheres"],
    far: Float[ArrayLike, ""],
) -> Float[Array, "height width"]:
    """Depth at which orthographic rays on a grid first meet any sphere.

        z(x, y) = min(min_j z_j(x, y), far)

    Where spheres coincide, the first of them is seen and takes all of the gradient.

    Args:
        x: of every column, mm.
        y: of every row, mm.
        centres: c, mm.
        radii: r, mm.
        far: depth of the background, mm; hides spheres that lie behind it.

    Returns:
        Depth of the nearest surface at each ray, mm.

    Source: [wan2019] Eqs. (6)-(8).
    """
    background = jnp.full((y.size, x.size), far, radii.dtype)
    return least.least(_depth, (x, y[:, None]), centres, radii, background)


def owner(
    x: Float[Array, "width"],
    y: Float[Array, "height"],
    centres: Float[Array, "spheres 3"],
    radii: Float[Array, "spheres"],
    far: Float[ArrayLike, ""],
) -> Int[Array, "height width"]:
    """Index of the sphere that each ray of `ray_cast` meets first, -1 for none.

    Depths that agree to 1e-5 of their size are tied: the first sphere is taken.

    Args:
        x: of every column, mm.
        y: of every row, mm.
        centres: c, mm.
        radii: r, mm.
        far: depth of the background, mm; hides spheres that lie behind it.
    """
    background = jnp.full((y.size, x.size), far, radii.dtype)
    index = least.winner(_depth, (x, y[:, None]), centres, radii, background)
    return jnp.where(index < len(radii), index, -1).astype(jnp.int32)


def point_to_spheres(
    points: Float[Array, "points 3"],
    centres: Float[Array, "spheres 3"],
    radii: Float[Array, "spheres"],
) -> Float[Array, "points"]:
    """Distance from points to the nearest sphere's surface.

        d(p) = min_j abs(|p - c_j| - r_j)

    A point in a sphere's centre has no direction to go: only the radius gets a
    gradient there.

    Args:
        points: p, mm.
        centres: c, mm.
        radii: r, mm.

    Returns:
        d of each point, mm, from inside as from outside.

    Source: [wan2019] Eqs. (10)-(11).
    """
    nothing = jnp.full(len(points), jnp.inf, points.dtype)
    return least.least(_distance, tuple(points.T), centres, radii, nothing)


def _depth(rays, c, r):
    (x, y), (cx, cy, cz) = rays, c
    squared = (r * r - (y - cy) ** 2) - (x - cx) ** 2
    return jnp.where(squared > 0.0, cz - _half_chord(squared), jnp.inf)


def _distance(points, c, r):
    x, y, z = (p - q for p, q in zip(points, c, strict=True))
    squared = x * x + y * y + z * z
    return jnp.where(r > 0.0, jnp.abs(_safe_sqrt(squared) - r), jnp.inf)


@jax.custom_jvp
def _half_chord(squared):
    """Square root of what is left of r^2; its slope is capped at the silhouette."""
    return jnp.sqrt(jnp.maximum(squared, 0.0))


@_half_chord.defjvp
def _half_chord_jvp(primals, tangents):
    half_chord = _half_chord(*primals)
    return half_chord, 0.5 * tangents[0] / jnp.maximum(half_chord, HALF_CHORD_FLOOR)


def overlap(
    centres: Float[Array, "spheres 3"],
    radii: Float[Array, "spheres"],
    pairs: Int[Array, "pairs 2"],
) -> Float[Array, "pairs"]:
    """How deep the spheres of each pair reach into one another, mm, 0 if apart."""
    return jnp.maximum(_reach(centres, radii, pairs), 0.0)


def collision(
    centres: Float[Array, "spheres 3"],
    radii: Float[Array, "spheres"],
    pairs: Int[Array, "pairs 2"],
    overlap_at_rest: Float[Array, "pairs"],
) -> Float[Array, ""]:
    """Penalty on spheres that reach deeper into one another than they do at rest.

        sum_jk max(r_j + r_k - |c_j - c_k| - o_jk, 0)

    Args:
        pairs: indices of the spheres to keep apart.
        overlap_at_rest: o, `overlap` of the resting hand, mm; costs nothing.

    Source: [wan2019] Eq. (16), with the distance in place of its square.
    """
    excess = _reach(centres, radii, pairs) - overlap_at_rest
    return jnp.sum(jnp.maximum(excess, 0.0))


def collision_as_printed(
    centres: Float[Array, "spheres 3"],
    radii: Float[Array, "spheres"],
    pairs: Int[Array, "pairs 2"],
) -> Float[Array, ""]:
    """Penalty on overlapping spheres, lengths and squared lengths mixed.

        sum_jk max(r_j + r_k - |c_j - c_k|^2, 0)

    In mm, two radii of 16 mm are first felt at a distance of 5.7 mm.

    Args:
        pairs: indices of the spheres to keep apart.

    Source: [wan2019] Eq. (16), as printed.
    """
    reach = jnp.sum(radii[pairs], axis=1)
    return jnp.sum(jnp.maximum(reach - _squared_distance(centres, pairs), 0.0))


def collision_of_centres(
    centres: Float[Array, "spheres 3"],
    pairs: Int[Array, "pairs 2"],
    *,
    nearest: float = 6.0,
) -> Float[Array, ""]:
    """Penalty on centres that come too close, whatever their radii.

        sum_jk max(nearest^2 - |c_j - c_k|^2, 0)

    Args:
        pairs: indices of the spheres to keep apart.
        nearest: distance at which the penalty begins, mm.

    Source: [wan2019] Eq. (16), as in the authors' code.
    """
    return jnp.sum(jnp.maximum(nearest**2 - _squared_distance(centres, pairs), 0.0))


def _reach(centres, radii, pairs):
    distance = _safe_sqrt(_squared_distance(centres, pairs))
    return jnp.sum(radii[pairs], axis=1) - distance


def _squared_distance(centres, pairs):
    return jnp.sum((centres[pairs[:, 0]] - centres[pairs[:, 1]]) ** 2, axis=-1)


def _safe_sqrt(squared):
    """Square root whose slope at 0, infinite otherwise, is 0."""
    positive = squared > 0.0
    return jnp.where(positive, jnp.sqrt(jnp.where(positive, squared, 1.0)), 0.0)
