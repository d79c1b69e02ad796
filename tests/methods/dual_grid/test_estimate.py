"""From pixels to the mesh grid: what goes there, and from where."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from configs import dual_grid as page
from handjax.geometry import cameras, mesh_grid
from handjax.hands.mesh_grid import EMBEDDINGS
from handjax.methods import dual_grid
from handjax.methods.dual_grid import estimate
from handjax.methods.views import UNIT
from tests.methods.dual_grid.conftest import TEMPLATE


def test_pixels_are_chosen_in_order_and_thinned_evenly():
    mask = jnp.zeros((4, 5), bool).at[1:3, 1:5].set(True)
    pixel, valid = estimate.choose(mask, 10)
    np.testing.assert_array_equal(pixel[:8], [6, 7, 8, 9, 11, 12, 13, 14])
    np.testing.assert_array_equal(valid, [True] * 8 + [False] * 2)
    pixel, valid = estimate.choose(mask, 4)
    np.testing.assert_array_equal(pixel, [6, 8, 11, 13])
    assert valid.all()
    assert not estimate.choose(jnp.zeros((4, 5), bool), 4)[1].any()


def test_points_carry_what_their_pixels_have():
    hand = (
        jnp.zeros((1, 1, 4, 6), bool).at[0, 0, 1, 2].set(True).at[0, 0, 3, 5].set(True)
    )
    D = jnp.arange(24.0).reshape(1, 1, 4, 6)
    camera = cameras.Orthographic(jnp.array([[[0.5, 0.25]]]), jnp.array([[[1.0, 2.0]]]))
    m = cameras.pixel_grid(4, 6)[None, None]
    found = estimate.gather(D, camera, hand, m, 10.0 * D[..., None], 3)
    np.testing.assert_array_equal(found.valid[0, 0], [True, True, False])
    np.testing.assert_array_equal(found.m[0, 0, :2], [[2, 1], [5, 3]])
    np.testing.assert_array_equal(found.f[0, 0, :2, 0], [80.0, 230.0])
    np.testing.assert_allclose(found.p[0, 0, :2], [[2, -4, 8], [8, 4, 23]])


def test_what_is_not_the_hand_is_not_looked_at(method, params, batch, monkeypatch):
    """The mesh of a frame is that of the frame without what the mask leaves out."""
    # A segmentation that says what it is told.
    monkeypatch.setattr(estimate, "segment", lambda logits, D, model: logits)
    predict = jax.jit(partial(method.predict, key=jax.random.key(0), train=True))
    views, all_ = batch.views, jnp.ones_like(batch.views.depth)
    moved = views._replace(depth=views.depth.at[..., :3, :3].set(10.0))
    for logits, same in ((all_.at[..., :3, :3].set(-1.0), True), (all_, False)):
        told = params | {"segment": logits}
        ours, theirs = (
            predict(told, {}, batch._replace(views=v))[0] for v in (views, moved)
        )
        assert jnp.array_equal(ours.vertices, theirs.vertices) == same


def test_a_cell_has_the_mean_of_what_reached_it_and_says_how_much_that_was(model):
    f = jnp.array([[1.0], [3.0], [1e6]])
    p = UNIT * jnp.array([[1.0, 0.0, 0.0], [3.0, 0.0, 0.0], [1e6, 0.0, 0.0]])
    valid = jnp.array([True, True, False])
    m = jnp.full((3, 2), 6.0)
    found = estimate.to_mesh_grid(p, valid, m, f, model)
    assert found.shape == (model.grid, model.grid, 1 + 3 + 1)
    near, far = found[6, 6], found[0, 15]
    reached = 2.0 * float(mesh_grid.axis_weights(jnp.array([6.0]), 16)[0, 6]) ** 2
    mean = 2.0 * reached / (reached + mesh_grid.FEW)
    wanted = [mean, mean, 0.0, 0.0, reached / (1.0 + reached)]
    np.testing.assert_allclose(near, wanted, rtol=1e-5)
    np.testing.assert_array_equal(far, 0.0)


def test_a_network_that_says_nothing_means_the_middle_of_the_grid(params, batch, model):
    silent = jax.tree.map(jnp.zeros_like, params["image"])
    correspond = jax.jit(partial(estimate.correspond, model=model))
    m, f = correspond(silent, batch.views.depth)
    np.testing.assert_array_equal(m, (model.grid - 1) / 2.0)
    np.testing.assert_array_equal(f, 0.0)


@pytest.mark.parametrize("embedding", EMBEDDINGS)
@pytest.mark.parametrize("edge", [16, 32])
def test_every_embedding_can_be_estimated_on_either_grid(embedding, edge, batch):
    config = page.get_config("test").unlock()
    config.model.update({"embedding": embedding, "grid": edge})
    method = dual_grid.make(config, TEMPLATE)
    cells = np.asarray(dual_grid.lay_out(config, TEMPLATE).cells)
    assert cells.min() >= config.model.margin
    assert cells.max() <= edge - 1 - config.model.margin
    key = jax.random.key(0)
    params, _ = jax.eval_shape(method.init, key, batch)
    predict = partial(method.predict, key=key, train=True)
    found, _ = jax.eval_shape(predict, params, {}, batch)
    assert found.grid.shape == (2, 2, edge, edge, 3)
    assert found.vertices.shape == (2, 2, len(TEMPLATE.vertices), 3)
