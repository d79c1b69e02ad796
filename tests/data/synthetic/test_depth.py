"""Synthetic batches: labels fit the depth, crops are where they say, keys decide."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from configs import wan_spheres as page
from handjax.batch import FAR
from handjax.data import synthetic
from handjax.data.crop import SIZE
from handjax.data.synthetic import depth as along_rays
from handjax.data.synthetic.hands import ASIDE
from handjax.geometry import cameras, spheres, transforms
from handjax.hands.template import load_template

TEMPLATE = load_template("hand_790")
BATCH = 6


@pytest.fixture(scope="module")
def sample():
    """Noisy batches by key."""
    config = page.get_config("test").synthetic
    return jax.jit(lambda key: synthetic.sample(key, TEMPLATE, config, BATCH))


@pytest.fixture(scope="module")
def batch(sample):
    return sample(jax.random.key(0))


def in_crop(batch, points):
    """Points of the world in the crop frame of the first view."""
    views = batch.views
    crop_from_world = jax.vmap(transforms.compose)(
        views.crop_from_camera[:, 0], views.camera_from_world[:, 0]
    )
    return jax.vmap(transforms.apply)(crop_from_world, points)


def seen_points(depth):
    """Every pixel of one depth image as a point in the crop frame, and which count."""
    camera = cameras.orthographic_crop(SIZE, depth.shape[-1])
    points = cameras.unproject(camera, cameras.pixel_grid(*depth.shape), depth)
    return points.reshape(-1, 3), np.asarray(depth < FAR).ravel()


def test_same_key_same_batch(sample, batch):
    again = sample(jax.random.key(0))
    jax.tree.map(np.testing.assert_array_equal, again, batch)
    other = sample(jax.random.key(1))
    assert (other.views.depth != batch.views.depth).any()


def test_examples_of_a_batch_differ(batch):
    assert len({tuple(joints[0].tolist()) for joints in batch.labels.joints}) == BATCH


def test_shapes_are_one_view_and_all_labels(batch):
    assert batch.views.depth.shape == (BATCH, 1, 64, 64)
    assert batch.views.valid.all()
    assert batch.targets is None
    assert batch.labels.joints.shape == (BATCH, 21, 3)
    assert batch.labels.joints_valid.all()
    assert batch.labels.vertices.shape == (BATCH, 790, 3)
    assert all(jnp.isfinite(leaf).all() for leaf in jax.tree.leaves(batch))


def test_depth_is_inside_the_cube_and_the_mask_says_where(batch):
    assert (jnp.abs(batch.views.depth) <= FAR).all()
    np.testing.assert_array_equal(batch.views.mask, batch.views.depth < FAR)
    assert (batch.views.mask.sum(axis=(1, 2, 3)) > 150).all()


def test_points_seen_lie_on_the_labelled_hand(batch):
    c = in_crop(batch, batch.labels.centres)
    for depth, centres, radii in zip(
        batch.views.depth[:, 0], c, batch.labels.radii, strict=True
    ):
        points, seen = seen_points(depth)
        distance = spheres.point_to_spheres(points, centres, radii)
        assert np.median(np.asarray(distance)[seen]) < 4.0


def test_joints_lie_behind_the_surface(batch):
    joints = in_crop(batch, batch.labels.joints)
    camera = cameras.orthographic_crop(SIZE, 64)
    uv = jnp.round(cameras.project(camera, joints)).astype(int)
    for depth, (u, v), z in zip(
        batch.views.depth[:, 0], jnp.moveaxis(uv, -1, 1), joints[..., 2], strict=True
    ):
        surface = depth[v, u]
        behind = (surface - 6.0 < z) | (surface == FAR)
        assert behind.mean() > 0.9


def test_crop_centre_is_within_the_jitter_of_the_depth(batch):
    for depth in batch.views.depth[:, 0]:
        points, seen = seen_points(depth)
        assert np.linalg.norm(np.asarray(points)[seen].mean(axis=0)) < 10.0


def test_hands_are_where_the_config_says(batch):
    wrist = batch.labels.joints[:, 0]
    assert ((wrist[:, 2] > 440) & (wrist[:, 2] < 1010)).all()
    assert (jnp.abs(wrist[:, :2]) <= ASIDE + 10).all()


def test_moving_a_crop_is_drawing_it_elsewhere():
    vertices = TEMPLATE.vertices - TEMPLATE.vertices.mean(axis=0)
    draw = jax.jit(lambda vertices: along_rays.draw(vertices, TEMPLATE))
    steps = jnp.array([5, -9])
    shift = jnp.append(steps * along_rays.PITCH, 12.0)
    moved = along_rays.move(draw(vertices), steps, shift[2])
    np.testing.assert_allclose(moved, draw(vertices - shift), atol=1e-2)


def test_aim_misses_by_the_jitter_at_most():
    goal = jnp.array([13.0, -21.0, 8.0])
    keys = jax.random.split(jax.random.key(0), 500)
    steps, dz = jax.vmap(lambda key: along_rays.aim(key, goal, 10.0))(keys)
    at = jnp.concatenate([steps * along_rays.PITCH, dz[:, None]], axis=-1)
    miss = jnp.linalg.norm(at - goal, axis=-1)
    assert miss.max() <= 10.0
    assert miss.mean() > 4.0


def test_an_empty_picture_is_aimed_at_its_middle():
    nothing = jnp.full((64, 64), FAR)
    np.testing.assert_array_equal(along_rays.middle_of_seen(nothing), jnp.zeros(3))


def test_hands_alone_are_drawn_as_they_were_before_arms_were(batch):
    # Measured before `surroundings` was written: benchmarks of hands alone go on.
    shown, D = batch.views.mask[:, 0], batch.views.depth[:, 0]
    count = np.sum(shown, axis=(1, 2))
    np.testing.assert_allclose(count, [266, 683, 459, 386, 324, 502], atol=1)
    mean = np.sum(np.where(shown, D, 0.0), axis=(1, 2)) / count
    known = [-1.146, -0.552, -1.983, -4.756, 1.914, 3.508]
    np.testing.assert_allclose(mean, known, atol=0.2)
    wrists = [[-53.63, 142.02, 521.62], [30.68, -64.48, 750.70]]
    np.testing.assert_allclose(batch.labels.joints[:2, 0], wrists, atol=0.02)
    centres = -batch.views.crop_from_camera[:2, 0, :3, 3]
    known = [[-104.44, 134.01, 489.32], [9.49, -124.57, 774.51]]
    np.testing.assert_allclose(centres, known, atol=0.2)
