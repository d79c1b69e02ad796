"""Hands from key points that no picture was drawn of.

Where the key points of a random hand appear costs next to nothing, its picture a
thousand times that. So most of what turns key points into a hand is learnt from key
points alone, mislaid as heat-maps would mislay them, and without features.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from handjax.hands.skeleton import KEYPOINTS

FINGERS = np.array([0 if k == 0 else 1 + (k - 1) // 4 for k in range(len(KEYPOINTS))])
"""Of each key point; the wrist is by itself."""

HEIGHT, OF_HAND, OF_JOINT = 0.6, 0.11, 0.14
"""Of peaks: their mean, and how much hands and key points of one hand differ."""
LOWEST, HIGHEST = 0.1, 0.95
WIDEST, NARROWS = 3.05, 3.2
"""Median error of a key point: exp(3.05 - 3.2 height), pixels of `EDGE`."""
EDGE = 64
TAIL = 0.5
"""Standard deviation of the logarithm of how far errors of one height differ."""
COMMON = 0.7
"""Share of a finger's variance that its key points have in common."""
RAYLEIGH = 1.1774
"""Median distance of a normal error in the plane, standard deviations."""


class Lifted(NamedTuple):
    """What the regressor makes of mislaid key points.

    Attributes:
        h: after the last iteration.
        seen: key points, as `estimate.Prediction.seen`.
        joints, vertices: of h, in the camera's frame, mm.
    """

    h: Float[Array, "batch 63"]
    seen: list[Float[Array, "batch 21 2"]]
    joints: Float[Array, "batch 21 3"]
    vertices: Float[Array, "batch vertices 3"]


def mislaid(
    key: Key[Array, ""], at: Float[Array, "batch 21 2"]
) -> tuple[Float[Array, "batch 21 2"], Float[Array, "batch 21"]]:
    """Key points and heights of their peaks, as heat-maps would have them.

    The constants above are those of trained ones on held-out synthetic pictures:
    `benchmarks/peaks.py`.

    Args:
        key: random key.
        at: where they are, halves of the picture's edge.
    """
    keys = jax.random.split(key, 5)
    shape = at.shape[:2]
    fingers = int(FINGERS.max()) + 1
    height = HEIGHT + OF_JOINT * jax.random.normal(keys[0], shape)
    height += OF_HAND * jax.random.normal(keys[1], (shape[0], 1))
    height = jnp.clip(height, LOWEST, HIGHEST)
    size = jnp.exp(WIDEST - NARROWS * height + TAIL * jax.random.normal(keys[2], shape))
    own = jax.random.normal(keys[3], at.shape)
    common = jax.random.normal(keys[4], (shape[0], fingers, 2))[:, FINGERS]
    off = COMMON**0.5 * common + (1.0 - COMMON) ** 0.5 * own
    halves = size / (RAYLEIGH * EDGE / 2)
    return at + halves[..., None] * off, height


def silent(networks: Any, params: Any, count: int, image: Array) -> Array:
    """Features that say nothing, as many as F has.

    Args:
        networks, params: of the room; by name.
        count: of hands.
        image: whose shape a picture has.
    """
    F: Any = jax.eval_shape(networks.features.apply, params["features"], image[:1])
    return jnp.zeros((count, F.shape[-1]), F.dtype)
