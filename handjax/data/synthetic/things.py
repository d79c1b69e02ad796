"""Planes and ellipsoids behind a hand, or beside it: what a crop shows besides.

Notation, shared by every function here and by the tests:
    x, y: where a pixel's ray crosses the crop's middle plane, mm, (height, width).
    z: depth from the crop's centre at which it meets something, mm; inf if it does not.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from handjax.batch import FAR
from handjax.data.synthetic.depth import PITCH
from handjax.geometry import rotations
from handjax.geometry.precision import matmul

PLANE = 0.45
"""How often there is a plane: a wall, a desk, a lap."""
TILT = 72.0
"""Farthest that it is turned from facing the camera, degrees."""
BLOBS, BLOB = 2, 0.35
"""Ellipsoids at most, and how often each is there: a body, another limb, an object."""
RADII = (20.0, 110.0)
"""Of these, mm; smaller ones are the more frequent."""
GAP = (20.0, 130.0)
"""From the nearest that a surface could come behind what is seen to where it is, mm.
The least makes room for the half of the hand that is not seen."""
BEFORE = 0.06
"""How often a blob may stand in front, at the border."""


def plane(
    key: PRNGKeyArray, z: Float[Array, "height width"]
) -> Float[Array, "height width"]:
    """A plane behind all that is seen, at times.

    z(x, y) = z_0 + tan(tilt) (x cos a + y sin a)
    """
    there, turn, tilt, gap = jax.random.split(key, 4)
    x, y = rays(z.shape)
    a = jax.random.uniform(turn, maxval=2.0 * jnp.pi)
    slope = jnp.tan(jax.random.uniform(tilt, maxval=jnp.deg2rad(TILT)))
    across = slope * (x * jnp.cos(a) + y * jnp.sin(a))
    at = across + clearance(across, z) + sample_gap(gap)
    return jnp.where(jax.random.bernoulli(there, PLANE), at, jnp.inf)


def blob(
    key: PRNGKeyArray, z: Float[Array, "height width"]
) -> Float[Array, "height width"]:
    """An ellipsoid beside or behind what is seen, at times; seldom before it."""
    there, size, turn, place, gap, before = jax.random.split(key, 6)
    low, high = jnp.log(jnp.array(RADII))
    radii = jnp.exp(jax.random.uniform(size, (3,), minval=low, maxval=high))
    front = jax.random.bernoulli(before, BEFORE)
    angle, away, deep = jax.random.uniform(place, (3,))
    # Those in front stand at the border, where they hide a part at most.
    away = jnp.where(front, 130.0 + 50.0 * away, 60.0 + 130.0 * away)
    cz = jnp.where(front, -100.0 + 100.0 * deep, -60.0 + 200.0 * deep)
    a = 2.0 * jnp.pi * angle
    centre = jnp.stack([away * jnp.cos(a), away * jnp.sin(a), cz])
    at = ellipsoid(*rays(z.shape), centre, rotations.sample_uniform(turn), radii)
    back = jnp.maximum(clearance(at, z) + sample_gap(gap), 0.0)
    at = at + jnp.where(front, 0.0, back)
    return jnp.where(jax.random.bernoulli(there, BLOB), at, jnp.inf)


def ellipsoid(
    x: Float[Array, "height width"],
    y: Float[Array, "height width"],
    centre: Float[Array, "3"],
    R: Float[Array, "3 3"],
    radii: Float[Array, "3"],
) -> Float[Array, "height width"]:
    """Depth at which rays first meet an ellipsoid, inf where they miss it.

        (p - c)^T A (p - c) = 1,   A = R diag(1 / r^2) R^T

    Args:
        centre: c, mm.
        R: the directions of its axes, columns.
        radii: r along them, mm.
    """
    A = matmul(R / radii**2, R.T)
    dx, dy = x - centre[0], y - centre[1]
    b = A[0, 2] * dx + A[1, 2] * dy
    c = A[0, 0] * dx**2 + 2.0 * A[0, 1] * dx * dy + A[1, 1] * dy**2 - 1.0
    root = b**2 - A[2, 2] * c
    near = centre[2] - (b + jnp.sqrt(jnp.maximum(root, 0.0))) / A[2, 2]
    return jnp.where(root > 0.0, near, jnp.inf)


def clearance(
    at: Float[Array, "height width"], z: Float[Array, "height width"]
) -> Float[Array, ""]:
    """How far a surface must go back to touch what is seen in the cube from behind.

    Less than nothing if it has room; -inf if no ray meets both.
    """
    seen = jnp.abs(z) < FAR
    return jnp.max(jnp.where(seen, z - at, -jnp.inf))


def sample_gap(key: PRNGKeyArray) -> Float[Array, ""]:
    """More often small than large."""
    least, most = GAP
    return least + (most - least) * jax.random.uniform(key) ** 2


def rays(
    shape: tuple[int, ...],
) -> tuple[Float[Array, "height width"], Float[Array, "height width"]]:
    """x and y of every pixel of a crop."""
    height, width = shape
    x, y = ((jnp.arange(n) - (n - 1) / 2) * PITCH for n in (width, height))
    return jnp.broadcast_to(x, shape), jnp.broadcast_to(y[:, None], shape)
