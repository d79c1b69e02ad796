"""Three depth cameras around the capture volume, and what calibration makes of them.

Axes of the volume: its middle is the origin; x right, y down, z forward as the first
camera sees them, which stands on the negative z axis.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from handjax.geometry import rotations, transforms

# Where the cameras stand: azimuth to the right and elevation, degrees, and distance
# from the middle, mm. Any two are 35 to 60 degrees apart.
STANDS = ((0.0, 0.0, 720.0), (45.0, -4.0, 640.0), (20.0, 42.0, 850.0))
# Standard deviation of calibration, mm and degrees.
CALIBRATION = (1.0, 0.2)
# No camera reads farther off than this on average, mm.
BIAS = 3.0


def stands() -> Float[np.ndarray, "views 4 4"]:
    """camera_from_volume of each camera: it looks at the middle, upright."""
    return np.stack([look_from(*stand) for stand in STANDS])


def look_from(
    azimuth: float, elevation: float, distance: float
) -> Float[np.ndarray, "4 4"]:
    """camera_from_volume of an upright camera that looks at the middle.

    Args:
        azimuth: of its place, to the right, degrees.
        elevation: of its place, less than 90 degrees.
        distance: from the middle, mm.
    """
    a, e = np.deg2rad([azimuth, elevation])
    forward = np.array([-np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)])
    right = np.cross([0.0, 1.0, 0.0], forward)
    right /= np.linalg.norm(right)
    rows = np.stack([right, np.cross(forward, right), forward])
    camera_from_volume = np.eye(4)
    camera_from_volume[:3, :3] = rows
    # The middle lies straight ahead.
    camera_from_volume[:3, 3] = [0.0, 0.0, distance]
    return camera_from_volume


def calibrate(key: PRNGKeyArray) -> Float[Array, "views 4 4"]:
    """camera_from_world as calibration has it; the world is the first camera's frame.

    The error of each of the other cameras is a turn about a random axis and a shift.
    """
    exact = jnp.asarray(stands(), jnp.float32)
    world_from_volume = exact[0]
    camera_from_world = jax.vmap(
        lambda rig: transforms.compose(rig, transforms.invert(world_from_volume))
    )(exact)
    shift, degrees = CALIBRATION
    moves, turns = jax.random.normal(key, (2, len(exact), 3))
    # Three components of equal spread: divided so that the angle's is as stated.
    R = jax.vmap(rotations.matrix_from_axis_angle)(
        jnp.deg2rad(degrees) * turns / 3.0**0.5
    )
    errors = jax.vmap(transforms.make)(R, shift * moves / 3.0**0.5)
    errors = errors.at[0].set(jnp.eye(4))
    return jax.vmap(transforms.compose)(errors, camera_from_world)


def biases(key: PRNGKeyArray) -> Float[Array, "views"]:
    """How far beyond the surface each camera reads on average, mm."""
    return jax.random.uniform(key, (len(STANDS),), minval=-BIAS, maxval=BIAS)
