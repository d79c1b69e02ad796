"""Terms without labels, against loops over points, vertices and pairs of views."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.geometry import mesh_grid
from handjax.methods.dual_grid import unlabelled
from handjax.methods.views import UNIT
from tests.methods.dual_grid.conftest import TEMPLATE, VALID

BETA = unlabelled.BETA
FACES = np.asarray(TEMPLATE.faces)
nearest_vertex = jax.jit(unlabelled.nearest_vertex)


def smooth(away):
    """Smooth L1 of the coordinates, summed, mm."""
    size = np.abs(away)
    each = np.where(size < BETA, size**2 / (2 * BETA), size - BETA / 2)
    return each.sum(-1)


def rigs(batch):
    views = batch.views
    return np.asarray(views.crop_from_camera, np.float64) @ views.camera_from_world


def front(vertices):
    """Vertices whose normal looks towards the camera."""
    a, b, c = (vertices[FACES[:, k]] for k in range(3))
    across = np.cross(b - a, c - a)
    normals = np.zeros_like(vertices)
    for k in range(3):
        np.add.at(normals, FACES[:, k], across)
    return normals[:, 2] < 0


def pairs(kind):
    for example in range(2):
        for i in range(2):
            for j in range(2):
                there = VALID[example, i] and VALID[example, j]
                if there and (i == j) == (kind == "own"):
                    yield example, i, j


def moved(points, batch, example, i, j):
    """From the crop frame of view i to that of view j."""
    rig = rigs(batch)
    T = rig[example, j] @ np.linalg.inv(rig[example, i])
    return np.asarray(points, np.float64) @ T[:3, :3].T + T[:3, 3]


@pytest.fixture(scope="module")
def estimate(truth):
    """The truth, 9, -6 and 4 mm off in every view's axes."""
    off = jnp.array([9.0, -6.0, 4.0])
    return truth._replace(
        vertices=truth.vertices + 2.0 * off,
        refined=truth.refined + off,
        grid=truth.grid + off,
    )


@pytest.mark.parametrize(
    ("kind", "term"), [("own", "icp"), ("other", "multi_view_icp")]
)
def test_points_look_for_the_nearest_vertex_in_front(
    kind, term, estimate, batch, terms, model
):
    stride = estimate.points.shape[2] // model.icp_points
    costs = []
    for example, i, j in pairs(kind):
        surface = moved(estimate.refined[example, i], batch, example, i, j)
        there = np.asarray(estimate.points_valid[example, j])[::stride]
        p = np.asarray(estimate.points[example, j], np.float64)[::stride][there]
        seen = surface[front(surface)]
        index = np.linalg.norm(p[:, None] - seen, axis=-1).argmin(axis=1)
        costs.append(smooth(p - seen[index]).mean() / UNIT)
    assert terms[term](estimate, batch) == pytest.approx(np.mean(costs), rel=0.01)


@pytest.mark.parametrize(
    ("kind", "term"), [("own", "lifting"), ("other", "multi_view_lifting")]
)
def test_points_are_lifted_to_their_correspondences(kind, term, estimate, batch, terms):
    costs = []
    for example, i, j in pairs(kind):
        grid = estimate.grid[example, i]
        m = estimate.coordinates[example, j]
        lifted = moved(mesh_grid.sample(grid, m), batch, example, i, j)
        there = np.asarray(estimate.points_valid[example, j])
        p = np.asarray(estimate.points[example, j], np.float64)
        costs.append(smooth(p - lifted)[there].mean() / UNIT)
    assert terms[term](estimate, batch) == pytest.approx(np.mean(costs), rel=1e-3)


@pytest.mark.parametrize("name", ["collision", "arap", "offset", "multi_view_vertices"])
def test_a_true_hand_costs_nothing(name, truth, batch, terms):
    assert terms[name](truth, batch) < 1e-3


def test_a_true_hand_lies_near_the_points(truth, batch, terms):
    # A vertex is some millimetres away from where its surface is seen.
    assert terms["icp"](truth, batch) < 0.02
    assert terms["multi_view_icp"](truth, batch) < 0.02


