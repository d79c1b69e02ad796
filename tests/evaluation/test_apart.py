"""Two surfaces of different topologies, against values known by hand."""

import numpy as np
import pytest
import trimesh

from handjax.evaluation.apart import FIGURES, apart, means_apart
from handjax.geometry import meshes, nearby


def ball(subdivisions=4, radius=50.0):
    sphere = trimesh.creation.icosphere(subdivisions, radius=radius)
    return np.asarray(sphere.vertices), nearby.fans(sphere.faces)


def other_ball(radius=50.0):
    """A ball of rings, its vertices nowhere near those of `ball`."""
    sphere = trimesh.creation.uv_sphere(radius=radius, count=(61, 64))
    return np.asarray(sphere.vertices), nearby.fans(sphere.faces)


def plane(count=21, edge=100.0, height=0.0):
    """A square patch about the origin, its normals along -z."""
    line = np.linspace(-edge / 2, edge / 2, count)
    y, x = np.meshgrid(line, line, indexing="ij")
    vertices = np.stack([x, y, np.full_like(x, height)], axis=-1).reshape(-1, 3)
    k = (count * np.arange(count - 1)[:, None] + np.arange(count - 1)).ravel()
    corners = np.stack([k, k + count, k + 1, k + 1, k + count, k + count + 1], axis=-1)
    return vertices, nearby.fans(corners.reshape(-1, 3))


def test_a_ball_in_a_ball_of_another_mesh_is_as_far_as_their_radii_differ():
    (x, ours), (y, theirs) = ball(radius=47.0), other_ball(radius=50.0)
    found = apart(x, y, ours, theirs)
    # Faces lie inside their ball, by 0.2 mm at most.
    np.testing.assert_allclose(found.to_truth, 3.0, atol=0.2)
    np.testing.assert_allclose(found.to_predicted, 3.0, atol=0.2)
    np.testing.assert_allclose(found.normals, 0.0, atol=1.0)
    np.testing.assert_allclose(found.normals_back, 0.0, atol=1.0)


def test_a_patch_above_a_patch_errs_by_its_height_and_by_its_turn():
    (x, ours), (y, theirs) = plane(count=16, edge=40.0), plane()
    tilt = np.deg2rad(10.0)
    R = np.array(
        [
            [1.0, 0.0, 0.0],
            [0.0, np.cos(tilt), -np.sin(tilt)],
            [0.0, np.sin(tilt), np.cos(tilt)],
        ]
    )
    x = x @ R.T + np.array([0.0, 0.0, 9.0])
    found = apart(x, y, ours, theirs)
    np.testing.assert_allclose(found.to_truth, x[:, 2])
    np.testing.assert_allclose(found.normals, 10.0)
    # The true patch is larger: its corners are 30 mm and more from the other one.
    assert found.to_predicted.max() > 30.0
    (middle,) = np.flatnonzero((np.abs(y) < 1e-6).all(axis=-1))
    assert found.to_predicted[middle] == pytest.approx(9.0 * np.cos(tilt))


def test_a_surface_turned_inside_out_has_normals_180_degrees_off():
    y, theirs = ball(2)
    ours = nearby.fans(theirs.faces[:, ::-1])
    found = apart(y, y, ours, theirs)
    np.testing.assert_allclose(found.to_truth, 0.0, atol=1e-6)
    np.testing.assert_allclose(found.normals, 180.0, atol=1e-3)
    np.testing.assert_allclose(found.normals_back, 180.0, atol=1e-3)


def test_a_mesh_collapsed_onto_the_surface_is_near_it_one_way_alone():
    y, theirs = ball(2)
    x, ours = np.broadcast_to(y[0], (162, 3)), nearby.fans(theirs.faces)
    found = apart(x, y, ours, theirs)
    np.testing.assert_allclose(found.to_truth, 0.0, atol=1e-6)
    np.testing.assert_allclose(found.to_predicted, np.linalg.norm(y - y[0], axis=-1))
    # A point has no normal.
    assert (found.normals == 90.0).all()
    assert (found.normals_back == 90.0).all()


def test_a_mesh_with_one_part_left_where_another_one_should_be_pays_on_the_way_back():
    """Both halves of a ball folded onto one: every vertex is on the surface."""
    y, theirs = ball(4)
    x = y * np.where(y[:, :1] < 0.0, [-1.0, 1.0, 1.0], 1.0)
    found = apart(x, y, theirs, theirs)
    np.testing.assert_allclose(found.to_truth, 0.0, atol=0.1)
    assert found.to_predicted[y[:, 0] < -49.0].min() > 60.0


def test_there_and_back_are_those_of_brute_force():
    rng = np.random.default_rng(0)
    (x, ours), (y, theirs) = ball(2), other_ball()
    x = x * [1.1, 0.8, 0.9] + rng.normal(0.0, 1.0, x.shape)
    found = apart(x, y, ours, theirs)
    there = meshes.closest_points(x, y, theirs.faces).distances
    back = meshes.closest_points(y, x, ours.faces).distances
    np.testing.assert_allclose(found.to_truth, there, atol=0.02)
    np.testing.assert_allclose(found.to_predicted, back, atol=0.02)


def test_what_is_left_out_counts_on_neither_way():
    """Half of the true patch counts; the other half is 30 mm off."""
    (x, ours), (y, theirs) = plane(height=2.0), plane()
    counted = y[:, 0] < 0.1
    y = y + (y[:, :1] > 5.1) * np.array([40.0, 0.0, 0.0])
    x = x + (x[:, :1] > 5.1) * np.array([40.0, 0.0, 30.0])
    found = apart(x, y, ours, theirs, counted=counted)
    assert np.isnan(found.to_truth[x[:, 0] > 5.1]).all()
    np.testing.assert_allclose(found.to_truth[x[:, 0] < 0.1], 2.0)
    assert (np.isnan(found.to_predicted) == ~counted).all()
    np.testing.assert_allclose(found.to_predicted[counted], 2.0)


def test_a_surface_that_is_nowhere_it_counts_is_infinitely_far():
    (x, ours), (y, theirs) = plane(edge=20.0), plane()
    found = apart(
        x + np.array([40.0, 0.0, 0.0]), y, ours, theirs, counted=y[:, 0] < 0.0
    )
    assert np.isinf(found.to_truth).all()


def test_frames_have_means_and_a_frame_that_is_no_number_an_infinite_one():
    (x, ours), (y, theirs) = plane(edge=40.0, height=2.0), plane()
    several = np.stack([x, x + np.array([0.0, 0.0, 3.0]), x])
    several[2, 7] = np.nan
    found = means_apart(several, np.stack([y] * 3), ours, theirs)
    assert tuple(found) == FIGURES
    np.testing.assert_allclose(found["surface_to_truth_mm"], [2.0, 5.0, np.inf])
    assert found["truth_to_surface_mm"][2] == np.inf
    np.testing.assert_allclose(found["normal_degrees"], [0.0, 0.0, 90.0], atol=1e-4)
    back = apart(several[1], y, ours, theirs).to_predicted.mean()
    assert found["truth_to_surface_mm"][1] == pytest.approx(back)
