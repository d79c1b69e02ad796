"""Hands that are not the right ones they are said to be are found out."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.data.real.sides import bending_right
from handjax.hands.articulate import Pose, articulate, keypoints, rotations_from_angles
from handjax.hands.poses import sample_angles
from handjax.hands.skeleton import to_dataset
from handjax.hands.template import load_template


@pytest.fixture(scope="module")
def hands():
    template = load_template("hand_790")

    @jax.jit
    @jax.vmap
    def make(key):
        turns = rotations_from_angles(template, sample_angles(key, template))
        shape = jnp.zeros(len(template.shape_joints))
        return keypoints(articulate(template, Pose(turns, jnp.zeros(3), shape)))

    return np.asarray(make(jax.random.split(jax.random.key(0), 100)))


@pytest.mark.parametrize("name", ["freihand", "msra15", "rhd", "stb"])
def test_right_hands_bend_their_fingers_to_the_palm_and_mirrored_ones_do_not(
    name, hands
):
    joints = np.asarray(jax.vmap(lambda p: to_dataset(name, p)[0])(jnp.asarray(hands)))
    valid = np.ones(joints.shape[:2], bool)
    assert bending_right(name, joints, valid) > 0.85
    assert bending_right(name, joints * [-1, 1, 1], valid) < 0.15
    # Nothing can be said without a wrist.
    valid[:, 0] = name == "rhd"
    assert np.isnan(bending_right(name, joints, valid)) == (name != "rhd")
