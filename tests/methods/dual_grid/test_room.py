"""The room as a whole: losses and what they move, terms that fall, a batch by heart."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from configs import dual_grid as page
from handjax.batch import FAR
from handjax.methods import dual_grid
from handjax.methods.dual_grid import ACROSS, DENSE, FITTING
from tests.methods.dual_grid.conftest import TEMPLATE

UNLABELLED = (*FITTING, *ACROSS)
TERMS = (*DENSE, *UNLABELLED)


def test_joints_and_vertices_come_back_to_the_world(method, truth, batch):
    found = jax.jit(method.joints)(truth, batch)
    for name, true in (
        ("centres41", batch.labels.centres),
        ("keypoints21", batch.labels.joints),
        ("vertices", batch.labels.vertices),
        ("refined", batch.labels.vertices),
    ):
        np.testing.assert_allclose(found[name], true, atol=2e-3)
    np.testing.assert_array_equal(found["nyu14"][:, 0], found["centres41"][:, 33])


def with_bias(params, value):
    """Parameters of the segmentation whose last layer says so much more everywhere."""
    last = params["params"]["Dense_1"]
    changed = last | {"bias": last["bias"] + value}
    return {"params": params["params"] | {"Dense_1": changed}}


def test_fitting_measures_the_unlabelled_and_teaches_with_the_labelled(
    method, params, truth, batch
):
    blind = batch._replace(labels=jax.tree.map(lambda _: None, batch.labels))
    off = truth._replace(vertices=truth.vertices + 5.0)

    @jax.jit
    def measured(truth, off, blind, batch):
        fitting = method.losses["fitting"]
        alone = fitting(params, truth, blind)
        two = fitting(params, (truth, truth), (blind, batch))
        three = fitting(params, (truth, truth, off), (blind, batch, batch))
        return alone, two, three

    alone, two, three = measured(truth, off, blind, batch)
    assert set(alone) == set(UNLABELLED)
    assert set(two) == set(three) == {*UNLABELLED, *DENSE}
    for name in UNLABELLED:
        np.testing.assert_allclose(alone[name], three[name], rtol=1e-5)
    assert two["vertices"] == pytest.approx(0.0, abs=1e-5)
    # Half of the labelled frames are off by 5 mm along each axis.
    assert three["vertices"] == pytest.approx(0.05 * 3**0.5 / 2, rel=1e-3)


def test_key_points_alone_teach_beside_synthesis(method, params, truth, batch):
    blind = batch._replace(labels=batch.labels._replace(vertices=None, centres=None))
    off = truth._replace(keypoints=truth.keypoints + jnp.array([0.0, 0.0, 4.0]))
    loss = method.losses["keypoints"]
    found = jax.jit(loss)(params, (off, truth), (blind, batch))
    assert set(found) == {"real_keypoints", *DENSE}
    assert found["real_keypoints"] == pytest.approx(0.04, rel=1e-3)
    assert found["keypoints"] == pytest.approx(0.0, abs=1e-5)


def test_two_sources_are_refused_where_one_is_expected(method, truth, batch):
    with pytest.raises(ValueError, match="one source"):
        method.losses["supervised"](None, (truth, truth), (batch, batch))


@pytest.mark.parametrize("loss", dual_grid.LOSSES)
def test_a_loss_moves_its_own_networks(loss, method, params):
    flat = jax.tree_util.tree_leaves_with_path(params)
    paths = [tuple(part.key for part in path) for path, _ in flat]
    moves = {path[0] for path in paths if method.trainable[loss](path)}
    alone = {"segmentation": {"segment"}, "correspondence": {"image"}}
    assert moves == alone.get(loss, {"segment", "image", "mesh"})


def test_imagined_frames_show_the_estimate_with_its_labels(method, truth, batch):
    maskless = batch.views._replace(mask_valid=jnp.zeros((2, 2), bool))
    unknown = batch._replace(views=maskless)
    drawn = jax.jit(method.imagine)(jax.random.key(0), truth, unknown)
    assert drawn.views.mask_valid is None
    views, labels = drawn.views, drawn.labels
    assert views.depth.shape == (2, 1, *batch.views.depth.shape[2:])
    np.testing.assert_allclose(labels.vertices, batch.labels.vertices, atol=2e-3)
    np.testing.assert_allclose(labels.joints, batch.labels.joints, atol=2e-3)
    true, got = batch.views.depth[:, :1], views.depth
    both = (true < FAR) & (got < FAR)
    assert both.sum() > 0.8 * (true < FAR).sum()
    assert jnp.median(jnp.abs(true - got)[both]) < 3.0
    np.testing.assert_array_equal(views.mask, got < FAR)

    def leak(vertices):
        seen = truth._replace(refined=vertices)
        return jnp.sum(method.imagine(jax.random.key(0), seen, batch).views.depth)

    np.testing.assert_array_equal(jax.jit(jax.grad(leak))(truth.refined), 0.0)


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


@pytest.fixture(scope="module")
def seeing(params):
    """Parameters whose segmentation lets everything through."""
    return params | {"segment": with_bias(params["segment"], 2.0)}


def only(name):
    return jnp.array([name == other for other in TERMS])


@pytest.mark.parametrize("name", TERMS)
def test_what_stands_in_a_view_that_is_not_there_never_matters(
    name, value_and_grad, seeing, batch
):
    views = batch.views
    spoilt = views._replace(
        depth=views.depth.at[1, 1].set(jnp.nan),
        camera_from_world=views.camera_from_world.at[1, 1].set(jnp.nan),
    )
    ours, theirs = (
        value_and_grad(seeing, batch._replace(views=v), only(name))
        for v in (views, spoilt)
    )
    assert jnp.isfinite(ours[0])
    jax.tree.map(np.testing.assert_array_equal, ours, theirs)


def test_frames_in_which_no_hand_is_found_have_finite_slopes(
    value_and_grad, params, batch
):
    blind = params | {"segment": with_bias(params["segment"], -1e3)}
    found = value_and_grad(blind, batch, jnp.ones(len(TERMS), bool))
    assert all(jnp.isfinite(leaf).all() for leaf in jax.tree.leaves(found))


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


# Joints of an untrained network seldom collide: `test_unlabelled` has some that do.
@pytest.mark.parametrize("name", [name for name in TERMS if name != "collision"])
def test_each_term_falls_when_it_alone_is_weighed(name, descend, seeing):
    before, after = descend(seeing, only(name), 25)
    assert after < 0.9 * before


def test_one_batch_can_be_overfitted(descend, seeing):
    before, after = descend(seeing, only("vertices"), 150)
    assert after < 0.3 * before


def test_a_weight_without_term_is_refused():
    config = page.get_config("test").unlock()
    next(p for p in config.phases if p.name == "synthetic").weights = {"vertex": 1.0}
    with pytest.raises(ValueError, match=r"'vertex'.*vertices"):
        dual_grid.make(config, TEMPLATE)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"loss": "correspondence"}, "only the source 'synthetic'"),
        ({"loss": "supervised"}, "only the source 'synthetic'"),
        (
            {"loss": "supervised", "sources": ("synthetic",), "imagine": True},
            "set its imagine to False",
        ),
    ],
)
def test_a_phase_that_its_sources_can_not_serve_is_refused(changes, said):
    config = page.get_config("test").unlock()
    config.phases[-1].update({"imagine": False, "weights": {}} | changes)
    with pytest.raises(ValueError, match=said):
        dual_grid.make(config, TEMPLATE)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("embedding", "uv"),
        ("icp_on", "mesh"),
        ("grid", 10),
        ("window", 7),
        ("sigma", 0.0),
        ("margin", 7.5),
        ("points", 0),
        ("icp_points", 1000),
        ("features", 0),
        ("blocks", 0),
        ("mesh_widths", (8, 8, 8, 8, 8)),
        ("image_widths", ()),
    ],
)
def test_a_setting_that_can_not_be_is_refused(name, value):
    config = page.get_config("test").unlock()
    config.model[name] = value
    with pytest.raises(ValueError, match=rf"model.{name} is "):
        dual_grid.make(config, TEMPLATE)
