"""One drawn hand and its fit, for every test of the fit."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax import fitting
from handjax.fitting import evidence, search
from handjax.geometry import cameras
from handjax.hands.articulate import Pose, articulate, rotations_from_angles
from handjax.hands.poses import NAMED
from handjax.hands.template import load_template
from handjax.render.rasterize import rasterize


@pytest.fixture(scope="session")
def camera():
    return cameras.Pinhole(jnp.array([147.0, 147.0]), jnp.array([80.0, 60.0]))


@pytest.fixture(scope="session")
def schedule():
    """Enough to find an open hand; one compilation serves every test."""
    return search.Schedule(
        starts=16, batch=16, steps=60, then=(0.03, 0.02), parents=(8, 8)
    )


@pytest.fixture(scope="session")
def template():
    return load_template()


@pytest.fixture(scope="session")
def truth(template):
    """An open hand, palm to the camera, a little turned."""
    angles = jnp.asarray(NAMED["finger spread relaxed"])
    turn = jnp.array([0.2, -0.15, 0.3])
    place = jnp.array([-20.0, 50.0, 700.0])
    shape = jnp.zeros(len(template.shape_joints))

    @jax.jit
    def bend(angles):
        turns = rotations_from_angles(template, angles)
        return articulate(template, Pose(turns.at[0].set(turn), place, shape))

    return bend(angles)


@pytest.fixture(scope="session")
def depth(template, truth, camera):
    size = {"height": 120, "width": 160, "far": 2001.0}
    draw = jax.jit(partial(rasterize, **size))
    drawn = draw(camera, truth.vertices, template.faces)
    return np.round(np.asarray(drawn.depth))


@pytest.fixture(scope="session")
def gathered(depth, truth, camera):
    centre = np.asarray(truth.centres[:11].mean(axis=0), np.float64)
    return evidence.gather(depth, camera, centre)


@pytest.fixture(scope="session")
def found(template, depth, camera, schedule):
    return fitting.fit(template, depth, camera, seed=0, schedule=schedule)


@pytest.fixture(scope="session")
def encode():
    """Writes a depth frame as NYU does."""

    def write(depth):
        mm = depth.astype(np.uint16)
        return np.stack([0 * mm, mm >> 8, mm & 255], axis=-1).astype(np.uint8)

    return write
