"""Depth of STB's one camera in the pictures of the other, and the hand in it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from configs import graph_cnn
from handjax.batch import FAR
from handjax.data import stb
from handjax.data.real import batches, beside, calibration, loading, offered, records
from handjax.data.real.frame import DatasetError, Frame, View
from handjax.data.real.looks import Look
from handjax.hands.articulate import scale_and_root
from handjax.methods.graph_cnn import weak
from tests.data import fixtures
from tests.data.test_stb import drawn, root, shots

NAMED = ("keypoints2d", "scale", "depth", "mask")
LOOK = Look(
    "image",
    labels=NAMED,
    center="gt",
    cube=260.0,
    pixels=64,
    joints="stb",
    beside=True,
)
WALL = 690.0
"""Behind the hand, mm, within its cube."""
SIZE = (240, 320)
COLOUR = (np.array([304.0, 304.0]), np.array([157.0, 118.0]))
DEPTH = (np.array([238.0, 237.0]), np.array([168.0, 119.0]))
"""About STB's, at half the size."""


@pytest.fixture(scope="module")
def record():
    """A left hand, a wall behind it, before a RealSense."""
    left = fixtures.hand((60.0, 20.0, 600.0), right=False)
    measured = fixtures.shoot(left, *DEPTH, SIZE).depth
    depth = View(*DEPTH, np.eye(4), depth=np.where(measured > 0.0, measured, WALL))
    beside = calibration.inverse(stb.depth_from_colour())
    colour = View(*COLOUR, beside, image=np.full((*SIZE, 3), 90, np.uint8))
    joints = fixtures.in_order("stb", left.keypoints)
    valid = np.ones(21, bool)
    frame = Frame("B1/0", (colour, depth), joints, valid, right=False)
    return records.make(frame, stb.ABOUT, 0)


@pytest.fixture(scope="module")
def batch(record):
    held = batches.collate([batches.hold(record, LOOK, np.random.default_rng(0))])
    return batches.as_batch(held, stb.ABOUT, LOOK)


@pytest.fixture(scope="module")
def true(batch):
    """The mirrored hand as the crop's camera would see it, and its key points there."""
    mirrored = fixtures.hand((-60.0, 20.0, 600.0))
    rig = np.asarray(batch.views.camera_from_world[0, 0])
    focal, centre = (np.asarray(leaf[0, 0]) for leaf in batch.views.camera)
    shot = fixtures.shoot(mirrored, focal, centre, (64, 64), rig)
    return shot, mirrored.keypoints @ rig[:3, :3].T + rig[:3, 3]


def test_depth_of_the_other_camera_is_that_of_the_picture(batch, true):
    shot, _ = true
    assert batch.views.depth_valid.all()
    found = np.asarray(batch.views.depth[0, 0])
    apart = np.abs(found - shot.depth)[shot.mask]
    assert np.median(apart) < 1.0
    assert np.mean(apart < 5.0) > 0.93


def test_the_hand_is_told_from_a_wall_behind_it(batch, true):
    shot, _ = true
    mask = np.asarray(batch.views.mask[0, 0])
    found = np.asarray(batch.views.depth[0, 0])
    wall = np.abs(found - WALL) < 15.0
    assert np.sum(wall & ~shot.mask) > 500
    assert not mask[wall].any()
    assert np.sum(mask & shot.mask) / np.sum(mask | shot.mask) > 0.9


def test_key_points_and_scale_are_those_of_the_hand(batch, true):
    _, joints = true
    focal, centre = (np.asarray(leaf[0, 0]) for leaf in batch.views.camera)
    wanted = joints[:, :2] / joints[:, 2:] * focal + centre
    np.testing.assert_allclose(batch.labels.keypoints2d[0, 0], wanted, atol=0.02)
    scale, depth = scale_and_root(jnp.asarray(joints, jnp.float32))
    assert batch.labels.scale[0] == pytest.approx(float(scale), rel=1e-4)
    assert batch.labels.root[0, 0] == pytest.approx(float(depth), rel=1e-4)
    assert batch.labels.joints is None


def test_a_point_is_of_the_hand_if_it_is_near_a_bone_whose_ends_are_known():
    joints = np.zeros((21, 3), np.float32)
    joints[1] = [100.0, 0.0, 0.0]
    p = np.array([[50, 29, 0], [50, 0, 31], [-20, 0, 0], [140, 0, 0]], np.float32)
    known = np.arange(21) < 2
    assert beside.near_bones(p, joints, known).tolist() == [True, False, True, False]
    assert not beside.near_bones(p, joints, np.arange(21) < 1).any()


def test_a_crop_without_depth_beside_it_is_as_it_was(record):
    colour = record._replace(parts=record.parts[:1])
    held = batches.hold(colour, LOOK, np.random.default_rng(0))
    assert not held["depth_valid"].any()
    assert (held["depth"] == FAR).all()


def test_the_rig_without_depth_is_refused_by_name(record):
    stereo = record._replace(parts=record.parts[:1])
    offered.require_declared(stb.ABOUT, LOOK)
    offered.require_there([[record]], LOOK)
    with pytest.raises(DatasetError, match=r"'depth', which.*other splits"):
        offered.require_there([[stereo]], LOOK)


def test_the_weak_stage_draws_from_it(root, tmp_path):
    config = graph_cnn.get_config("test,weak,real")
    assert all("studio" not in phase.sources for phase in config.phases)
    with config.unlocked():
        config.real.root, config.real.data_dir = str(root), str(tmp_path / "stores")
        config.real.splits = ("sk_test",)
    source = loading.source(config.real, 2)
    batch = jax.jit(source.sample)(jax.random.key(0), source.feed(0))
    there = {name for name, x in batch.labels._asdict().items() if x is not None}
    told = {"keypoints2d", "joints_valid", "scale", "scale_valid", "root"}
    assert there == told
    D, shown = weak.reference(batch, 64)
    assert shown.mean(axis=(1, 2)).min() > 0.1
    assert np.abs(D[shown] - batch.labels.root.mean()).max() < 200.0
