"""What stands behind a hand: drawn from a key, or cut out of a bank of pictures.

Colours are linear, from 0 to 1.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, UInt8

from handjax.geometry import cameras
from handjax.geometry.precision import einsum

Bank = Float[Array, "pictures rows columns 3"] | UInt8[Array, "pictures rows columns 3"]
"""Linear pictures, or what `as_bytes` makes of them."""

OCTAVES = (2, 4, 9, 20)
BLOBS = 6


def procedural(
    key: PRNGKeyArray, *, height: int, width: int
) -> Float[Array, "height width 3"]:
    """A blurred room that never was: drifting colours, blobs, stripes.

    Each of the three is there to a random degree.
    """
    colours, drift, blob, stripe, amounts = jax.random.split(key, 5)
    palette = sample_palette(colours, 4 + BLOBS)
    first, second, share = jax.random.uniform(amounts, (3,))
    noise = smooth_noise(drift, height=height, width=width)
    ramp = jax.nn.sigmoid(3.0 * noise)[..., None]
    picture = (1.0 - ramp) * palette[0] + ramp * palette[1]
    covers = blobs(blob, height=height, width=width)
    for k in range(BLOBS):
        cover = jnp.where(first < 0.6, covers[k], 0.0)[..., None]
        picture = picture + cover * (palette[4 + k] - picture)
    lines = share * stripes(stripe, height=height, width=width)[..., None]
    lines = jnp.where(second < 0.35, lines, 0.0)
    return picture + lines * (palette[2] - picture)


def sample_palette(key: PRNGKeyArray, count: int) -> Float[Array, "{count} 3"]:
    """Colours of things in rooms: rarely bright, most of them nearly grey."""
    value, hue, saturation = jax.random.split(key, 3)
    grey = jnp.exp(jax.random.uniform(value, (count, 1), minval=-3.2, maxval=-0.15))
    tint = jax.random.normal(hue, (count, 3))
    amount = jax.random.uniform(saturation, (count, 1)) ** 2
    return jnp.clip(grey * jnp.exp(0.6 * amount * tint), 0.0, 1.0)


def smooth_noise(
    key: PRNGKeyArray, *, height: int, width: int
) -> Float[Array, "height width"]:
    """Normal noise on grids of several sizes, blown up and added; about unit."""
    total = jnp.zeros((height, width))
    for k, cells in enumerate(OCTAVES):
        grid = jax.random.normal(jax.random.fold_in(key, k), (cells, cells))
        large = jax.image.resize(grid, (height, width), "cubic")
        total = total + 0.5**k * large
    return total


def blobs(
    key: PRNGKeyArray, *, height: int, width: int
) -> Float[Array, "blobs height width"]:
    """How far soft-edged ellipses cover pixels, one array each."""
    place, size, turn, edge = jax.random.split(key, 4)
    middle = jax.random.uniform(place, (BLOBS, 2), minval=-0.1, maxval=1.1)
    radii = jax.random.uniform(size, (BLOBS, 2), minval=0.06, maxval=0.5)
    soft = jax.random.uniform(edge, (BLOBS, 1, 1), minval=0.03, maxval=0.7)
    at = _unit_grid(height, width) - middle[:, None, None]
    own = _turned(at, jax.random.uniform(turn, (BLOBS,), maxval=jnp.pi))
    gauge = jnp.linalg.norm(own / radii[:, None, None], axis=-1)
    return jax.nn.sigmoid((1.0 - gauge) / (0.25 * soft))


def stripes(
    key: PRNGKeyArray, *, height: int, width: int
) -> Float[Array, "height width"]:
    """Parallel bands with edges of random softness, 0 between and 1 on them."""
    turn, period, phase, edge = jax.random.split(key, 4)
    at = _unit_grid(height, width)[None]
    own = _turned(at, jax.random.uniform(turn, (1,), maxval=jnp.pi))[0, ..., 0]
    length = jax.random.uniform(period, minval=0.06, maxval=0.6)
    wave = jnp.sin(2.0 * jnp.pi * (own / length + jax.random.uniform(phase)))
    return jax.nn.sigmoid(wave * jax.random.uniform(edge, minval=2.0, maxval=20.0))


def from_bank(
    key: PRNGKeyArray,
    bank: Bank,
    *,
    height: int,
    width: int,
) -> Float[Array, "height width 3"]:
    """A random window of a random picture, mirrored half of the time.

    Args:
        key: random key.
        bank: held on the device.
    """
    which, size, place, mirror = jax.random.split(key, 4)
    chosen = bank[jax.random.randint(which, (), 0, len(bank))]
    part = jax.random.uniform(size, minval=0.4, maxval=1.0)
    left, top = (1.0 - part) * jax.random.uniform(place, (2,))
    x = left + part * (jnp.arange(width) + 0.5) / width
    y = top + part * (jnp.arange(height) + 0.5) / height
    x = jnp.where(jax.random.bernoulli(mirror), 1.0 - x, x)
    # A window is upright: rows and then columns read less than pixels one by one.
    return _lines(_lines(chosen, y).swapaxes(0, 1), x).swapaxes(0, 1)


def as_bytes(linear: Float[Array, "*picture"]) -> UInt8[Array, "*picture"]:
    """Linear light in a quarter of its memory: its square root in 255ths.

    As fine as sRGB in bright parts, finer in dark ones, and cheap to undo.
    """
    return jnp.round(255.0 * jnp.sqrt(jnp.clip(linear, 0.0, 1.0))).astype(jnp.uint8)


def as_light(
    kept: Float[Array, "*picture"] | UInt8[Array, "*picture"],
) -> Float[Array, "*picture"]:
    """Linear light of what a bank keeps; what is not bytes is light already."""
    if kept.dtype == jnp.uint8:
        return jnp.square(kept.astype(jnp.float32) / 255.0)
    return kept


def _lines(picture, at):
    """Rows of a picture at places from 0 to 1, between two of its own where need be."""
    count = len(picture)
    y = jnp.clip(at * count - 0.5, 0.0, count - 1.0)
    top = jnp.floor(y).astype(jnp.int32)
    t = (y - top)[:, None, None]
    upper, lower = picture[top], picture[jnp.minimum(top + 1, count - 1)]
    return (1.0 - t) * as_light(upper) + t * as_light(lower)


def _unit_grid(height: int, width: int) -> Float[Array, "height width 2"]:
    """(x, y) of pixels' centres in a square of edge 1."""
    pixels = cameras.pixel_grid(height, width)
    return (pixels + 0.5) / jnp.array([width, height])


def _turned(at, angles):
    """Places about the origin turned by angles, (n, height, width, 2) and (n,)."""
    c, s = jnp.cos(angles), jnp.sin(angles)
    turns = jnp.stack([jnp.stack([c, s], -1), jnp.stack([-s, c], -1)], -2)
    return einsum("nij,nhwj->nhwi", turns, at)
