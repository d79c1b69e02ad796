"""What terms teach, alone and together, and whom."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from configs import deep_hand_mesh as page
from handjax.hands.named_poses import NAMED
from handjax.methods import deep_hand_mesh
from handjax.methods.deep_hand_mesh import LOSSES, decoder, estimate, pose_vector
from handjax.methods.deep_hand_mesh.correctives import Identity
from handjax.methods.deep_hand_mesh.encoder import RESNET
from handjax.methods.deep_hand_mesh.pose_vector import FREEDOMS
from tests.methods.deep_hand_mesh.capture import TEMPLATE, batch_of

TERMS = LOSSES["weak"]
KEY = jax.random.key(0)
CONFIG = page.get_config("test")
METHOD = deep_hand_mesh.make(CONFIG, TEMPLATE)
RULE = optax.adam(3e-3)
NOTHING = Identity(jnp.zeros((22, 3)), jnp.zeros((790, 3)), None)
FIST = pose_vector.from_angles(jnp.asarray(NAMED["fist"], jnp.float32))
CLOSED = FIST + 0.5 * np.array([name.endswith("mcp.flexion") for name in FREEDOMS])
"""So far that finger tips are in the palm."""


@pytest.fixture(scope="module")
def batch():
    """Two hands in poses of their own."""
    theta = 0.3 * jax.random.normal(KEY, (2, 28))

    @jax.jit
    @jax.vmap
    def posed(theta):
        return decoder.decode(TEMPLATE, NOTHING, theta, jnp.zeros((790, 3))).posed

    hands = posed(theta)
    return jax.jit(batch_of)(hands.vertices, jax.vmap(decoder.keypoints)(hands))


@pytest.fixture(scope="module")
def params(batch):
    return jax.jit(lambda: METHOD.init(KEY, batch)[0])()


@pytest.fixture(scope="module")
def closed(params):
    """An encoder that sees a fist in everything, and correctives of some size."""
    layers = params["encoder"]["params"]
    last = {**layers["pose2"], "bias": jnp.arctanh(CLOSED / jnp.pi)}
    return {
        "encoder": {"params": {**layers, "pose2": last}},
        "decoder": jax.tree.map(lambda x: x + 0.05, params["decoder"]),
    }


@jax.jit
def learn(params, state, batch, weights):
    """A step on weighted terms."""

    def cost(params):
        found, _ = METHOD.predict(params, {}, batch, key=KEY, train=True)
        known = METHOD.losses["weak"](params, found, batch)
        values = jnp.stack([known[name] for name in TERMS])
        return jnp.sum(weights * values), values

    (_, values), slope = jax.value_and_grad(cost, has_aux=True)(params)
    update, state = RULE.update(slope, state)
    return optax.apply_updates(params, update), state, values, slope


def values_after(steps, params, batch, weights):
    state = RULE.init(params)
    for _ in range(steps + 1):
        params, state, values, _ = learn(params, state, batch, weights)
    return values


@pytest.mark.parametrize("name", TERMS)
def test_each_term_falls_when_it_alone_is_weighed(name, closed, batch):
    only, which = jnp.zeros(len(TERMS)), TERMS.index(name)
    before = values_after(0, closed, batch, only)[which]
    after = values_after(12, closed, batch, only.at[which].set(1.0))[which]
    assert before > 0.0
    assert after < 0.99 * before


def test_a_batch_can_be_learnt_by_heart(params, batch):
    phase = CONFIG.phases[-1].weights
    weights = jnp.array([phase[name] for name in TERMS])
    before, after = (values_after(n, params, batch, weights) for n in (0, 80))
    for name in ("pose", "turn", "depth"):
        assert after[TERMS.index(name)] < 0.4 * before[TERMS.index(name)], name


def slope_of(name, params, batch):
    only = jnp.zeros(len(TERMS)).at[TERMS.index(name)].set(1.0)
    return learn(params, RULE.init(params), batch, only)[3]


@pytest.mark.parametrize("teaches", [False, True])
def test_how_a_hand_is_turned_teaches_features_where_a_config_says_so(teaches, batch):
    config = page.get_config("test")
    config.model.turn_teaches = teaches
    net = estimate.make_room(config, TEMPLATE).encoder
    image = estimate.picture(batch)[:1]

    @jax.jit
    def slope():
        start = net.init(KEY, image)
        return jax.grad(lambda p: jnp.sum(jnp.sin(net.apply(p, image)[1])))(start)

    for name, part in slope()["params"].items():
        taught = any(jnp.any(leaf != 0.0) for leaf in jax.tree.leaves(part))
        wanted = name.startswith("turn") or (teaches and name == RESNET)
        assert taught == wanted, name


def test_how_a_hand_is_turned_says_nothing_to_the_decoder(params, batch):
    slope = slope_of("turn", params, batch)
    assert not any(jnp.any(leaf) for leaf in jax.tree.leaves(slope["decoder"]))


def test_the_size_of_a_pose_corrective_says_nothing_to_the_encoder(closed, batch):
    slope = slope_of("pose_size", closed, batch)
    assert any(jnp.any(x) for x in jax.tree.leaves(slope["decoder"]["pose"]))
    assert not any(jnp.any(x) for x in jax.tree.leaves(slope["encoder"]))


def test_a_decoder_is_judged_by_its_bones_and_an_encoder_by_true_ones(params, batch):
    """Whatever lengths a config has for others' hands."""
    rest = decoder.keypoints(decoder.Posed(TEMPLATE.joints, TEMPLATE.vertices))
    larger = jnp.broadcast_to(1.2 * rest, (2, 21, 3))
    others = batch._replace(labels=batch.labels._replace(joints=larger))
    variants = {"general": "test,general", "angles": "test", "weak": "test,general"}
    rooms = {
        loss: estimate.make_room(page.get_config(variant), TEMPLATE)
        for loss, variant in variants.items()
    }
    six = jnp.broadcast_to(jnp.array([1.0, 0, 0, 0, 1.0, 0]), (2, 6))

    @partial(jax.jit, static_argnums=1)
    @partial(jax.value_and_grad, argnums=0)
    def cost(decoder, loss):
        own = params | {"decoder": decoder}
        found = estimate.pose(own, jnp.zeros((2, 28)), six, others, rooms[loss])
        return METHOD.losses[loss](own, found, others)["pose"]

    still = jax.tree.map(jnp.zeros_like, params["decoder"])
    for loss in ("general", "angles"):
        assert cost(still, loss)[0] == pytest.approx(0.0, abs=1e-3)
    value, slope = cost(still, "weak")
    assert value > 5.0
    assert jnp.any(slope["skeleton"]["params"]["Dense_1"]["bias"] != 0.0)


@pytest.mark.parametrize("row", ["full", "linear"])
def test_pose_correctives_of_both_models_learn_in_the_same_unit(row, batch):
    def corrective(unit):
        config = page.get_config(f"test,{row}")
        config.model.unit = unit
        room = estimate.make_room(config, TEMPLATE)

        @jax.jit
        def of_some():
            start = estimate.init(KEY, batch, room)["decoder"]
            some = jax.tree.map(lambda x: x + 0.1, start)
            return estimate.refinement(some, 0.3 * jnp.ones((1, 28)), room)[1]

        return of_some()

    one, ten = corrective(1.0), corrective(10.0)
    assert jnp.any(one != 0.0)
    np.testing.assert_allclose(ten, 10.0 * one, rtol=1e-5)
