"""Hands among other things: the mask is the hand's, the rest keeps behind it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from configs import common
from handjax.batch import FAR
from handjax.data import arms, synthetic
from handjax.data.crop import PIXELS
from handjax.data.synthetic import depth as along_rays
from handjax.data.synthetic import surroundings, things
from handjax.data.synthetic.hands import TOWARDS, sample_pose
from handjax.geometry import cameras, transforms
from handjax.hands.articulate import articulate, keypoints
from handjax.hands.template import load_template

TEMPLATE = load_template("hand_790")
BATCH = 24
KEY = jax.random.key(4)


@pytest.fixture(scope="module")
def drawn():
    """Batches of the same hands by noise, with what is around them."""

    def draw(noise):
        config = common.synthetic()
        config.update({"surroundings": True, "noise": noise})
        one = jax.jit(lambda key: synthetic.sample(key, TEMPLATE, config, BATCH))
        return jax.tree.map(np.asarray, one(KEY))

    return {noise: draw(noise) for noise in (False, True)}


@pytest.fixture(scope="module")
def bare():
    """Key points of the same hands as the bare synthesis has them."""
    config = common.synthetic()

    @jax.vmap
    def one(key):
        pose = sample_pose(jax.random.split(key, 3)[0], TEMPLATE, config)
        return keypoints(articulate(TEMPLATE, pose))

    return np.asarray(jax.jit(one)(jax.random.split(KEY, BATCH)))


@pytest.fixture(scope="module")
def alone(drawn):
    """Depth of each hand alone, in the crops of the clean batch."""
    batch = drawn[False]
    draw = jax.jit(jax.vmap(lambda v: along_rays.draw(v, TEMPLATE)))
    return np.asarray(draw(in_crop(batch, batch.labels.vertices)))


def in_crop(batch, points):
    return jax.vmap(transforms.apply)(batch.views.crop_from_camera[:, 0], points)


def behind_wrist(batch):
    """Which pixels lie over the stump, in which the arm ends: (batch, 64, 64)."""
    stump = TEMPLATE.vertices[:, 1] > arms.TUCK[0] - 6.0
    camera = cameras.orthographic_crop(2 * FAR, PIXELS)
    uv = cameras.project(camera, in_crop(batch, batch.labels.vertices[:, stump]))
    apart = cameras.pixel_grid(PIXELS, PIXELS) - np.asarray(uv)[:, :, None, None]
    return (np.linalg.norm(apart, axis=-1) < 2.0).any(axis=1)


def test_the_mask_is_the_hand_drawn_alone_where_nothing_is_before_it(drawn, alone):
    views = drawn[False].views
    depth, mask = views.depth[:, 0], views.mask[:, 0]
    wrist = behind_wrist(drawn[False])
    before = depth < alone - 0.5
    expected = (alone < FAR) & ~before
    np.testing.assert_array_equal(mask[~wrist], expected[~wrist])
    # Where a face is all but edge on, rounding moves its depth by a tenth of a mm.
    np.testing.assert_allclose(depth[mask & ~wrist], alone[mask & ~wrist], atol=0.5)
    # What is left out around the stump, on both its sides, is no more than a third.
    assert (mask & ~wrist).sum() > 0.67 * mask.sum()
    # Arms and blobs hide something now and then, not most of it.
    hidden = before & (alone < FAR) & ~wrist
    assert hidden.sum() < 0.1 * (alone < FAR).sum()


def test_an_arm_is_in_every_depth_and_in_no_mask(drawn):
    views = drawn[False].views
    others = (views.depth < FAR) & ~views.mask
    assert (others.sum(axis=(1, 2, 3)) > 0).all()


def test_half_of_the_crops_show_more_than_hand_and_arm(drawn):
    views = drawn[True].views
    others = ((views.depth < FAR) & ~views.mask).mean(axis=(1, 2, 3))
    # Arms alone take up to a seventh of a crop.
    assert 0.2 < np.mean(others > 0.14) < 0.8


def test_all_is_finite_and_within_the_cube(drawn):
    for batch in drawn.values():
        assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(batch))
        assert (np.abs(batch.views.depth) <= FAR).all()
        assert not (batch.views.mask & (batch.views.depth == FAR)).any()


def test_crops_stand_on_the_hand_whatever_else_is_seen(drawn):
    camera = cameras.orthographic_crop(2 * FAR, PIXELS)
    for mask, depth in zip(
        drawn[False].views.mask[:, 0], drawn[False].views.depth[:, 0], strict=True
    ):
        grid = cameras.pixel_grid(PIXELS, PIXELS)
        points = np.asarray(cameras.unproject(camera, grid, jnp.asarray(depth)))
        assert np.linalg.norm(points[mask].mean(axis=0)) < 25.0


def test_labels_are_those_of_the_bare_hand_unless_its_arm_came_from_the_camera(
    drawn, bare
):
    joints, before = drawn[True].labels.joints, bare
    moved = np.abs(joints - before).max(axis=(1, 2)) > 1e-3
    # Towards the middle knuckle the arm's y is -1, so z of the palm tells its side.
    palm = before[:, 9] - before[:, 0]
    towards = -palm[:, 2] / np.linalg.norm(palm, axis=-1)
    assert moved[towards < TOWARDS - 0.15].all()
    assert not moved[towards > TOWARDS + 0.15].any()
    assert 0 < moved.sum() < BATCH


def test_noise_moves_no_label_and_no_crop(drawn):
    jax.tree.map(np.testing.assert_array_equal, drawn[0].labels, drawn[1].labels)
    np.testing.assert_array_equal(
        drawn[False].views.crop_from_camera, drawn[True].views.crop_from_camera
    )
    kept = drawn[True].views.mask & drawn[False].views.mask
    assert kept.sum() > 0.85 * drawn[False].views.mask.sum()


def test_an_ellipsoid_is_met_where_its_equation_holds():
    x, y = things.rays((PIXELS, PIXELS))
    R = jnp.asarray(np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0])
    centre, radii = jnp.array([20.0, -10.0, 40.0]), jnp.array([30.0, 60.0, 90.0])
    z = things.ellipsoid(x, y, centre, R.astype(jnp.float32), radii)
    hit = np.isfinite(z)
    assert 100 < hit.sum() < PIXELS**2
    p = np.stack([x, y, z], axis=-1)[hit] - np.asarray(centre)
    own = p @ np.asarray(R) / np.asarray(radii)
    np.testing.assert_allclose((own**2).sum(axis=-1), 1.0, atol=1e-3)
    # The near side: a mm before it is outside.
    outside = (p - [0.0, 0.0, 1.0]) @ np.asarray(R) / np.asarray(radii)
    assert ((outside**2).sum(axis=-1) > 1.0).all()


def test_a_sphere_is_met_a_radius_before_its_middle():
    at = things.ellipsoid(
        jnp.array([[3.0, 90.0]]),
        jnp.array([[4.0, 0.0]]),
        jnp.array([3.0, 4.0, 50.0]),
        jnp.eye(3),
        jnp.full(3, 20.0),
    )
    np.testing.assert_allclose(at, [[30.0, np.inf]], rtol=1e-6)


def test_planes_keep_behind_all_that_is_seen(monkeypatch):
    monkeypatch.setattr(things, "PLANE", 1.0)
    z = jnp.full((PIXELS, PIXELS), FAR).at[20:40, 25:35].set(-30.0)
    z = z.at[10:20, 28:30].set(60.0)
    for key in jax.random.split(KEY, 8):
        room = (things.plane(key, z) - z)[z < FAR]
        assert room.min() > things.GAP[0] - 0.01
        assert room.min() < things.GAP[1] + 0.01


def test_a_hole_is_no_hand_and_a_widened_hand_is():
    shown = jnp.zeros((4, 4), bool).at[1, 1].set(True).at[1, 2].set(True)
    z = jnp.where(shown, 10.0, 120.0)
    # A hole; a pixel of the background that looked at the hand above it; one of the
    # hand that looked past its edge.
    read = z.at[1, 1].set(FAR).at[2, 2].set(11.0).at[1, 2].set(120.0)
    expected = jnp.zeros((4, 4), bool).at[2, 2].set(True)
    np.testing.assert_array_equal(surroundings.still_shown(shown, z, read), expected)
    moved = z + jnp.where(shown, 3.0, -3.0)
    np.testing.assert_array_equal(surroundings.still_shown(shown, z, moved), shown)
