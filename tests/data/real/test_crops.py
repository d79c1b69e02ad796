"""Crops of what is stored equal crops of what the camera saw."""

import io

import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from handjax.batch import FAR
from handjax.data import crop
from handjax.data.real import crops, records
from handjax.geometry.cameras import Pinhole
from tests.data.real import scenes, toy


@pytest.fixture(scope="module")
def view():
    """A hand of NYU with something behind it."""
    depth = scenes.depth(1, 0).astype(np.float32)
    depth[400:, 200:400] = 900.0
    hand = scenes.joints_of(1, 0)[32].astype(np.float32)
    return toy.view(
        focal=scenes.nyu.FOCAL, centre=scenes.nyu.CENTRE, hand=hand, depth=depth
    )


def stored(view, cube=300.0):
    return records.make(toy.frame(views=(view,), cube=cube), toy.ABOUT, 0).parts[0]


def whole(view, centre, size=300.0):
    """The crop of the whole frame, scaled so that the cube is the usual one."""
    scale = crop.SIZE / size
    depth = jnp.asarray(view.depth * scale)
    camera = Pinhole(jnp.asarray(view.focal), jnp.asarray(view.centre))
    found = np.asarray(crop.crop_depth(depth, camera, jnp.asarray(centre * scale)))
    return np.where(found < FAR, found / scale, FAR)


@pytest.mark.parametrize("off", [(0, 0, 0), (40, -50, 60), (-70, 70, -70)])
def test_depth_of_the_window_is_that_of_the_whole_frame(view, off):
    part = stored(view)
    centre = view.hand + np.array(off, np.float32)
    ours = crops.crop_depth(part.depth, part.camera, centre, size=300.0)
    theirs = whole(view, centre)
    assert part.depth.size < view.depth.size / 4
    assert np.sum(ours < FAR) > 200
    # Depth is kept in eighths of a mm; a point on an edge may fall either way.
    different = np.abs(ours - theirs) > 1.0 / 8
    assert different.mean() < 0.01


def test_a_smaller_cube_shows_the_hand_larger_and_the_same_depth(view):
    part = stored(view, cube=250.0)
    small = crops.crop_depth(part.depth, part.camera, view.hand, size=250.0)
    large = crops.crop_depth(part.depth, part.camera, view.hand, size=300.0)
    assert np.sum(small < FAR) > 1.2 * np.sum(large < FAR)
    assert small.max() == FAR
    different = np.abs(small - whole(view, view.hand, 250.0)) > 0.5
    assert different.mean() < 0.02


def test_fewer_pixels_show_nearly_the_same(view):
    part = stored(view)
    fewer, camera = crops.thin(part.depth, part.camera, view.hand, 300.0 / 64)
    assert fewer.size < part.depth.size / 3
    np.testing.assert_allclose(camera, part.camera / 2)
    some = {"size": 300.0, "exact": False}
    ours = crops.crop_depth(part.depth, part.camera, view.hand, **some)
    exact = crops.crop_depth(part.depth, part.camera, view.hand, size=300.0)
    both = (ours < FAR) & (exact < FAR)
    assert np.abs(ours - exact)[both].mean() < 0.6
    assert np.mean((ours < FAR) != (exact < FAR)) < 0.03


def test_a_cube_around_nothing_is_empty(view):
    part = stored(view)
    beside = view.hand + np.array([400.0, 0.0, 0.0], np.float32)
    found = crops.crop_depth(part.depth, part.camera, beside, size=300.0)
    assert np.all(found == FAR)


def checkered(points, focal, centre, size):
    """A white dot where each point appears."""
    image = np.zeros((*size, 3), np.uint8)
    for u, v in np.rint(points[:, :2] / points[:, 2:] * focal + centre).astype(int):
        image[v - 2 : v + 3, u - 2 : u + 3] = 255
    return image


@pytest.mark.parametrize("scale", [1.0, 4.0])
def test_a_colour_crop_shows_points_where_its_camera_says(scale):
    focal, centre = scale * toy.FOCAL, scale * (toy.CENTRE + 0.5) - 0.5
    size = (int(48 * scale), int(64 * scale))
    points = np.array([[-30, -50, 500], [40, 10, 480], [0, -10, 520]], np.float32)
    view = toy.view(
        focal=focal,
        centre=centre.astype(np.float32),
        depth=None,
        image=checkered(points, focal, centre, size),
    )
    part = stored(view)
    assert max(Image.open(io.BytesIO(part.image)).size) <= records.EDGE
    shown = crops.crop_image(part, view.hand, size=300.0)
    assert shown.image.shape == (256, 256, 3)
    assert (shown.depth, shown.mask) == (None, None)
    for u, v in points[:, :2] / points[:, 2:] * shown.camera[0] + shown.camera[1]:
        u, v = round(u), round(v)
        assert shown.image[v - 1 : v + 2, u - 1 : u + 2].mean() > 200
    # Beyond the picture is black: the crop is wider than what the camera saw.
    assert shown.image.mean() < 60


def test_depth_and_mask_of_a_colour_crop_come_from_the_nearest_pixel():
    image = np.zeros((48, 64, 3), np.uint8)
    view = toy.view(image=image, mask=toy.depth() < 600)
    part = stored(view)
    shown = crops.crop_image(part, view.hand, size=300.0)
    at = [30 - toy.CENTRE[0], 20 - toy.CENTRE[1]] / toy.FOCAL
    u, v = np.rint(at * shown.camera[0] + shown.camera[1]).astype(int)
    assert shown.depth is not None
    assert shown.mask is not None
    assert shown.depth[v, u] == -20.0
    assert shown.mask[v, u]
    assert shown.depth[0, 0] == FAR
    assert not shown.mask[0, 0]
