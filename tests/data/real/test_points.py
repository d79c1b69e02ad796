"""Key points in pictures, scale and root, of what the dataset labels."""

import jax.numpy as jnp
import numpy as np
import pytest

from handjax.data.real import batches, points, records
from handjax.data.real.looks import Look
from handjax.hands.skeleton import DATASETS, KEYPOINTS, from_dataset
from tests.data.real import toy

IMAGE = np.full((48, 64, 3), 90, np.uint8)
STILL = np.random.default_rng(0)
LOOK = Look("image", labels=("keypoints2d", "scale"), center="gt", joints="freihand")


def record(**changes):
    frame = toy.frame(views=(toy.view(image=IMAGE, depth=None),), **changes)
    return records.make(frame, toy.ABOUT, 0)


def drawn(one, look=LOOK):
    held = batches.collate([batches.hold(one, look, STILL)])
    return batches.as_batch(held, toy.ABOUT, look)


@pytest.mark.parametrize("name", DATASETS)
def test_weights_make_the_key_points_that_the_skeleton_makes(name):
    joints = STILL.normal(size=(len(DATASETS[name].joints), 3)).astype(np.float32)
    wanted, valid = from_dataset(name, jnp.asarray(joints))
    W = points.weights(name)
    np.testing.assert_array_equal(W.any(axis=1), valid)
    np.testing.assert_allclose(W @ joints, wanted, atol=1e-6)


def test_key_points_appear_where_the_crops_camera_sees_them():
    batch = drawn(record())
    focal, centre = (leaf[0, 0] for leaf in batch.views.camera)
    joints = toy.frame().joints
    wanted = joints[:, :2] / joints[:, 2:] * focal + centre
    np.testing.assert_allclose(batch.labels.keypoints2d[0, 0], wanted, atol=1e-3)
    # Their centroid is the middle of the crop.
    middle = batch.labels.keypoints2d[0, 0].mean(axis=0)
    np.testing.assert_allclose(middle, 127.5, atol=3.0)


def test_scale_and_root_are_the_middle_fingers_bone_and_the_wrists_depth():
    labels, joints = drawn(record()).labels, toy.frame().joints
    first, last = (KEYPOINTS.index(f"middle_{end}") for end in ("mcp", "pip"))
    bone = np.linalg.norm(joints[last] - joints[first])
    assert labels.scale[0] == pytest.approx(bone, rel=1e-5)
    assert labels.root[0, 0] == pytest.approx(joints[0, 2])
    assert labels.scale_valid.all()


def test_what_nobody_labels_is_not_valid():
    valid = np.ones(21, bool)
    valid[KEYPOINTS.index("middle_pip")] = False
    labels = drawn(record(valid=valid)).labels
    assert not labels.scale_valid[0]
    np.testing.assert_array_equal(labels.joints_valid[0], valid)
    assert np.isfinite(labels.keypoints2d).all()


def test_a_wrist_that_is_made_of_two_joints_wants_both():
    valid = np.arange(21) != DATASETS["stb"].joints.index("palm")
    _, known = points.canonical(record(valid=valid), "stb")
    assert not known[0]
    assert known[1:].all()


def test_no_key_point_in_space_comes_with_those_in_the_picture():
    labels = drawn(record()).labels._asdict()
    there = {name for name, x in labels.items() if x is not None}
    told = {"keypoints2d", "joints_valid", "scale", "scale_valid", "root"}
    assert there == told
