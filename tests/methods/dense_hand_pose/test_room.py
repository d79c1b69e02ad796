"""The room as a whole: sizes, losses and what they move, a batch by heart."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from configs import dense_hand_pose as page
from handjax.methods import dense_hand_pose
from handjax.methods.dense_hand_pose import LOSSES, estimate
from tests.methods.in_colour import TEMPLATE

LEARNT = [name for name in LOSSES["supervised"] if name != "near"]


def shapes(config, batch):
    method = dense_hand_pose.make(config, TEMPLATE)
    return jax.eval_shape(method.init, jax.random.key(0), batch)[0]


def first_layer(params, name):
    return params[name]["params"]["Dense_0"]["kernel"].shape


def test_the_papers_layers_have_the_papers_sizes(batch):
    views = batch.views._replace(image=jnp.zeros((2, 1, 224, 224, 3)), mask=None)
    config = page.get_config("paper")
    params = shapes(config, batch._replace(views=views))
    assert first_layer(params, "regressor") == (2153, 63)
    assert first_layer(params, "refiner") == (2216, 42)
    room = estimate.make_room(config, TEMPLATE)
    image = jax.ShapeDtypeStruct((1, 224, 224, 3), jnp.float32)
    maps = jax.eval_shape(room.networks.heatmaps.apply, params["heatmaps"], image)
    assert [h.shape for h in maps] == [(1, 32, 32, 21)] * 3


def test_rows_without_evidence_or_refiner_have_no_place_for_it(batch, config):
    model = config.model
    bare = page.get_config("test,without_2d").unlock()
    for settings in (bare.synthetic.rgb, bare.studio.rgb, bare.real):
        settings.pixels = 64
    assert model.refiner
    assert not bare.model.refiner
    params = shapes(bare, batch)
    assert "refiner" not in params
    told = first_layer(shapes(config, batch), "regressor")
    # 21 key points, and how sure each is.
    assert first_layer(params, "regressor")[0] == told[0] - 63
    # Nothing is there to refine by.
    assert dense_hand_pose.make(bare, TEMPLATE).refine is None


def test_a_true_estimate_costs_nothing(method, params, truth, batch):
    terms = jax.jit(method.losses["supervised"])(params, truth, batch)
    assert set(terms) == set(LOSSES["supervised"])
    assert terms["near"] == 1.0
    for name in ("articulation", "features", "refiner", "heatmaps"):
        assert terms[name] == pytest.approx(0.0, abs=1e-6), name
    # The drawn mask is soft where the true one is not.
    assert terms["shape"] < 0.03
    # These have no truth: a hand is not flat, and is a little bent.
    assert 0.0 < terms["laplacian"] < 0.2
    assert 0.0 < terms["habit"] < 0.05


@pytest.fixture(scope="module")
def learn(method, batch):
    """One program: steps by any weights of the terms."""
    optimizer = optax.adam(1e-2)

    def cost(params, weights):
        found, _ = method.predict(params, {}, batch, key=None, train=True)
        terms = method.losses["supervised"](params, found, batch)
        return sum(weights[name] * terms[name] for name in LEARNT), terms

    @jax.jit
    def step(params, state, weights):
        (_, terms), slope = jax.value_and_grad(cost, has_aux=True)(params, weights)
        updates, state = optimizer.update(slope, state, params)
        return optax.apply_updates(params, updates), state, terms, slope

    def run(params, weights, steps):
        weights = {name: jnp.asarray(weights.get(name, 0.0)) for name in LEARNT}
        state, found = optimizer.init(params), []
        for _ in range(steps):
            params, state, terms, slope = step(params, state, weights)
            assert all(jnp.isfinite(x).all() for x in jax.tree.leaves(slope))
            found.append({name: float(term) for name, term in terms.items()})
        return params, found

    return run


@pytest.fixture(scope="module")
def learnt(learn, params):
    """After a batch was looked at often enough for its masks to count."""
    weights = {"heatmaps": 0.01, "articulation": 1.0, "refiner": 1.0, "habit": 1e-3}
    return learn(params, weights, 150)


def test_a_batch_is_learnt_by_heart(learnt):
    first, last = learnt[1][0], learnt[1][-1]
    assert last["articulation"] < 0.1 * first["articulation"]
    assert last["refiner"] < 0.1 * first["refiner"]
    assert last["near"] == 1.0


@pytest.mark.parametrize("name", LEARNT)
def test_each_term_falls_when_it_alone_is_weighed(name, learn, learnt, params):
    # At the start no mask counts and every hand is the usual one.
    begun = learnt[0] if name in ("shape", "habit", "laplacian") else params
    _, found = learn(begun, {name: 1.0}, 12)
    assert min(terms[name] for terms in found) < 0.97 * found[0][name]


def test_a_loss_moves_the_networks_that_the_paper_says(method, params):
    flat = jax.tree_util.tree_leaves_with_path(params)
    paths = [tuple(part.key for part in path) for path, _ in flat]
    moved = {
        loss: {path[0] for path in paths if method.trainable[loss](path)}
        for loss in LOSSES
    }
    every = {"heatmaps", "features", "regressor", "refiner"}
    assert moved == {
        "heatmaps": {"heatmaps"},
        "lifted": {"regressor", "refiner"},
        "supervised": every,
    }


def test_hands_come_back_to_the_world(method, truth, batch):
    found = jax.jit(method.joints)(truth, batch)
    for name in ("keypoints21", "given21"):
        np.testing.assert_allclose(found[name], batch.labels.joints, atol=2e-3)
    for name in ("vertices", "given_vertices"):
        np.testing.assert_allclose(found[name], batch.labels.vertices, atol=2e-3)


def test_what_is_given_scales_and_moves_the_whole_hand(batch, h, room):
    labels = batch.labels._replace(
        scale=2.0 * batch.labels.scale, root=2.0 * batch.labels.root
    )
    told = jax.jit(lambda b: estimate.placed(h, b, room))
    found = told(batch._replace(labels=labels))
    # Twice as large and twice as far it looks the same.
    np.testing.assert_allclose(found["joints"], 2.0 * found["own_joints"], rtol=1e-3)


def test_terms_without_labels_are_left_out(method, params, truth, batch):
    nobody = batch.labels._replace(joints=None, keypoints2d=None)
    views = batch.views._replace(mask=None)
    blind = batch._replace(labels=nobody, views=views)
    found = truth._replace(masked=None)
    terms = jax.eval_shape(method.losses["supervised"], params, found, blind)
    assert set(terms) == {"laplacian", "habit"}


def test_terms_of_several_sources_are_means_over_all(method, params, truth, batch):
    # What nobody asks for is not compiled.
    cost = jax.jit(lambda *pair: method.losses["supervised"](params, *pair)["refiner"])
    wrong = truth._replace(seen=[at + 0.1 for at in truth.seen])
    off = cost(wrong, batch)
    both = cost((truth, wrong), (batch, batch))
    assert both == pytest.approx(float(off) / 2, rel=1e-4)


def test_a_mask_that_nobody_knows_is_not_learnt_from(method, params, truth, batch):
    views = batch.views._replace(
        mask=jnp.zeros_like(batch.views.mask), mask_valid=jnp.zeros((2, 1), bool)
    )
    cost = jax.jit(lambda *pair: method.losses["supervised"](params, *pair)["shape"])
    assert cost(truth, batch._replace(views=views)) == 0.0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("evidence", "masks"), ("extractor", "resnet9"), ("iterations", 0)),
        *(("renderer", "soft"), ("blocks", (1,)), ("pretrained", "a.npz")),
    ],
)
def test_a_setting_that_can_not_be_is_refused(name, value):
    config = page.get_config("test").unlock()
    config.model[name] = value
    with pytest.raises(ValueError, match=f"model.{name} is .* must be"):
        dense_hand_pose.make(config, TEMPLATE)


@pytest.mark.parametrize(
    ("labels", "lacks"),
    [(("joints",), "mask"), (("mask",), "keypoints2d"), (("joints", "mask"), "")],
)
def test_what_is_compared_has_to_be_named(labels, lacks):
    config = page.get_config("test").unlock()
    config.synthetic.rgb.labels = labels
    config.phases = config.phases[2:]
    for phase in config.phases:
        phase.weights["articulation"] = 0.0
    if not lacks:
        dense_hand_pose.make(config, TEMPLATE)
        return
    with pytest.raises(ValueError, match=rf"\['{lacks}'\]; name them among the labels"):
        dense_hand_pose.make(config, TEMPLATE)
