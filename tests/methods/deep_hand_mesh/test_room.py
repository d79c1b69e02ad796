"""The room as a whole: what the truth costs, what moves, what phases begin with."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from configs import deep_hand_mesh as page
from handjax.geometry import transforms
from handjax.methods import deep_hand_mesh
from handjax.methods.deep_hand_mesh import LOSSES, estimate, linear
from tests.methods.deep_hand_mesh.capture import TEMPLATE, batch_of, rigs

KEY = jax.random.key(0)
SIX = jnp.array([1.0, 0.0, 0.0, 0.0, 1.0, 0.0])


def config(*rows):
    return page.get_config(",".join(("test", *rows)))


@pytest.fixture(scope="module")
def method():
    return deep_hand_mesh.make(config("textured", "general"), TEMPLATE)


@pytest.fixture(scope="module")
def room():
    return estimate.make_room(config(), TEMPLATE)


@pytest.fixture(scope="module")
def params(method):
    """Correctives that do something."""
    fresh = jax.jit(lambda: method.init(KEY, batch_of(TEMPLATE.vertices[None]))[0])()
    loud = jax.tree.map(lambda x: 10.0 * x, fresh["decoder"])
    return fresh | {"decoder": loud}


@pytest.fixture(scope="module")
def truth(room, params):
    """A prediction, and the batch that it is true of."""
    theta = 0.3 * jax.random.normal(KEY, (2, 28))
    six = jnp.broadcast_to(SIX, (2, 6))

    @jax.jit
    def make():
        blind = batch_of(jnp.zeros((2, 790, 3)))
        alone = estimate.pose(params, theta, six, blind, room)
        away = transforms.make(jnp.eye(3), jnp.array([5.0, -3.0, 20.0]))
        batch = batch_of(
            transforms.apply(away, alone.placed.vertices),
            transforms.apply(away, alone.laid),
        )
        # The model's axes are the world's, and the first camera is turned.
        own = jnp.broadcast_to(rigs()[0, :3, :2].T.reshape(6), (2, 6))
        return estimate.pose(params, theta, own, batch, room), batch

    return make()


def test_a_true_estimate_costs_nothing_but_what_bounds_it(method, params, truth):
    terms = jax.jit(method.losses["weak"])(params, *truth)
    assert set(terms) == set(LOSSES["weak"])
    for name in ("pose", "turn", "depth"):
        assert terms[name] == pytest.approx(0.0, abs=2e-3), name
    assert all(terms[f"{part}_size"] > 0.0 for part in ("skeleton", "identity", "pose"))


def test_joints_are_laid_on_the_true_roots_and_turned_by_the_network(method, truth):
    prediction, batch = truth
    found = jax.jit(method.joints)(prediction, batch)
    for name in ("laid21", "keypoints21"):
        np.testing.assert_allclose(found[name], batch.labels.joints, atol=2e-3)


def test_a_loss_moves_its_own_networks(method, params):
    """Sec. 6, 8.4 and 11: the encoder alone learns from others, a texture never."""
    flat = jax.tree_util.tree_leaves_with_path(params)
    paths = [tuple(part.key for part in path) for path, _ in flat]
    moves = {
        loss: {path[0] for path in paths if trainable(path)}
        for loss, trainable in method.trainable.items()
    }
    assert moves == {
        "angles": {"encoder"},
        "weak": {"encoder", "decoder"},
        "texture": {"encoder", "decoder"},
        "general": {"encoder"},
    }


# Skinning weights and all that the full model has.
@pytest.mark.parametrize("row", ["with_weights", "linear"])
def test_every_part_of_a_decoder_learns_from_a_capture(row, truth):
    made = deep_hand_mesh.make(config(row), TEMPLATE)
    batch = truth[1]
    start = jax.jit(lambda: made.init(KEY, batch)[0])()

    @jax.jit
    @jax.grad
    def slope(params):
        found, _ = made.predict(params, {}, batch, key=KEY, train=True)
        known = made.losses["weak"](params, found, batch)
        return known["pose"] + known["depth"] + known["turn"]

    for path, leaf in jax.tree_util.tree_leaves_with_path(slope(start)):
        assert jnp.all(jnp.isfinite(leaf)), path
        assert jnp.any(leaf != 0.0), path


def test_a_texture_is_taken_from_the_neutral_hand_when_its_phase_begins(
    method, params, truth
):
    shown = jax.tree.map(lambda x: x[:1], truth[1])
    blank = params["texture"]
    assert not jnp.any(blank["known"])
    begin = jax.jit(lambda p: method.begin("texture", p, shown=shown))
    kept = begin(params)["texture"]
    share = jnp.mean(kept["known"])
    assert 0.05 < share < 0.9
    assert set(np.unique(kept["known"])) == {0.0, 1.0}
    # Pictures are of random numbers, whose mean is a half.
    mean = jnp.sum(kept["colours"]) / (3 * jnp.sum(kept["known"]))
    assert mean == pytest.approx(0.5, abs=0.1)
    assert method.begin("weak", params, shown=None) is params


def test_the_texture_that_a_hand_was_unwrapped_by_costs_it_nothing(
    method, params, truth
):
    prediction, batch = truth
    alone = jax.tree.map(lambda x: x[:1], batch)
    one = alone._replace(targets=jax.tree.map(lambda x: x[:, :1], alone.targets))

    @jax.jit
    def cost(prediction):
        target, known = deep_hand_mesh.texture.target(
            prediction.placed.vertices, one.targets, TEMPLATE, texels=16, finer=1
        )
        kept = {"colours": target, "known": known.astype(target.dtype)}
        given = params | {"texture": kept}
        return method.losses["texture"](given, prediction, one)["texture"]

    true = jax.tree.map(lambda x: x[:1], prediction)
    assert cost(true) == pytest.approx(0.0, abs=1e-5)


def test_who_learns_from_others_begins_with_an_encoder_that_has_seen_nobody(
    method, params
):
    begun = method.begin("general", params, shown=None)
    before, after = (jax.tree.leaves(p["encoder"]) for p in (params, begun))
    assert any(jnp.any(x != y) for x, y in zip(before, after, strict=True))
    assert begun["decoder"] is params["decoder"]


def test_a_new_encoder_takes_pictures_of_the_size_that_the_old_one_took():
    larger = config("general").unlock()
    larger.synthetic.rgb.pixels = larger.studio.rgb.pixels = 64
    made = deep_hand_mesh.make(larger, TEMPLATE)
    batch = batch_of(TEMPLATE.vertices[None])
    image = jnp.zeros((1, 1, 64, 64, 3))
    batch = batch._replace(views=batch.views._replace(image=image))
    old = jax.eval_shape(lambda: made.init(KEY, batch)[0])
    new = jax.eval_shape(lambda: made.begin("general", old, shown=None))
    shapes = (jax.tree.map(lambda x: x.shape, p["encoder"]) for p in (old, new))
    assert next(shapes) == next(shapes)


@pytest.mark.parametrize(
    ("name", "row"), [("studio", "full"), ("synthetic", "full"), ("real", "real")]
)
def test_pictures_of_several_sizes_are_named(name, row):
    strange = config(row).unlock()
    (strange.real if name == "real" else strange[name].rgb).pixels = 64
    with pytest.raises(ValueError, match=rf"{name}(\.rgb)?\.pixels is 64"):
        deep_hand_mesh.make(strange, TEMPLATE)


@pytest.mark.parametrize("row", ["full", "linear", "with_weights"])
def test_a_release_says_the_same_without_the_networks_of_the_identity(row):
    made = estimate.make_room(config(row), TEMPLATE)
    method = deep_hand_mesh.make(config(row), TEMPLATE)
    params = estimate.init(KEY, batch_of(TEMPLATE.vertices[None]), made)
    release = method.release
    assert release is not None
    folded = release(params | {"texture": jnp.zeros(3)})
    assert set(folded) == {"encoder", "decoder"}
    assert not {"identity", "shape"} & set(folded["decoder"])
    theta = 0.3 * jax.random.normal(KEY, (1, 28))
    before, after = (
        estimate.refinement(p["decoder"], theta, made) for p in (params, folded)
    )
    for x, y in zip(*map(jax.tree.leaves, (before, after)), strict=True):
        np.testing.assert_array_equal(x, y)
    assert release(folded)["decoder"] is folded["decoder"]


def test_key_points_of_others_have_the_true_lengths_of_bones(params, truth):
    made = deep_hand_mesh.make(config("general"), TEMPLATE)
    batch = truth[1]
    larger = batch._replace(
        labels=batch.labels._replace(joints=1.2 * batch.labels.joints)
    )
    predict = jax.jit(lambda p: made.predict(p, {}, larger, key=None, train=False)[0])
    found = predict(params)
    length = jnp.linalg.norm(found.laid[:, 10] - found.laid[:, 9], axis=-1)
    wanted = 1.2 * jnp.linalg.norm(
        batch.labels.joints[:, 10] - batch.labels.joints[:, 9], axis=-1
    )
    np.testing.assert_allclose(length, wanted, rtol=1e-4)


def test_a_shape_of_the_linear_model_is_the_templates_own_in_the_zero_pose():
    made = estimate.make_room(config("linear"), TEMPLATE)
    loud = jax.tree.map(lambda x: 100.0 * x, linear.init(TEMPLATE, KEY, 8))
    identity, _ = estimate.refinement(loud, jnp.zeros((1, 28)), made)
    hand = deep_hand_mesh.decoder.decode(
        TEMPLATE, identity, jnp.zeros(28), jnp.zeros((790, 3))
    )
    rest, ways = (
        np.concatenate([joints, vertices], axis=-2)
        for joints, vertices in (
            (TEMPLATE.joints, TEMPLATE.vertices),
            (TEMPLATE.shape_joints[:10], TEMPLATE.shape_vertices[:10]),
        )
    )
    moved = np.concatenate([hand.zero.joints, hand.zero.vertices]) - rest
    ways = ways.reshape(10, -1).T
    shape, *_ = np.linalg.lstsq(ways, moved.ravel(), rcond=None)
    assert np.abs(shape).max() > 0.1
    np.testing.assert_allclose(ways @ shape, moved.ravel(), atol=5e-3)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"pipeline": "mano"}, "pipeline is 'mano'.*linear"),
        ({"encoder": "vgg"}, "encoder is 'vgg'.*resnet50"),
        ({"bones": "long"}, "bones is 'long'"),
        ({"texels": 20}, "texels is 20; it must be a multiple of 8"),
        ({"finer": 0}, "finer is 0; it must be 1 or more"),
        (
            {"pipeline": "linear", "without": ("skeleton", "weights")},
            "the linear model has none of those",
        ),
        ({"without": ("hands",)}, r"\['hands'\].*skeleton"),
    ],
)
def test_settings_that_cannot_be_are_named(change, complaint):
    strange = config().unlock()
    strange.model.update(change)
    with pytest.raises(ValueError, match=complaint):
        deep_hand_mesh.make(strange, TEMPLATE)


@pytest.mark.parametrize(
    ("rows", "shown", "complaint"),
    [
        (("textured", "real"), "neutral", r"'texture' draws from \('real',\).*studio"),
        (("as_long", "real"), "neutral", r"'texture' draws from \('real',\).*studio"),
        (("textured",), "", "`shown` names, which is ''.*'neutral'"),
    ],
)
def test_a_texture_is_compared_with_one_that_was_seen_of_the_same_hand(
    rows, shown, complaint
):
    strange = config(*rows).unlock()
    strange.real.pixels = 32
    strange.phases[-1].shown = shown
    with pytest.raises(ValueError, match=complaint):
        deep_hand_mesh.make(strange, TEMPLATE)


def test_who_learns_from_real_pictures_of_others_may_have_a_texture_of_the_subject():
    made = config("textured", "general", "real")
    assert [p.sources for p in made.phases[-2:]] == [("studio",), ("real",)]
    deep_hand_mesh.make(made, TEMPLATE)


@pytest.mark.parametrize("norm", ["group", "frozen"])
def test_features_are_pooled_by_the_encoder_whatever_its_norm(norm):
    pooled = {}
    for name in ("tiny", "light", "small", "resnet18", "resnet50"):
        own = config()
        own.model.update({"encoder": name, "norm": norm})
        pooled[name] = estimate.make_room(own, TEMPLATE).encoder.pooled
    assert [name for name in pooled if pooled[name]] == ["resnet18", "resnet50"]


def test_terms_that_a_loss_does_not_know_are_named():
    strange = config().unlock()
    strange.phases[-1].weights["photons"] = 1.0
    with pytest.raises(ValueError, match=r"weighs \['photons'\].*depth"):
        deep_hand_mesh.make(strange, TEMPLATE)