def test_two_joints_in_one_place_cost_five_millimetres(truth, batch, terms):
    k = truth.keypoints
    met = truth._replace(keypoints=k.at[:, :, 4].set(k[:, :, 8]))
    near = truth._replace(
        keypoints=k.at[:, :, 4].set(k[:, :, 8] + jnp.array([0.0, 2.0, 0.0]))
    )
    before = terms["collision"](truth, batch)
    for changed, wanted in ((met, 5.0), (near, 3.0)):
        more = terms["collision"](changed, batch) - before
        assert more == pytest.approx(wanted / UNIT, rel=0.02)
    slope = jax.jit(
        jax.grad(lambda k: terms["collision"](truth._replace(keypoints=k), batch))
    )
    assert jnp.all(jnp.isfinite(slope(met.keypoints)))


def test_rigidity_costs_squares_of_what_separates_the_two_surfaces(
    estimate, batch, terms
):
    squared = (9.0**2 + 6.0**2 + 4.0**2) / UNIT**2
    assert terms["arap"](estimate, batch) == pytest.approx(squared, rel=1e-3)


def test_an_offset_costs_its_square(truth, batch, terms):
    T = truth.transforms.at[..., 7, :3, 3].add(jnp.array([0.0, 3.0, 4.0]))
    cost = terms["offset"](truth._replace(transforms=T), batch)
    assert cost == pytest.approx(25.0 / UNIT**2, rel=0.01)


def test_views_agree_on_the_median(estimate, batch, terms):
    world = np.stack(
        [
            [
                (np.asarray(estimate.vertices[b, v]) - rig[:3, 3]) @ rig[:3, :3]
                for v, rig in enumerate(rigs(batch)[b])
            ]
            for b in range(2)
        ]
    )
    # Of two views the median is the mean; the other hand was seen by one alone.
    middle = world[0].mean(0)
    costs = [smooth(world[0, v] - middle).mean() for v in range(2)]
    got = terms["multi_view_vertices"](estimate, batch)
    assert got == pytest.approx(np.mean(costs) / UNIT, rel=1e-3)


def test_one_view_of_three_that_errs_does_not_draw_the_others(truth, batch, terms):
    def again(leaf):
        """The first hand's first view as three."""
        return jnp.repeat(leaf[:1, :1], 3, axis=1)

    three = jax.tree.map(again, truth)
    views = jax.tree.map(again, batch.views)
    errs = three._replace(vertices=three.vertices.at[:, 2].add(3.0))
    # By the median one view is 3 mm off along each axis and two are right.
    cost = smooth(np.full(3, 3.0)) / 3 / UNIT
    got = terms["multi_view_vertices"](errs, batch._replace(views=views))
    assert got == pytest.approx(cost, rel=1e-3)


def test_no_more_points_pull_than_a_config_allows(truth, batch, model):
    config = model.copy_and_resolve_references().unlock()
    config.icp_points = 100

    def cost(p):
        moved = truth._replace(points=p)
        return unlabelled.icp(moved, batch, template=TEMPLATE, model=config)

    slope = jax.jit(jax.grad(cost))(truth.points + 1.0)
    pulling = jnp.any(slope != 0.0, axis=-1).sum(-1)
    assert truth.points.shape[2] == 256
    assert 0 < pulling.max() <= 100


def test_the_nearest_is_sought_among_the_chosen():
    rng = np.random.default_rng(0)
    p, v = (rng.normal(size=(n, 3)).astype(np.float32) for n in (50, 30))
    chosen = rng.uniform(size=30) < 0.5
    away = np.linalg.norm(p[:, None] - v, axis=-1)
    away[:, ~chosen] = np.inf
    got = nearest_vertex(*map(jnp.asarray, (p, v, chosen)))
    np.testing.assert_array_equal(got, away.argmin(axis=1))
    nobody = nearest_vertex(jnp.asarray(p), jnp.asarray(v), jnp.zeros(30, bool))
    np.testing.assert_array_equal(nobody, 30)


def test_a_single_view_has_no_others(truth, batch, model):
    alone = jax.tree.map(lambda leaf: leaf[:, :1], (truth, batch.views))
    batch = batch._replace(views=alone[1])
    cost = unlabelled.icp_across_views(alone[0], batch, template=TEMPLATE, model=model)
    assert cost == 0.0
