"""Crops show what the frame's camera saw, and their cameras lead back."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.data.crop import crop_depth
from handjax.geometry import cameras
from handjax.predicting import crops


@pytest.mark.parametrize("centre", [(-20.0, 20.0, 700.0), (-250.0, -150.0, 640.0)])
def test_depth_is_cropped_as_on_the_device(depth, camera, centre):
    views = crops.depth_views(depth, camera, np.array(centre))
    assert views.depth.shape == (len(crops.OFFSETS), 1, 64, 64)
    crop = jax.jit(crop_depth)
    for k in (0, 13, 26):
        place = jnp.asarray(centre + crops.OFFSETS[k], jnp.float32)
        wanted = np.asarray(crop(jnp.asarray(depth), camera, place))
        same = np.abs(np.asarray(views.depth[k, 0]) - wanted) < 0.2
        # A point on the border of two pixels may fall into either.
        assert same.mean() > 0.99
        np.testing.assert_allclose(views.crop_from_camera[k, 0, :3, 3], -place)


def test_what_was_not_measured_is_nowhere(depth, camera):
    holes = np.where(depth > 0.0, depth, np.nan)
    centre = np.array([-20.0, 20.0, 700.0])
    clean, broken = (crops.depth_views(d, camera, centre) for d in (depth, holes))
    np.testing.assert_array_equal(clean.depth, broken.depth)


def test_a_crop_in_colour_has_its_own_camera(camera):
    picture = np.zeros((120, 160, 3), np.uint8)
    picture[70:74, 100:104] = 255  # around (101.5, 71.5)
    boxes = (80.0, 50.0, 40.0), (90.0, 60.0, 32.0)
    views = crops.image_views(picture, camera, boxes, 64)
    point = cameras.unproject(camera, jnp.array([101.5, 71.5]), jnp.array(500.0))
    for k in range(len(boxes)):
        image = np.asarray(views.image[k, 0, ..., 0])
        v, u = np.average(np.indices(image.shape), axis=(1, 2), weights=image)
        own = jax.tree.map(lambda leaf, k=k: leaf[k, 0], views.camera)
        np.testing.assert_allclose(cameras.project(own, point), [u, v], atol=0.1)


def test_beyond_a_picture_is_black():
    white = np.full((20, 30, 3), 255, np.uint8)
    seen = crops.cut(white, (-10.0, -10.0, 40.0), 40)
    assert seen[12:28, 12:38].min() == 255
    assert seen[:8].max() == seen[:, :8].max() == seen[32:].max() == 0
    assert crops.cut(white, (500.0, 500.0, 40.0), 16).max() == 0
