from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads
from scipy.spatial.transform import Rotation

from handjax.geometry import kinematics, transforms

forward_kinematics = jax.jit(kinematics.forward_kinematics, static_argnums=0)
local_from_global = jax.jit(kinematics.local_from_global, static_argnums=0)

# Children may stand before their parents, and there may be several roots.
TREES = {
    "chain": (-1, 0, 1, 2),
    "hand": (-1, 0, 1, 2, 3, 0, 5, 6, 0, 8, 9, 0, 11, 12, 0, 14, 15),
    "shuffled": (3, 0, -1, 2, 1, -1, 5),
}


def local_maps(joints: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    maps = np.tile(np.eye(4), (joints, 1, 1))
    maps[:, :3, :3] = Rotation.random(joints, rng=rng).as_matrix()
    maps[:, :3, 3] = rng.normal(size=(joints, 3))
    return maps


def climb(parents, local, joint):
    """The global map of one joint, by recursion."""
    above = parents[joint]
    own = local[joint]
    return own if above < 0 else climb(parents, local, above) @ own


def test_bent_arm_ends_where_drawn():
    """Upper arm 2 along x, elbow turned by 90 degrees, lower arm 1."""
    turn = jnp.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    along = jnp.array([1.0, 0.0, 0.0])
    shoulder = transforms.make(jnp.eye(3), 0.0 * along)
    elbow = transforms.make(turn, 2.0 * along)
    wrist = transforms.make(jnp.eye(3), along)
    local = jnp.stack([shoulder, elbow, wrist])
    placed = forward_kinematics((-1, 0, 1), local)
    np.testing.assert_array_equal(placed[:, :3, 3], [[0, 0, 0], [2, 0, 0], [2, 1, 0]])


@pytest.mark.parametrize("parents", TREES.values(), ids=TREES)
def test_forward_kinematics_climbs_the_tree_and_comes_back(x64, parents):
    local = local_maps(len(parents))
    placed = forward_kinematics(parents, jnp.asarray(local))
    expected = [climb(parents, local, joint) for joint in range(len(parents))]
    np.testing.assert_allclose(placed, expected, atol=1e-13)
    back = local_from_global(parents, placed)
    np.testing.assert_allclose(back, local, atol=1e-13)


@pytest.mark.parametrize("parents", TREES.values(), ids=TREES)
def test_offsets_at_rest_rebuild_the_joints(x64, parents):
    joints = np.random.default_rng(1).normal(size=(len(parents), 3))

    def rebuilt(joints):
        offsets = kinematics.rest_offsets(parents, joints)
        upright = jnp.tile(jnp.eye(3), (len(parents), 1, 1))
        local = jax.vmap(transforms.make)(upright, offsets)
        return kinematics.forward_kinematics(parents, local)[:, :3, 3]

    np.testing.assert_allclose(jax.jit(rebuilt)(joints), joints, atol=1e-14)


def test_gradients_agree_with_finite_differences(x64):
    parents = TREES["shuffled"]
    local = jnp.asarray(local_maps(len(parents)))
    for function in (forward_kinematics, local_from_global):
        check_grads(partial(function, parents), (local,), order=1, modes=["rev"])


@pytest.mark.parametrize(
    "function",
    [
        kinematics.forward_kinematics,
        kinematics.local_from_global,
        lambda parents, maps: kinematics.rest_offsets(parents, maps[:, :3, 3]),
    ],
    ids=["forward_kinematics", "local_from_global", "rest_offsets"],
)
def test_jit_vmap_equals_loop_over_hands(equals_loop, function):
    hands = jnp.stack([jnp.asarray(local_maps(17, s), jnp.float32) for s in range(3)])
    equals_loop(partial(function, TREES["hand"]), hands)


@pytest.mark.parametrize("parents", [(0,), (-1, 2, 1), (-1, 7)])
def test_what_is_no_tree_is_refused(parents):
    with pytest.raises(ValueError, match="wants a tree"):
        forward_kinematics(parents, jnp.zeros((len(parents), 4, 4)))
