"""The studio in colour: cameras, pictures, labels that stay out, surfaces that join."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.batch import FAR
from handjax.data.studio import colour, subjects
from handjax.data.studio.colour import backdrops, dome, looks, shots
from handjax.geometry import cameras, transforms
from handjax.render import backgrounds

PIXELS = 32
ALL = (*colour.LABELS, "vertices")


@pytest.fixture(scope="module")
def stage():
    return colour.load_stage("B", "test", "train")


@pytest.fixture(scope="module")
def shoot(stage):
    """Two moments by a camera each, with all that is known; compiled once."""
    take = jax.jit(lambda *chosen: colour.take(*chosen, pixels=PIXELS, labels=ALL))
    return lambda moments, seen: take(stage, jnp.array(moments), jnp.array(seen))


@pytest.fixture(scope="module")
def batch(shoot):
    return shoot([3, 11], [[2], [17]])


def test_24_cameras_stand_a_metre_off_in_front_and_above_and_look_at_the_middle():
    poses = dome.stands()
    places = -np.einsum("vij,vi->vj", poses[:, :3, :3], poses[:, :3, 3])
    assert poses.shape == (24, 4, 4)
    np.testing.assert_allclose(np.linalg.norm(places, axis=-1), 1000.0)
    # y is down and z away from the front.
    assert (places[:, 1] <= 1e-9).all()
    assert (places[:, 2] < 0.0).all()
    np.testing.assert_allclose(poses[:, :2, 3], 0.0, atol=1e-9)
    unit = places / 1000.0
    apart = np.rad2deg(np.arccos(np.clip(unit @ unit.T, -1, 1)[np.triu_indices(24, 1)]))
    assert apart.min() > 15.0


def test_light_comes_from_behind_too_and_is_the_same_for_all_cameras():
    light = dome.light(0.0)
    assert (np.asarray(light.lamps)[:, 2] > 300.0).any()
    ways = {}
    for camera in dome.stands()[[0, 20]]:
        seen = dome.seen_by(light, jnp.asarray(camera, jnp.float32))
        back = np.linalg.inv(camera)
        ways[len(ways)] = np.asarray(seen.lamps) @ back[:3, :3].T + back[:3, 3]
    np.testing.assert_allclose(ways[0], light.lamps, atol=1e-2)
    np.testing.assert_allclose(ways[1], light.lamps, atol=1e-2)


def test_a_picture_is_the_same_whenever_it_is_taken(batch, shoot):
    again = shoot([11, 3], [[17], [2]])
    np.testing.assert_array_equal(again.views.image, batch.views.image[::-1])
    other = shoot([3, 3], [[2], [17]])
    np.testing.assert_array_equal(other.views.image[0], batch.views.image[0])
    assert np.abs(other.views.image[1] - batch.views.image[0]).mean() > 0.05


def test_key_points_lie_in_the_flesh_that_depth_and_mask_show(batch):
    views, labels = batch.views, batch.labels
    for k in range(2):
        camera = jax.tree.map(lambda x, k=k: x[k, 0], views.camera)
        seen = transforms.apply(views.camera_from_world[k, 0], labels.joints[k])
        uv = np.asarray(cameras.project(camera, seen))
        np.testing.assert_allclose(labels.keypoints2d[k, 0], uv, rtol=1e-5)
        column, row = np.rint(uv).astype(int).T
        assert ((uv >= 0) & (uv < PIXELS)).all()
        mask = np.asarray(views.mask[k, 0])[row, column]
        # At so few pixels a finger's end may fall between two.
        assert mask.mean() > 0.7
        behind = np.asarray(seen[:, 2] - views.depth[k, 0][row, column])[mask]
        assert np.median(behind) > 3.0
        assert behind.min() > -4.0


def test_depth_has_the_arm_and_the_mask_has_not(batch):
    views = batch.views
    middle = np.asarray(views.depth).max(axis=(2, 3)) - FAR
    there = np.asarray(views.depth) < middle[..., None, None] + FAR
    mask = np.asarray(views.mask)
    assert not (mask & ~there).any()
    assert (there & ~mask).sum() > 20
    assert 0.03 < mask.mean() < 0.5


def test_the_mask_shows_nothing_that_depth_does_not(stage):
    posed = shots.pose(stage.look, jax.tree.map(lambda x: x[3], stage.motion))
    shot = shots.aim(jax.random.key(0), posed, stage.cameras[2], pixels=PIXELS)
    measure = jax.jit(partial(shots.measure, stage.look, pixels=PIXELS))
    whole = np.asarray(measure(posed, shot)[1]).sum()
    # A crop whose middle lies before the hand: half of it is too far off.
    for before in (140.0, 160.0):
        middle = shot.middle - jnp.array([0.0, 0.0, before])
        depth, mask = map(np.asarray, measure(posed, shot._replace(middle=middle)))
        assert (depth[mask] < middle[2] + FAR).all()
        assert 0 < mask.sum() < whole


def test_the_surface_is_where_depth_is(batch):
    views = batch.views
    for k in range(2):
        seen = transforms.apply(views.camera_from_world[k, 0], batch.labels.vertices[k])
        camera = jax.tree.map(lambda x, k=k: x[k, 0], views.camera)
        depth, mask = views.depth[k, 0], np.asarray(views.mask[k, 0])
        grid = cameras.pixel_grid(PIXELS, PIXELS)
        points = np.asarray(cameras.unproject(camera, grid, depth))[mask]
        gap = np.linalg.norm(points[:, None] - np.asarray(seen)[None], axis=-1).min(1)
        assert gap.max() < 2.0


def test_surfaces_alone_are_those_of_the_labels(stage, batch):
    found = jax.jit(colour.surfaces)(stage, jnp.array([3, 11]))
    np.testing.assert_allclose(found, batch.labels.vertices, atol=1e-3)


def test_hand_and_arm_meet_without_an_edge(stage):
    subject = stage.look.subject
    middle, radii = looks._ball(np.asarray(subject.forearm_vertices))
    away = (np.asarray(subject.vertices) - middle) / radii
    at_wrist = np.abs(away[:, 1] * radii[1]) < 1.0
    across = np.linalg.norm(away[at_wrist][:, [0, 2]], axis=-1)
    np.testing.assert_allclose(across, 1.0, atol=0.03)
    before = subjects.load_subject("B").vertices
    moved = np.linalg.norm(subject.vertices - before, axis=-1)
    assert moved[np.asarray(before)[:, 1] < -30.0].max() < 1e-4


def test_skins_differ_and_nails_are_lighter_than_the_back(stage):
    means = [np.asarray(looks.load_look(s).albedo).mean(0) for s in subjects.SUBJECTS]
    luminance = np.array(means) @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(np.sort(luminance)) > 0.01).all()
    marks = looks._marks()
    nails = marks[:, 3] > 0.7
    assert 0.004 < nails.mean() < 0.05
    hand = np.asarray(stage.look.albedo)[: len(marks)]
    assert hand[nails].mean() > hand[marks[:, 0] < 0.1].mean()


def test_backdrops_are_sharp_and_the_same_for_everybody():
    bank = backdrops.make()
    again = backdrops.make.__wrapped__()
    np.testing.assert_array_equal(bank, again)
    step = np.abs(np.diff(bank.astype(float).mean(-1), axis=2))
    assert np.percentile(step, 99.5) > 20.0
    assert len({picture.tobytes() for picture in bank}) == len(bank)


def test_backdrops_wait_as_every_bank_does():
    drawn = backdrops._picture(np.random.default_rng(backdrops.SEED)).clip(0.0, 1.0)
    light = np.where(drawn <= 0.04045, drawn / 12.92, ((drawn + 0.055) / 1.055) ** 2.4)
    bank = jnp.asarray(backdrops.make()[:1])
    np.testing.assert_allclose(backgrounds.as_light(bank)[0], light, atol=0.004)


# Looked at when the studio in colour was frozen; other pictures need another version.
def test_these_are_the_frozen_pictures(batch):
    assert colour.VERSION == 2
    hand = np.asarray(batch.views.image)[np.asarray(batch.views.mask)]
    np.testing.assert_allclose(hand.mean(axis=0), FROZEN, atol=0.01)


FROZEN = (0.5872, 0.4189, 0.3558)
