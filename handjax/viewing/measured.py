"""What a depth camera measured around a hand, as points in space."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from handjax.geometry import cameras
from handjax.geometry.cameras import Pinhole

AROUND = 80.0
"""How far beyond a hand points are shown, mm."""
MOST = 6000
"""So many at most, evenly chosen."""


def points_around(
    depth: Float[np.ndarray, "height width"],
    camera: Pinhole,
    joints: Float[np.ndarray, "joints 3"],
) -> Float[np.ndarray, "points 3"]:
    """Points of a frame in the camera's frame, mm.

    Args:
        depth: the frame, mm; 0 and what is not finite is left out.
        camera: that took it.
        joints: of the hand, mm; NaN where unknown.
    """
    low, high = np.nanmin(joints, axis=0) - AROUND, np.nanmax(joints, axis=0) + AROUND
    v, u = np.nonzero((depth > low[2]) & (depth < high[2]))
    z = depth[v, u].astype(np.float32)
    uv = np.stack([u, v], axis=-1).astype(np.float32)
    p = np.asarray(cameras.unproject(camera, jnp.asarray(uv), jnp.asarray(z)))
    p = p[((p > low) & (p < high)).all(axis=-1)]
    return p[:: max(1, -(-len(p) // MOST))]
