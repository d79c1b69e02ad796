"""Winding numbers against solid angles, and meshes closed by fans."""

import numpy as np
import pytest
import trimesh

from handjax.geometry import solids

RANDOM = np.random.default_rng(0)
BALL = trimesh.creation.icosphere(2, 10.0)


def solid_angles(points, triangles):
    """w as the solid angle of a mesh over 4 pi (Van Oosterom & Strackee 1983)."""
    found = []
    for point in points:
        a, b, c = np.moveaxis(triangles - point, 1, 0)
        la, lb, lc = (np.linalg.norm(x, axis=-1) for x in (a, b, c))
        top = np.sum(a * np.cross(b, c), axis=-1)
        dots = [np.sum(x * y, axis=-1) for x, y in ((a, b), (a, c), (b, c))]
        low = la * lb * lc + dots[0] * lc + dots[1] * lb + dots[2] * la
        found.append(np.arctan2(top, low).sum() / (2 * np.pi))
    return np.array(found)


def test_winding_numbers_are_solid_angles_of_meshes_doubled_and_inside_out():
    inner, beside = BALL.copy(), BALL.copy()
    inner.apply_scale(0.5)
    beside.apply_translation([12.0, 1.0, 2.0])
    beside.invert()
    triangles = np.concatenate([m.triangles for m in (BALL, inner, beside)])
    points = RANDOM.uniform(-12.0, 20.0, (400, 3))
    w = solids.winding_numbers(points, triangles)
    np.testing.assert_allclose(solid_angles(points, triangles), w, atol=1e-6)
    assert set(w) == {-1, 0, 1, 2}


def test_a_line_goes_in_below_and_out_above():
    line, z, leaves = solids.crossings(
        np.array([[50.0, 0.0], [0.3, 0.4]]), BALL.triangles
    )
    order = np.argsort(z)
    np.testing.assert_array_equal(line, [1, 1])
    np.testing.assert_array_equal(leaves[order], [-1, 1])
    np.testing.assert_allclose(z[order], [-10.0, 10.0], atol=0.5)


def test_nothing_is_crossed_where_there_is_nothing():
    line, z, leaves = solids.crossings(np.zeros((1, 2)), np.zeros((0, 3, 3)))
    assert len(line) == len(z) == len(leaves) == 0
    np.testing.assert_array_equal(
        solids.winding_numbers(np.zeros((2, 3)), np.zeros((0, 3, 3))), [0, 0]
    )


@pytest.fixture(scope="module")
def tube():
    """An octagonal tube, open at both ends: points 0-7 below and 8-15 above."""
    i, j = np.arange(8), np.roll(np.arange(8), -1)
    return np.concatenate(
        [np.stack([i, j, j + 8], -1), np.stack([i, j + 8, i + 8], -1)]
    )


def test_each_hole_gets_a_fan_about_a_point_of_its_own(tube):
    fan, rims = solids.fans(tube, 16)
    np.testing.assert_array_equal(rims, [np.arange(8), np.arange(8, 16)])
    angle = np.arange(8) * np.pi / 4
    ring = np.stack([np.cos(angle), np.sin(angle), 0 * angle], -1)
    points = np.concatenate([ring, ring + np.array([0, 0, 3]), [[0, 0, 0], [0, 0, 3]]])
    whole = trimesh.Trimesh(points, np.concatenate([tube, fan]), process=False)
    assert whole.is_watertight
    # Three times the area of a regular octagon in the unit circle.
    assert whole.volume == pytest.approx(3 * 2 * np.sqrt(2))


def test_a_closed_mesh_has_no_open_edge_and_gets_no_fan(tube):
    fan, rims = solids.fans(np.asarray(BALL.faces), len(BALL.vertices))
    assert fan.shape == (0, 3)
    assert rims == []
    assert len(solids.open_edges(tube)) == 16
