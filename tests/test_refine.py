"""Refinement goes down, keeps the best hand by hand, survives what is no number."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.hands.articulate import Pose, articulate, keypoints
from handjax.hands.template import load_template
from handjax.refine import refine, stepwise, take


def bowl(variables):
    """Energies of a batch of points around (3, -1)."""
    return jnp.sum((variables["x"] - jnp.array([3.0, -1.0])) ** 2, axis=-1)


@pytest.fixture(scope="module")
def points():
    return {"x": jax.random.normal(jax.random.key(0), (4, 2))}


def test_reaches_the_bottom_of_a_bowl(points):
    found = refine(bowl, points, 300, learning_rate=0.1)
    np.testing.assert_allclose(
        found.variables["x"], np.tile([3.0, -1.0], (4, 1)), atol=1e-2
    )
    np.testing.assert_allclose(found.energy, 0.0, atol=1e-4)


def test_history_starts_at_the_start_and_best_is_its_least(points):
    found = refine(bowl, points, 50, learning_rate=1.0)
    assert found.history.shape == (50, 4)
    np.testing.assert_allclose(found.history[0], bowl(points), rtol=1e-6)
    np.testing.assert_array_equal(found.energy, found.history.min(axis=0))


def test_energy_is_that_of_the_variables_returned(points):
    found = refine(bowl, points, 20, learning_rate=1.0)
    np.testing.assert_allclose(bowl(found.variables), found.energy, rtol=1e-6)


def test_without_a_step_all_is_as_it_was(points):
    host = stepwise(lambda variables, given: bowl(variables))
    for found in (refine(bowl, points, 0), host(points, None, 0)):
        np.testing.assert_array_equal(found.variables["x"], points["x"])
        assert found.history.shape == (0, 4)


def test_each_hand_is_refined_as_if_alone(points):
    together = refine(bowl, points, 20)
    alone = refine(bowl, take(points, jnp.array([2])), 20)
    np.testing.assert_allclose(alone.energy, together.energy[2:3], rtol=1e-6)


def test_a_hand_that_is_lost_neither_wins_nor_spoils_the_others():
    def root(variables):
        return jnp.sqrt(variables["x"])

    found = refine(root, {"x": jnp.array([0.05, 4.0])}, 30, learning_rate=0.1)
    assert np.isfinite(found.energy).all()
    assert found.energy[1] < 2.0


def test_lowers_the_distance_of_key_points_from_a_perturbed_truth():
    template = load_template("hand_790")
    components = len(template.shape_joints)
    truth = Pose(
        0.2 * jnp.ones((17, 3)), jnp.array([5.0, 0.0, 700.0]), jnp.zeros(components)
    )
    target = keypoints(articulate(template, truth))
    keys = jax.random.split(jax.random.key(1), 3)
    start = Pose(
        truth.rotations + 0.1 * jax.random.normal(keys[0], (3, 17, 3)),
        truth.translation + 3.0 * jax.random.normal(keys[1], (3, 3)),
        0.5 * jax.random.normal(keys[2], (3, components)),
    )

    def distance(poses):
        joints = jax.vmap(lambda pose: keypoints(articulate(template, pose)))(poses)
        squared = jnp.sum((joints - target) ** 2, axis=-1)
        return jnp.mean(jnp.sqrt(squared + 1e-6), axis=-1)

    found = jax.jit(lambda poses: refine(distance, poses, 60))(start)
    assert (found.energy < 0.25 * found.history[0]).all()


def test_steps_that_the_host_takes_come_to_the_same(points):
    def shifted(variables, given):
        return bowl({"x": variables["x"] - given})

    lower = stepwise(shifted, learning_rate=0.1)
    for steps, shift in ((20, 0.0), (7, 2.0)):
        found = lower(points, jnp.asarray(shift), steps)
        wanted = refine(
            lambda v, shift=shift: shifted(v, shift), points, steps, learning_rate=0.1
        )
        np.testing.assert_allclose(found.energy, wanted.energy, rtol=1e-4)
        np.testing.assert_allclose(found.history, wanted.history, rtol=1e-4)
