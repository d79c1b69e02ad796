"""Pictures of random hands: labels fit what is seen, and only named ones are there."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from configs import common
from handjax.batch import FAR
from handjax.data import synthetic
from handjax.data.synthetic import colour, hands
from handjax.geometry import cameras, meshes, rotations
from handjax.hands.appearance import load_marks
from handjax.hands.articulate import articulate, rest_pose
from handjax.hands.template import load_template

TEMPLATE = load_template("hand_790")
PIXELS, BATCH = 48, 3
KEY = jax.random.key(0)
BLACK = jnp.zeros((2, 4, 4, 3), jnp.uint8)


def make_config(**settings):
    """A clean picture, the bank's only background being what is not hand or arm."""
    config: Any = common.synthetic()
    config.update({"modality": "rgb", "noise": False})
    config.rgb.update({"pixels": PIXELS, "heatmap_pixels": 24, **settings})
    return config


@pytest.fixture(scope="module")
def draw():
    config = make_config(labels=colour.LABELS)
    marks = load_marks()

    @jax.jit
    def one(key, held):
        return synthetic.sample(key, TEMPLATE, config, BATCH, held)

    return lambda key, bank: one(key, colour.Held(bank, marks))


@pytest.fixture(scope="module")
def batch(draw):
    return draw(KEY, BLACK)


def shapes(config, template=TEMPLATE, count=2):
    """What a batch would be, undrawn."""
    held = colour.Held(BLACK, load_marks())
    return jax.eval_shape(
        lambda key: synthetic.sample(key, template, config, count, held), KEY
    )


def present(batch):
    """Names of the fields of views and labels that are there."""
    fields = {**batch.views._asdict(), **batch.labels._asdict()}
    return {name for name, value in fields.items() if value is not None}


ALWAYS = {"image", "valid", "camera", "crop_from_camera", "camera_from_world"}
GIVEN = {
    (): set(),
    ("joints",): {"joints", "joints_valid"},
    ("keypoints2d", "depth"): {"keypoints2d", "depth"},
    ("heatmaps", "mask"): {"heatmaps", "mask"},
    ("centres", "vertices"): {"centres", "radii", "vertices"},
}


@pytest.mark.parametrize("labels", GIVEN)
def test_a_batch_has_the_labels_that_are_named_and_no_others(labels):
    assert present(shapes(make_config(labels=labels))) == ALWAYS | GIVEN[labels]


@pytest.mark.parametrize(("level", "pixels"), [("hand_1721", 224), ("hand_12553", 256)])
def test_levels_are_drawn_at_the_papers_sizes(level, pixels):
    template = load_template(level)
    config = make_config(pixels=pixels, labels=colour.LABELS, heatmap_pixels=64)
    got = shapes(config, template)
    assert got.views.image.shape == (2, 1, pixels, pixels, 3)
    assert got.views.depth.shape == got.views.mask.shape == (2, 1, pixels, pixels)
    assert got.labels.heatmaps.shape == (2, 1, 21, 64, 64)
    assert got.labels.keypoints2d.shape == (2, 1, 21, 2)
    assert got.labels.vertices.shape == (2, len(template.vertices), 3)


def test_the_same_key_gives_the_same_pictures_and_each_its_own(draw, batch):
    again = draw(KEY, BLACK)
    jax.tree.map(np.testing.assert_array_equal, again, batch)
    first, second, _ = np.asarray(batch.views.image[:, 0])
    assert np.abs(first - second).mean() > 0.01
    assert all(jnp.isfinite(leaf).all() for leaf in jax.tree.leaves(batch))


def test_backgrounds_are_the_held_banks(draw, batch):
    white = draw(KEY, jnp.full_like(BLACK, 255))
    dark, light = np.asarray(batch.views.image), np.asarray(white.views.image)
    behind = (dark < 1e-6).all(-1) & (light > 1.0 - 1e-6).all(-1)
    mask = np.asarray(batch.views.mask)
    assert behind.mean() > 0.3
    assert not behind[mask].any()
    # Before hand and arm the background makes no difference, but at their outlines.
    same = np.abs(dark - light).max(-1) < 1e-6
    assert (same | behind).mean() > 0.8
    assert same[mask].mean() > 0.85


def test_the_arm_is_seen_but_is_no_part_of_the_mask(batch):
    mask, image = np.asarray(batch.views.mask), np.asarray(batch.views.image)
    # Before black nothing else is lit.
    bright = image.max(-1) > 0.02
    assert bright[mask].mean() > 0.95
    edge = np.ones((PIXELS, PIXELS), bool)
    edge[1:-1, 1:-1] = False
    # Arms leave the picture over its edge, where hands seldom are.
    assert (bright & ~mask)[..., edge].any(-1).all()


def test_key_points_are_where_the_camera_sees_the_joints(batch):
    for camera, joints, uv in each(batch, batch.labels.joints, "keypoints2d"):
        x, y, z = np.asarray(joints).T
        u = camera.focal[0] * x / z + camera.centre[0]
        v = camera.focal[1] * y / z + camera.centre[1]
        np.testing.assert_allclose(uv[0], np.stack([u, v], -1), atol=1e-3)


def test_heat_maps_peak_at_the_key_points_as_broad_as_asked(batch):
    uv = np.asarray(batch.labels.keypoints2d[:, 0])
    maps = np.asarray(batch.labels.heatmaps[:, 0])
    # Two pixels of the picture to one of a map, and edges stay where they are.
    at = (uv + 0.5) / 2.0 - 0.5
    row, column = np.mgrid[:24, :24]
    far = (column - at[..., 0, None, None]) ** 2 + (row - at[..., 1, None, None]) ** 2
    np.testing.assert_allclose(maps, np.exp(-far / (2.0 * 4.0**2)), atol=1e-4)


