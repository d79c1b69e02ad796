"""Where the 24 colour cameras stand, and the lights: one place for everybody.

Axes of the volume: see `studio.rig`; here they are the world's.
"""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from handjax.data.studio import rig
from handjax.geometry import transforms
from handjax.geometry.precision import matmul
from handjax.render import lights

DISTANCE = 1000.0
"""Of every camera from the middle, mm."""
RINGS = (
    (0.0, 8, 84.0),
    (24.0, 7, 80.0),
    (46.0, 5, 76.0),
    (66.0, 3, 60.0),
    (84.0, 1, 0),
)
"""Elevation of a ring, its cameras, and how far to either side they go, degrees."""

LAMPS = (
    ((-50.0, 40.0, 1500.0), 0.42),
    ((55.0, 15.0, 1500.0), 0.20),
    ((150.0, 35.0, 1400.0), 0.26),
    ((-140.0, 20.0, 1400.0), 0.16),
)
"""Azimuth, elevation, degrees, and distance, mm, of the lamps, and the radiance of a
white surface in the middle that faces one: key, fill and two from behind. Training's
light comes from the camera's side alone."""
PANELS = tuple((30.0 + 60.0 * k, 55.0) for k in range(6))
"""Azimuth and elevation of lit panels, degrees; each as bright as `PANEL`."""
PANEL, AMBIENT = 0.09, 0.30
WARMTH = (-0.10, 0.06, 0.02, -0.04)
"""Of each subject's day: the logarithm of red over grey."""


class Dome(NamedTuple):
    """Light in the volume: the same for all cameras.

    Attributes:
        lamps: places, mm.
        lamp_colours: see `render.lights.Lights`.
        panels: directions towards soft light, unit.
        panel_colours: radiance of a white surface that faces each.
        ambient: radiance from everywhere.
    """

    lamps: Float[Array, "lamps 3"]
    lamp_colours: Float[Array, "lamps 3"]
    panels: Float[Array, "panels 3"]
    panel_colours: Float[Array, "panels 3"]
    ambient: Float[Array, "3"]


def stands() -> Float[np.ndarray, "24 4 4"]:
    """camera_from_world of each camera; it is known exactly."""
    places = [
        (azimuth, elevation, DISTANCE)
        for elevation, count, side in RINGS
        for azimuth in np.linspace(-side, side, count) * (count > 1)
    ]
    return np.stack([rig.look_from(*place) for place in places])


def light(warmth: float) -> Dome:
    """The light of a day.

    Args:
        warmth: one of `WARMTH`.
    """
    hue = jnp.exp(warmth * jnp.array([1.0, 0.1, -1.1]))
    ways = np.stack([_towards(*place[:2]) for place, _ in LAMPS])
    far = np.array([place[2] for place, _ in LAMPS])[:, None]
    power = np.array([power for _, power in LAMPS])[:, None]
    panels = np.stack([_towards(*panel) for panel in PANELS])
    return Dome(
        lamps=jnp.asarray(far * ways, jnp.float32),
        lamp_colours=jnp.asarray(power * (far / lights.METRE) ** 2, jnp.float32) * hue,
        panels=jnp.asarray(panels, jnp.float32),
        panel_colours=jnp.full((len(panels), 3), PANEL) * hue,
        ambient=AMBIENT * hue,
    )


def seen_by(dome: Dome, camera_from_world: Float[Array, "4 4"]) -> lights.Lights:
    """The same light in a camera's frame."""
    turned = matmul(dome.panels, camera_from_world[:3, :3].T)
    return lights.Lights(
        environment=lights.uniform(dome.ambient)
        + lights.distant(turned, dome.panel_colours),
        lamps=transforms.apply(camera_from_world, dome.lamps),
        colours=dome.lamp_colours,
    )


def _towards(azimuth: float, elevation: float) -> np.ndarray:
    """Unit direction from the middle to a place."""
    return -rig.look_from(azimuth, elevation, 1.0)[2, :3]
