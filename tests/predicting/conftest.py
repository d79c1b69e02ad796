"""A drawn hand before nothing, as a depth camera sees it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.geometry import cameras
from handjax.hands.articulate import (
    Pose,
    articulate,
    keypoints,
    rotations_from_angles,
)
from handjax.hands.poses import NAMED
from handjax.hands.template import load_template
from handjax.render.rasterize import rasterize


@pytest.fixture(scope="session")
def camera():
    return cameras.Pinhole(jnp.array([147.0, 147.0]), jnp.array([80.0, 60.0]))


@pytest.fixture(scope="session")
def template():
    return load_template()


@pytest.fixture(scope="session")
def draw(template, camera):
    """A hand with its wrist somewhere -> it, and a depth frame of it, mm."""

    @jax.jit
    def one(place):
        angles = rotations_from_angles(
            template, jnp.asarray(NAMED["finger spread relaxed"])
        )
        turns = angles.at[0].set(jnp.array([0.2, -0.15, 0.3]))
        shape = jnp.zeros(len(template.shape_joints))
        hand = articulate(template, Pose(turns, place, shape))
        size = {"height": 120, "width": 160, "far": 2001.0}
        return hand, rasterize(camera, hand.vertices, template.faces, **size).depth

    def drawn(x, y, z):
        hand, depth = one(jnp.array([x, y, z]))
        depth = np.round(np.asarray(depth, np.float32))
        return hand, np.where(depth < 2000.0, depth, np.float32(0.0))

    return drawn


@pytest.fixture(scope="session")
def hand(draw):
    return draw(-20.0, 50.0, 700.0)


@pytest.fixture(scope="session")
def joints(hand):
    return np.asarray(jax.jit(keypoints)(hand[0]))


@pytest.fixture(scope="session")
def depth(hand):
    return hand[1]


@pytest.fixture
def few(monkeypatch):
    """Crops at one place alone, so that a program is small."""
    from handjax.predicting import crops

    monkeypatch.setattr(crops, "OFFSETS", np.zeros((1, 3)))