def test_depth_lies_on_the_labelled_surface(batch):
    for camera, vertices, depth in each(batch, batch.labels.vertices, "depth"):
        mask = np.asarray(depth[0] < depth.max())
        points = cameras.unproject(camera, cameras.pixel_grid(PIXELS, PIXELS), depth[0])
        found = meshes.closest_points(
            np.asarray(points)[mask], np.asarray(vertices), np.asarray(TEMPLATE.faces)
        )
        # The stump is drawn in a little where the arm begins.
        assert np.median(found.distances) < 1e-2
        assert np.quantile(found.distances, 0.75) < 0.1


def test_pixels_without_a_hand_lie_behind_the_middle(batch):
    depth, mask = np.asarray(batch.views.depth), np.asarray(batch.views.mask)
    vertices = np.asarray(batch.labels.vertices)
    middle = (vertices.min(1) + vertices.max(1)) / 2
    far = np.broadcast_to(middle[:, None, None, None, 2] + FAR, depth.shape)
    np.testing.assert_allclose(depth[~mask], far[~mask], rtol=1e-5)
    assert (depth[mask] < far[mask]).all()
    assert (mask.mean((1, 2, 3)) > 0.05).all()


def each(batch, world, name):
    """Camera, what is known in its frame, and a field of each example."""
    views = batch.views._asdict() | batch.labels._asdict()
    for k, (focal, centre) in enumerate(zip(*batch.views.camera, strict=True)):
        yield cameras.Pinhole(focal[0], centre[0]), world[k], views[name][k]


def test_a_crop_without_room_and_jitter_touches_the_hand():
    vertices = jnp.array([[50.0, 20.0, 500.0], [150.0, 60.0, 500.0]])
    camera = colour.frame(KEY, vertices, pixels=32, room=(1.0, 1.0), jitter=0.0)
    uv = cameras.project(camera, vertices)
    # Edges of pixels, 32 of them for 100 mm, and 40 mm in the middle of the height.
    np.testing.assert_allclose(uv, [[-0.5, 9.1], [31.5, 21.9]], atol=1e-3)


def test_crops_jitter_in_place_and_size_as_far_as_they_may():
    vertices = jnp.array([[-50.0, -50.0, 400.0], [50.0, 50.0, 400.0]])
    frame = jax.vmap(
        lambda key: colour.frame(key, vertices, pixels=64, room=(1.1, 1.5), jitter=8.0)
    )
    camera = frame(jax.random.split(KEY, 400))
    # 100 mm at 400 mm, in crops of 64 pixels.
    room = 64.0 / (camera.focal[:, 0] * 0.25)
    assert 1.1 <= room.min() < 1.12
    assert 1.48 < room.max() <= 1.5 + 1e-4
    aside = jnp.linalg.norm((camera.centre - 31.5) / camera.focal, axis=-1) * 400.0
    assert 7.0 < aside.max() <= 8.0 + 1e-3
    assert aside.mean() > 4.0


def placed(place, turn):
    """A straight hand somewhere, turned."""
    pose = rest_pose(TEMPLATE)._replace(translation=place)
    return pose._replace(rotations=pose.rotations.at[0].set(turn))


def test_a_rolled_crop_turns_the_hand_about_the_cameras_axis():
    pose = placed(jnp.array([100.0, 0.0, 500.0]), jnp.array([0.4, -1.0, 2.0]))
    plain = articulate(TEMPLATE, pose).joints
    turned = articulate(TEMPLATE, colour.rolled(pose, jnp.array(jnp.pi / 2))).joints
    # A quarter turn from right to down: x becomes y.
    x, y, z = plain.T
    np.testing.assert_allclose(turned, jnp.stack([-y, x, z], -1), atol=1e-3)


@pytest.mark.parametrize("place", [(0.0, 0.0, 500.0), (200.0, -150.0, 450.0)])
def test_an_arm_out_of_the_camera_is_turned_round_and_others_are_left(place):
    place = jnp.array(place)
    sight = place / jnp.linalg.norm(place)

    def along_sight(turn):
        pose = placed(place, turn)
        after = hands.clear_of_arm(pose, sight)
        R = [rotations.matrix_from_axis_angle(p.rotations[0]) for p in (pose, after)]
        return [sight @ R[0][:, 1], sight @ R[1][:, 1], jnp.abs(R[0] - R[1]).max()]

    turns = 1.5 * jax.random.normal(KEY, (100, 3))
    before, after, moved = jax.vmap(along_sight)(turns)
    hidden = before < hands.TOWARDS
    assert 10 < hidden.sum() < 90
    np.testing.assert_allclose(after, jnp.where(hidden, -before, before), atol=1e-4)
    assert moved[~hidden].max() < 1e-4


def test_what_there_is_not_is_refused():
    config = make_config(labels=("joints", "pose"))
    with pytest.raises(ValueError, match=r"must be among .*'mask'.*got \['pose'\]"):
        synthetic.source(TEMPLATE, config, 1)
    config.modality = "infrared"
    with pytest.raises(ValueError, match="'depth', 'rgb'"):
        synthetic.source(TEMPLATE, config, 1)
    with pytest.raises(ValueError, match="no folder of backgrounds at nowhere"):
        synthetic.source(TEMPLATE, make_config(backgrounds="nowhere"), 1)
