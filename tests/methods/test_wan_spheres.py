"""wan_spheres: equations against loops, terms that fall, a batch learnt by heart.

Notation: c, r, D, h, d as in `handjax.methods.wan_spheres`.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from configs import wan_spheres as page
from handjax.batch import Batch, Labels, Views
from handjax.geometry import cameras, rotations, spheres, transforms
from handjax.hands.template import load_template
from handjax.methods import wan_spheres
from handjax.methods.wan_spheres import FAR, TERMS, Prediction

TEMPLATE = load_template("hand_790")
R = TEMPLATE.sphere_radii
SIZE, PIXELS = 300.0, 32
# Example 1 has lost its second view.
VALID = jnp.array([[True, True], [True, False]])


def hands(key):
    """The resting spheres, turned and moved, two examples, world coordinates."""
    centred = TEMPLATE.sphere_centres - TEMPLATE.sphere_centres.mean(axis=0)
    turns = jax.vmap(rotations.sample_uniform)(jax.random.split(key))
    return jnp.einsum("bij,nj->bni", turns, centred) + jnp.array([30.0, -20.0, 700.0])


def view(c, camera_from_world):
    """One view of spheres, its crop centred on them."""
    in_camera = transforms.apply(camera_from_world, c)
    centre = in_camera.mean(axis=0)
    camera = cameras.orthographic_crop(SIZE, PIXELS)
    x, y = cameras.orthographic_axes(camera, PIXELS, PIXELS)
    D = spheres.ray_cast(x, y, in_camera - centre, R, FAR)
    crop_from_camera = transforms.make(jnp.eye(3), -centre)
    return Views(D, None, D < FAR, True, camera, crop_from_camera, camera_from_world)


@pytest.fixture(scope="module")
def batch():
    """Two hands from the front and from the right."""
    c = hands(jax.random.key(0))
    turn = rotations.matrix_from_axis_angle(jnp.array([0.0, jnp.pi / 2, 0.0]))
    from_right = transforms.make(turn, jnp.array([700.0, 0.0, 700.0]))
    rigs = jnp.stack([jnp.eye(4), from_right])
    over = jax.vmap(jax.vmap(view, (None, 0)), (0, None))
    views = jax.jit(over)(c, rigs)._replace(valid=VALID)
    labels = Labels(centres=c, radii=jnp.broadcast_to(R, (2, 41)))
    return Batch(views, None, labels)


@pytest.fixture(scope="module")
def method():
    config = page.get_config("test").unlock()
    config.model.stacks = 2
    return wan_spheres.make(config, TEMPLATE)


@pytest.fixture(scope="module")
def predict(method):
    return jax.jit(partial(method.predict, key=jax.random.key(0), train=True))


@pytest.fixture(scope="module")
def params(method, batch):
    return jax.jit(method.init)(jax.random.key(1), batch)[0]


@pytest.fixture(scope="module")
def truth(batch):
    """A prediction that is right, its centres carried by NumPy."""
    views, world = batch.views, np.asarray(batch.labels.centres)[:, None]
    crop_from_world = np.asarray(views.crop_from_camera) @ views.camera_from_world
    turned = world @ crop_from_world[..., :3, :3].swapaxes(-1, -2)
    c = jnp.asarray(turned + crop_from_world[..., None, :3, 3])[:, :, None]
    blank = Prediction(jnp.zeros((2, 2, 1, 41, 8, 8)), None, c, c[:, :, -1], R)
    h, d = jax.jit(wan_spheres.map_labels)(blank, batch)
    return blank._replace(heatmaps=h, depths=d)


def test_prediction_has_a_centre_for_every_stack_view_and_sphere(
    predict, params, batch
):
    prediction, _ = predict(params, {}, batch)
    assert prediction.heatmaps.shape == (2, 2, 2, 41, 8, 8)
    assert prediction.depths.shape == (2, 2, 2, 41, 8, 8)
    assert prediction.stack_centres.shape == (2, 2, 2, 41, 3)
    np.testing.assert_array_equal(
        prediction.centres, prediction.stack_centres[:, :, -1]
    )
    assert (jnp.abs(prediction.centres[..., :2]) <= SIZE / 2).all()


def test_views_are_predicted_one_by_one(predict, params, batch):
    other = batch._replace(
        views=batch.views._replace(depth=batch.views.depth.at[:, 1].set(0.0))
    )
    ours, theirs = (predict(params, {}, b)[0].centres[:, 0] for b in (batch, other))
    np.testing.assert_allclose(ours, theirs, atol=1e-3)


def test_true_centres_follow_the_rig(batch):
    # The camera on the right sees the world's x as its depth, negated.
    views = batch.views._replace(valid=jnp.ones((2, 2), bool))
    c = wan_spheres.true_centres(batch._replace(views=views))[:, :, 0]
    np.testing.assert_allclose(c[:, 1, :, 2], -c[:, 0, :, 0], atol=1e-3)
    np.testing.assert_allclose(c[:, 1, :, 0], c[:, 0, :, 2], atol=1e-3)
    np.testing.assert_allclose(c[:, 1, :, 1], c[:, 0, :, 1], atol=1e-3)


def test_map_labels_agree_with_a_loop(truth):
    c = truth.centres[0, 1]
    h, d = np.zeros((41, 8, 8)), np.zeros((41, 8, 8))
    for j, v, u in np.ndindex(41, 8, 8):
        # A pixel of the 8x8 map is 37.5 mm wide; its middle is half of that off.
        x, y = (u - 3.5) * 37.5, (v - 3.5) * 37.5
        squared = ((x - c[j, 0]) ** 2 + (y - c[j, 1]) ** 2) / 37.5**2
        h[j, v, u] = np.exp(-0.5 * squared)
        d[j, v, u] = c[j, 2] / 100 if h[j, v, u] > 0.05 else 0
    np.testing.assert_allclose(truth.heatmaps[0, 1, 0], h, atol=1e-5)
    np.testing.assert_allclose(truth.depths[0, 1, 0], d, atol=1e-5)


@pytest.mark.parametrize("normalisation", ["softmax", "relu"])
def test_sharp_maps_integrate_to_their_point(normalisation):
    camera = cameras.orthographic_crop(SIZE, PIXELS)
    h = jnp.zeros((8, 8)).at[2, 5].set(2.0)
    d = jnp.zeros((8, 8)).at[2, 5].set(0.4)
    c = wan_spheres.integrate(h, d, camera, beta=10.0, normalisation=normalisation)
    np.testing.assert_allclose(c, [1.5 * 37.5, -1.5 * 37.5, 40.0], atol=1e-3)


# Those on the maps are measured against `map_labels`, which a loop has checked.
@pytest.mark.parametrize("name", sorted(TERMS.keys() - {"heatmaps", "depthmaps"}))
def test_the_truth_costs_nothing(name, truth, batch):
    # Visible points lie on the rendered spheres up to rounding.
    assert TERMS[name](truth, batch) == pytest.approx(0.0, abs=2e-3)


def test_supervised_terms_are_means_over_valid_views(truth, batch):
    off = truth._replace(
        stack_centres=truth.stack_centres + jnp.array([0.0, 0.0, 50.0]),
        heatmaps=truth.heatmaps + 0.5,
        depths=truth.depths.at[1, 1].add(jnp.nan),
    )
    assert TERMS["coordinates"](off, batch) == pytest.approx(0.25 / 3, rel=1e-4)
    assert TERMS["coordinates_l1"](off, batch) == pytest.approx(0.5 / 3, rel=1e-4)
    assert TERMS["heatmaps"](off, batch) == pytest.approx(0.25, rel=1e-4)
    # The lost view's NaN is not looked at.
    assert TERMS["depthmaps"](off, batch) == 0.0


def test_without_any_view_terms_are_zero(truth, batch):
    blind = batch._replace(views=batch.views._replace(valid=jnp.zeros((2, 2), bool)))
    off = truth._replace(centres=truth.centres + 5.0)
    assert TERMS["model_to_data"](off, blind) == 0.0


def far_off(truth, batch):
    """Valid views one by one, with spheres moved: (c, D) in numpy."""
    c = np.asarray(truth.centres + jnp.array([9.0, -6.0, 4.0]), np.float64)
    D = np.asarray(batch.views.depth, np.float64)
    return [(c[i, v], D[i, v]) for i, v in np.argwhere(VALID)]


def test_model_to_data_agrees_with_a_loop(truth, batch):
    errors, r = [], np.asarray(R, np.float64)
    for c, D in far_off(truth, batch):
        drawn = np.full((PIXELS, PIXELS), FAR)
        for v, u, j in np.ndindex(PIXELS, PIXELS, 41):
            x, y = (np.array([u, v]) - 15.5) * SIZE / PIXELS
            squared = r[j] ** 2 - (x - c[j, 0]) ** 2 - (y - c[j, 1]) ** 2
            if squared > 0:
                drawn[v, u] = min(drawn[v, u], c[j, 2] - np.sqrt(squared))
        errors.append(np.abs(drawn - D).mean())
    moved = truth._replace(centres=truth.centres + jnp.array([9.0, -6.0, 4.0]))
    got = TERMS["model_to_data"](moved, batch)
    assert got == pytest.approx(np.mean(errors), rel=2e-3)


def test_data_to_model_agrees_with_a_loop(truth, batch):
    errors = []
    for c, D in far_off(truth, batch):
        distances = []
        for v, u in np.argwhere(D < FAR):
            p = np.array([(u - 15.5) * 9.375, (v - 15.5) * 9.375, D[v, u]])
            distances.append(np.abs(np.linalg.norm(p - c, axis=-1) - R).min())
        errors.append(np.minimum(distances, 50.0).mean())
    moved = truth._replace(centres=truth.centres + jnp.array([9.0, -6.0, 4.0]))
    got = TERMS["data_to_model"](moved, batch)
    assert got == pytest.approx(np.mean(errors), rel=1e-3)


def test_a_point_far_away_pulls_no_sphere(truth, batch):
    def pull(c):
        return TERMS["data_to_model"](truth._replace(centres=c), batch)

    assert (jax.grad(pull)(truth.centres + 500.0) == 0.0).all()


def test_as_printed_labels_are_lit_everywhere_and_far_points_pull(truth, batch):
    _, lit = wan_spheres.map_labels(truth, batch, threshold=0.05)
    _, everywhere = wan_spheres.map_labels(truth, batch, threshold=0.0)
    assert jnp.mean(everywhere != 0) > 2 * jnp.mean(lit != 0)
    away = truth._replace(centres=truth.centres + 400.0)
    assert wan_spheres.data_to_model(away, batch) <= 50.0
    assert wan_spheres.data_to_model(away, batch, reach=np.inf) > 100.0


def test_joints_come_back_to_the_world(method, truth, batch):
    found = method.joints(truth, batch)
    np.testing.assert_allclose(found["centres41"], batch.labels.centres, atol=1e-3)
    assert found["nyu14"].shape == (2, 14, 3)
    assert found["keypoints21"].shape == (2, 21, 3)
    # The little finger's tip is the first of NYU's.
    np.testing.assert_array_equal(found["nyu14"][:, 0], found["centres41"][:, 33])


def test_two_sources_are_refused_where_one_is_expected(method, truth, batch):
    with pytest.raises(ValueError, match="one source"):
        method.losses["supervised"]((truth, truth), (batch, batch), None)


@pytest.mark.parametrize("name", TERMS)
def test_what_stands_in_a_view_that_is_not_there_never_matters(
    name, method, params, batch
):
    views = batch.views
    spoilt = views._replace(
        depth=views.depth.at[1, 1].set(jnp.nan),
        camera_from_world=views.camera_from_world.at[1, 1].set(jnp.nan),
    )

    @jax.jit
    def value_and_grad(views):
        def loss(params):
            here = batch._replace(views=views)
            found, _ = method.predict(params, {}, here, key=None, train=True)
            return TERMS[name](found, here)

        return jax.value_and_grad(loss)(params)

    ours, theirs = value_and_grad(views), value_and_grad(spoilt)
    assert jnp.isfinite(ours[0])
    jax.tree.map(np.testing.assert_array_equal, ours, theirs)


def test_a_weight_without_term_is_refused():
    config = page.get_config("test").unlock()
    config.phases[0].weights = {"heatmap": 1.0}
    with pytest.raises(ValueError, match=r"'heatmap'.*heatmaps"):
        wan_spheres.make(config, TEMPLATE)


def test_views_without_depth_are_refused(predict, params, batch):
    colour = batch._replace(views=batch.views._replace(depth=None))
    with pytest.raises(ValueError, match="orthographic depth"):
        predict(params, {}, colour)


def test_unlabelled_batches_are_refused_where_labels_are_weighed(truth, batch):
    with pytest.raises(ValueError, match="need labels"):
        TERMS["coordinates"](truth, batch._replace(labels=Labels()))


@pytest.fixture(scope="module")
def descend(method, batch):
    """(params, weight of each term, steps) -> weighted sum before and after."""
    optimizer = optax.adam(3e-3)

    def loss(params, weights):
        prediction, _ = method.predict(
            params, {}, batch, key=jax.random.key(0), train=True
        )
        terms = jnp.stack([term(prediction, batch) for term in TERMS.values()])
        return terms @ weights

    @jax.jit
    def step(params, state, weights):
        value, gradient = jax.value_and_grad(loss)(params, weights)
        update, state = optimizer.update(gradient, state)
        return optax.apply_updates(params, update), state, value

    def run(params, weights, steps):
        state, values = optimizer.init(params), []
        for _ in range(steps):
            params, state, value = step(params, state, weights)
            values.append(float(value))
        return values[0], values[-1]

    return run


@pytest.mark.parametrize("name", TERMS)
def test_each_term_falls_when_it_alone_is_weighed(name, descend, params):
    one_hot = jnp.array([float(name == other) for other in TERMS])
    before, after = descend(params, one_hot, 25)
    assert after < 0.9 * before


def test_one_batch_can_be_overfitted(descend, params):
    only_coordinates = jnp.array([float(name == "coordinates_l1") for name in TERMS])
    before, after = descend(params, only_coordinates, 150)
    assert after < 0.25 * before
