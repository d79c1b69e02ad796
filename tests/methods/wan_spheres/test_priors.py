"""The three priors, and the palm denoiser: values by hand, and that they are learnt."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from handjax.hands import spheres
from handjax.methods.wan_spheres import palm, priors
from tests.methods.wan_spheres.conftest import TEMPLATE, hands

REST = TEMPLATE.sphere_centres

# Compiled once for all tests.
bone_length = jax.jit(
    partial(priors.bone_length, rest=REST, allowed=(0.8, 1.2)),
)
collision = jax.jit(
    partial(priors.collision, template=TEMPLATE), static_argnames="form"
)


def test_bones_are_the_35_distances_that_no_pose_changes():
    assert len(np.unique(priors.BONES, axis=0)) == 35
    same = spheres.PARTS[priors.BONES]
    assert (same[:, 0] == same[:, 1]).all()
    carriers = np.array(spheres.CARRIERS)[priors.BONES]
    assert (carriers[:, 0] == carriers[:, 1]).all()


def test_a_bone_within_its_range_is_free_and_beyond_it_costs_the_square(truth, batch):
    for scale, off in ((1.0, 0.0), (0.85, 0.0), (1.3, 0.1), (0.7, 0.1)):
        sized = truth._replace(centres=scale * truth.centres)
        got = bone_length(sized, batch)
        wanted = np.mean(np.square(off * np.asarray(priors.distances(REST))))
        assert got == pytest.approx(wanted, rel=1e-3, abs=1e-6)


def test_a_bone_of_no_length_has_a_finite_slope(truth, batch):
    def cost(c):
        return bone_length(truth._replace(centres=c), batch)

    assert jnp.isfinite(jax.grad(cost)(jnp.zeros_like(truth.centres))).all()


@pytest.mark.parametrize("form", ["excess", "printed"])
def test_a_hand_at_rest_does_not_collide(form, truth, batch):
    got = collision(truth, batch, form=form)
    assert got == pytest.approx(0.0, abs=1e-2)


@pytest.mark.parametrize("form", ["excess", "printed", "code"])
def test_fingers_in_one_another_collide_in_each_form(form, truth, batch):
    # The little finger stands where the ring finger is.
    c = truth.centres.at[..., 29:35, :].set(truth.centres[..., 23:29, :])
    merged = truth._replace(centres=c)
    apart, met = (collision(hand, batch, form=form) for hand in (truth, merged))
    assert met > apart + 10.0


def test_the_code_counts_centres_within_6_mm(truth, batch):
    c = truth.centres.at[..., 34, :].set(truth.centres[..., 28, :] + 2.0 / 3**0.5)
    got = collision(truth._replace(centres=c), batch, form="code")
    at_rest = collision(truth, batch, form="code")
    assert got - at_rest == pytest.approx(32.0, rel=1e-3)


@pytest.fixture(scope="module")
def learnt(config, params):
    """The prior after it has seen resting hands of all sizes for a while."""
    optimizer, keys = optax.adam(1e-2), jax.random.split(jax.random.key(3), 2)
    sizes = jax.random.uniform(keys[0], (64, 1, 1), minval=0.9, maxval=1.1)
    draws = jax.random.normal(keys[1], (64, 123))

    def cost(prior, c):
        bound = priors.lower_bound(
            prior, c, draws[: len(c)], config=config.model.prior, rest=REST
        )
        return jnp.mean(bound)

    @jax.jit
    def step(prior, state):
        value, slope = jax.value_and_grad(cost)(prior, sizes * REST)
        update, state = optimizer.update(slope, state)
        return optax.apply_updates(prior, update), state, value

    prior, values = params["prior"], []
    state = optimizer.init(prior)
    for _ in range(300):
        prior, state, value = step(prior, state)
        values.append(float(value))
    return prior, jax.jit(cost), values


def test_the_prior_learns_hands(learnt):
    _, _, values = learnt
    assert values[-1] < 0.05 * values[0]


def test_a_learnt_prior_prefers_a_hand_to_a_broken_one(learnt):
    prior, cost, _ = learnt
    broken = REST.at[15].add(jnp.array([0.0, 0.0, 40.0]))
    assert cost(prior, broken[None]) > 2.0 * cost(prior, REST[None])


def test_a_learnt_prior_pulls_a_broken_hand_back(learnt):
    prior, cost, _ = learnt
    broken = REST.at[15].add(jnp.array([0.0, 0.0, 40.0]))
    slope = jax.grad(lambda c: cost(prior, c[None]))(broken)
    assert slope[15, 2] > 0.0


def test_an_aligned_prior_does_not_see_where_a_hand_is(learnt):
    prior, cost, _ = learnt
    turned = hands(jax.random.key(9))
    np.testing.assert_allclose(
        cost(prior, turned[:1]), cost(prior, REST[None]), rtol=1e-2
    )


def test_raw_coordinates_are_seen_as_they_are(config, params):
    raw = config.model.prior.copy_and_resolve_references()
    raw.aligned = False
    here, there = (
        priors.lower_bound(params["prior"], c, jnp.zeros(123), config=raw, rest=REST)
        for c in (REST, REST + 100.0)
    )
    assert there > 1.5 * here


def test_the_denoiser_reads_no_depth_of_the_palm(params):
    c = jnp.stack([REST, REST.at[:11, 2].add(50.0)])
    ours, theirs = palm.denoise(params["denoiser"], c)
    np.testing.assert_array_equal(ours, theirs)
    assert palm.features(c).shape == (2, 112)


def test_the_denoiser_learns_where_the_palm_is(params, batch):
    optimizer = optax.adam(3e-3)
    c = jnp.broadcast_to(REST, (2, 2, 41, 3))
    draws = jax.random.normal(jax.random.key(0), (2, 2, 123))

    @jax.jit
    def step(found, state):
        value, slope = jax.value_and_grad(palm.denoiser_error)(found, c, draws, batch)
        update, state = optimizer.update(slope, state)
        return optax.apply_updates(found, update), state, value

    found = params["denoiser"]
    state, first = optimizer.init(found), None
    for _ in range(60):
        found, state, value = step(found, state)
        first = value if first is None else first
    assert value < 0.05 * first
    off = jnp.linalg.norm(palm.denoise(found, REST) - REST[:11], axis=-1)
    assert off.max() < 20.0
