"""Joints and depth against loops; memory that does not go with views."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.batch import FAR, Views
from handjax.geometry import cameras, rotations, transforms
from handjax.hands.template import load_template
from handjax.methods.deep_hand_mesh import supervision
from handjax.render.rasterize import rasterize

TEMPLATE = load_template("hand_790")
PIXELS = 24
VALID = jnp.array([[True, True], [True, False]])
HANDS = jnp.stack([TEMPLATE.vertices, TEMPLATE.vertices * 0.9])
pose_error = jax.jit(supervision.pose_error)
step = jax.jit(
    jax.value_and_grad(
        lambda vertices, views: supervision.depth_error(vertices, TEMPLATE.faces, views)
    )
)


def rig(turn):
    R = rotations.matrix_from_axis_angle(jnp.array([0.0, turn, 0.1]))
    return transforms.make(R, jnp.array([0.0, 90.0, 600.0]))


def view(vertices, camera_from_world):
    """A hand seen by a pinhole camera."""
    camera = cameras.Pinhole(jnp.full(2, 70.0), jnp.full(2, (PIXELS - 1) / 2))
    inside = transforms.apply(camera_from_world, vertices)
    size = {"height": PIXELS, "width": PIXELS, "far": 600.0 + FAR}
    D = rasterize(camera, inside, TEMPLATE.faces, **size).depth
    mask = D < 600.0 + FAR
    return Views(D, None, mask, True, camera, jnp.eye(4), camera_from_world)


@pytest.fixture(scope="module")
def targets():
    """Each hand from two sides; the second hand's second view is lost."""
    rigs = jnp.stack([rig(0.0), rig(0.9)])
    over = jax.vmap(jax.vmap(view, (None, 0)), (0, None))
    views = jax.jit(over)(HANDS, rigs)._replace(valid=VALID)
    lost = jnp.where(VALID[..., None, None], views.depth, jnp.nan)
    return views._replace(depth=lost)


def test_joints_are_compared_by_the_sum_of_their_coordinates():
    random = np.random.default_rng(0)
    found, true = random.normal(0, 9, (2, 3, 21, 3)).astype(np.float32)
    valid = random.uniform(size=(3, 21)) < 0.7
    each = np.abs(found - true).sum(-1)
    assert pose_error(found, true) == pytest.approx(each.mean(), rel=1e-5)
    got = pose_error(found, true, valid)
    assert got == pytest.approx(each[valid].mean(), rel=1e-5)


@pytest.mark.parametrize("known", [True, False])
def test_joints_in_place_or_unknown_cost_nothing_with_a_finite_slope(known):
    at = jnp.ones((1, 21, 3))
    slope = jax.grad(supervision.pose_error)(at, at, jnp.full((1, 21), known))
    np.testing.assert_array_equal(slope, 0.0)


def test_depth_is_compared_where_both_have_a_hand(targets):
    moved = HANDS + jnp.array([4.0, -3.0, 5.0])
    costs = []
    for b, v in np.argwhere(VALID):
        drawn = view(moved[b], targets.camera_from_world[b, v])
        both = np.asarray(drawn.mask & targets.mask[b, v])
        x = np.abs(np.asarray(drawn.depth - targets.depth[b, v]))[both]
        costs.append(np.where(x < 1, x**2 / 2, x - 0.5).mean())
        assert both.sum() > 30
    assert step(moved, targets)[0] == pytest.approx(np.mean(costs), rel=1e-3)


def test_a_true_surface_costs_nothing_and_a_deep_one_comes_forward(targets):
    value, slope = step(HANDS, targets)
    assert value == pytest.approx(0.0, abs=1e-4)
    assert jnp.all(jnp.isfinite(slope))
    # The first camera looks along z; of the second hand it has the only view.
    slope = step(HANDS + jnp.array([0.0, 0.0, 3.0]), targets)[1]
    assert jnp.sum(slope[1, :, 2]) > 0.0


def test_hands_out_of_sight_cost_nothing_with_a_finite_slope(targets):
    value, slope = step(HANDS + 1e3, targets)
    assert value == 0.0
    np.testing.assert_array_equal(slope, 0.0)


def test_views_that_do_not_say_what_is_the_hand_are_refused(targets):
    for gone in ({"depth": None}, {"mask": None}):
        with pytest.raises(ValueError, match="depth and mask"):
            supervision.depth_error(HANDS, TEMPLATE.faces, targets._replace(**gone))


def test_views_without_depth_do_not_count(targets):
    some = targets._replace(depth_valid=jnp.zeros((2, 2), bool))
    value, slope = step(HANDS + 3.0, some)
    assert value == 0.0
    np.testing.assert_array_equal(slope, 0.0)


def test_memory_is_that_of_one_view():
    def bytes_for(count):
        shape = jax.eval_shape(lambda: view(HANDS[0], jnp.eye(4)))._replace(
            valid=jax.ShapeDtypeStruct((), bool)
        )
        views = jax.tree.map(
            lambda x: jax.ShapeDtypeStruct((1, count, *x.shape), x.dtype), shape
        )
        ahead = step.lower(HANDS[:1], views).compile().memory_analysis()
        return ahead.temp_size_in_bytes

    one, four = bytes_for(1), bytes_for(4)
    assert four < 1.5 * one
