"""What stands behind the hand: panels, screens and small lights, held on the device.

Made on the host once, sharp-edged and of many rectangles, where training's backgrounds
are soft. Kept as `render.backgrounds.as_bytes` keeps light, like every bank.
"""

from functools import lru_cache

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import UInt8

from handjax.render import backgrounds, photograph

COUNT, EDGE = 64, 256
PANELS, LIGHTS = (18, 45), (0, 14)
"""Least and most rectangles and small lights of a picture."""
SEED = 20


@lru_cache
def make() -> UInt8[np.ndarray, "pictures edge edge 3"]:
    """The bank: light as bytes, the same for everybody."""
    rng = np.random.default_rng(SEED)
    pictures = np.stack([_picture(rng) for _ in range(COUNT)]).clip(0.0, 1.0)
    with jax.ensure_compile_time_eval():
        light = photograph.decode(jnp.asarray(pictures, jnp.float32))
        return np.asarray(backgrounds.as_bytes(light))


def _picture(rng: np.random.Generator) -> np.ndarray:
    picture = np.broadcast_to(_colour(rng), (EDGE, EDGE, 3)).copy()
    for size in np.sort(rng.uniform(0.06, 0.8, rng.integers(*PANELS)))[::-1]:
        _panel(rng, picture, size)
    for _ in range(rng.integers(*LIGHTS)):
        _light(rng, picture)
    return picture + rng.normal(0.0, 0.01, picture.shape)


def _panel(rng: np.random.Generator, picture: np.ndarray, size: float) -> None:
    """A rectangle, lit from one side; the large ones come first."""
    high, wide = (size * EDGE * rng.uniform(0.3, 1.0, 2)).astype(int) + 2
    top, left = rng.integers(-high // 2, EDGE), rng.integers(-wide // 2, EDGE)
    rows, columns = slice(max(top, 0), top + high), slice(max(left, 0), left + wide)
    part = picture[rows, columns]
    ramp = np.linspace(0.0, rng.uniform(-0.4, 0.4), part.shape[1])[None, :, None]
    part[:] = _colour(rng) * (1.0 + ramp)


def _light(rng: np.random.Generator, picture: np.ndarray) -> None:
    """A small lamp with its glow."""
    rows, columns = np.mgrid[:EDGE, :EDGE]
    at, radius = rng.uniform(0, EDGE, 2), rng.uniform(1.5, 5.0)
    far = np.hypot(rows - at[0], columns - at[1]) / radius
    picture += (np.exp(-(far**4)) + 0.15 / (1.0 + far**2))[..., None] * rng.uniform(
        0.6, 1.0, 3
    )


def _colour(rng: np.random.Generator) -> np.ndarray:
    """Mostly grey, mostly dark, in sRGB."""
    tint = rng.normal(0.0, 0.02 if rng.uniform() < 0.85 else 0.14, 3)
    return np.clip(rng.beta(1.6, 2.4) + tint, 0.02, 1.0)
