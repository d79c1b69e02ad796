"""What a camera makes of light: small functions of a key and a picture.

    exposed -> tinted -> blurred -> noisy -> encoded -> compressed

Up to `encode` pictures are linear; from there on they are sRGB, 0 to 1. All have a
gradient; rounding hands it on as if it were not there.

[t81]: ITU-T Recommendation T.81 (JPEG), 1992.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float, PRNGKeyArray

from handjax.geometry.precision import dot, einsum
from handjax.geometry.settled import settled

Picture = Float[Array, "height width 3"]

GREY = (0.2126, 0.7152, 0.0722)
"""Luminance of linear sRGB. IEC 61966-2-1."""

BLOCK = 8
LUMINANCE = np.array([
    [16, 11, 10, 16, 24, 40, 51, 61],
    [12, 12, 14, 19, 26, 58, 60, 55],
    [14, 13, 16, 24, 40, 57, 69, 56],
    [14, 17, 22, 29, 51, 87, 80, 62],
    [18, 22, 37, 56, 68, 109, 103, 77],
    [24, 35, 55, 64, 81, 104, 113, 92],
    [49, 64, 78, 87, 103, 121, 120, 101],
    [72, 92, 95, 98, 112, 100, 103, 99],
])  # fmt: skip
"""Steps of quantisation. [t81] Table K.1."""
CHROMINANCE = np.full((BLOCK, BLOCK), 99)
CHROMINANCE[:4, :4] = [
    [17, 18, 24, 47], [18, 21, 26, 66], [24, 26, 56, 99], [47, 66, 99, 99],
]  # fmt: skip
"""Likewise of colour. [t81] Table K.2."""


def snapshot(key: PRNGKeyArray, linear: Picture) -> Picture:
    """The sRGB picture that a mediocre camera makes of light: all steps below."""
    steps = (expose, tint, jitter_colour, blur_of_motion, sensor_noise)
    *keys, last = jax.random.split(key, len(steps) + 1)
    for own, step in zip(keys, steps, strict=True):
        linear = step(own, linear)
    return compress(last, encode(linear))


def expose(key: PRNGKeyArray, picture: Picture, *, stops: float = 0.4) -> Picture:
    """Brighter or darker by a power of two, normal with this deviation."""
    return picture * settled(2.0 ** (stops * jax.random.normal(key)))


def tint(key: PRNGKeyArray, picture: Picture, *, amount: float = 0.08) -> Picture:
    """A white balance that misses: warmer or colder, greener or pinker.

    Args:
        amount: deviation of the logarithm of red over blue; half of that for green.
    """
    warm, green = amount * jax.random.normal(key, (2,)) * jnp.array([0.5, 0.5])
    return picture * settled(jnp.exp(jnp.stack([warm, green, -warm])))


def jitter_colour(
    key: PRNGKeyArray, picture: Picture, *, amount: float = 0.08
) -> Picture:
    """Other saturation and contrast, each by a normal factor about 1.

    Contrast is about the mean of the picture, saturation about each pixel's grey.
    """
    drawn = jax.random.truncated_normal(key, -2.0, 2.0, (2,))
    more, steeper = settled(1.0 + amount * drawn)
    grey = dot(picture, jnp.array(GREY))
    picture = grey + more * (picture - grey)
    mean = jnp.mean(picture)
    return jnp.maximum(mean + steeper * (picture - mean), 0.0)


def blur_of_motion(
    key: PRNGKeyArray, picture: Picture, *, pixels: float = 3.0, looks: int = 7
) -> Picture:
    """The mean along a random straight line; the border's colour goes on beyond it.

    Args:
        pixels: the longest way moved.
        looks: along that way.
    """
    turn, way = jax.random.split(key)
    angle = jax.random.uniform(turn, maxval=2.0 * jnp.pi)
    length = pixels * jax.random.uniform(way)
    step = settled(length * jnp.stack([jnp.sin(angle), jnp.cos(angle)]))
    reach = int(np.ceil(pixels / 2.0)) + 1
    padded = jnp.pad(picture, ((reach, reach), (reach, reach), (0, 0)), mode="edge")

    def look(total, t):
        return total + _window(padded, reach + t * step, picture.shape), None

    # A loop has the picture made once; in one expression each look would make it anew.
    at = jnp.linspace(-0.5, 0.5, looks)
    return jax.lax.scan(look, jnp.zeros_like(picture), at)[0] / looks


def sensor_noise(
    key: PRNGKeyArray, picture: Picture, *, shot: float = 0.015, read: float = 0.004
) -> Picture:
    """Noise of light and of its reading; on the average the picture.

        variance = shot^2 picture + read^2

    Source: Foi et al., Practical Poissonian-Gaussian noise modeling, 2008; amounts
    are ours.
    """
    variance = shot**2 * jnp.maximum(picture, 0.0) + read**2
    return picture + jnp.sqrt(variance) * jax.random.normal(key, picture.shape)


def encode(linear: Float[Array, "*any"]) -> Float[Array, "*any"]:
    """sRGB of linear light, cut off at 0 and 1.

    Source: IEC 61966-2-1.
    """
    linear = jnp.clip(linear, 0.0, 1.0)
    # The slope of the power is infinite at 0.
    curved = 1.055 * jnp.maximum(linear, 0.0031308) ** (1.0 / 2.4) - 0.055
    return jnp.where(linear <= 0.0031308, 12.92 * linear, curved)


def decode(srgb: Float[Array, "*any"]) -> Float[Array, "*any"]:
    """Linear light of sRGB: the inverse of `encode`."""
    curved = ((jnp.maximum(srgb, 0.04045) + 0.055) / 1.055) ** 2.4
    return jnp.where(srgb <= 0.04045, srgb / 12.92, curved)


def compress(
    key: PRNGKeyArray, picture: Picture, *, quality: tuple[float, float] = (40.0, 95.0)
) -> Picture:
    """What JPEG leaves of an sRGB picture, at a quality between two."""
    least, most = quality
    return jpeg(picture, settled(jax.random.uniform(key, minval=least, maxval=most)))


def jpeg(picture: Picture, quality: Float[ArrayLike, ""]) -> Picture:
    """An sRGB picture whose blocks of 8x8 are rounded in frequency.

    Colour keeps its full resolution. Sides that are no multiple of 8 are padded.

    Args:
        quality: 1 to 100, as libjpeg scales the tables of [t81].
    """
    height, width, _ = picture.shape
    grow = [(0, -side % BLOCK) for side in (height, width)]
    bytes_ = 255.0 * jnp.pad(picture, (*grow, (0, 0)), mode="edge") - 128.0
    coded = einsum("ij,hwj->hwi", jnp.asarray(_YCC), bytes_)
    quality = jnp.asarray(quality)
    percent = jnp.where(quality < 50.0, 5000.0 / quality, 200.0 - 2.0 * quality)
    tables = jnp.stack([jnp.asarray(t) for t in (LUMINANCE, CHROMINANCE, CHROMINANCE)])
    steps = jnp.clip(tables * percent / 100.0, 1.0, 255.0)
    rounded = _in_frequency(coded, steps)
    rgb = einsum("ij,hwj->hwi", jnp.asarray(np.linalg.inv(_YCC)), rounded)
    return jnp.clip((rgb[:height, :width] + 128.0) / 255.0, 0.0, 1.0)


def _in_frequency(coded, steps):
    """Blocks rounded to steps of their cosine transform, (3, 8, 8)."""
    height, width, _ = coded.shape
    blocks = coded.reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK, 3)
    C = jnp.asarray(_COSINES)
    waves = einsum("ui,hiwjc,vj->hwcuv", C, blocks, C)
    waves = steps * _round(waves / steps)
    return einsum("ui,hwcuv,vj->hiwjc", C, waves, C).reshape(coded.shape)


def _round(x):
    """The nearest whole number, with the slope of x itself."""
    return x + jax.lax.stop_gradient(jnp.round(x) - x)


def _cosines() -> np.ndarray:
    """Rows of the orthonormal cosine transform of 8 samples. [t81] A.3.3."""
    u, i = np.mgrid[:BLOCK, :BLOCK]
    rows = np.cos((2 * i + 1) * u * np.pi / (2 * BLOCK)) * np.sqrt(2.0 / BLOCK)
    rows[0] /= np.sqrt(2.0)
    return rows.astype(np.float32)


_COSINES = _cosines()
# Luma and the two differences of colour. ITU-T T.871 (JFIF), Sec. 7.
_YCC = np.array([
    [0.299, 0.587, 0.114],
    [-0.168736, -0.331264, 0.5],
    [0.5, -0.418688, -0.081312],
], np.float32)  # fmt: skip


def _window(padded, corner, shape):
    """A part of a picture, cut at a fractional corner."""
    whole = jnp.floor(corner).astype(jnp.int32)
    s, t = corner - whole

    def cut(down, right):
        start = (whole[0] + down, whole[1] + right, 0)
        return jax.lax.dynamic_slice(padded, start, shape)

    upper = (1.0 - t) * cut(0, 0) + t * cut(0, 1)
    return (1.0 - s) * upper + s * ((1.0 - t) * cut(1, 0) + t * cut(1, 1))
