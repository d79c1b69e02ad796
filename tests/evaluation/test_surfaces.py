"""Surface measures against values known by hand and against brute force."""

import numpy as np
import pytest
import trimesh

from handjax.evaluation import aligned, metrics, surfaces

RNG = np.random.default_rng(0)
TRUTH = RNG.normal(0.0, 30.0, (3, 40, 3))
PREDICTED = TRUTH + RNG.normal(0.0, 4.0, TRUTH.shape)


def test_each_vertex_is_compared_with_its_own():
    moved = TRUTH + np.array([0.0, 3.0, 4.0])
    np.testing.assert_allclose(surfaces.vertex_errors(moved, TRUTH), 5.0)


def test_an_aligned_surface_does_not_see_a_similarity():
    R = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    errors = surfaces.aligned_vertex_errors(0.5 * TRUTH @ R + 100.0, TRUTH)
    np.testing.assert_allclose(errors, 0.0, atol=1e-9)


def test_aligning_lowers_the_mean_square():
    before = surfaces.vertex_errors(PREDICTED + 7.0, TRUTH)
    after = surfaces.aligned_vertex_errors(PREDICTED + 7.0, TRUTH)
    assert (np.mean(after**2, axis=1) < np.mean(before**2, axis=1)).all()


def test_vertices_follow_the_map_of_their_joints():
    joints = TRUTH[:, :5]
    found = aligned.fit(2.0 * joints + 9.0, joints)
    np.testing.assert_allclose(aligned.apply(found, 2.0 * TRUTH + 9.0), TRUTH)


def test_f_of_two_points_by_hand():
    truth = np.array([[0.0, 0.0, 0.0], [100.0, 0.0, 0.0]])
    predicted = np.array([[3.0, 0.0, 0.0], [50.0, 0.0, 0.0], [0.0, 4.0, 0.0]])
    # Two of three predicted points are within 5 mm, one of two true ones.
    found = surfaces.f_score(predicted, truth, 5.0)
    assert found == (pytest.approx(4 / 7), pytest.approx(2 / 3), 0.5)
    # A distance as large as the threshold isn't near.
    assert surfaces.f_score(predicted, truth, 3.0) == (0.0, 0.0, 0.0)


def f_slowly(x, y, threshold):
    gaps = np.linalg.norm(x[:, None] - y, axis=-1)
    precision = np.mean(gaps.min(axis=1) < threshold)
    recall = np.mean(gaps.min(axis=0) < threshold)
    return 2 * precision * recall / max(precision + recall, 1e-9)


def test_f_scores_are_those_of_brute_force():
    other = RNG.normal(0.0, 30.0, (3, 55, 3))
    for x, y in ((PREDICTED, TRUTH), (other, TRUTH)):
        slow = [
            [f_slowly(a, b, t) for t in (5.0, 15.0)] for a, b in zip(x, y, strict=True)
        ]
        np.testing.assert_allclose(surfaces.f_scores(x, y), slow)


def test_frames_without_truth_have_no_f_and_predictions_that_are_none_have_0():
    truth, predicted = TRUTH.copy(), PREDICTED.copy()
    truth[0, 3], predicted[1, 3] = np.nan, np.nan
    found = surfaces.f_scores(predicted, truth)
    assert np.isnan(found[0]).all()
    assert found[1].tolist() == [0.0, 0.0]
    assert found[2, 1] > 0.0
    assert surfaces.f_score(TRUTH[0, :0], TRUTH[0], 5.0) == (0.0, 0.0, 0.0)


def test_above_a_face_the_distance_is_the_height_and_beside_it_that_to_the_edge():
    corners = np.array([[0.0, 0.0, 0.0], [30.0, 0.0, 0.0], [0.0, 30.0, 0.0]])
    points = np.array([[5.0, 5.0, 7.0], [10.0, -4.0, 3.0], [-3.0, -4.0, 0.0]])
    faces = np.array([[0, 1, 2]])
    found = surfaces.surface_distances(points, corners, faces)
    # No vertex is nearer than 9.9 mm to the first point.
    np.testing.assert_allclose(found, [7.0, 5.0, 5.0])


def closest_slowly(point, triangle):
    """Least distance over a triangle: its inside where that is hit, else its edges."""
    a, b, c = triangle
    best = np.inf
    (v, w), *_ = np.linalg.lstsq(np.stack([b - a, c - a], 1), point - a)
    if v >= 0 and w >= 0 and v + w <= 1:
        best = np.linalg.norm(a + v * (b - a) + w * (c - a) - point)
    for x, y in ((a, b), (b, c), (c, a)):
        t = np.clip((point - x) @ (y - x) / ((y - x) @ (y - x)), 0.0, 1.0)
        best = min(best, np.linalg.norm(x + t * (y - x) - point))
    return best


@pytest.mark.parametrize("away", [1.0, 40.0])
def test_distances_to_a_surface_are_those_of_brute_force(away):
    sphere = trimesh.creation.icosphere(subdivisions=2, radius=50.0)
    reference = np.asarray(sphere.vertices) * np.array([1.0, 0.3, 1.5])
    faces = np.asarray(sphere.faces)
    points = reference[::6] + RNG.normal(0.0, away, (27, 3))
    slow = [min(closest_slowly(p, t) for t in reference[faces]) for p in points]
    found = surfaces.surface_distances(points, reference, faces)
    np.testing.assert_allclose(found, slow, atol=1e-9)


def test_a_vertex_that_is_no_number_is_infinitely_far():
    corners = np.array([[0.0, 0.0, 0.0], [30.0, 0.0, 0.0], [0.0, 30.0, 0.0]])
    points = np.array([[np.nan, 0.0, 0.0], [1.0, 1.0, 2.0]])
    found = surfaces.surface_distances(points, corners, np.array([[0, 1, 2]]))
    np.testing.assert_allclose(found, [np.inf, 2.0])
    errors = surfaces.vertex_errors(points[None], np.zeros((1, 2, 3)))
    assert metrics.mean(errors) == np.inf
