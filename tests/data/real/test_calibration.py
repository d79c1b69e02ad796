"""Cameras out of label files: matrices, rigid transforms, where the hand is."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from handjax.data.real import calibration
from handjax.data.real.frame import DatasetError

R = Rotation.from_rotvec([0.3, -0.2, 1.1]).as_matrix()
T = np.array([10.0, -20.0, 300.0])
FOCAL, CENTRE = np.array([100.0, 110.0]), np.array([15.5, 11.5])


def test_the_matrix_gives_focal_length_and_principal_point():
    K = [[100.0, 0.0, 15.5], [0.0, 110.0, 11.5], [0.0, 0.0, 1.0]]
    focal, centre = calibration.focal_and_centre(K, DatasetError)
    assert (focal.tolist(), centre.tolist()) == ([100.0, 110.0], [15.5, 11.5])
    with pytest.raises(DatasetError, match="has focal lengths"):
        calibration.focal_and_centre(-np.eye(3), DatasetError)


def test_rigid_moves_points_by_the_rotation_and_shift():
    points = np.random.default_rng(0).normal(size=(5, 3))
    moved = calibration.apply(calibration.rigid(R, T), points)
    np.testing.assert_allclose(moved, [R @ p + T for p in points])


def test_a_rotation_in_four_digits_becomes_one():
    found = calibration.rigid(R.round(4), T)[:3, :3]
    np.testing.assert_allclose(found @ found.T, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(found, R, atol=1e-4)


def test_the_inverse_leads_back():
    there = calibration.rigid(R, T)
    np.testing.assert_allclose(calibration.inverse(there) @ there, np.eye(4), atol=1e-9)


@pytest.fixture
def depth():
    """A square of hand at 400 mm before a wall, one pixel of its rim on the wall."""
    depth = np.full((24, 32), 2000.0, np.float32)
    depth[8:16, 10:22] = 400.0
    return depth


def test_the_middle_of_a_mask_is_where_its_points_are(depth):
    mask = np.zeros(depth.shape, bool)
    mask[8:16, 10:23] = True
    found = calibration.middle_of_mask(depth, mask, FOCAL, CENTRE)
    np.testing.assert_allclose(found, [0.0, 0.0, 400.0], atol=4.0)


def test_a_mask_without_depth_has_no_middle(depth):
    mask = np.ones(depth.shape, bool)
    assert calibration.middle_of_mask(0 * depth, mask, FOCAL, CENTRE) is None
    assert calibration.middle_of_mask(depth, ~mask, FOCAL, CENTRE) is None
