"""Light: an environment in nine coefficients a channel, and lamps.

Colours are linear. What is called radiance here is what a white diffuse surface sends
back, irradiance / pi, so that albedo times radiance is the picture.

[ramamoorthi2001]: Ramamoorthi and Hanrahan, An efficient representation for irradiance
environment maps, SIGGRAPH 2001.

Notation, shared by every function here and by the tests:
    n: unit normals, (*points, 3).
    Y: the nine real spherical harmonics up to order 2.
    A: what a cosine lobe keeps of each order: pi, 2 pi / 3, pi / 4.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from handjax.geometry.precision import dot, einsum

KEPT = np.array([1.0] + [2.0 / 3.0] * 3 + [0.25] * 5)
"""A / pi of each coefficient. [ramamoorthi2001] Eq. (8)."""

METRE = 1000.0


class Lights(NamedTuple):
    """What shines on a scene, in the camera's frame.

    Attributes:
        environment: coefficients of the light that comes from every direction.
        lamps: where lamps stand, mm. One far away and bright is a sun.
        colours: radiance of a white surface that faces each lamp a metre away.
    """

    environment: Float[Array, "9 3"]
    lamps: Float[Array, "lamps 3"]
    colours: Float[Array, "lamps 3"]


def harmonics(n: Float[Array, "*points 3"]) -> Float[Array, "*points 9"]:
    """The nine real spherical harmonics of directions.

    Source: [ramamoorthi2001] Eq. (3).
    """
    return jnp.stack(_harmonics(n), axis=-1)


def _harmonics(n):
    """The nine, one by one."""
    x, y, z = jnp.moveaxis(n, -1, 0)
    first = [jnp.full_like(x, 0.282095), 0.488603 * y, 0.488603 * z, 0.488603 * x]
    second = [
        1.092548 * x * y,
        1.092548 * y * z,
        0.315392 * (3.0 * z * z - 1.0),
        1.092548 * x * z,
        0.546274 * (x * x - y * y),
    ]
    return first + second


def environment_radiance(
    environment: Float[Array, "9 3"], n: Float[Array, "*points 3"]
) -> Float[Array, "*points 3"]:
    """Radiance of white surfaces under the environment; never negative.

        E(n) / pi = sum over l, m of A_l / pi L_lm Y_lm(n)

    Source: [ramamoorthi2001] Eq. (7).
    """
    kept = environment * jnp.asarray(KEPT, environment.dtype)[:, None]
    # Written out: a batch of products with so few columns takes a slow path.
    terms = zip(_harmonics(n), kept, strict=True)
    return jnp.maximum(sum(Y[..., None] * light for Y, light in terms), 0.0)


def uniform(colour: Float[Array, "3"]) -> Float[Array, "9 3"]:
    """The environment that sends the same light from everywhere."""
    return jnp.zeros((9, 3)).at[0].set(colour * np.sqrt(4.0 * np.pi))


def distant(
    directions: Float[Array, "sources 3"], colours: Float[Array, "sources 3"]
) -> Float[Array, "9 3"]:
    """The environment of small far sources.

    Args:
        directions: towards them, unit.
        colours: radiance of a white surface that faces each.
    """
    return einsum("sk,sc->kc", harmonics(directions), jnp.pi * colours)


def towards(
    lights: Lights, points: Float[Array, "*points 3"]
) -> tuple[Float[Array, "lamps *points 3"], Float[Array, "lamps *points 3"]]:
    """Unit directions to each lamp, and the radiance that it gives face on.

    It falls with the square of the distance.
    """
    lead = (len(lights.lamps), *(1,) * (points.ndim - 1), 3)
    gap = lights.lamps.reshape(lead) - points
    squared = jnp.maximum(dot(gap, gap), 1.0)
    return gap * jax.lax.rsqrt(squared), lights.colours.reshape(
        lead
    ) * METRE**2 / squared


def sample_lights(
    key: PRNGKeyArray, middle: Float[Array, "3"], *, lamps: int = 2
) -> Lights:
    """Random light: a room of soft sources with a lamp or two.

    A white surface in the middle gets 0.78 on the average over its directions: of 1,
    some 0.45 is ambient, and of the rest the surface faces 2.4 / 4.

    Args:
        key: random key.
        middle: of what is lit, mm.
        lamps: how many; some are all but out.
    """
    place, hue, share, far, floor = jax.random.split(key, 5)
    ways = jax.random.normal(place, (lamps + 4, 3))
    # From above rather than from below, and from the camera's side.
    ways = ways + jnp.array([0.0, -0.8, -1.0])
    ways = ways / jnp.linalg.norm(ways, axis=-1, keepdims=True)
    warmth = 0.10 * jax.random.normal(hue, (lamps + 5, 1))
    colour = jnp.exp(warmth * jnp.array([1.0, 0.1, -1.1]))
    power = jax.random.dirichlet(share, jnp.full(lamps + 4, 0.8))[:, None]
    ambient = jax.random.uniform(floor, minval=0.25, maxval=0.65)
    bright = 2.4 * (1.0 - ambient) * power * colour[:-1]
    reach = jax.random.uniform(far, (lamps, 1), minval=500.0, maxval=3000.0)
    return Lights(
        environment=uniform(ambient * colour[-1])
        + distant(ways[lamps:], bright[lamps:]),
        lamps=middle + reach * ways[:lamps],
        colours=bright[:lamps] * (reach / METRE) ** 2,
    )
