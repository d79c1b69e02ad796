"""What a capture may be: how much of it, and which factors part it from training."""

import jax
import jax.numpy as jnp
from jaxtyping import PRNGKeyArray

from handjax.data.studio.motion import Motion
from handjax.geometry.precision import matmul
from handjax.hands import poses
from handjax.hands.template import load_template

AMOUNTS = {
    "test": (24, 12),
    "tiny": (1_500, 300),
    "small": (6_000, 1_000),
    "full": (72_000, 8_000),
}
"""Frames to learn from and to test on, each of three views."""

FACTORS = ("shape", "surface", "sensor", "motion", "forearm")
"""The subject's own shape; skin that bulges and creases; a sensor of another family;
natural motion and views; a forearm."""

MIDDLE = (8.0, -85.0, -4.0)
"""Of the resting hand's spheres, from the wrist, mm."""
AROUND = 60.0
"""How far along each axis a hand may be from the middle of the volume, mm."""


def training_like(key: PRNGKeyArray, frames: int) -> Motion:
    """Poses and views as `data.synthetic` draws them; the forearm goes on straight."""
    template = load_template("hand_790")

    def one(key):
        fingers, view, place = jax.random.split(key, 3)
        R = poses.sample_view(view)
        around = jax.random.uniform(place, (3,), minval=-AROUND, maxval=AROUND)
        wrist = around - matmul(R, jnp.array(MIDDLE))
        return poses.sample_angles(fingers, template), R, R, wrist

    return Motion(*jax.jit(jax.vmap(one))(jax.random.split(key, frames)))
