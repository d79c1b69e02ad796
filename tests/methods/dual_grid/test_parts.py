"""The template laid on vertices: exact on what it can be, finite on what it can't."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from handjax.geometry import rotations, transforms
from handjax.hands.articulate import articulate, keypoints, rest_pose
from handjax.hands.skeleton import POSED, POSED_PARENTS
from handjax.methods.dual_grid import parts
from tests.methods.dual_grid.conftest import TEMPLATE, hand

refine = jax.jit(partial(parts.refine, template=TEMPLATE))
local_transforms = jax.jit(partial(parts.local_transforms, template=TEMPLATE))
Q = TEMPLATE.vertices


@pytest.fixture(scope="module")
def posed():
    return hand(jax.random.key(3))


def similarity(seed, scale):
    axis = jnp.asarray(np.random.default_rng(seed).normal(size=3), float)
    R = rotations.matrix_from_axis_angle(axis)
    return transforms.make(R, jnp.array([5.0, -30.0, 400.0]), scale=scale)


def test_a_hand_that_was_only_moved_and_scaled_is_met_exactly():
    T = similarity(0, 1.2)
    found = refine(transforms.apply(T, Q))
    np.testing.assert_allclose(found.vertices, transforms.apply(T, Q), atol=2e-3)
    np.testing.assert_allclose(
        found.transforms, np.broadcast_to(T, (17, 4, 4)), atol=5e-3
    )
    rest = keypoints(articulate(TEMPLATE, rest_pose(TEMPLATE)))
    np.testing.assert_allclose(found.keypoints, transforms.apply(T, rest), atol=2e-3)


def test_a_bent_hand_is_met_within_a_millimetre(posed):
    found = refine(posed.vertices)
    for ours, true in (
        (found.vertices, posed.vertices),
        (found.keypoints, keypoints(posed)),
        (found.centres, posed.centres),
    ):
        assert np.linalg.norm(ours - true, axis=-1).mean() < 1.0


def test_noise_is_averaged_away(posed):
    noise = 8.0 * np.random.default_rng(0).normal(size=posed.vertices.shape)
    found = refine(posed.vertices + noise.astype(np.float32))
    away = np.linalg.norm(found.vertices - posed.vertices, axis=-1).mean()
    assert away < 0.3 * np.linalg.norm(noise, axis=-1).mean()


def test_a_part_that_is_lost_takes_no_other_with_it(posed):
    tip = POSED.index("index_dip")
    lost = posed.vertices + 60.0 * TEMPLATE.weights[:, tip : tip + 1]
    before, after = refine(posed.vertices), refine(lost)
    moved = np.abs(after.transforms - before.transforms).max((1, 2)) > 0.5
    neighbours = {"index_dip", "index_pip"}
    assert {POSED[k] for k in np.flatnonzero(moved)} <= neighbours


@pytest.fixture(scope="module")
def slope():
    """Of all that refinement finds, and of its local transforms."""

    def total(P):
        found = parts.refine(P, TEMPLATE)
        L = parts.local_transforms(found.transforms, TEMPLATE)
        return sum(jnp.sum(jnp.sin(x)) for x in (*found, L))

    return jax.jit(jax.grad(total))


INDEX = TEMPLATE.weights[:, POSED.index("index_pip")][:, None] > 0.2
DEGENERATE = {
    "point": jnp.zeros_like(Q),
    "line": Q * jnp.array([0.0, 1.0, 0.0]),
    "plane": Q * jnp.array([1.0, 1.0, 0.0]),
    "mirrored": Q * jnp.array([-1.0, 1.0, 1.0]),
    "tiny": 1e-12 * Q,
    "one part a point": jnp.where(INDEX, jnp.array([5.0, -30.0, 10.0]), Q),
}


@pytest.mark.parametrize("kind", DEGENERATE)
def test_degenerate_estimates_have_finite_slopes(kind, slope):
    assert jnp.all(jnp.isfinite(slope(DEGENERATE[kind])))


def test_local_transforms_compose_to_global_ones():
    seeds = range(17)
    T = jnp.stack([similarity(seed, 1.0 + 0.02 * seed) for seed in seeds])
    frames = parts.bone_frames(TEMPLATE)
    L, B = (np.asarray(x, np.float64) for x in (local_transforms(T), frames))
    for j, parent in enumerate(POSED_PARENTS):
        above = np.eye(4) if parent < 0 else np.asarray(T[parent], np.float64)
        again = above @ np.linalg.inv(B[j]) @ L[j] @ B[j]
        np.testing.assert_allclose(again, T[j], atol=2e-2)


def test_a_joint_that_only_turns_has_no_offset(posed):
    shifts = local_transforms(posed.transforms)[1:, :3, 3]
    np.testing.assert_allclose(shifts, 0.0, atol=1e-3)


def test_a_finger_pulled_out_of_its_socket_has_the_offset_it_was_pulled_by(posed):
    ring = POSED.index("ring_mcp")
    pulled = posed.transforms.at[ring, :3, 3].add(jnp.array([0.0, 3.0, 4.0]))
    L = local_transforms(pulled)
    assert np.linalg.norm(L[ring, :3, 3]) == pytest.approx(5.0, abs=1e-3)


def test_the_slope_of_refinement_agrees_with_finite_differences(x64):
    some = slice(0, None, 4)
    T = TEMPLATE._replace(
        vertices=jnp.asarray(Q[some], float),
        weights=jnp.asarray(TEMPLATE.weights[some], float),
    )
    assert jnp.all(T.weights.sum(0) > 1.0)
    P = T.vertices + np.random.default_rng(1).normal(size=T.vertices.shape)

    def refined(P):
        return parts.part_transforms(jnp.asarray(P), T)

    check_grads(refined, (P,), order=1, modes=("rev",), eps=1e-4)
