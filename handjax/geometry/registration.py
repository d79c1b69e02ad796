"""How cameras stand to one another, by points that each of them saw.

    camera_from_world, residual = register(points, weights)

Points that correspond, such as the key points of a hand that moves before all cameras,
each estimated in its own camera's frame: no target, no calibration pattern. Where some
are wrong, they are outvoted.

Notation, shared by every function here and by the tests:
    y: points in each camera's frame, mm, (cameras, points, 3).
    w: how far each is to be believed, 0 where it is not known, (cameras, points).
    T: camera_from_world, (cameras, 4, 4); the world is the first camera's frame.
    s: how far off a point may be before it counts for less, mm.
"""

from functools import partial
from itertools import combinations
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from handjax.geometry import alignment, rotations, transforms
from handjax.geometry.precision import small_matmul

ROUNDS = 24
"""Of weighing anew; s falls from `WIDE` times what is asked for."""
WIDE = 8.0
LEVER = 80.0
"""A turn of one radian counts as so many mm of shift, which a hand's points are apart
from their middle, lest one outweighs the other."""
DOWN, STEP, MOMENTUM = 200, 0.2, 0.9
"""Of the descent: how often, how far by the gradient, and how much goes on."""


class Registered(NamedTuple):
    """Cameras, as they stand.

    Attributes:
        camera_from_world: T.
        residual: how far points of two cameras are apart in the world, median over all
            pairs that are known, mm.
    """

    camera_from_world: Float[Array, "cameras 4 4"]
    residual: Float[Array, ""]


@partial(jax.jit, static_argnames="refine")
def register(
    points: Float[Array, "cameras points 3"],
    weights: Float[Array, "cameras points"],
    *,
    scale: Float[ArrayLike, ""] = 15.0,
    refine: bool = True,
) -> Registered:
    """The rigid maps that bring points of all cameras together.

        min over T of  sum_c<d sum_i w_ci w_di rho(|T_c^-1 y_ci - T_d^-1 y_di|),
        rho(r) = s^2 r^2 / (s^2 + r^2)

    Each camera is laid on the first by weighted alignment, its weights found anew from
    what is left; then all pairs are brought together by the gradient.

    Args:
        points: y, in any number of frames one after another; of three or more that are
            known to both cameras, and not in one line, a map follows.
        weights: w.
        scale: s.
        refine: whether pairs without the first camera count too.

    Raises:
        ValueError: there is one camera.

    Source: Geman & McClure 1987 (rho); Zhou, Park & Koltun, Fast global registration,
    ECCV 2016 (s from wide to narrow).
    """
    if len(points) < 2:
        raise ValueError(
            f"points wants those of two cameras or more; got {len(points)}"
        )
    y = jnp.where(weights[..., None] > 0.0, points, 0.0)
    both = weights[0] * weights
    laid = jax.vmap(lambda x, w: _lay(y[0], x, w, scale))(y, both)
    T = laid.at[0].set(jnp.eye(4, dtype=y.dtype))
    if refine:
        T = _refine(T, y, weights, scale)
    return Registered(T, _residual(T, y, weights))


def _lay(
    source: Float[Array, "points 3"],
    target: Float[Array, "points 3"],
    w: Float[Array, "points"],
    s: Float[ArrayLike, ""],
) -> Float[Array, "4 4"]:
    """target_from_source, of which points that stay far off have no say."""

    def again(k, T):
        width = s * WIDE ** (1.0 - k / (ROUNDS - 1))
        off = jax.vmap(partial(transforms.apply, T))(source) - target
        share = width**2 / (width**2 + jnp.sum(off**2, axis=-1))
        return alignment.align_rigid(source, target, weights=w * share**2)

    first = alignment.align_rigid(source, target, weights=w)
    return jax.lax.fori_loop(0, ROUNDS, again, first)


def _refine(T, y, w, s) -> Float[Array, "cameras 4 4"]:
    """T of all pairs, down the gradient from where they are.

    Each camera but the first turns about the middle of its points, so that turning
    shifts nothing, and one step fits both.
    """
    known = jnp.maximum(jnp.sum(w, axis=1), 1e-6)
    middle = jnp.sum(y * w[..., None], axis=1) / known[:, None]
    eye = jnp.eye(3, dtype=y.dtype)

    def moved(by):
        by = jnp.concatenate([jnp.zeros((1, 6), y.dtype), by])
        R = jax.vmap(rotations.matrix_from_axis_angle)(by[:, :3] / LEVER)
        away = jax.vmap(lambda m: transforms.make(eye, -m))(middle)
        back = jax.vmap(transforms.make)(R, middle + by[:, 3:])
        return small_matmul(small_matmul(back, away), T)

    def down(_, carry):
        by, speed = carry
        speed = MOMENTUM * speed - STEP * jax.grad(lambda b: _total(moved(b), y, w, s))(
            by
        )
        return by + speed, speed

    still = jnp.zeros((len(T) - 1, 6), y.dtype)
    by, _ = jax.lax.fori_loop(0, DOWN, down, (still, still))
    found = moved(by)
    return jnp.where(_total(found, y, w, s) < _total(T, y, w, s), found, T)


def _total(T, y, w, s) -> Float[Array, ""]:
    """What is least, for each unit of weight."""
    world = _world(T, y)
    total, sure = jnp.zeros((), y.dtype), jnp.full((), 1e-6, y.dtype)
    for c, d in combinations(range(len(T)), 2):
        squared = jnp.sum((world[c] - world[d]) ** 2, axis=-1)
        both = w[c] * w[d]
        total += jnp.sum(both * s**2 * squared / (s**2 + squared))
        sure += jnp.sum(both)
    return total / sure


def _residual(T, y, w) -> Float[Array, ""]:
    world = _world(T, y)
    apart = [
        jnp.where(
            w[c] * w[d] > 0.0, jnp.linalg.norm(world[c] - world[d], axis=-1), jnp.nan
        )
        for c, d in combinations(range(len(T)), 2)
    ]
    return jnp.nanmedian(jnp.concatenate(apart))


def _world(T, y) -> Float[Array, "cameras points 3"]:
    """Points of every camera in the world, mm."""
    world_from_camera = jax.vmap(transforms.invert)(T)
    return jax.vmap(jax.vmap(transforms.apply, (None, 0)))(world_from_camera, y)
