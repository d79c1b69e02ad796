"""What a frame says about the hand in it is what was drawn."""

import jax.numpy as jnp
import numpy as np
import pytest

from handjax import fitting
from handjax.fitting import evidence
from handjax.geometry import cameras


def test_points_lie_on_the_surface(gathered, truth):
    found, camera_from_fit = gathered
    points = np.asarray(found.points) @ camera_from_fit[:3, :3].T
    points = points + camera_from_fit[:3, 3]
    gap = np.linalg.norm(points[:, None] - np.asarray(truth.vertices), axis=-1)
    assert np.median(gap.min(axis=1)) < 4.0
    assert gap.min(axis=1).max() < 12.0


def test_the_fit_frame_looks_at_the_centre():
    camera_from_fit = evidence._look_at(np.array([100.0, -50.0, 700.0]))
    R, t = camera_from_fit[:3, :3], camera_from_fit[:3, 3]
    np.testing.assert_allclose(R @ R.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(R) > 0.0
    np.testing.assert_allclose(R[:, 2], t / np.linalg.norm(t))


def test_outside_is_the_signed_distance_to_the_outline(gathered):
    outside, hit = np.asarray(gathered[0].outside), gathered[0].depth < evidence.FAR
    assert (outside[hit] < 0.0).all()
    assert (outside[~hit] > 0.0).all()
    slope = np.abs(np.diff(outside, axis=0))
    assert slope.max() < 1.5 * evidence.PITCH


def test_a_forearm_is_seen_where_it_leaves_the_crop(depth, gathered, truth, camera):
    assert not gathered[0].has_arm
    below = depth.copy()
    below[70:, 70:90] = np.minimum(below[70:, 70:90], 740.0)
    centre = np.asarray(truth.centres[:11].mean(axis=0), np.float64)
    found, _ = evidence.gather(below, camera, centre)
    assert found.has_arm
    assert found.arm[1] > 130.0


def test_nothing_measured_is_not_taken_for_free_space_within_the_hand(
    depth, truth, camera
):
    centre = np.asarray(truth.centres[:11].mean(axis=0), np.float64)
    u, v = np.asarray(cameras.project(camera, jnp.asarray(centre))).round()
    holed = depth.copy()
    holed[int(v) - 3 : int(v) + 4, int(u) - 3 : int(u) + 4] = 0.0
    found, _ = evidence.gather(holed, camera, centre)
    assert not found.known[32, 32]
    assert found.outside[32, 32] < 0.0


def test_an_empty_crop_is_refused(depth, camera):
    with pytest.raises(fitting.FrameError, match="--center"):
        evidence.gather(depth, camera, np.array([0.0, 0.0, 1500.0]))
