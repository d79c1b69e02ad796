"""Outlines of open meshes, whose faces are not all drawn."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.geometry import cameras
from handjax.geometry.topology import EdgeFaces, edge_faces
from handjax.render.silhouette import antialiased, neural_renderer

SIZE: dict[str, Any] = {"height": 8, "width": 8, "far": 100.0}
ORTHOGRAPHIC = cameras.Orthographic(jnp.ones(2), jnp.zeros(2))
PINHOLE = cameras.Pinhole(jnp.full(2, 10.0), jnp.zeros(2))
# Counter-clockwise on the screen: the front.
TRIANGLE = np.array([[1.2, 1.1, 10.0], [2.3, 6.4, 10.0], [6.2, 2.3, 10.0]], np.float32)
# A second one on the other side of the edge from (2.3, 6.4) to (6.2, 2.3).
TWO = np.array([[0, 1, 2], [2, 1, 3]])


@partial(jax.jit, static_argnames="cull")
@partial(jax.value_and_grad, argnums=3)
def total(camera, faces, edges, vertices, cull):
    found = antialiased(camera, vertices, faces, edges, cull=cull, samples=5, **SIZE)
    return jnp.sum(found.mask)


def area(camera, faces, vertices, *, cull):
    """Pixels that a mesh covers, and their gradient."""
    edges = EdgeFaces(*map(jnp.asarray, edge_faces(faces)))
    return total(camera, jnp.asarray(faces), edges, jnp.asarray(vertices), cull)


def slope_of_triangle(a, b, c):
    """How the area of a triangle changes with its corners, by hand."""
    return np.array(
        [[b[1] - c[1], c[0] - b[0]], [c[1] - a[1], a[0] - c[0]],
         [a[1] - b[1], b[0] - a[0]]]
    ) / -2.0  # fmt: skip


def test_a_lone_face_pulls_as_its_area_changes():
    found, slope = area(ORTHOGRAPHIC, TWO[:1], TRIANGLE, cull=True)
    a, b, c = TRIANGLE[:, :2]
    wanted = slope_of_triangle(a, b, c)
    assert found == pytest.approx(np.sum(wanted * TRIANGLE[:, :2]) / 2, rel=0.05)
    np.testing.assert_allclose(slope[:, :2], wanted, atol=0.02)


def test_a_face_that_is_culled_pulls_at_nothing():
    found, slope = area(ORTHOGRAPHIC, TWO[:1, ::-1], TRIANGLE, cull=True)
    assert found == 0.0
    np.testing.assert_array_equal(slope, 0.0)


def test_a_mesh_without_faces_has_an_empty_mask_that_pulls_at_nothing():
    found, slope = area(ORTHOGRAPHIC, np.zeros((0, 3), np.int32), TRIANGLE, cull=True)
    assert found == 0.0
    np.testing.assert_array_equal(slope, 0.0)

    def theirs(v):
        none = jnp.zeros((0, 3), jnp.int32)
        return jnp.sum(neural_renderer(ORTHOGRAPHIC, v, none, **SIZE))

    np.testing.assert_array_equal(jax.grad(theirs)(jnp.asarray(TRIANGLE)), 0.0)


@pytest.mark.parametrize("corner", [0, 1, 2])
def test_a_face_with_one_corner_too_near_pulls_at_nothing(corner):
    vertices = TRIANGLE.copy()
    vertices[corner] = [0.2, 0.3, 0.5]
    found, slope = area(PINHOLE, TWO[:1], vertices, cull=False)
    assert found == 0.0
    np.testing.assert_array_equal(slope, 0.0)


def test_beside_a_face_that_is_too_near_an_edge_is_an_outline():
    vertices = np.append(TRIANGLE, [[0.6, 0.6, 0.9]], axis=0).astype(np.float32)
    both = partial(area, PINHOLE, vertices=vertices, cull=False)
    found, slope = both(TWO)
    alone, wanted = both(TWO[:1])
    assert found == alone > 5.0
    np.testing.assert_allclose(slope, wanted, atol=1e-6)


def test_a_culled_face_beside_an_edge_does_not_hide_what_lies_there():
    # The second face is turned over: culled, it covers what lies beyond the edge.
    vertices = np.append(TRIANGLE, [[6.4, 6.3, 10.0]], axis=0).astype(np.float32)
    for faces in ([[0, 1, 2], [1, 2, 3]], [[0, 1, 2], [2, 3, 1]]):
        found, slope = area(ORTHOGRAPHIC, np.array(faces), vertices, cull=True)
        alone, wanted = area(ORTHOGRAPHIC, TWO[:1], vertices, cull=True)
        assert found == alone
        np.testing.assert_allclose(slope, wanted, atol=1e-6)


def test_a_face_among_many_at_an_edges_end_hides_what_lies_behind_it():
    # Nine faces about one vertex, with a gap where a tenth would be. One face more lies
    # on the last of them, its edge so near the gap that beyond it the background is
    # looked up: were it not asked who covers the strip between, it would be an outline.
    turn = np.linspace(0.0, 2.0 * np.pi, 10, endpoint=False)[::-1]
    rim = 3.0 * np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    near_gap = 0.9 * (0.96 * rim[9] + 0.04 * rim[8])
    places = 3.5 + np.concatenate([rim, [[0.0, 0.0], near_gap]])
    vertices = np.pad(places, ((0, 0), (0, 1)), constant_values=10.0).astype(np.float32)
    k = np.arange(9)
    fan = np.stack([0 * k + 10, k, k + 1], axis=1)
    alone, wanted = area(ORTHOGRAPHIC, fan, vertices, cull=False)
    more = np.concatenate([fan, [[10, 11, 8]]])
    found, slope = area(ORTHOGRAPHIC, more, vertices, cull=False)
    assert found == alone > 15.0
    np.testing.assert_allclose(slope, wanted, atol=1e-5)
