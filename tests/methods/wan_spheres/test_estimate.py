"""The network's maps, and centres read off them."""

import jax.numpy as jnp
import numpy as np
import pytest

from handjax.geometry import cameras
from handjax.methods.wan_spheres.estimate import integrate

SIZE, PIXELS = 300.0, 32


def test_prediction_has_a_centre_for_every_stack_view_and_sphere(
    predict, params, batch
):
    prediction, _ = predict(params, {}, batch)
    assert prediction.heatmaps.shape == (2, 2, 2, 41, 8, 8)
    assert prediction.depths.shape == (2, 2, 2, 41, 8, 8)
    assert prediction.stack_centres.shape == (2, 2, 2, 41, 3)
    assert prediction.palm.shape == (2, 2, 11, 3)
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


@pytest.mark.parametrize("normalisation", ["softmax", "relu"])
def test_sharp_maps_integrate_to_their_point(normalisation):
    camera = cameras.orthographic_crop(SIZE, PIXELS)
    h = jnp.zeros((8, 8)).at[2, 5].set(2.0)
    d = jnp.zeros((8, 8)).at[2, 5].set(0.4)
    c = integrate(h, d, camera, beta=10.0, normalisation=normalisation)
    np.testing.assert_allclose(c, [1.5 * 37.5, -1.5 * 37.5, 40.0], atol=1e-3)


def test_views_without_depth_are_refused(predict, params, batch):
    colour = batch._replace(views=batch.views._replace(depth=None))
    with pytest.raises(ValueError, match="orthographic depth"):
        predict(params, {}, colour)
