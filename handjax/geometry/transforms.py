"""Rigid and similarity maps of space as 4x4 matrices, named target_from_source.

    x_target = s R x_source + t

so that they compose like dominoes: `compose(c_from_b, b_from_a)` is c_from_a.
"""

import functools

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from handjax.geometry.precision import small_matmul


def make(
    rotation: Float[Array, "3 3"],
    translation: Float[Array, "3"],
    *,
    scale: Float[ArrayLike, ""] = 1.0,
) -> Float[Array, "4 4"]:
    """The map that rotates and scales, then translates.

    Args:
        rotation: R.
        translation: t, in the target's units.
        scale: s, target units in a source unit.
    """
    top = jnp.concatenate([scale * rotation, translation[:, None]], axis=1)
    bottom = jnp.array([[0.0, 0.0, 0.0, 1.0]], top.dtype)
    return jnp.concatenate([top, bottom])


def apply(
    target_from_source: Float[Array, "4 4"], points: Float[Array, "*n 3"]
) -> Float[Array, "*n 3"]:
    """The points in the target's frame."""
    return rotate(target_from_source, points) + target_from_source[:3, 3]


def rotate(
    target_from_source: Float[Array, "4 4"], vectors: Float[Array, "*n 3"]
) -> Float[Array, "*n 3"]:
    """The vectors in the target's frame: turned, and scaled by a similarity."""
    # Coordinate by coordinate over all points: products with three columns neither
    # fill a matrix unit nor vectorise.
    turned = [
        jnp.multiply.outer(target_from_source[:3, axis], vectors[..., axis])
        for axis in range(3)
    ]
    return jnp.moveaxis(turned[0] + turned[1] + turned[2], 0, -1)


def compose(*transforms: Float[Array, "4 4"]) -> Float[Array, "4 4"]:
    """The product, the last one acting first."""
    return functools.reduce(small_matmul, transforms)


def invert(target_from_source: Float[Array, "4 4"]) -> Float[Array, "4 4"]:
    """Source from target, of a rigid or similarity map.

        (s R)^-1 = (s R)^T / s^2,  s^2 = |s R|^2 / 3

    Scale 0 has no inverse; the map of everything to the origin stands in for it, and
    for that of scales so small (3e-10) that slopes would overflow.
    """
    linear = target_from_source[:3, :3]
    squared = jnp.sum(linear**2) / 3.0
    # Slopes divide by the square of this: at 0, and far above it, they would be NaN.
    some = squared > jnp.finfo(squared.dtype).tiny ** 0.5
    inverse = linear.T / jnp.where(some, squared, 1.0)
    back = -small_matmul(inverse, target_from_source[:3, 3:])
    return make(inverse, back[:, 0])
