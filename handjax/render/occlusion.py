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
    d, length = _gaps(points, centres)
    h = length / radii[:, None]
    cosine = sum(map(mul, d, normals.T)) / length
    hidden = jnp.maximum(cosine, 0.0) / jnp.maximum(h, 1.0) ** 2
    return jnp.prod(1.0 - STRENGTH * hidden, axis=0)


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
    d, length = _gaps(points, centres)
    radii = radii[:, None]
    along = sum(map(mul, d, towards.T))
    squared = jnp.maximum(length**2 - along**2, 1e-6)
    softness = PENUMBRA * jnp.maximum(along, 0.0) + 1.5
    clear = jnp.clip((jnp.sqrt(squared) - radii) / softness + 1.0, 0.0, 1.0)
    # Within a sphere's own skin a ray only grazes it: that is the surface itself.
    ahead = jnp.clip((along - 0.35 * radii) / (0.5 * radii), 0.0, 1.0)
    ahead = ahead * jnp.clip((length / radii - 1.3) / 0.7, 0.0, 1.0)
    return jnp.prod(1.0 - ahead * (1.0 - clear * clear * (3.0 - 2.0 * clear)), axis=0)


def _gaps(points, centres):
    """Coordinates of d, and its length, (spheres, points) each.

    Points come last, so that all that follows runs along them.
    """
    d = [c[:, None] - p for p, c in zip(points.T, centres.T, strict=True)]
    return d, jnp.sqrt(jnp.maximum(sum(map(mul, d, d)), 1e-6))
