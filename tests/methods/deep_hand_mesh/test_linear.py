"""The linear model's correctives: of rotations, and of nothing but them."""

import jax
import jax.numpy as jnp
import numpy as np

from handjax.methods.deep_hand_mesh import linear, pose_vector
from handjax.methods.deep_hand_mesh.pose_vector import FREEDOMS
from tests.methods.deep_hand_mesh.capture import TEMPLATE

SHAPES = jax.eval_shape(lambda: linear.init(TEMPLATE, jax.random.key(0), 8)["pose"])
PARAMS = {"pose": jax.random.normal(jax.random.key(1), SHAPES.shape)}
THETA = 0.5 * jax.random.normal(jax.random.key(2), (2, 28))


@jax.jit
def of_pose(theta):
    return linear.of_pose(PARAMS, TEMPLATE, theta, 10.0)


def turned(name, angle):
    return jnp.zeros((1, 28)).at[0, FREEDOMS.index(name)].set(angle)


def test_a_hand_at_rest_has_none():
    # To how far axes are orthonormal in float32; posed hands have tens of mm.
    np.testing.assert_allclose(of_pose(jnp.zeros((1, 28))), 0.0, atol=1e-4)
    assert jnp.abs(of_pose(THETA)).max() > 10.0


def test_they_are_a_matrix_times_what_rotations_differ_by_from_none():
    R = np.stack([pose_vector.local_rotations(TEMPLATE, theta) for theta in THETA])
    features = np.stack([[R[i, j] - np.eye(3) for j in range(1, 17)] for i in range(2)])
    wanted = 10.0 * np.einsum("bf,fv->bv", features.reshape(2, 144), PARAMS["pose"])
    found = of_pose(THETA)
    assert found.shape == (2, 790, 3)
    np.testing.assert_allclose(found.reshape(2, -1), wanted, rtol=1e-3, atol=1e-2)


def test_joints_that_turn_at_once_add_up():
    index, thumb = turned("index_mcp.flexion", 0.8), turned("thumb_cmc.twist", -0.5)
    both = of_pose(index + thumb)
    assert jnp.abs(both).max() > 1.0
    np.testing.assert_allclose(both, of_pose(index) + of_pose(thumb), atol=1e-3)


def test_a_hinge_moves_skin_by_its_sine_and_its_cosine():
    """R = I + sin(a) K + (1 - cos(a)) K^2: what is odd in a goes with the sine."""
    odd, even = (
        [
            of_pose(turned("index_pip.flexion", a))
            + sign * of_pose(turned("index_pip.flexion", -a))
            for a in (0.3, 1.2)
        ]
        for sign in (-1.0, 1.0)
    )
    ratios = np.sin(1.2) / np.sin(0.3), (1 - np.cos(1.2)) / (1 - np.cos(0.3))
    for (less, more), ratio in zip((odd, even), ratios, strict=True):
        np.testing.assert_allclose(more, ratio * less, atol=1e-2)


def test_no_gradient_goes_to_the_pose_but_one_to_the_matrix():
    def total(theta, params):
        return jnp.sum(jnp.square(linear.of_pose(params, TEMPLATE, theta)))

    of_theta, of_params = jax.jit(jax.grad(total, argnums=(0, 1)))(THETA, PARAMS)
    np.testing.assert_array_equal(of_theta, 0.0)
    assert jnp.any(of_params["pose"] != 0.0)
