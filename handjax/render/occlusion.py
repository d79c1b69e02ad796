"""How spheres inside a surface keep light from it: cheap shade for hands.

Notation, shared by every function here and by the tests:
    p, n: points of the surface, mm, and their unit normals.
    c, r: centres and radii of the spheres, mm.
    d: from a point to a centre, mm; h: how far that is, in radii.
"""

from operator import mul

import jax.numpy as jnp
from jaxtyping import Array, Float

STRENGTH = 0.95
"""Of occlusion; below 1, so that no point loses its slope to another; ours."""
PENUMBRA = 0.35
"""Breadth of a shadow's edge over the way from what casts it; ours."""


def openness(
    points: Float[Array, "points 3"],
    normals: Float[Array, "points 3"],
    centres: Float[Array, "spheres 3"],
    radii: Float[Array, "spheres"],
) -> Float[Array, "points"]:
    """Share of a uniform sky's light that reaches points, 1 in the open.

        prod over spheres of 1 - max(0, cos(n, d)) / h^2

    What one sphere hides is exact as long as it stands above the horizon; what two
    hide at once is taken for independent. The sphere beneath a point lies below its
    horizon and hides nothing.
    """
    d, _, h = _gaps(points, centres, radii)
    cosine = sum(map(mul, d, normals.T[..., None]))
    hidden = jnp.maximum(cosine, 0.0) / jnp.maximum(h, 1.0) ** 2
    return jnp.prod(1.0 - STRENGTH * hidden, axis=-1)


def lit(
    points: Float[Array, "points 3"],
    towards: Float[Array, "points 3"],
    centres: Float[Array, "spheres 3"],
    radii: Float[Array, "spheres"],
) -> Float[Array, "points"]:
    """How much of a lamp points see between spheres, 0 to 1, with soft edges.

    Args:
        towards: unit directions to the lamp.
    """
    d, length, h = _gaps(points, centres, radii)
    along = length * sum(map(mul, d, towards.T[..., None]))
    squared = jnp.maximum(length**2 - along**2, 1e-6)
    softness = PENUMBRA * jnp.maximum(along, 0.0) + 1.5
    clear = jnp.clip((jnp.sqrt(squared) - radii) / softness + 1.0, 0.0, 1.0)
    # Within a sphere's own skin a ray only grazes it: that is the surface itself.
    ahead = jnp.clip((along - 0.35 * radii) / (0.5 * radii), 0.0, 1.0)
    ahead = ahead * jnp.clip((h - 1.3) / 0.7, 0.0, 1.0)
    return jnp.prod(1.0 - ahead * (1.0 - clear * clear * (3.0 - 2.0 * clear)), axis=-1)


def _gaps(points, centres, radii):
    """Unit d from every point to every centre, its length, and h.

    The three axes one by one: an array of all three would be slower to add up.
    """
    d = centres.T[:, None] - points.T[..., None]
    length = jnp.sqrt(jnp.maximum(sum(map(mul, d, d)), 1e-6))
    return [axis / length for axis in d], length, length / radii
