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
error and quantisation grow with Z squared); Konolige & Mihelich, Technical description
of Kinect calibration, 2010 (f, b, steps of disparity); Nguyen, Izadi & Lovell, Modeling
Kinect sensor noise, 3DIMPVT 2012 (lateral noise, loss at grazing angles); Mallick, Das
& Majumdar, Characterizations of noise in Kinect depth images, 2014 (shadow, flying
pixels).
"""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Bool, Float, PRNGKeyArray

SHADOW_PIXELS = 4
"""How far to either side a projector ray is followed, pixels of the crop; ours."""

EDGE = 15.0
"""Depth that separates one surface from the next, mm; ours."""


class Sensor(NamedTuple):
    """A structured-light camera; the defaults are a first Kinect.

    Attributes:
        focal: f, pixels of the sensor; Konolige & Mihelich 2010.
        baseline: b, mm, not 0; positive where the projector stands on the side of +x.
            Konolige & Mihelich 2010.
        disparity_noise: standard deviation, pixels of the sensor; ours.
        disparity_step: quantisation, pixels of the sensor; Konolige & Mihelich 2010.
        lateral_noise: standard deviation of where a pixel looks, pixels of the sensor;
            Nguyen et al. 2012, for a surface seen head on.
        flying: how often a pixel beside an edge mixes the depths on both its sides;
            ours.
        grazing: angles between ray and normal at which loss begins and is complete,
            degrees; ours.
    """

    focal: float = 580.0
    baseline: float = 75.0
    disparity_noise: float = 0.1
    disparity_step: float = 0.125
    lateral_noise: float = 0.8
    flying: float = 0.1
    grazing: tuple[float, float] = (75.0, 87.0)


KINECT = Sensor()


def structured_light(
    key: PRNGKeyArray,
    z: Float[Array, "height width"],
    *,
    distance: Float[ArrayLike, ""],
    pitch: Float[ArrayLike, ""],
    far: float,
    sensor: Sensor = KINECT,
) -> Float[Array, "height width"]:
    """A noisy reading of a clean depth image, `far` where nothing came back.

    Args:
        key: random key.
        z: clean depth from the crop's centre, mm; `far` stays `far`.
        distance: from the camera to the crop's centre, mm.
        pitch: size of a pixel of the crop, mm.
        far: depth of pixels without a surface, mm.
        sensor: the camera.

    Returns:
        Depth from the crop's centre, mm, of the size of `z`.
    """
    draws = _draw(key, z.shape)
    lost = shadow(z, distance=distance, pitch=pitch, far=far, baseline=sensor.baseline)
    lost |= grazing_loss(draws.loss, z, pitch=pitch, far=far, grazing=sensor.grazing)
    sigma = sensor.lateral_noise * distance / sensor.focal / pitch
    # Each stage looks at neighbours in the clean image alone: stages that looked at
    # one another's would be computed again for every neighbour once fused.
    seen = jitter_edges(draws.beside, z, sigma=sigma)
    floats, between = fly(draws.flying, z, far=far, rate=sensor.flying)
    seen = jnp.where(floats, between, seen)
    read = quantise_disparity(draws.axial, seen + distance, sensor) - distance
    return jnp.where(lost | (seen >= far), far, read)


class _Draws(NamedTuple):
    """Every random number that an image needs: three uniform, one normal a pixel."""

    beside: Float[Array, "height width"]
    flying: Float[Array, "height width"]
    loss: Float[Array, "height width"]
    axial: Float[Array, "height width"]


def _draw(key: PRNGKeyArray, shape: tuple[int, ...]) -> _Draws:
    """Random numbers are most of the work here: chances share the bits of one."""
    chances, axial = jax.random.split(key)
    bits = jax.random.bits(chances, shape)
    # Sixteen bits for edges: one in a thousand is a chance that they need.
    shares = ((0, 16), (16, 8), (24, 8))
    uniform = [((bits >> at & (1 << n) - 1) + 0.5) / (1 << n) for at, n in shares]
    return _Draws(*uniform, axial=jax.random.normal(axial, shape))


def quantise_disparity(
    n: Float[Array, "height width"], Z: Float[Array, "height width"], sensor: Sensor
) -> Float[Array, "height width"]:
    """Depth after its disparity was disturbed and rounded.

        d = f b / Z;   Z' = f b / (step round((d + sigma n) / step))

    One step is Z^2 step / (f b) mm: 1.6 mm at 750 mm, 6.5 mm at 1500 mm.

    Args:
        n: normal draws.
        Z: depth from the camera, mm, positive.

    Raises:
        ValueError: the baseline is 0.

    Source: Khoshelham 2011.
    """
    if sensor.baseline == 0.0:
        raise ValueError(
            "Sensor.baseline wants a distance other than 0 mm between camera and "
            "projector, whose disparity is all that is measured; got 0"
        )
    fb = sensor.focal * abs(sensor.baseline)
    disparity = fb / Z + sensor.disparity_noise * n
    steps = jnp.round(disparity / sensor.disparity_step)
    return fb / (sensor.disparity_step * jnp.maximum(steps, 1.0))


def jitter_edges(
    draw: Float[Array, "height width"],
    z: Float[Array, "height width"],
    *,
    sigma: Float[ArrayLike, ""],
) -> Float[Array, "height width"]:
    """Some pixels look at one of their four neighbours: edges become ragged.

    Args:
        draw: uniform draws.
        sigma: standard deviation of where a pixel looks, pixels of the crop.

    Source: Nguyen et al. 2012, lateral noise.
    """
    beyond_half = jax.scipy.stats.norm.cdf(-0.5 / sigma)
    seen = z
    for k, neighbour in enumerate((*_neighbours(z, 0), *_neighbours(z, 1))):
        here = (draw >= k * beyond_half) & (draw < (k + 1) * beyond_half)
        seen = jnp.where(here, neighbour, seen)
    return seen


def fly(
    draw: Float[Array, "height width"],
    z: Float[Array, "height width"],
    *,
    far: float,
    rate: float,
) -> tuple[Bool[Array, "height width"], Float[Array, "height width"]]:
    """Some pixels beside an edge float between the two surfaces that meet there.

    Args:
        draw: uniform draws; below the rate they say how far between the two.
        far: depth of pixels without a surface, which never float.
        rate: how often it happens.

    Returns:
        Which pixels float, and at which depth.

    Source: Mallick et al. 2014.
    """
    between = draw / rate
    before, after = (jnp.maximum(*_neighbours(z, axis)) for axis in (0, 1))
    behind = jnp.maximum(before, after)
    floats = (between < 1.0) & (behind - z > EDGE) & (z < far)
    return floats, z + between * (behind - z)


def shadow(
    z: Float[Array, "height width"],
    *,
    distance: Float[ArrayLike, ""],
    pitch: Float[ArrayLike, ""],
    far: float,
    baseline: float,
) -> Bool[Array, "height width"]:
    """Pixels that the camera sees and the projector does not.

    The ray to the projector leaves a point sideways by b / Z for each mm it comes
    forward; it is blocked where a surface stands k pixels aside and nearer than it.
    No shadow is wider than `SHADOW_PIXELS`.

    Source: Mallick et al. 2014.
    """
    side = 1 if baseline > 0 else -1
    rise = pitch * (distance + z) / abs(baseline)
    hidden = jnp.zeros(z.shape, bool)
    for k in range(1, SHADOW_PIXELS + 1):
        aside = _shift(z, side * k, axis=1, fill=far)
        hidden |= aside < z - k * rise
    return hidden & (z < far)


def grazing_loss(
    draw: Float[Array, "height width"],
    z: Float[Array, "height width"],
    *,
    pitch: Float[ArrayLike, ""],
    far: float,
    grazing: tuple[float, float],
) -> Bool[Array, "height width"]:
    """Pixels whose surface is seen too flatly to send the pattern back.

    The chance of loss rises from 0 at the first angle to 1 at the second, linearly
    in the cosine.

    Args:
        draw: uniform draws.
        grazing: the two angles, degrees.

    Source: Nguyen et al. 2012.
    """
    squared_slope = (_slope(z, 1, far) ** 2 + _slope(z, 0, far) ** 2) / pitch**2
    cosine = jax.lax.rsqrt(1.0 + squared_slope)
    first, last = (math.cos(math.radians(angle)) for angle in grazing)
    return (draw * (first - last) < first - cosine) & (z < far)


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


def _shift(z: Array, pixels: int, *, axis: int, fill: float) -> Array:
    """Each pixel's value `pixels` further along an axis, `fill` beyond the border."""
    rolled = jnp.roll(z, -pixels, axis=axis)
    at = jnp.arange(z.shape[axis]) + pixels
    inside = (at >= 0) & (at < z.shape[axis])
    return jnp.where(jnp.expand_dims(inside, 1 - axis), rolled, fill)
