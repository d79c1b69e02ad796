"""Notation as in handjax.hands.inverse.chain."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from handjax.hands.anatomy import LIMITS_DEGREES
from handjax.hands.articulate import Pose, articulate, keypoints, rotations_from_angles
from handjax.hands.inverse import chain
from handjax.hands.skeleton import POSED
from handjax.hands.template import load_template

TURN = Rotation.from_rotvec([0.4, -2.0, 1.1])
PLACE = (10.0, -20.0, 500.0)


@pytest.fixture(scope="module")
def template():
    return load_template("hand_790")


@pytest.fixture(scope="module")
def variables(template):
    rng = np.random.default_rng(0)
    low, high = np.asarray(chain.limits(template)).T
    return chain.Variables(
        R=jnp.asarray(TURN.as_matrix(), jnp.float32),
        translation=jnp.array(PLACE),
        angles=jnp.asarray(rng.uniform(low, high), jnp.float32),
        shape=jnp.asarray(rng.normal(size=len(template.shape_joints)), jnp.float32),
    )


def test_angles_are_those_that_anatomy_lets_change():
    free = [
        (joint, axis)
        for joint, name in enumerate(POSED)
        for axis, (low, high) in enumerate(LIMITS_DEGREES[name])
        if name != "wrist" and high > low
    ]
    assert list(zip(chain.MOVED, chain.ABOUT, strict=True)) == free
    every = np.asarray(chain.all_angles(jnp.arange(1.0, 31.0)))
    assert np.count_nonzero(every) == 30
    assert every[POSED.index("index_pip")].tolist()[1:] == [0.0, 0.0]


def test_key_points_are_those_of_the_articulated_hand(template, variables):
    turns = rotations_from_angles(template, chain.all_angles(variables.angles))
    turns = turns.at[0].set(jnp.asarray(TURN.as_rotvec()))
    pose = Pose(turns, variables.translation, variables.shape)
    hand = jax.jit(articulate)(template, pose)
    x, _ = chain.keypoints_and_slopes(template, variables)
    np.testing.assert_allclose(x, keypoints(hand), atol=1e-3)


def test_slopes_are_the_derivatives_of_a_step(template, variables):
    free = jnp.array([[-9.0, 9.0]] * len(chain.MOVED))

    def after(step):
        moved = chain.move(variables, step, free)
        return chain.keypoints_and_slopes(template, moved)[0]

    _, slopes = chain.keypoints_and_slopes(template, variables)
    wanted = jax.jit(jax.jacfwd(after))(jnp.zeros(slopes.shape[-1]))
    np.testing.assert_allclose(slopes, wanted, atol=1e-3)


def test_a_step_stops_at_the_limits(template, variables):
    limits = chain.limits(template)
    for way, end in ((-1.0, limits[:, 0]), (1.0, limits[:, 1])):
        step = way * jnp.full(6 + len(limits) + len(variables.shape), 9.0)
        moved = chain.move(variables, step, limits)
        np.testing.assert_array_equal(moved.angles, end)
