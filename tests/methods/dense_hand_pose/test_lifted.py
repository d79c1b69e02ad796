"""Hands from key points that nobody saw."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from configs import dense_hand_pose as page
from handjax.methods import dense_hand_pose
from handjax.methods.dense_hand_pose import LOSSES, lifted
from tests.methods.in_colour import TEMPLATE


@pytest.fixture(scope="module")
def mislaid():
    at = jnp.zeros((2000, 21, 2))
    return jax.jit(lifted.mislaid)(jax.random.key(0), at)


def test_key_points_err_by_the_height_of_their_peaks(mislaid):
    moved, height = mislaid
    off = 32.0 * np.linalg.norm(moved, axis=-1)  # pixels of 64
    height = np.asarray(height)
    assert (height >= 0.1).all()
    assert (height <= 0.95).all()
    assert height.mean() == pytest.approx(0.6, abs=0.01)
    assert height.std() == pytest.approx(0.178, abs=0.01)
    for low in (0.3, 0.5, 0.7):
        there = (low < height) & (height < low + 0.04)
        median = np.exp(3.05 - 3.2 * (low + 0.02))
        assert np.median(off[there]) == pytest.approx(median, rel=0.08)


def test_a_finger_errs_as_a_whole(mislaid):
    moved, height = mislaid
    # In units of what each errs by, tails cut.
    scale = np.exp(3.05 - 3.2 * np.asarray(height)) / (1.1774 * 32)
    x = np.clip(np.asarray(moved[..., 0]) / scale, -3, 3)
    alike = np.corrcoef(x.T)
    assert alike[7, 8] == pytest.approx(0.6, abs=0.12)
    assert abs(alike[8, 12]) < 0.1
    assert abs(alike[0, 1]) < 0.1


@pytest.fixture(scope="module")
def cost(method, batch):
    def cost(params, key):
        found, _ = method.predict(params, {}, batch, key=key, train=True)
        terms = method.losses["lifted"](params, found, batch)
        weights = {"articulation": 1.0, "refiner": 1.0, "habit": 1e-3}
        return sum(weights[name] * terms[name] for name in weights), terms

    return cost


def test_hands_are_learnt_from_key_points_alone(cost, params):
    optimizer = optax.adam(3e-3)

    @jax.jit
    def step(params, state, key):
        (_, terms), slope = jax.value_and_grad(cost, has_aux=True)(params, key)
        updates, state = optimizer.update(slope, state, params)
        return optax.apply_updates(params, updates), state, terms, slope

    state, found = optimizer.init(params), []
    for k in range(60):
        params, state, terms, slope = step(params, state, jax.random.key(k))
        found.append({name: float(term) for name, term in terms.items()})
    assert set(found[0]) == set(LOSSES["lifted"])
    for name in ("articulation", "refiner"):
        first, last = (
            np.mean([terms[name] for terms in some]) for some in (found[:5], found[-5:])
        )
        assert last < 0.85 * first, name
    # What nobody looked at learns nothing.
    for name in ("heatmaps", "features"):
        assert all((leaf == 0.0).all() for leaf in jax.tree.leaves(slope[name])), name
    for name in ("regressor", "refiner"):
        assert any((leaf != 0.0).any() for leaf in jax.tree.leaves(slope[name])), name


def test_each_key_mislays_anew_and_without_one_nothing_is(method, params, batch):
    look = jax.jit(
        lambda key: method.predict(params, {}, batch, key=key, train=True)[0].lifted.h
    )
    assert (look(jax.random.key(0)) != look(jax.random.key(1))).any()
    found, _ = jax.eval_shape(
        lambda: method.predict(params, {}, batch, key=None, train=True)
    )
    assert found.lifted is None


def test_labels_without_key_points_are_refused():
    config = page.get_config("test").unlock()
    config.synthetic.rgb.labels = ("mask",)
    config.phases = config.phases[1:2]
    with pytest.raises(ValueError, match=r"'joints'.*labels of poses"):
        dense_hand_pose.make(config, TEMPLATE)
