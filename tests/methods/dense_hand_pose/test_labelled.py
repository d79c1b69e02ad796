"""Terms against loops that follow the paper."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.methods.dense_hand_pose import labelled
from tests.methods.in_colour import PIXELS, pinholes

ALL = jnp.ones((2, 21), bool)
MCP = 9


@pytest.fixture(scope="module")
def wrong(hands):
    """Key points that are off by some mm."""
    off = np.random.default_rng(0).normal(0, 8, (2, 21, 3))
    return hands.joints + jnp.asarray(off, jnp.float32)


def test_skeletons_are_compared_free_of_camera_size_and_distance(hands, wrong):
    total = []
    for found, true in zip(np.asarray(wrong), np.asarray(hands.joints), strict=True):
        uv, uv_true = (180.0 * x[:, :2] / x[:, 2:] + 31.5 for x in (found, true))
        g = 1.5 * (uv_true.max(axis=0) - uv_true.min(axis=0)).max()
        for k in range(21):
            xy = (uv[k] - uv_true[MCP]) / g - (uv_true[k] - uv_true[MCP]) / g
            z = [(x[k, 2] - x[MCP, 2]) / (x[MCP, 2] * g / 180.0) for x in (found, true)]
            total.append(np.sum(xy**2) + (z[0] - z[1]) ** 2)
    got = labelled.articulation_error(pinholes(), wrong, hands.joints, ALL)
    assert got == pytest.approx(np.mean(total), rel=1e-4)
    twice = labelled.articulation_error(pinholes(), 2 * wrong, hands.joints, ALL)
    assert twice == pytest.approx(float(got), rel=1e-4)


def test_key_points_that_nobody_knows_do_not_count(hands, wrong):
    some = ALL.at[:, 4].set(False)
    moved = wrong.at[:, 4].add(500.0)
    before = labelled.articulation_error(pinholes(), wrong, hands.joints, some)
    after = labelled.articulation_error(pinholes(), moved, hands.joints, some)
    assert before == pytest.approx(float(after))
    rootless = ALL.at[1, MCP].set(False)
    spoilt = wrong.at[1].add(500.0)
    alone = labelled.articulation_error(pinholes(), spoilt, hands.joints, rootless)
    assert jnp.isfinite(alone)
    assert alone < 10 * before


def test_masks_count_where_key_points_lie_near_by_example():
    true = jnp.zeros((2, 21, 2))
    # 15 pixels of 224 are 4.29 of 64.
    found = jnp.stack([true[0].at[:, 0].set(4.2), true[1].at[:, 0].set(4.4)])
    gate = labelled.gate(found, true, ALL, PIXELS, 15.0)
    np.testing.assert_array_equal(gate, [1.0, 0.0])
    np.testing.assert_array_equal(labelled.gate(found, true, ALL, 64, 0.0), 1.0)
    nobody = labelled.gate(true, true, jnp.zeros((2, 21), bool), 64, 15.0)
    np.testing.assert_array_equal(nobody, 0.0)


def test_a_mask_that_does_not_count_costs_nothing(hands, batch, room):
    other = jnp.flip(batch.views.mask[:, 0], axis=2).astype(jnp.float32)

    def cost(*share):
        share = jnp.array(share)
        of = (pinholes(), hands.vertices, other, share, room.skin)
        return float(labelled.shape_error(*of))

    assert cost(0.0, 0.0) == 0.0
    assert cost(1.0, 0.0) + cost(0.0, 1.0) == pytest.approx(cost(1.0, 1.0), rel=1e-5)
    assert cost(1.0, 1.0) > 0.01


def test_heatmaps_count_as_much_in_any_size():
    true = jnp.zeros((2, 16, 16, 21)).at[:, 3, 4, 5].set(1.0)
    blank = jnp.zeros_like(true)
    # One of 21 joints, each pixel standing for four.
    got = labelled.heatmap_error([blank, true], true, ALL)
    assert got == pytest.approx(4.0 / 21 / 2)
    unknown = ALL.at[:, 5].set(False)
    assert labelled.heatmap_error([blank], true, unknown) == 0.0


def test_refined_key_points_are_compared_after_every_iteration():
    uv = jnp.full((2, 21, 2), 31.5)
    at = jnp.zeros((2, 21, 2))
    got = labelled.refiner_error([at, at.at[..., 0].set(0.5)], uv, ALL, PIXELS)
    assert got == pytest.approx(0.125)
    assert labelled.refiner_error([], uv, ALL, PIXELS) == 0.0


def test_features_cost_what_is_of_the_background_and_that_they_are_alike():
    found = jnp.array([[1.0, 2.0], [3.0, 6.0]])
    masked = found.at[1, 1].add(-2.0)
    # A mean square of 1; standard deviations of 1 and 2 are enough.
    got = labelled.feature_error(found, masked)
    assert got == pytest.approx(1.0, abs=1e-3)
    # In a whisper of a tenth: 0.01, and 0.9 and 0.8 are lacking.
    quiet = labelled.feature_error(0.1 * found, 0.1 * masked)
    assert quiet == pytest.approx(0.01 + 0.85, abs=2e-3)


def test_features_that_say_nothing_have_a_finite_gradient():
    still = jnp.ones((2, 3))
    slope = jax.grad(lambda f: labelled.feature_error(f, still))(still)
    assert jnp.isfinite(slope).all()


def test_the_box_is_around_what_is_known():
    uv = jnp.zeros((1, 21, 2)).at[0, 3].set(jnp.array([10.0, 4.0]))
    uv = uv.at[0, 7].set(900.0)
    known = jnp.ones((1, 21), bool).at[0, 7].set(False)
    assert labelled.box(uv, known)[0] == pytest.approx(15.0)
    assert jnp.isfinite(labelled.box(uv, jnp.zeros((1, 21), bool)))


def test_a_usual_hand_costs_no_habit(room):
    usual = room.start[None]
    assert labelled.habit_error(usual, room.start) == 0.0
    bent = usual.at[0, 0].add(1.0).at[0, 45].add(2.0)
    cost = labelled.habit_error(bent, room.start)
    assert cost == pytest.approx(1 / 45 + 4 / 10, rel=1e-5)
