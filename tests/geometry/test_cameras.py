import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from handjax.geometry import cameras

PINHOLE = cameras.Pinhole(jnp.array([588.0, 587.0]), jnp.array([320.0, 240.0]))
ORTHOGRAPHIC = cameras.orthographic_crop(300.0, 64)
BOTH = pytest.mark.parametrize("camera", [PINHOLE, ORTHOGRAPHIC], ids=["pin", "ortho"])

project = jax.jit(cameras.project)
unproject = jax.jit(cameras.unproject)


def points(shape=(5,)):
    xy = np.random.default_rng(0).uniform(-140, 140, size=(*shape, 2))
    z = np.random.default_rng(1).uniform(300, 900, size=(*shape, 1))
    return jnp.asarray(np.concatenate([xy, z], -1), float)


def test_x_points_right_y_down_and_far_things_look_small():
    uv = project(PINHOLE, jnp.array([[100.0, 50.0, 500.0], [100.0, 50.0, 1000.0]]))
    np.testing.assert_allclose(uv, [[437.6, 298.7], [378.8, 269.35]], rtol=1e-6)


def test_cube_fills_its_crop_from_edge_to_edge():
    corners = jnp.array([[-150.0, -150.0, 7.0], [150.0, 150.0, -9.0], [0.0, 0.0, 0.0]])
    uv = project(ORTHOGRAPHIC, corners)
    np.testing.assert_allclose(
        uv, [[-0.5, -0.5], [63.5, 63.5], [31.5, 31.5]], atol=1e-5
    )


@BOTH
@pytest.mark.parametrize("shape", [(), (4,), (2, 3)])
def test_unproject_undoes_project(camera, shape):
    p = points(shape)
    back = unproject(camera, project(camera, p), p[..., 2])
    np.testing.assert_allclose(back, p, atol=2e-4)


@BOTH
def test_every_point_of_a_ray_falls_on_its_pixel(camera):
    uv = jnp.array([[3.0, 60.0], [31.5, 0.25]])
    origin, direction = cameras.rays(camera, uv)
    for z in (20.0, 700.0):
        point = origin + z * direction
        np.testing.assert_allclose(point[:, 2], z)
        np.testing.assert_allclose(project(camera, point), uv, atol=1e-3)


def test_pixel_grid_is_u_right_v_down():
    v, u = np.mgrid[:3, :4]
    np.testing.assert_array_equal(cameras.pixel_grid(3, 4), np.stack([u, v], -1))


def test_axes_are_the_unprojected_grid():
    camera = cameras.crop(ORTHOGRAPHIC, jnp.array([3.0, 8.0]), jnp.array([0.5, 2.0]))
    x, y = cameras.orthographic_axes(camera, 5, 6)
    grid = unproject(camera, cameras.pixel_grid(5, 6), jnp.zeros((5, 6)))
    np.testing.assert_allclose(grid[..., 0], np.tile(x, (5, 1)), atol=1e-4)
    np.testing.assert_allclose(grid[..., 1], np.tile(y[:, None], (1, 6)), atol=1e-4)


@BOTH
def test_halved_crop_sees_blocks_where_their_mean_lies(camera):
    height, width = 8, 10
    grid = cameras.pixel_grid(height, width)
    seen = unproject(camera, grid, jnp.full((height, width), 500.0))
    window = np.asarray(seen)[2:8, 4:10]
    blocks = window.reshape(3, 2, 3, 2, 3).mean(axis=(1, 3))
    crop = cameras.crop(camera, jnp.array([4.0, 2.0]), jnp.array([0.5, 0.5]))
    uv = project(crop, jnp.asarray(blocks))
    np.testing.assert_allclose(uv, cameras.pixel_grid(3, 3), atol=1e-3)


@BOTH
def test_crop_of_crop_is_one_crop(camera):
    a, s = jnp.array([12.0, 5.5]), jnp.array([0.5, 0.25])
    b, t = jnp.array([-3.0, 4.0]), jnp.array([3.0, 1.5])
    twice = cameras.crop(cameras.crop(camera, a, s), b, t)
    once = cameras.crop(camera, a + b / s, s * t)
    np.testing.assert_allclose(twice.focal, once.focal, rtol=1e-6)
    np.testing.assert_allclose(twice.centre, once.centre, rtol=1e-6)


@BOTH
def test_crop_camera_and_cropped_pixels_agree(camera):
    left_top, scale = jnp.array([12.0, -5.5]), jnp.array([0.5, 2.0])
    uv = project(cameras.crop(camera, left_top, scale), points())
    expected = cameras.crop_pixels(project(camera, points()), left_top, scale)
    np.testing.assert_allclose(uv, expected, rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize("z", [0.0, -0.0, -300.0, 0.5])
def test_points_at_and_behind_a_pinhole_are_finite_with_no_slope_in_depth(z):
    def total(p):
        return jnp.sum(cameras.project(PINHOLE, p))

    value, gradient = jax.value_and_grad(total)(jnp.array([0.0, 20.0, z]))
    assert np.isfinite(value)
    np.testing.assert_allclose(gradient, [588.0, 587.0, 0.0])


@BOTH
def test_gradients_match_finite_differences(x64, camera):
    camera = jax.tree.map(lambda a: a.astype(float), camera)
    p = points((3,))
    check_grads(project, (camera, p), order=1)
    check_grads(unproject, (camera, p[:, :2], p[:, 2]), order=1)


@BOTH
@pytest.mark.parametrize(
    "function",
    [
        cameras.project,
        lambda camera, p: cameras.rays(camera, p[:, :2]),
        lambda camera, p: cameras.unproject(camera, p[:, :2], p[:, 2]),
        lambda camera, p: cameras.crop(camera, p[0, :2], 0.01 * p[0, 1:]),
        lambda _, p: cameras.crop_pixels(p[:, :2], p[0, :2], 0.01 * p[0, 1:]),
        lambda camera, _: cameras.orthographic_axes(
            cameras.Orthographic(*camera), 3, 4
        ),
    ],
    ids=["project", "rays", "unproject", "crop", "crop_pixels", "axes"],
)
def test_jit_vmap_equals_loop_over_cameras(equals_loop, camera, function):
    many = jax.tree.map(lambda a: a * jnp.array([[1.0], [1.5], [2.0]]), camera)
    equals_loop(function, many, points((3, 4)), atol=1e-3)


def test_the_axis_is_turned_onto_a_pixels_ray_by_the_least_angle():
    camera = cameras.Pinhole(jnp.array([200.0, 220.0]), jnp.array([30.0, 40.0]))
    for uv in (jnp.array([30.0, 40.0]), jnp.array([-80.0, 95.0])):
        R = cameras.turn_to(camera, uv)
        np.testing.assert_allclose(R @ R.T, np.eye(3), atol=1e-6)
        np.testing.assert_allclose(
            cameras.project(camera, 500.0 * R[:, 2]), uv, atol=1e-3
        )
        # It turns about what is square to both, which stays.
        axis = jnp.cross(jnp.array([0.0, 0.0, 1.0]), R[:, 2])
        np.testing.assert_allclose(R @ axis, axis, atol=1e-6)


def test_a_mirrored_camera_sees_a_mirrored_world_in_a_mirrored_picture():
    p = points()
    there = project(PINHOLE, p)
    mirrored = cameras.mirror(PINHOLE, 640)
    uv = project(mirrored, p * jnp.array([-1.0, 1.0, 1.0]))
    np.testing.assert_allclose(uv[:, 0], 639.0 - there[:, 0], atol=1e-3)
    np.testing.assert_allclose(uv[:, 1], there[:, 1], atol=1e-3)
