"""Depth images of spheres, and how spheres keep out of one another.

Notation, shared by every function here and by the tests:
    c: sphere centres in camera space, mm, (spheres, 3).
    r: sphere radii, mm, (spheres,); a sphere of radius 0 is padding, nothing meets it.
    p: points, mm, (points, 3).
"""

from collections.abc import Iterator

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Int


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

    Source: [wan2019] Eq. (6).
    """
    squared = r**2 - jnp.sum((xy - c[:2]) ** 2, axis=-1)
    hit = squared > 0.0
    # The slope of sqrt is infinite at 0, and `where` alone would leak it as
    # NaN into rays that miss; hand those rays a 1 before taking the root.
    half_chord = jnp.sqrt(jnp.where(hit, squared, 1.0))
    return jnp.where(hit, c[2] - half_chord, far)


def ray_cast(
    x: Float[Array, "width"],
    y: Float[Array, "height"],
    centres: Float[Array, "spheres 3"],
    radii: Float[Array, "spheres"],
    far: Float[ArrayLike, ""],
) -> Float[Array, "height width"]:
    """Depth at which orthographic rays on a grid first meet any sphere.

        z(x, y) = min_j z_j(x, y)

    Args:
        x: of every column, mm.
        y: of every row, mm.
        far: depth given to rays that meet none, mm.

    Source: [wan2019] Eqs. (6)-(8).
    """
    depth = jnp.full((y.size, x.size), jnp.inf)
    for candidate in _candidates(x, y, centres, radii):
        depth = jnp.minimum(depth, candidate)
    return jnp.where(jnp.isfinite(depth), depth, far)


def owner(
    x: Float[Array, "width"],
    y: Float[Array, "height"],
    centres: Float[Array, "spheres 3"],
    radii: Float[Array, "spheres"],
) -> Int[Array, "height width"]:
    """Index of the sphere that each ray meets first, -1 where it meets none."""
    depth = jnp.full((y.size, x.size), jnp.inf)
    index = jnp.full((y.size, x.size), -1, jnp.int32)
    for j, candidate in enumerate(_candidates(x, y, centres, radii)):
        index = jnp.where(candidate < depth, j, index)
        depth = jnp.minimum(depth, candidate)
    return index


def _candidates(x, y, centres, radii) -> Iterator[Float[Array, "height width"]]:
    for c, r in zip(centres, radii, strict=True):
        squared = (r**2 - (y - c[1]) ** 2)[:, None] - (x - c[0]) ** 2
        hit = squared > 0.0
        half_chord = jnp.sqrt(jnp.where(hit, squared, 1.0))
        yield jnp.where(hit, c[2] - half_chord, jnp.inf)


def point_to_spheres(
    points: Float[Array, "points 3"],
    centres: Float[Array, "spheres 3"],
    radii: Float[Array, "spheres"],
) -> Float[Array, "points"]:
    """Distance from points to the nearest sphere's surface.

        d(p) = min_j abs(|p - c_j| - r_j)

    Args:
        points: mm.

    Source: [wan2019] Eqs. (10)-(11).
    """
    x, y, z = points.T[:, :, None] - centres.T[:, None, :]
    squared = x * x + y * y + z * z
    away = squared > 0.0
    distance = jnp.where(away, jnp.sqrt(jnp.where(away, squared, 1.0)), 0.0)
    return jnp.min(jnp.abs(distance - radii), axis=1)


def overlap(
    centres: Float[Array, "spheres 3"],
    radii: Float[Array, "spheres"],
    pairs: Int[Array, "pairs 2"],
) -> Float[Array, "pairs"]:
    """How deep the spheres of each pair reach into one another, mm, never negative.

    max(r_j + r_k - |c_j - c_k|, 0)
    """
    j, k = pairs.T
    return jnp.maximum(radii[j] + radii[k] - _norm(centres[j] - centres[k]), 0.0)


def collision(
    centres: Float[Array, "spheres 3"],
    radii: Float[Array, "spheres"],
    pairs: Int[Array, "pairs 2"],
    overlap_at_rest: Float[Array, "pairs"],
) -> Float[Array, ""]:
    """Penalty on spheres that reach deeper into one another than they do at rest.

        sum_jk max(r_j + r_k - |c_j - c_k| - o_jk, 0)

    Neighbouring spheres of a hand overlap at rest; that much costs nothing.

    Args:
        pairs: indices of the spheres to keep apart.
        overlap_at_rest: o, `overlap` of the resting hand, mm.

    Source: [wan2019] Eq. (16), with the distance in place of its square.
    """
    j, k = pairs.T
    reach = radii[j] + radii[k] - _norm(centres[j] - centres[k])
    return jnp.sum(jnp.maximum(reach - overlap_at_rest, 0.0))


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
    j, k = pairs.T
    squared = jnp.sum((centres[j] - centres[k]) ** 2, axis=-1)
    return jnp.sum(jnp.maximum(radii[j] + radii[k] - squared, 0.0))


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
    j, k = pairs.T
    squared = jnp.sum((centres[j] - centres[k]) ** 2, axis=-1)
    return jnp.sum(jnp.maximum(nearest**2 - squared, 0.0))


def _norm(vectors: Float[Array, "*n 3"]) -> Float[Array, "*n"]:
    """Lengths; the slope at 0, which has no direction, is 0."""
    squared = jnp.sum(vectors**2, axis=-1)
    nonzero = squared > 0.0
    return jnp.where(nonzero, jnp.sqrt(jnp.where(nonzero, squared, 1.0)), 0.0)
