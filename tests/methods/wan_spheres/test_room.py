"""The room as a whole: losses and what they move, terms that fall, a batch by heart."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from configs import wan_spheres as page
from handjax.methods import wan_spheres
from handjax.methods.wan_spheres import FITTING, LABELLED
from tests.methods.wan_spheres.conftest import TEMPLATE

TERMS = (*FITTING, *LABELLED)


@pytest.fixture(scope="module")
def joints(method):
    return jax.jit(method.joints)


def test_joints_come_back_to_the_world(joints, truth, batch):
    found = joints(truth, batch)
    np.testing.assert_allclose(found["centres41"], batch.labels.centres, atol=1e-3)
    assert found["nyu14"].shape == (2, 14, 3)
    assert found["keypoints21"].shape == (2, 21, 3)
    # The little finger's tip is the first of NYU's.
    np.testing.assert_array_equal(found["nyu14"][:, 0], found["centres41"][:, 33])


def test_the_denoiser_touches_the_palm_alone(joints, truth, batch):
    found = joints(truth._replace(palm=truth.palm + 7.0), batch)
    moved = jnp.any(jnp.abs(found["nyu14_denoised"] - found["nyu14"]) > 1.0, (0, 2))
    np.testing.assert_array_equal(jnp.flatnonzero(moved), [11, 12, 13])


def test_two_sources_are_refused_where_one_is_expected(method, truth, batch):
    with pytest.raises(ValueError, match="one source"):
        method.losses["supervised"](None, (truth, truth), (batch, batch))


def test_fitting_measures_the_unlabelled_and_teaches_with_the_labelled(
    method, params, truth, moved, batch
):
    blind = batch._replace(labels=batch.labels._replace(centres=None, radii=None))

    @jax.jit
    def measured(params, moved, truth, blind, batch):
        fitting = method.losses["fitting"]
        mixed = fitting(params, (moved, truth), (blind, batch))
        return mixed, fitting(params, moved, blind)

    mixed, alone = measured(params, moved, truth, blind, batch)
    assert set(mixed) == set(TERMS)
    assert mixed["coordinates_l1"] == pytest.approx(0.0, abs=1e-6)
    assert mixed["model_to_data"] > 1.0
    assert set(alone) == set(FITTING)
    for name in FITTING:
        np.testing.assert_allclose(alone[name], mixed[name], rtol=1e-6)


def test_the_priors_own_phase_judges_the_labels_and_not_the_estimate(
    method, params, truth, moved, batch
):
    own, fitting = (
        jax.jit(lambda *given, loss=loss: loss(*given)["prior"])
        for loss in (method.losses["prior"], method.losses["fitting"])
    )
    ours, theirs = (own(params, hand, batch) for hand in (truth, moved))
    assert ours == theirs
    wanted = fitting(params, truth, batch)
    np.testing.assert_allclose(ours, wanted, rtol=1e-4)


@pytest.mark.parametrize("loss", wan_spheres.LOSSES)
def test_a_loss_moves_its_own_part(loss, method, params):
    flat = jax.tree_util.tree_leaves_with_path(params)
    paths = [tuple(part.key for part in path) for path, _ in flat]
    moved = {path[0] for path in paths if method.trainable[loss](path)}
    assert moved == {wan_spheres.MOVES[loss]}


@pytest.fixture(scope="module")
def value_and_grad(method, terms):
    """Gradient of one named term, by an argument: all compile as one."""

    @jax.jit
    def run(params, batch, chosen):
        def loss(params):
            found, _ = method.predict(
                params, {}, batch, key=jax.random.key(0), train=True
            )
            values = jnp.stack([terms[name](found, batch) for name in TERMS])
            return jnp.sum(jnp.where(chosen, values, 0.0))

        return jax.value_and_grad(loss)(params)

    return run


@pytest.mark.parametrize("name", TERMS)
def test_what_stands_in_a_view_that_is_not_there_never_matters(
    name, value_and_grad, params, batch
):
    views = batch.views
    spoilt = views._replace(
        depth=views.depth.at[1, 1].set(jnp.nan),
        camera_from_world=views.camera_from_world.at[1, 1].set(jnp.nan),
    )
    chosen = jnp.array([name == other for other in TERMS])
    ours, theirs = (
        value_and_grad(params, batch._replace(views=v), chosen) for v in (views, spoilt)
    )
    assert jnp.isfinite(ours[0])
    jax.tree.map(np.testing.assert_array_equal, ours, theirs)


def test_a_weight_without_term_is_refused():
    config = page.get_config("test").unlock()
    config.phases[2].weights = {"heatmap": 1.0}
    with pytest.raises(ValueError, match=r"'heatmap'.*heatmaps"):
        wan_spheres.make(config, TEMPLATE)


def test_labels_are_not_weighed_where_nothing_is_labelled():
    config = page.get_config("test").unlock()
    config.phases[3].sources = ("studio",)
    with pytest.raises(ValueError, match="coordinates_l1"):
        wan_spheres.make(config, TEMPLATE)


@pytest.mark.parametrize("name", ["pairs", "average", "collision", "normalisation"])
def test_a_setting_that_is_not_known_is_refused(name):
    config = page.get_config("test").unlock()
    config.model[name] = "other"
    with pytest.raises(ValueError, match=rf"model.{name} is 'other'"):
        wan_spheres.make(config, TEMPLATE)


@pytest.fixture(scope="module")
def descend(value_and_grad, batch):
    """(params, which terms, steps) -> their sum before and after."""
    optimizer = optax.adam(3e-3)

    @jax.jit
    def move(params, state, slope):
        change, state = optimizer.update(slope, state)
        return optax.apply_updates(params, change), state

    def run(params, chosen, steps):
        state, values = optimizer.init(params), []
        for _ in range(steps):
            value, slope = value_and_grad(params, batch, chosen)
            params, state = move(params, state, slope)
            values.append(float(value))
        return values[0], values[-1]

    return run


@pytest.mark.parametrize("name", TERMS)
def test_each_term_falls_when_it_alone_is_weighed(name, descend, params):
    before, after = descend(params, jnp.array([name == other for other in TERMS]), 25)
    assert after < 0.9 * before


def test_one_batch_can_be_overfitted(descend, params):
    only = jnp.array([name == "coordinates_l1" for name in TERMS])
    before, after = descend(params, only, 150)
    assert after < 0.25 * before
