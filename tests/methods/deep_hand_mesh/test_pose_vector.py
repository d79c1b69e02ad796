"""The 28 freedoms and what they turn."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from handjax.geometry import rotations
from handjax.hands.articulate import rotations_from_angles
from handjax.hands.skeleton import POSED
from handjax.hands.template import load_template
from handjax.methods.deep_hand_mesh import pose_vector
from handjax.methods.deep_hand_mesh.pose_vector import FREEDOMS

TEMPLATE = load_template("hand_790")
turns = jax.jit(partial(pose_vector.local_rotations, TEMPLATE))


def test_there_are_28_freedoms_three_in_each_of_six_balls_and_one_in_ten_hinges():
    joints = [name.split(".")[0] for name in FREEDOMS]
    assert len(set(FREEDOMS)) == 28
    assert sorted(joints.count(j) for j in POSED) == [0] + [1] * 10 + [3] * 6
    assert joints.count("wrist") == 0
    hinges = [f.split(".")[1] for f in FREEDOMS if joints.count(f.split(".")[0]) == 1]
    assert set(hinges) == {"flexion"}


def test_each_number_turns_one_joint_about_one_anatomical_axis():
    found = jax.vmap(turns)(0.3 * jnp.eye(28))
    for turn, name in zip(np.asarray(found), FREEDOMS, strict=True):
        joint, axis = name.split(".")
        j = POSED.index(joint)
        wanted = np.tile(np.eye(3), (17, 1, 1))
        along = TEMPLATE.axes[j, pose_vector.AXES.index(axis)]
        wanted[j] = Rotation.from_rotvec(0.3 * np.asarray(along)).as_matrix()
        np.testing.assert_allclose(turn, wanted, atol=1e-6)


def test_twist_turns_first_then_abduction_then_flexion():
    theta = jax.random.normal(jax.random.key(0), (28,))
    got = turns(theta)
    vectors = jax.jit(rotations_from_angles)(TEMPLATE, pose_vector.angles(theta))
    wanted = jax.vmap(rotations.matrix_from_axis_angle)(vectors)
    np.testing.assert_allclose(got, wanted, atol=1e-5)


def test_a_positive_flexion_closes_the_finger():
    theta = jnp.zeros(28).at[FREEDOMS.index("index_pip.flexion")].set(1.0)
    R = turns(theta)[POSED.index("index_pip")]
    # The palm looks along -z.
    assert (R @ jnp.array([0.0, -1.0, 0.0]))[2] < -0.8


def test_freedoms_come_back_from_angles_and_the_wrist_is_lost():
    theta = jax.random.normal(jax.random.key(1), (28,))
    full = pose_vector.angles(theta)
    np.testing.assert_array_equal(pose_vector.from_angles(full.at[0].set(9.0)), theta)
    np.testing.assert_array_equal(full[0], 0.0)


@pytest.mark.parametrize("angle", [0.0, jnp.pi])
def test_slopes_are_finite_at_rest_and_at_half_turns(angle):
    found = jax.jit(jax.jacrev(turns))(jnp.full(28, angle))
    assert jnp.all(jnp.isfinite(found))
    assert jnp.all(jnp.any(found != 0.0, axis=(0, 1, 2)))
