"""Terms of Eqs. (2) to (6), against loops that follow the paper."""

import jax.numpy as jnp
import numpy as np
import pytest

from handjax.methods import pictures
from handjax.methods.graph_cnn import labelled

MESH = labelled.Mesh(
    jnp.array([[0, 1, 2], [0, 2, 3]]),
    np.array([[0, 1], [0, 2], [0, 3], [1, 2], [2, 3]]),
)
NEIGHBOURS = [[1, 2, 3], [0, 2], [0, 1, 3], [0, 2]]


@pytest.fixture(scope="module")
def surfaces():
    """Found and true, two hands of four vertices, mm."""
    random = np.random.default_rng(0)
    return tuple(jnp.asarray(random.normal(0, 20, (2, 2, 4, 3)), jnp.float32))


def test_vertices_are_compared_in_space_and_in_the_picture(surfaces):
    found, true = surfaces
    uv, true_uv = found[..., :2], true[..., :2]
    wanted = float(jnp.sum(((found - true) / 10) ** 2))
    wanted += float(jnp.sum(((uv - true_uv) / 6.4) ** 2))
    got = labelled.vertex_error(found, true, uv, true_uv, 64)
    assert got == pytest.approx(wanted / 8, rel=1e-5)


def test_edges_leave_the_true_planes(surfaces):
    found, true = surfaces
    total = 0.0
    for one, right in zip(np.asarray(found), np.asarray(true), strict=True):
        for face in np.asarray(MESH.faces):
            a, b, c = right[face]
            n = np.cross(b - a, c - a)
            n /= np.linalg.norm(n)
            for i, j in ((0, 1), (1, 2), (2, 0)):
                total += (((one[face[i]] - one[face[j]]) / 10) @ n) ** 2
    got = labelled.normal_error(found, true, MESH)
    assert got == pytest.approx(total / 8, rel=1e-4)
    assert labelled.normal_error(true, true, MESH) == pytest.approx(0.0, abs=1e-6)


def test_edges_keep_their_length(surfaces):
    found, true = surfaces
    total = 0.0
    for one, right in zip(np.asarray(found), np.asarray(true), strict=True):
        for i, j in MESH.edges:
            e, f = (right[i] - right[j]) / 10, (one[i] - one[j]) / 10
            total += (e @ e - f @ f) ** 2
    assert labelled.edge_error(found, true, MESH) == pytest.approx(total / 8, rel=1e-5)
    moved = labelled.edge_error(true + 7.0, true, MESH)
    assert moved == pytest.approx(0.0, abs=1e-4)


def test_neighbours_are_to_be_off_alike(surfaces):
    found, true = surfaces
    total = 0.0
    for one, right in zip(np.asarray(found), np.asarray(true), strict=True):
        off = (right - one) / 10
        for i, near in enumerate(NEIGHBOURS):
            total += np.sum((off[i] - off[near].mean(axis=0)) ** 2)
    got = labelled.laplacian_error(found, true, MESH)
    assert got == pytest.approx(total / 8, rel=1e-5)
    moved = labelled.laplacian_error(true + 7.0, true, MESH)
    assert moved == pytest.approx(0.0, abs=1e-6)


def test_key_points_that_nobody_knows_do_not_count():
    found, true = jnp.zeros((1, 21, 3)), jnp.zeros((1, 21, 3)).at[:, 5, 0].set(20.0)
    assert labelled.pose_error(found, true, 4) == pytest.approx(1.0)
    unknown = jnp.ones((1, 21), bool).at[0, 5].set(False)
    assert labelled.pose_error(found, true, 4, unknown) == 0.0


def test_heatmaps_have_their_bump_where_the_key_point_is():
    uv = jnp.zeros((1, 21, 2)).at[0, 3].set(jnp.array([33.5, 17.5]))
    maps = pictures.true_heatmaps(uv, 64, 16, 1.0)
    # The pixel 33.5 has its middle at 34 of 64, which is 8.5 of 16.
    row, column = np.unravel_index(np.argmax(maps[0, :, :, 3]), (16, 16))
    assert (row, column) == (4, 8)
    assert maps[0, 4, 8, 3] == pytest.approx(1.0)
    assert labelled.heatmap_error([maps, maps], maps, 4) == 0.0
    empty = jnp.zeros_like(maps)
    half = labelled.heatmap_error([maps, empty], maps, 4)
    # 16 pixels along an edge stand for 64.
    assert half == pytest.approx(16 * float(jnp.sum(maps**2)) / 8, rel=1e-5)


def test_heatmaps_of_key_points_that_nobody_knows_do_not_count():
    found, true = jnp.zeros((1, 16, 16, 21)), jnp.zeros((1, 16, 16, 21))
    true = true.at[0, 4, 8, 3].set(2.0)
    assert labelled.heatmap_error([found], true, 4) == pytest.approx(16.0)
    valid = jnp.ones((1, 21), bool).at[0, 3].set(False)
    assert labelled.heatmap_error([found], true, 4, valid) == 0.0
