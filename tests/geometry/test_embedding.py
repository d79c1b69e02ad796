"""Distances along surfaces whose own are known, and embeddings of known stress."""

import numpy as np
import pytest
import trimesh
from scipy.spatial.distance import cdist

from handjax.geometry.embedding import (
    classical_mds,
    geodesic_distances,
    smacof,
    stress,
)


def sheet(columns=9, rows=7, size=10.0):
    """A flat rectangle of uneven triangles, (vertices, faces), mm."""
    x, y = np.meshgrid(np.arange(columns), np.arange(rows))
    vertices = size * np.stack([x, y, 0 * x], -1).reshape(-1, 3).astype(float)
    inner = (x % (columns - 1) * (y % (rows - 1))).ravel() > 0
    shift = np.random.default_rng(0).normal(scale=0.15 * size, size=(len(inner), 2))
    vertices[inner, :2] += shift[inner]
    a = (np.arange(columns - 1) + columns * np.arange(rows - 1)[:, None]).ravel()
    upper = np.stack([a, a + 1, a + columns], -1)
    lower = np.stack([a + 1, a + columns + 1, a + columns], -1)
    return vertices, np.concatenate([upper, lower])


@pytest.fixture(scope="module")
def points():
    """Random points of a plane, mm, and their distances."""
    X = np.random.default_rng(1).normal(scale=[40.0, 15.0], size=(30, 2))
    return X, cdist(X, X)


def off_by_rotation(X, Y):
    """Largest gap between point sets once one is turned onto the other."""
    X, Y = X - X.mean(axis=0), Y - Y.mean(axis=0)
    U, _, Vt = np.linalg.svd(X.T @ Y)
    return np.abs(X @ U @ Vt - Y).max()


def test_on_a_plane_distances_are_straight_ones_and_never_shorter():
    vertices, faces = sheet()
    D = geodesic_distances(vertices, faces, between=8)
    straight = cdist(vertices, vertices)
    assert np.all(straight - 1e-9 <= D)
    np.testing.assert_allclose(D, straight, rtol=0.02, atol=1e-9)
    assert np.mean(D / np.maximum(straight, 1.0)) < 1.005


def test_folding_a_sheet_leaves_its_distances():
    vertices, faces = sheet()
    vertices[27:36, 1] = 30.0
    folded = vertices.copy()
    beyond = np.maximum(vertices[:, 1] - 30.0, 0.0)
    folded[:, 1:] += beyond[:, None] * [-1.0, 1.0]
    assert np.linalg.norm(folded[-1]) < 91.0 < 99.0 < np.linalg.norm(vertices[-1])
    np.testing.assert_allclose(
        geodesic_distances(folded, faces, between=2),
        geodesic_distances(vertices, faces, between=2),
        atol=1e-9,
    )


def test_on_a_ball_distances_are_arcs():
    ball = trimesh.creation.icosphere(2, radius=50.0)
    D = geodesic_distances(ball.vertices, ball.faces)
    unit = ball.vertices / 50.0
    arcs = 50.0 * np.arccos(np.clip(unit @ unit.T, -1.0, 1.0))
    np.testing.assert_allclose(D, arcs, rtol=0.02, atol=1e-4)


def test_opposite_corners_of_a_box_are_apart_as_on_its_net():
    box = trimesh.creation.box((1.0, 1.0, 1.0)).subdivide().subdivide()
    corner = [np.argmin(np.sum(box.vertices * s, axis=-1)) for s in (1.0, -1.0)]
    exact = np.sqrt(5.0)
    D = [geodesic_distances(box.vertices, box.faces, between=k) for k in (0, 1, 3)]
    found = [float(d[corner[0], corner[1]]) for d in D]
    assert found[0] >= found[1] >= found[2] >= exact - 1e-9
    assert found[2] == pytest.approx(exact, rel=0.01)


def test_distances_are_symmetric_and_zero_only_at_home():
    D = geodesic_distances(*sheet(), between=1)
    np.testing.assert_array_equal(D, D.T)
    np.testing.assert_array_equal(np.diag(D), 0.0)
    assert D[~np.eye(len(D), dtype=bool)].min() > 0.0


def test_a_surface_in_pieces_is_refused_with_the_next_step():
    vertices, faces = sheet(3, 3)
    two = np.concatenate([vertices, vertices + 100.0])
    with pytest.raises(ValueError, match=r"9 of 18 vertices.*measure each piece"):
        geodesic_distances(two, np.concatenate([faces, faces + 9]))


def test_classical_mds_recovers_points_of_a_plane(points):
    X, D = points
    found = classical_mds(D)
    assert off_by_rotation(found, X) < 1e-9
    assert stress(D, found) < 1e-12
    assert found[:, 0].var() > found[:, 1].var()
    extremes = found[np.argmax(np.abs(found), axis=0), [0, 1]]
    assert np.all(extremes > 0.0)


def test_dimensions_that_distances_do_not_fill_are_flat(points):
    X, D = points
    found = classical_mds(D, 3)
    assert off_by_rotation(found[:, :2], X) < 1e-9
    np.testing.assert_allclose(found[:, 2], 0.0, atol=1e-5)
    with pytest.raises(ValueError, match="dimensions wants 1 to 30 points, got 31"):
        classical_mds(D, 31)


def test_stress_of_points_drawn_twice_too_large_is_one(points):
    X, D = points
    assert stress(D, 2.0 * X) == pytest.approx(1.0)
    assert stress(D, 0.7 * X) == pytest.approx(0.3)


def test_a_step_of_smacof_is_the_guttman_transform(points):
    _, D = points
    Z = np.random.default_rng(2).normal(scale=20.0, size=(30, 2))
    expected = np.zeros_like(Z)
    for i in range(30):
        for j in set(range(30)) - {i}:
            gap = Z[i] - Z[j]
            expected[i] += D[i, j] / np.linalg.norm(gap) * gap / 30
    np.testing.assert_allclose(smacof(D, Z, 1), expected, atol=1e-9)


def test_no_step_of_smacof_raises_the_stress():
    ball = trimesh.creation.icosphere(2, radius=50.0)
    D = geodesic_distances(ball.vertices, ball.faces, between=1)
    X = classical_mds(D)
    found = []
    for _ in range(40):
        found.append(stress(D, X))
        X = smacof(D, X, 1)
    assert np.all(np.diff(found) <= 1e-12)
    assert found[-1] < 0.97 * found[0]


def test_four_points_all_one_apart_come_to_lie_on_the_best_square():
    D = 1.0 - np.eye(4)
    start = np.array([[0.0, 0.0], [1.0, 0.1], [0.9, 1.2], [0.0, 1.0]])
    X = smacof(D, start, 300)
    # 4 (1 - s)^2 + 2 (1 - sqrt(2) s)^2 is least at this side.
    side = (2.0 + np.sqrt(2.0)) / 4.0
    least = (4.0 * (1.0 - side) ** 2 + 2.0 * (1.0 - np.sqrt(2.0) * side) ** 2) / 6.0
    np.testing.assert_allclose(np.linalg.norm(X[0] - X[1]), side, atol=1e-6)
    assert stress(D, X) == pytest.approx(np.sqrt(least))


def test_points_that_coincide_stay_finite(points):
    _, D = points
    X = smacof(D, np.zeros((30, 2)), 3)
    np.testing.assert_array_equal(X, 0.0)
