"""A picture in training: as the camera might have taken it too.

Pictures are slow to draw and each is learnt from many times, so that an encoder would
soon know them by heart. Angles stay what they are, how the hand is turned rolls along.

Notation, shared by every function here and by the tests:
    Z: camera_from_camera, from what was taken to what is shown, a roll about z, (3, 3).
    six: two columns of a rotation, see `encoder`.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from handjax.geometry import rotations
from handjax.geometry.precision import matmul
from handjax.methods.method import Config
from handjax.render import textures


class Variety(NamedTuple):
    """How much pictures vary.

    Attributes:
        roll: degrees, at most, either way.
        shift: share of the edge, at most, along each side.
        zoom: logarithm of the size, at most, either way.
        tint: standard deviation of the logarithm of each colour's gain.
    """

    roll: float
    shift: float
    zoom: float
    tint: float


def variety_of(model: Config) -> Variety | None:
    """What a config says; None where pictures stay as they are.

    Args:
        model: its `model`.

    Raises:
        ValueError: an amount is below 0.
    """
    found = Variety(**model.variety)
    for name, amount in found._asdict().items():
        if amount < 0.0:
            raise ValueError(f"model.variety.{name} is {amount}; it must be 0 or more")
    return found if any(found) else None


def vary(
    key: PRNGKeyArray, picture: Float[Array, "edge edge 3"], most: Variety
) -> tuple[Float[Array, "edge edge 3"], Float[Array, "3 3"]]:
    """A picture rolled about its middle, moved, scaled and tinted.

        taken = Z^T shown / size + shift

    of pixels' places from the middle: what a camera shows that has rolled about its
    own axis by Z, in a crop that is larger or smaller and lies beside the old one.
    Beyond the border its own pixels go on.

    Args:
        key: of this picture.
        picture: square, sRGB from 0 to 1.
        most: how much it may vary.

    Returns:
        the picture, and Z.
    """
    rolling, moving, scaling, tinting = jax.random.split(key, 4)
    angle = jnp.deg2rad(_within(rolling, (), most.roll))
    shift = _within(moving, (2,), most.shift)
    size = jnp.exp(_within(scaling, (), most.zoom))
    Z = rotations.matrix_from_axis_angle(angle * jnp.array([0.0, 0.0, 1.0]))
    edge = len(picture)
    x = (jnp.arange(edge) + 0.5) / edge - 0.5
    shown = jnp.stack(jnp.meshgrid(x, x), axis=-1)
    taken = matmul(shown.reshape(-1, 2), Z[:2, :2]) / size + shift + 0.5
    uv = jnp.stack([taken[:, 0], 1.0 - taken[:, 1]], axis=-1)
    seen = textures.sample(picture, uv.reshape(edge, edge, 2))
    gain = jnp.exp(most.tint * jax.random.normal(tinting, (3,)))
    return jnp.clip(gain * seen, 0.0, 1.0), Z


def rolled_back(six: Float[Array, "6"], Z: Float[Array, "3 3"]) -> Float[Array, "6"]:
    """How the hand is turned in what was taken, from how it is in what is shown.

        six_taken = Z^T six_shown, column by column

    Args:
        six: found in what is shown.
        Z: of `vary`.
    """
    return matmul(six.reshape(2, 3), Z).reshape(6)


def _within(
    key: PRNGKeyArray, shape: tuple[int, ...], most: float
) -> Float[Array, "..."]:
    """As likely as any other, from -most to most."""
    return jax.random.uniform(key, shape, minval=-most, maxval=most)
