"""Terms on pictures and between views, against loops over pairs of views."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.batch import FAR
from handjax.methods.views import view_pairs
from handjax.methods.wan_spheres import unlabelled
from tests.methods.wan_spheres.conftest import PIXELS, SIZE, VALID, R

PITCH = SIZE / PIXELS

# Compiled once for all tests.
model_to_data = jax.jit(unlabelled.model_to_data, static_argnames="pairs")
data_to_model = jax.jit(unlabelled.data_to_model, static_argnames=("pairs", "reach"))
consistency = jax.jit(unlabelled.consistency, static_argnames=("average", "beta"))
median_of_views = jax.jit(unlabelled.median_of_views)


@pytest.mark.parametrize("name", ["model_to_data", "data_to_model", "consistency"])
def test_the_truth_costs_nothing(name, truth, batch, terms):
    # Visible points lie on the rendered spheres up to rounding.
    assert terms[name](truth, batch) == pytest.approx(0.0, abs=2e-3)


def test_without_any_view_terms_are_zero(moved, batch, terms):
    blind = batch._replace(views=batch.views._replace(valid=jnp.zeros((2, 2), bool)))
    for name in ("model_to_data", "data_to_model", "consistency", "heatmap_level"):
        assert terms[name](moved, blind) == 0.0


def in_other_views(prediction, batch, kind):
    """(c of view i in the crop frame of view j, D of view j), valid pairs, NumPy."""
    views = batch.views
    rig = np.asarray(views.crop_from_camera, np.float64) @ views.camera_from_world
    c, D = (np.asarray(x, np.float64) for x in (prediction.centres, views.depth))
    found = []
    for example in range(2):
        for i in range(2):
            for j in range(2):
                own = kind == "all" or i == j
                if own and VALID[example, i] and VALID[example, j]:
                    move = rig[example, j] @ np.linalg.inv(rig[example, i])
                    moved = c[example, i] @ move[:3, :3].T + move[:3, 3]
                    found.append((moved, D[example, j]))
    return found


def slow_depth(c):
    """Every sphere at every pixel."""
    middle = (np.arange(PIXELS) - (PIXELS - 1) / 2) * PITCH
    y, x = (grid[..., None] for grid in np.meshgrid(middle, middle, indexing="ij"))
    squared = np.asarray(R, np.float64) ** 2 - (x - c[:, 0]) ** 2 - (y - c[:, 1]) ** 2
    depth = np.where(squared > 0, c[:, 2] - np.sqrt(np.maximum(squared, 0.0)), FAR)
    return np.minimum(depth.min(axis=-1), FAR)


@pytest.mark.parametrize(("kind", "pairs"), [("all", 5), ("own", 3)])
def test_model_to_data_agrees_with_a_loop_over_pairs(kind, pairs, moved, batch):
    found = in_other_views(moved, batch, kind)
    assert len(found) == pairs
    wanted = np.mean([np.abs(slow_depth(c) - D).mean() for c, D in found])
    got = model_to_data(moved, batch, pairs=kind)
    assert got == pytest.approx(wanted, rel=2e-3)


@pytest.mark.parametrize("kind", ["all", "own"])
def test_data_to_model_agrees_with_a_loop_over_pairs(kind, moved, batch):
    errors = []
    for c, D in in_other_views(moved, batch, kind):
        distances = []
        for v, u in np.argwhere(D < FAR):
            middle = (PIXELS - 1) / 2
            p = np.array([(u - middle) * PITCH, (v - middle) * PITCH, D[v, u]])
            distances.append(np.abs(np.linalg.norm(p - c, axis=-1) - R).min())
        errors.append(np.minimum(distances, 50.0).mean())
    got = data_to_model(moved, batch, pairs=kind)
    assert got == pytest.approx(np.mean(errors), rel=1e-3)


def test_a_hand_that_slid_along_one_views_axis_is_caught_by_the_other(truth, batch):
    # Farther away from the first camera by 30 mm: it sees a flat difference, the
    # camera on the right sees the hand beside where it is.
    slid = truth._replace(centres=truth.centres.at[:, 0, :, 2].add(30.0))
    own, all_ = (model_to_data(slid, batch, pairs=kind) for kind in ("own", "all"))
    assert all_ > 1.5 * own


def test_a_point_far_away_pulls_no_sphere(truth, batch, terms):
    def pull(c):
        return terms["data_to_model"](truth._replace(centres=c), batch)

    assert (jax.jit(jax.grad(pull))(truth.centres + 500.0) == 0.0).all()


def test_as_printed_far_points_pull(truth, batch):
    away = truth._replace(centres=truth.centres + 400.0)
    assert data_to_model(away, batch) <= 50.0
    assert data_to_model(away, batch, reach=np.inf) > 100.0


def test_the_median_of_three_views_is_not_moved_by_one():
    c = jax.random.normal(jax.random.key(0), (1, 1, 41, 3))
    three = jnp.concatenate([c, c, c + 100.0], axis=1)
    every = median_of_views(three, jnp.ones((1, 3), bool))
    np.testing.assert_allclose(every, c[:, 0], atol=1e-5)
    last = median_of_views(three, jnp.array([[False, False, True]]))
    np.testing.assert_allclose(last, c[:, 0] + 100.0, atol=1e-4)
    none = median_of_views(three, jnp.zeros((1, 3), bool))
    assert (none == 0.0).all()


def test_the_sharpest_valid_view_is_taken_sphere_by_sphere():
    c = jnp.arange(18.0).reshape(1, 3, 2, 3)
    variance = jnp.array([[[3.0, 1.0], [2.0, 5.0], [0.1, 0.1]]])
    valid = jnp.array([[True, True, False]])
    got = unlabelled.sharpest_of_views(c, variance, valid)
    np.testing.assert_array_equal(got[0], [c[0, 1, 0], c[0, 0, 1]])


def test_variance_of_a_heatmap_is_that_of_its_softmax():
    h = jnp.zeros((8, 8)).at[2, 3].set(50.0).at[2, 7].set(50.0)
    assert unlabelled.heatmap_variance(h, beta=1.0) == pytest.approx(4.0, rel=1e-4)


@pytest.mark.parametrize("average", ["median", "least_variance"])
def test_views_that_disagree_by_a_known_shift_cost_its_square(average, truth, batch):
    # Three views would agree with the middle one; two meet halfway in the median.
    shift = jnp.array([0.0, 0.0, 12.0])
    apart = truth._replace(centres=truth.centres.at[0, 1].add(shift))
    got = consistency(apart, batch, average=average, beta=10.0)
    # Of three valid views two are 6 mm off, or one is 12 mm off for most spheres.
    wanted = {"median": 2 * 36.0 / 3, "least_variance": 144.0 / 3}
    assert got == pytest.approx(wanted[average], rel=1e-2)


def test_the_agreement_is_no_parameter(truth, batch, terms):
    apart = truth.centres.at[0, 1].add(12.0)

    def cost(c):
        return terms["consistency"](truth._replace(centres=c), batch)

    slope = jax.jit(jax.grad(cost))(apart)
    # Each view is drawn to the middle alone: 2 x 6 mm over three valid views.
    np.testing.assert_allclose(jnp.abs(slope[0]).max(), 12.0 / 3 / 41, rtol=1e-3)
    assert (slope[1] == 0.0).all()


def test_pairs_of_views_are_every_one_or_the_same():
    assert view_pairs(3, "own").tolist() == [[0, 0], [1, 1], [2, 2]]
    assert len(view_pairs(3, "all")) == 9
