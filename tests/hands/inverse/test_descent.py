"""Notation as in handjax.hands.inverse.descent."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.geometry.cameras import Pinhole
from handjax.hands.inverse import chain, descent, prior
from handjax.hands.template import load_template

CAMERA = Pinhole(jnp.array([500.0, 480.0]), jnp.array([100.0, 90.0]))
FREE = jnp.array([[-9.0, 9.0]] * len(chain.MOVED))


@pytest.fixture(scope="module")
def template():
    return load_template("hand_790")


def at(template, angles):
    shape = jnp.full(len(template.shape_joints), 0.5)
    return chain.Variables(jnp.eye(3), jnp.array([5.0, 9.0, 400.0]), angles, shape)


def evidence(camera):
    rng = np.random.default_rng(0)
    y = jnp.asarray(rng.normal(size=(21, 3)) * 40.0 + [0.0, 0.0, 400.0], jnp.float32)
    w = jnp.asarray(rng.uniform(size=(21, 3)) * [1.0, 1.0, camera is None], jnp.float32)
    return descent.Evidence(y, w, camera)


@pytest.mark.parametrize("camera", [None, CAMERA], ids=["space", "picture"])
def test_g_is_the_gradient_of_e_and_e_is_its_formula(template, camera):
    seen, variables = evidence(camera), at(template, jnp.asarray(prior.MEAN) + 0.1)

    def energy(step):
        moved = chain.move(variables, step, FREE)
        return descent.linearise(template, seen, moved).e

    found = descent.linearise(template, seen, variables)
    g = jax.grad(energy)(jnp.zeros(len(found.g)))
    np.testing.assert_allclose(found.g, g, atol=1e-4 * float(np.abs(g).max()))
    x, _ = chain.keypoints_and_slopes(template, variables)
    x = np.asarray(x, np.float64)
    if camera is not None:
        uv = x[:, :2] / x[:, 2:] * np.asarray(camera.focal) + np.asarray(camera.centre)
        x = np.concatenate([uv, x[:, 2:]], axis=-1)
    off = np.sum(np.asarray(seen.w) * (x - np.asarray(seen.y)) ** 2)
    away = np.full(len(prior.MEAN), 0.1)
    e = (off + away @ prior.PRECISION @ away + 14 * 0.25) / 2.0
    np.testing.assert_allclose(found.e, e, rtol=1e-4)


def test_without_evidence_the_hand_becomes_the_usual_one(template):
    nothing = descent.Evidence(jnp.zeros((21, 3)), jnp.zeros((21, 3)), None)
    start = at(
        template, jnp.clip(jnp.asarray(prior.MEAN) + 0.2, *chain.limits(template).T)
    )
    found, e = descent.descend(template, nothing, start, steps=6)
    np.testing.assert_allclose(found.angles, prior.MEAN, atol=1e-3)
    np.testing.assert_allclose(found.shape, 0.0, atol=1e-3)
    np.testing.assert_array_equal(found.R, jnp.eye(3))
    assert e < 1e-4


def test_energy_never_rises(template):
    seen = evidence(None)
    start = at(template, jnp.asarray(prior.MEAN))
    before = descent.linearise(template, seen, start).e
    for steps in (1, 4):
        _, e = descent.descend(template, seen, start, steps=steps)
        assert e < before
        before = e


def test_a_known_shape_moves_the_minimum_and_itself(template):
    """Against minima at shapes a little smaller and larger."""
    start = at(template, jnp.asarray(prior.MEAN))
    y, _ = chain.keypoints_and_slopes(template, start)
    w = jnp.where(jnp.arange(21)[:, None] % 4 == 0, 0.0, jnp.ones((21, 3)))
    seen = descent.Evidence(y + 1.0, w, None)
    change = jnp.zeros(len(start.shape)).at[0].set(1.0)

    @jax.jit
    def least(size):
        told = start._replace(shape=start.shape + size * change)
        found, _ = descent.descend(template, seen, told, steps=8, hold_shape=True)
        return chain.keypoints_and_slopes(template, found)[0], found.shape

    (_, shape), (slope, moved) = jax.jvp(least, (0.0,), (1.0,))
    np.testing.assert_array_equal(shape, start.shape)
    np.testing.assert_array_equal(moved, change)
    wanted = (least(0.3)[0] - least(-0.3)[0]) / 0.6
    assert np.abs(wanted).max() > 0.5
    np.testing.assert_allclose(slope, wanted, atol=0.1)
