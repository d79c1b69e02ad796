"""Terms that need labels, against loops and values known by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.batch import Labels
from handjax.methods.wan_spheres.labelled import map_labels, true_centres


def test_true_centres_follow_the_rig(batch):
    # The camera on the right sees the world's x as its depth, negated.
    views = batch.views._replace(valid=jnp.ones((2, 2), bool))
    c = jax.jit(true_centres)(batch._replace(views=views))
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


def test_as_printed_labels_are_lit_everywhere(truth, batch):
    labels = jax.jit(map_labels, static_argnames="threshold")
    (_, lit), (_, everywhere) = (labels(truth, batch, threshold=t) for t in (0.05, 0.0))
    assert jnp.mean(everywhere != 0) > 2 * jnp.mean(lit != 0)


# Those on the maps are measured against `map_labels`, which a loop has checked.
@pytest.mark.parametrize("name", ["coordinates", "coordinates_l1"])
def test_the_truth_costs_nothing(name, truth, batch, terms):
    assert terms[name](truth, batch) == pytest.approx(0.0, abs=1e-6)


def test_terms_are_means_over_valid_views(truth, batch, terms):
    off = truth._replace(
        stack_centres=truth.stack_centres + jnp.array([0.0, 0.0, 50.0]),
        heatmaps=truth.heatmaps + 0.5,
        depths=truth.depths.at[1, 1].add(jnp.nan),
    )
    assert terms["coordinates"](off, batch) == pytest.approx(0.25 / 3, rel=1e-4)
    assert terms["coordinates_l1"](off, batch) == pytest.approx(0.5 / 3, rel=1e-4)
    assert terms["heatmaps"](off, batch) == pytest.approx(0.25, rel=1e-4)
    # The lost view's NaN is not looked at.
    assert terms["depthmaps"](off, batch) == 0.0


def test_unlabelled_batches_are_refused_where_labels_are_weighed(truth, batch, terms):
    with pytest.raises(ValueError, match="need labels"):
        terms["coordinates"](truth, batch._replace(labels=Labels()))
