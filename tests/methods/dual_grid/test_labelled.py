"""Terms with labels: nothing where all is right, by hand where it is not."""

import jax.numpy as jnp
import numpy as np
import pytest

from handjax.methods import dual_grid
from handjax.methods.dual_grid import labelled
from handjax.methods.views import UNIT
from tests.methods.dual_grid.conftest import TEMPLATE


@pytest.mark.parametrize(
    "name", ["mask", "correspondence", "vertices", "refined", "keypoints"]
)
def test_the_truth_costs_nothing(name, truth, batch, terms):
    assert terms[name](truth, batch) == pytest.approx(0.0, abs=1e-4)


@pytest.mark.parametrize("name", ["vertices", "refined", "keypoints"])
def test_points_all_off_by_five_millimetres_cost_five(name, truth, batch, terms):
    off = getattr(truth, name) + jnp.array([0.0, 3.0, -4.0])
    cost = terms[name](truth._replace(**{name: off}), batch)
    assert cost == pytest.approx(5.0 / UNIT, rel=1e-3)


def test_a_mask_that_is_undecided_costs_a_coin_toss(truth, batch, terms):
    undecided = truth._replace(mask=jnp.zeros_like(truth.mask))
    assert terms["mask"](undecided, batch) == pytest.approx(np.log(2.0), rel=1e-5)


def test_coordinates_count_where_the_hand_is_seen_alone(truth, batch, terms):
    hand = batch.views.mask[..., None]
    for change, wanted in ((jnp.where(hand, 0.0, 9.0), 0.0), (3.0, 2 * 2.5)):
        moved = truth._replace(map=truth.map + change)
        # Smooth L1 of 3 cells is 2.5, along both axes.
        assert terms["correspondence"](moved, batch) == pytest.approx(wanted, abs=1e-3)


def test_key_points_that_nobody_labelled_count_nowhere(truth, batch, terms):
    lost = batch.labels.joints_valid.at[:, 5:].set(False)
    some = batch._replace(labels=batch.labels._replace(joints_valid=lost))
    off = (
        truth.keypoints.at[:, :, 5:]
        .add(1000.0)
        .at[:, :, :5]
        .add(jnp.array([2.0, 0, 0]))
    )
    cost = terms["keypoints"](truth._replace(keypoints=off), some)
    assert cost == pytest.approx(2.0 / UNIT, rel=1e-3)


def test_the_map_says_of_a_pixel_which_vertex_it_is_near(batch, layout):
    m, here = labelled.true_map(batch, layout)
    vertices = np.asarray(labelled.true_vertices(batch))
    D, camera = np.asarray(batch.views.depth), batch.views.camera
    rows, columns = np.nonzero(np.asarray(here[0, 0]))
    assert len(rows) > 60
    uv = np.stack([columns, rows], axis=-1)
    xy = (uv - np.asarray(camera.centre[0, 0])) / np.asarray(camera.focal[0, 0])
    p = np.concatenate([xy, D[0, 0][rows, columns][:, None]], axis=-1)
    away = np.linalg.norm(p[:, None] - vertices[0, 0], axis=-1)
    near = np.asarray(layout.cells)[away.argmin(axis=1)]
    apart = np.linalg.norm(np.asarray(m[0, 0])[rows, columns] - near, axis=-1)
    # A vertex is some 6 mm away, which is half a cell.
    assert np.median(apart) < 0.5
    assert np.mean(apart < 1.5) > 0.95


def test_coordinates_are_never_mixed_across_a_cut(batch, config):
    cut = config.copy_and_resolve_references().unlock()
    cut.model.embedding = "sheets"
    layout = dual_grid.lay_out(cut, TEMPLATE)
    m, here = labelled.true_map(batch, layout)
    left = np.asarray(layout.cells)[:, 0] < (cut.model.grid - 1) / 2
    gap = (
        np.asarray(layout.cells)[left, 0].max(),
        np.asarray(layout.cells)[~left, 0].min(),
    )
    x = np.asarray(m[..., 0])[np.asarray(here)]
    assert not np.any((x > gap[0] + 1e-3) & (x < gap[1] - 1e-3))


def test_labels_that_are_missing_are_named(truth, batch):
    blind = batch._replace(
        labels=batch.labels._replace(vertices=None, joints=None),
        views=batch.views._replace(mask=None),
    )
    with pytest.raises(ValueError, match="vertices"):
        labelled.vertex_error(truth, blind)
    with pytest.raises(ValueError, match="joints"):
        labelled.keypoint_error(truth, blind)
    with pytest.raises(ValueError, match="masks"):
        labelled.mask_error(truth, blind)
