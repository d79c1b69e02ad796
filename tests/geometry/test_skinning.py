import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads
from scipy.spatial.transform import Rotation

from handjax.geometry import skinning, transforms

linear_blend_skinning = jax.jit(skinning.linear_blend_skinning)
VERTICES, JOINTS = 6, 3


@pytest.fixture
def body(x64):
    rng = np.random.default_rng(0)
    posed_from_rest = np.tile(np.eye(4), (JOINTS, 1, 1))
    posed_from_rest[:, :3, :3] = Rotation.random(JOINTS, rng=rng).as_matrix()
    posed_from_rest[:, :3, 3] = rng.normal(size=(JOINTS, 3))
    weights = rng.dirichlet(np.ones(JOINTS), VERTICES)
    vertices = rng.normal(size=(VERTICES, 3))
    return jnp.asarray(vertices), jnp.asarray(weights), jnp.asarray(posed_from_rest)


def test_half_and_half_lands_halfway():
    moves = [[0.0, 0.0, 0.0], [4.0, 0.0, 2.0]]
    maps = jnp.stack([transforms.make(jnp.eye(3), jnp.array(move)) for move in moves])
    posed = linear_blend_skinning(jnp.ones((1, 3)), jnp.array([[0.5, 0.5]]), maps)
    np.testing.assert_array_equal(posed, [[3.0, 1.0, 2.0]])


def test_each_vertex_is_the_weighted_mean_of_its_carried_places(body):
    vertices, weights, maps = map(np.asarray, body)
    expected = np.zeros((VERTICES, 3))
    for v, j in np.ndindex(VERTICES, JOINTS):
        expected[v] += weights[v, j] * (maps[j, :3, :3] @ vertices[v] + maps[j, :3, 3])
    np.testing.assert_allclose(linear_blend_skinning(*body), expected, atol=1e-14)


def test_one_map_for_all_joints_moves_the_body_rigidly(body):
    vertices, weights, maps = body
    same = jnp.broadcast_to(maps[0], maps.shape)
    np.testing.assert_allclose(
        linear_blend_skinning(vertices, weights, same),
        transforms.apply(maps[0], vertices),
        atol=1e-14,
    )


def test_gradients_agree_with_finite_differences(body):
    check_grads(linear_blend_skinning, body, order=2, modes=["rev"])


def test_many_poses_of_one_body_equal_the_loop(body):
    vertices, weights, maps = body
    poses = jnp.stack([maps, maps[::-1]])
    over_poses = jax.vmap(skinning.linear_blend_skinning, in_axes=(None, None, 0))
    batched = jax.jit(over_poses)
    looped = [linear_blend_skinning(vertices, weights, pose) for pose in poses]
    np.testing.assert_allclose(batched(vertices, weights, poses), looped, atol=1e-14)
