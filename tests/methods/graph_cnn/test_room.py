"""The room as a whole: losses and what they move, pipelines, a batch by heart."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from configs import graph_cnn as page
from handjax.methods import graph_cnn, pictures
from handjax.methods.graph_cnn import LOSSES, estimate
from handjax.methods.graph_cnn.phases import OF_MESH
from tests.methods.graph_cnn.conftest import TEMPLATE


def test_vertices_and_key_points_come_back_to_the_world(method, truth, batch):
    found = jax.jit(method.joints)(truth, batch)
    for name in ("keypoints21", "given21"):
        np.testing.assert_allclose(found[name], batch.labels.joints, atol=2e-3)
    for name in ("vertices", "given_vertices"):
        np.testing.assert_allclose(found[name], batch.labels.vertices, atol=2e-3)


def test_a_true_estimate_costs_nothing(method, params, truth, batch):
    terms = jax.jit(method.losses["supervised"])(params, truth, batch)
    assert set(terms) == set(LOSSES["supervised"])
    for name, term in terms.items():
        assert term == pytest.approx(0.0, abs=1e-4), name


ALL = {"heatmaps", "encoder", "mesh"}
MOVED = {
    # Sec. 4.3: two of the networks by themselves, then all but the regressor.
    "heatmaps": {"heatmaps"},
    "regressor": {"regressor"},
    "supervised": ALL,
    # Sec. 4.4: the hourglasses by themselves, then all.
    "hourglass": {"heatmaps"},
    "weak": {*ALL, "regressor"},
    # Sec. 5.4: the latent vector stays as it is; the mesh has no head for it.
    "transfer": set(),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_a_loss_moves_the_networks_that_the_paper_says(loss, method, params):
    flat = jax.tree_util.tree_leaves_with_path(params)
    paths = [tuple(part.key for part in path) for path, _ in flat]
    moves = {path[0] for path in paths if method.trainable[loss](path)}
    assert moves == MOVED[loss]


def test_a_transfer_gives_a_trained_model_a_head_of_its_own(method, params, batch):
    with_head = method.begin("transfer", params)
    assert set(with_head) == {*params, "pose"}
    assert method.begin("transfer", with_head) is with_head
    other = graph_cnn.make(page.get_config("test,transfer"), TEMPLATE)
    wanted = jax.eval_shape(other.init, jax.random.key(0), batch)[0]["pose"]
    shapes = (jax.tree.map(jnp.shape, head) for head in (with_head["pose"], wanted))
    assert next(shapes) == next(shapes)
    assert other.trainable["transfer"](("pose", "params"))


def test_what_is_given_is_used_and_nothing_else(method, params, batch):
    predict = jax.jit(lambda b: method.predict(params, {}, b, key=None, train=False)[0])
    with_it = predict(batch)
    alone = batch._replace(labels=batch.labels._replace(scale=None, root=None))
    without = predict(alone)
    np.testing.assert_array_equal(without.vertices, without.own_vertices)
    # What nobody was told must not depend on what others are told.
    np.testing.assert_array_equal(with_it.own_vertices, without.own_vertices)
    np.testing.assert_array_equal(with_it.own_joints, without.own_joints)
    # Scale and root move points along their rays and stretch the hand, no more.
    np.testing.assert_array_equal(with_it.uv, without.uv)
    away = jnp.abs(with_it.vertices - without.vertices).max()
    assert away > 1.0


def test_where_scale_and_root_are_not_known_they_are_found(method, params, batch):
    predict = jax.jit(lambda b: method.predict(params, {}, b, key=None, train=False)[0])
    some = batch.labels._replace(scale_valid=jnp.array([True, False]))
    found, told = predict(batch._replace(labels=some)), predict(batch)
    np.testing.assert_array_equal(found.vertices[0], told.vertices[0])
    np.testing.assert_array_equal(found.vertices[1], told.own_vertices[1])


@pytest.mark.parametrize("pipeline", ["mesh", "pose", "parameters"])
def test_every_pipeline_learns_a_batch_by_heart(pipeline, batch):
    row = {"mesh": "full", "pose": "direct_lbs", "parameters": "parameters"}[pipeline]
    config = page.get_config(f"test,{row}")
    method = graph_cnn.make(config, TEMPLATE)
    params, _ = jax.jit(method.init)(jax.random.key(0), batch)
    assert pipeline in params
    optimizer = optax.adam(2e-2)
    weights = config.phases[-1].weights

    def cost(params):
        found, _ = method.predict(params, {}, batch, key=None, train=True)
        terms = method.losses["supervised"](params, found, batch)
        return sum(weight * terms[name] for name, weight in weights.items())

    @jax.jit
    def step(params, state):
        value, slope = jax.value_and_grad(cost)(params)
        updates, state = optimizer.update(slope, state, params)
        return optax.apply_updates(params, updates), state, value

    state, costs = optimizer.init(params), []
    for _ in range(100):
        params, state, value = step(params, state)
        costs.append(float(value))
    assert np.isfinite(costs).all()
    assert costs[-1] < 0.4 * costs[0]


def test_direct_lbs_has_a_skin_on_its_key_points(batch, truth):
    config = page.get_config("test,direct_lbs")
    method = graph_cnn.make(config, TEMPLATE)
    bones = truth._replace(vertices=None, own_vertices=None, uv=None)
    found = jax.jit(method.joints)(bones, batch)
    away = jnp.linalg.norm(found["given_vertices"] - batch.labels.vertices, axis=-1)
    assert away.mean() < 3.0


def test_the_regressor_is_linear_and_blind_to_where_the_hand_is(room, params, hands):
    regress = jax.jit(lambda v: estimate.regressed(params["regressor"], v, room=room))
    v = hands.vertices
    there = regress(v + jnp.array([10.0, 0.0, -50.0]))
    np.testing.assert_allclose(
        there - regress(v), jnp.broadcast_to(jnp.array([10.0, 0, -50]), (2, 21, 3)),
        atol=2e-2,
    )  # fmt: skip
    mean = regress((v[:1] + v[1:]) / 2)
    np.testing.assert_allclose(mean, regress(v).mean(0, keepdims=True), atol=2e-2)


def test_hands_whose_surface_nobody_knows_have_no_part_in_its_terms(
    method, params, truth, batch
):
    away = truth._replace(
        vertices=truth.vertices * jnp.array([1.05, 1.0, 1.0]), uv=truth.uv + 3.0
    )
    lost = batch.labels.vertices.at[1].set(0.0)
    known = jnp.array([True, False])
    labels = batch.labels._replace(vertices=lost, vertices_valid=known)

    def terms(prediction, labels):
        loss = method.losses["supervised"]
        found = loss(params, prediction, batch._replace(labels=labels))
        found |= method.losses["regressor"](
            params, prediction, batch._replace(labels=labels)
        )
        return {name: found[name] for name in (*OF_MESH, "regressor")}

    half = jax.jit(terms)(away, labels)
    right = truth.vertices.at[0].set(away.vertices[0])
    alone = away._replace(vertices=right, uv=truth.uv.at[0].set(away.uv[0]))
    wanted = jax.jit(terms)(alone, batch.labels)
    for name in OF_MESH:
        assert half[name] == pytest.approx(float(wanted[name]), rel=1e-3), name
        assert half[name] > 0.0
    assert 0.0 < half["regressor"] < wanted["regressor"]
    slope = jax.grad(lambda v: terms(away._replace(vertices=v), labels)["edges"])
    there, lost = np.abs(jax.jit(slope)(away.vertices)).max(axis=(1, 2))
    assert lost < 1e-6 * there


def test_terms_without_labels_are_left_out(method, params, truth, batch):
    blind = batch._replace(labels=batch.labels._replace(vertices=None, joints=None))
    terms = method.losses["supervised"](params, truth, blind)
    assert set(terms) == {"heatmaps"}


def test_peaks_are_where_the_key_points_are(truth, batch):
    found = jax.vmap(lambda h: pictures.peaks(h, 64))(truth.heatmaps[-1])
    uv = batch.labels.keypoints2d[:, 0]
    inside = jnp.all((uv > 6.0) & (uv < 57.0), axis=-1)
    assert inside.sum() > 10
    assert jnp.abs(found - uv)[inside].max() < 2.0


def test_what_stands_out_nowhere_is_in_the_middle():
    blank = jnp.zeros((4, 4, 21)).at[..., 0].set(-1.0).at[2, 1, 0].set(-0.5)
    np.testing.assert_allclose(pictures.peaks(blank, 64), 31.5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("pipeline", "bones"), ("stacks", 0), ("widths", (8, 8, 8, 8, 8, 8))),
        *(("mesh_widths", (8, 8)), ("regressor_widths", (4, 8, 8))),
        *(("mesh_widths", (8, 0, 8)), ("encoder_width", 1), ("latent", 0)),
        *(("hidden", 0), ("blocks", 0)),
    ],
)
def test_a_setting_that_can_not_be_is_refused(name, value):
    config = page.get_config("test")
    config.unlock()
    config.model[name] = value
    with pytest.raises(ValueError, match=f"{name} is .* must be|must be .* {name}"):
        graph_cnn.make(config, TEMPLATE)


def test_synthesis_in_depth_is_refused_before_a_step_is_taken():
    config = page.get_config("test")
    config.synthetic.modality = "depth"
    with pytest.raises(ValueError, match=r"synthetic.modality is 'depth'; .* 'rgb'"):
        graph_cnn.make(config, TEMPLATE)


@pytest.mark.parametrize(
    ("variant", "wanted"),
    [("weak,direct_lbs", "mesh"), ("transfer,parameters", "pose")],
)
def test_rows_that_want_different_networks_are_refused(variant, wanted):
    with pytest.raises(ValueError, match=f"model.pipeline to be one of .*'{wanted}'"):
        graph_cnn.make(page.get_config(f"test,{variant}"), TEMPLATE)


def test_terms_of_a_surface_want_one():
    config = page.get_config("test,direct_lbs").unlock()
    config.phases[-1].weights["edges"] = 1.0
    with pytest.raises(ValueError, match=r"one of \('mesh', 'parameters'\)"):
        graph_cnn.make(config, TEMPLATE)


def test_rows_about_a_surface_want_one_even_where_they_only_watch():
    # What is watched is measured, and key points alone have no normals.
    with pytest.raises(ValueError, match=r"one of \('mesh', 'parameters'\)"):
        graph_cnn.make(page.get_config("test,direct_lbs,without_normals"), TEMPLATE)


@pytest.mark.parametrize(
    ("kept", "lacks"),
    [
        (("keypoints2d", "joints"), r"\['vertices'\]"),
        (("keypoints2d", "vertices"), r"\['joints'\]"),
        (("scale",), r"\['keypoints2d'\]"),
    ],
)
def test_labels_that_synthetic_phases_need_have_to_be_named(kept, lacks):
    config = page.get_config("test")
    config.synthetic.rgb.labels = kept
    with pytest.raises(ValueError, match=f"name {lacks} among synthetic.rgb.labels"):
        graph_cnn.make(config, TEMPLATE)


def test_joints_that_are_weighed_have_to_be_named():
    config = page.get_config("test,weak").unlock()
    config.phases[-1].weights["joints"] = 10.0
    with pytest.raises(ValueError, match=r"name \['joints'\] among studio.labels"):
        graph_cnn.make(config, TEMPLATE)


def test_a_teacher_wants_key_points_even_where_heatmaps_do_not_count():
    config = page.get_config("test,weak").unlock()
    config.phases = config.phases[-1:]
    config.phases[0].weights = {"pseudo_edges": 1.0}
    config.studio.labels = ("scale",)
    with pytest.raises(ValueError, match=r"name \['keypoints2d'\] among studio.lab"):
        graph_cnn.make(config, TEMPLATE)


def test_depth_that_is_weighed_has_to_be_named():
    config = page.get_config("test,weak").unlock()
    config.studio.labels = ("keypoints2d", "scale", "depth")
    with pytest.raises(ValueError, match=r"name \['mask'\] among studio.labels"):
        graph_cnn.make(config, TEMPLATE)


def test_depth_has_no_place_in_a_room_of_colour(method, params, batch):
    views = batch.views._replace(image=None)
    with pytest.raises(ValueError, match="pictures in colour"):
        method.predict(params, {}, batch._replace(views=views), key=None, train=False)
