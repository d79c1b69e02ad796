"""What a structured-light depth camera makes of a clean depth image.

Pixels in, pixels out: the image is an orthographic crop, its camera known by its
distance alone. Everything that grows with distance does so because the camera
measures disparity, d = f b / Z, and not depth.

Notation, shared by every function here and by the tests:
    z: depth from the crop's centre, mm, (height, width); `far` where nothing is.
    Z: depth from the camera, Z = distance + z, mm.
    f, b: the camera's focal length, pixels of the sensor, and baseline, mm.
    pitch: size of a pixel of the crop, mm.

Sources: Khoshelham, Accuracy analysis of Kinect depth data, 2011 (disparity: random
error and quantisation grow with Z squared); Nguyen, Izadi & Lovell, Modeling Kinect
sensor noise, 3DIMPVT 2012 (lateral noise, loss at grazing angles); Mallick, Das &
Majumdar, Characterizations of noise in Kinect depth images, 2014 (shadow, flying
pixels).
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Bool, Float

# How far to either side a pixel's projector ray is followed, and the depth that
# separates one surface from the next.
SHADOW_PIXELS = 4
EDGE = 15.0


class Sensor(NamedTuple):
    """A structured-light camera; the defaults are a first Kinect.

    Attributes:
        focal: f, pixels of the sensor.
        baseline: b, mm; positive where the projector stands on the side of +x.
        disparity_noise: standard deviation, pixels of the sensor.
        disparity_step: quantisation, pixels of the sensor.
        lateral_noise: standard deviation of where a pixel looks, pixels of the sensor.
        flying: how often a pixel beside an edge mixes the depths on both its sides.
        grazing: angles between ray and normal at which loss begins and is complete,
            degrees.
    """

    focal: float = 580.0
    baseline: float = 75.0
    disparity_noise: float = 0.1
    disparity_step: float = 0.125
    lateral_noise: float = 0.8
    flying: float = 0.1
    grazing: tuple[float, float] = (75.0, 87.0)


def structured_light(
    key: Array,
    z: Float[Array, "height width"],
    *,
    distance: Float[ArrayLike, ""],
    pitch: float,
    far: float,
    sensor: Sensor = Sensor(),
) -> Float[Array, "height width"]:
    """A noisy reading of a clean depth image, `far` where nothing came back.

    Args:
        key: random key.
        z: clean depth; `far` stays `far`.
        distance: from the camera to the crop's centre, mm.
    """
    lateral, flying, axial, loss = jax.random.split(key, 4)
    lost = shadow(z, distance=distance, pitch=pitch, far=far, baseline=sensor.baseline)
    lost |= grazing_loss(loss, z, pitch=pitch, far=far, grazing=sensor.grazing)
    sigma = sensor.lateral_noise * distance / sensor.focal / pitch
    z = jitter_edges(lateral, z, sigma=sigma)
    z = fly(flying, z, far=far, rate=sensor.flying)
    read = quantise_disparity(axial, z + distance, sensor) - distance
    return jnp.where(lost | (z >= far), far, read)


def quantise_disparity(
    key: Array, Z: Float[Array, "height width"], sensor: Sensor
) -> Float[Array, "height width"]:
    """Depth after its disparity was disturbed and rounded.

        d = f b / Z;   Z' = f b / (step round((d + n) / step)),  n ~ N(0, sigma)

    One step is Z^2 step / (f b) mm: 1.6 mm at 750 mm, 6.5 mm at 1500 mm.

    Args:
        key: random key.
        Z: depth from the camera, mm, positive.

    Source: Khoshelham 2011.
    """
    fb = sensor.focal * abs(sensor.baseline)
    disparity = fb / Z + sensor.disparity_noise * jax.random.normal(key, Z.shape)
    steps = jnp.round(disparity / sensor.disparity_step)
    return fb / (sensor.disparity_step * jnp.maximum(steps, 1.0))


def jitter_edges(
    key: Array, z: Float[Array, "height width"], *, sigma: Float[ArrayLike, ""]
) -> Float[Array, "height width"]:
    """Every pixel looks beside itself; where depth jumps, edges become ragged.

    Args:
        key: random key.
        sigma: standard deviation of where it looks, pixels of the crop; a pixel
            looks no further than its neighbours.

    Source: Nguyen et al. 2012, lateral noise.
    """
    across, down = jax.random.split(key)
    for axis, axis_key in ((1, across), (0, down)):
        step = sigma * jax.random.normal(axis_key, z.shape)
        before, after = _neighbours(z, axis)
        z = jnp.where(step > 0.5, after, jnp.where(step < -0.5, before, z))
    return z


def fly(
    key: Array, z: Float[Array, "height width"], *, far: float, rate: float
) -> Float[Array, "height width"]:
    """Some pixels beside an edge float between the two surfaces that meet there.

    Args:
        key: random key.
        far: depth of pixels without a surface, which stay as they are.
        rate: how often it happens.

    Source: Mallick et al. 2014.
    """
    # One draw serves both: below the rate it says where between the two.
    draw = jax.random.uniform(key, z.shape) / rate
    behind = jnp.maximum(z, _over_neighbours(jnp.maximum, z))
    flies = (draw < 1.0) & (behind - z > EDGE) & (z < far)
    return jnp.where(flies, z + draw * (behind - z), z)


def shadow(
    z: Float[Array, "height width"],
    *,
    distance: Float[ArrayLike, ""],
    pitch: float,
    far: float,
    baseline: float,
) -> Bool[Array, "height width"]:
    """Pixels that the camera sees and the projector does not.

    The ray to the projector leaves a point sideways by b / Z for each mm it comes
    forward; it is blocked where a surface stands k pixels aside and nearer than it.

    Source: Mallick et al. 2014.
    """
    side = 1 if baseline > 0 else -1
    rise = pitch * (distance + z) / abs(baseline)
    hidden = jnp.zeros(z.shape, bool)
    for k in range(1, SHADOW_PIXELS + 1):
        aside = _shift(z, side * k, axis=1, fill=far)
        hidden |= aside < z - k * rise - EDGE
    return hidden & (z < far)


def grazing_loss(
    key: Array,
    z: Float[Array, "height width"],
    *,
    pitch: float,
    far: float,
    grazing: tuple[float, float],
) -> Bool[Array, "height width"]:
    """Pixels whose surface is seen too flatly to send the pattern back.

    The chance of loss rises from 0 at the first angle to 1 at the second.

    Args:
        key: random key.
        grazing: the two angles, degrees.

    Source: Nguyen et al. 2012.
    """
    slope = jnp.hypot(_slope(z, 1, far), _slope(z, 0, far)) / pitch
    angle = jnp.rad2deg(jnp.arctan(slope))
    low, high = grazing
    chance = (angle - low) / (high - low)
    return (jax.random.uniform(key, z.shape) < chance) & (z < far)


def _slope(z: Array, axis: int, far: float) -> Float[Array, "height width"]:
    """The smaller step to either neighbour: a jump on one side is no slope."""
    steps = [
        jnp.where(neighbour < far, jnp.abs(neighbour - z), 0.0)
        for neighbour in _neighbours(z, axis)
    ]
    return jnp.minimum(*steps)


def _neighbours(z: Array, axis: int) -> tuple[Array, Array]:
    """Each pixel's neighbour before and after it; the border is its own."""
    first = jax.lax.slice_in_dim(z, 0, 1, axis=axis)
    last = jax.lax.slice_in_dim(z, -1, None, axis=axis)
    before = jnp.concatenate([first, jax.lax.slice_in_dim(z, 0, -1, axis=axis)], axis)
    after = jnp.concatenate([jax.lax.slice_in_dim(z, 1, None, axis=axis), last], axis)
    return before, after


def _over_neighbours(combine, z: Array) -> Array:
    """The four neighbours of each pixel, combined."""
    before, after = (combine(*_neighbours(z, axis)) for axis in (0, 1))
    return combine(before, after)


def _shift(z: Array, pixels: int, *, axis: int, fill: float) -> Array:
    """Each pixel's value `pixels` further along an axis, `fill` beyond the border."""
    rolled = jnp.roll(z, -pixels, axis=axis)
    at = jnp.arange(z.shape[axis]) + pixels
    inside = (at >= 0) & (at < z.shape[axis])
    return jnp.where(jnp.expand_dims(inside, 1 - axis), rolled, fill)
