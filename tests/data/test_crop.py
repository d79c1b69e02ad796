"""Crops of depth frames: same surface, parallel rays, exact ways back."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.batch import FAR
from handjax.data import crop
from handjax.geometry import cameras, spheres, transforms
from handjax.geometry.cameras import Pinhole

NYU = Pinhole(jnp.array([588.0369, 587.0751]) / 2, jnp.array([159.75, 119.75]))
SHAPE = (240, 320)
CENTRE = jnp.array([60.0, -40.0, 700.0])
RADIUS = 60.0


def ball_frame(centre, radius, background=0.0):
    """What a pinhole camera sees of a ball: the nearer root of a quadratic."""
    _, ray = cameras.rays(NYU, cameras.pixel_grid(*SHAPE))
    a, b = (ray**2).sum(-1), ray @ centre
    root = b**2 - a * (centre @ centre - radius**2)
    return jnp.where(root > 0, (b - jnp.sqrt(jnp.maximum(root, 0))) / a, background)


@pytest.fixture(scope="module")
def frame():
    return ball_frame(CENTRE, RADIUS)


@pytest.fixture(scope="module")
def views(frame):
    """Crop of the ball, centred on it."""
    return jax.jit(lambda frame: crop.views_from_frame(frame, NYU, centre=CENTRE))(
        frame
    )


def test_crop_of_a_ball_is_the_ball_along_parallel_rays(views):
    camera = cameras.orthographic_crop(crop.SIZE, crop.PIXELS)
    x, y = cameras.orthographic_axes(camera, crop.PIXELS, crop.PIXELS)
    wanted = spheres.ray_cast(x, y, jnp.zeros((1, 3)), jnp.array([RADIUS]), FAR)
    got = views.depth[0, 0]
    r = jnp.hypot(*jnp.meshgrid(x, y))
    np.testing.assert_allclose(got[r < 40], wanted[r < 40], atol=1.5)
    assert (got[r > RADIUS + 5] == FAR).all()
    assert (got[r < 40] < FAR).all()


def test_crop_leads_back_to_the_frame(views, frame):
    D, camera = views.depth[0, 0], jax.tree.map(lambda leaf: leaf[0, 0], views.camera)
    points = cameras.unproject(camera, cameras.pixel_grid(*D.shape), D)[D < -25]
    camera_from_crop = transforms.invert(views.crop_from_camera[0, 0])
    uv = cameras.project(NYU, transforms.apply(camera_from_crop, points))
    distance = jnp.linalg.norm(points, axis=-1)
    np.testing.assert_allclose(distance, RADIUS, atol=4.0)
    assert (frame[tuple(jnp.round(uv).astype(int).T[::-1])] > 0).all()


def test_mask_is_where_depth_is(views):
    np.testing.assert_array_equal(views.mask, views.depth < FAR)


def test_centre_from_depth_finds_the_nearest_blob():
    near = ball_frame(CENTRE, RADIUS, jnp.inf)
    behind = ball_frame(jnp.array([-150.0, 80.0, 900.0]), 90.0, 1500.0)
    got = crop.centre_from_depth(jnp.minimum(near, behind), NYU)
    # The camera sees the front of the ball only, half a radius before its centre.
    front = CENTRE * (1 - RADIUS / 2 / jnp.linalg.norm(CENTRE))
    assert jnp.linalg.norm(got - front) < 15.0


def test_centre_follows_the_hand():
    shift = jnp.array([-100.0, 30.0, 100.0])
    one, other = (
        crop.centre_from_depth(ball_frame(c, RADIUS), NYU)
        for c in (CENTRE, CENTRE + shift)
    )
    np.testing.assert_allclose(other - one, shift, atol=6.0)


@pytest.mark.parametrize("nothing", [0.0, jnp.nan, jnp.inf])
def test_a_frame_without_measurement_gives_an_empty_crop(nothing):
    views = crop.views_from_frame(jnp.full((24, 32), nothing), NYU, pixels=16)
    assert (views.depth == FAR).all()
    assert jnp.isfinite(views.crop_from_camera).all()


def test_what_is_outside_the_cube_is_left_out(frame):
    wall = jnp.where(frame > 0, frame, 2000.0)
    got = crop.crop_depth(wall, NYU, CENTRE)
    np.testing.assert_array_equal(got, crop.crop_depth(frame, NYU, CENTRE))


def test_a_far_frame_has_no_pinholes():
    # Points of neighbouring pixels are 4.4 mm apart here, nearly a crop's pixel.
    wall = jnp.full(SHAPE, 1300.0)
    got = crop.crop_depth(wall, NYU, jnp.array([0.0, 0.0, 1300.0]))
    np.testing.assert_allclose(got, 0.0, atol=1e-3)


def test_noise_does_not_pull_the_surface_nearer():
    noise = jax.random.normal(jax.random.key(0), SHAPE)
    got = crop.crop_depth(700.0 + noise, NYU, jnp.array([0.0, 0.0, 700.0]))
    assert abs(got.mean()) < 0.1


def test_the_nearer_of_two_surfaces_wins():
    stripes = jnp.where(jnp.arange(320) % 2 == 0, 600.0, 640.0) * jnp.ones(SHAPE)
    got = crop.crop_depth(stripes, NYU, jnp.array([0.0, 0.0, 600.0]))
    np.testing.assert_allclose(got, 0.0, atol=1e-3)


def test_holes_are_filled_from_neighbours_and_not_across_the_picture():
    hit = np.ones((6, 6), bool)
    hit[0] = hit[3, 3] = False
    depth = np.where(hit, 10.0, 99.0)
    filled = crop._fill(jnp.asarray(depth), jnp.asarray(hit), far=150.0)
    assert filled[3, 3] == 10.0
    # Three neighbours below are too few; the last row is none of the first's.
    assert (filled[0] == 150.0).all()
