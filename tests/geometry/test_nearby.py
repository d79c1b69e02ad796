"""Closest points in thousands, against the exact ones and against known answers."""

import jax.numpy as jnp
import numpy as np
import pytest
import trimesh

from handjax.geometry import meshes, nearby

RNG = np.random.default_rng(0)


def ball(subdivisions=3, radius=50.0, middle=(0.0, 0.0, 0.0)):
    sphere = trimesh.creation.icosphere(subdivisions, radius=radius)
    return np.asarray(sphere.vertices) + middle, np.asarray(sphere.faces)


def slowly(points, vertices, faces):
    """Distances to every triangle, the least of them."""
    triangles = vertices[faces]
    every = [
        np.linalg.norm(
            trimesh.triangles.closest_point(triangles, np.tile(p, (len(faces), 1))) - p,
            axis=-1,
        )
        for p in points
    ]
    return np.min(every, axis=1)


def test_each_vertex_has_the_faces_that_meet_there_and_no_others():
    faces = np.array([[0, 1, 2], [2, 1, 4], [4, 5, 2]])  # 3 has none
    fans = nearby.fans(faces)
    assert fans.used.tolist() == [0, 1, 2, 4, 5]
    found = [set(row) for row in fans.around.tolist()]
    assert found == [{0}, {0, 1}, {0, 1, 2}, {1, 2}, {2}]


def test_a_surface_without_faces_is_refused():
    with pytest.raises(ValueError, match="a surface wants faces"):
        nearby.fans(np.zeros((0, 3), int))


@pytest.mark.parametrize("scale", [0.3, 0.95, 1.0, 1.05, 3.0])
@pytest.mark.parametrize("middle", [(0.0, 0.0, 0.0), (300.0, -200.0, 900.0)])
def test_distances_are_those_to_every_triangle(scale, middle):
    """Inside, near the surface, on it and far from it; at the origin and elsewhere."""
    vertices, faces = ball(2)
    vertices = vertices * [1.0, 0.4, 1.6] * RNG.uniform(0.97, 1.03, vertices.shape)
    points = scale * vertices[::3] + RNG.normal(0.0, 2.0, vertices[::3].shape)
    got = nearby.closest_points(
        points + middle, vertices + middle, nearby.fans(faces), nearest=8
    )
    np.testing.assert_allclose(
        got.distances, slowly(points, vertices, faces), atol=1e-3
    )
    on_faces = np.einsum("ni,nij->nj", got.weights, vertices[faces[got.faces]])
    np.testing.assert_allclose(got.points, on_faces + middle, atol=1e-9)
    apart = np.linalg.norm(got.points - points - middle, axis=-1)
    np.testing.assert_allclose(got.distances, apart, atol=1e-9)


def test_four_vertices_are_enough_on_even_triangles():
    vertices, faces = ball(3)
    points = nearby.unit(RNG.normal(0.0, 1.0, (500, 3)))
    points *= RNG.uniform(40.0, 60.0, (500, 1))
    got = nearby.closest_points(points, vertices, nearby.fans(faces)).distances
    exact = meshes.closest_points(points, vertices, faces).distances
    np.testing.assert_allclose(got, exact, atol=1e-3)


def test_a_distance_is_never_too_small_and_more_vertices_bring_it_down():
    """A large face under a crowd of small ones, whose corners are far."""
    crowd, faces = ball(1, radius=2.0, middle=(0.0, 0.0, 9.0))
    far = np.array([[-90.0, -90.0, 0.0], [90.0, -90.0, 0.0], [0.0, 150.0, 0.0]])
    vertices = np.concatenate([crowd, far])
    fans = nearby.fans(np.concatenate([faces, [[42, 43, 44]]]))
    under = np.array([[0.0, 0.0, -1.0]])
    few, all_ = (
        nearby.closest_points(under, vertices, fans, nearest=k).distances
        for k in (4, 45)
    )
    np.testing.assert_allclose([*few, *all_], [8.0, 1.0], atol=0.1)


@pytest.mark.parametrize(
    "corners",
    [
        [[1.0, 2.0, 3.0]] * 3,
        [[0.0, 0.0, 0.0], [4.0, 0.0, 0.0], [2.0, 0.0, 0.0]],
        [[0.0, 0.0, 0.0], [4.0, 0.0, 0.0], [4.0, 0.0, 0.0]],
        [[4.0, 0.0, 0.0], [4.0, 0.0, 0.0], [0.0, 0.0, 0.0]],
        [[0.0, 0.0, 0.0], [4.0, 0.0, 0.0], [2.0, 1e-12, 0.0]],
    ],
)
def test_a_face_that_is_a_segment_or_a_point_has_a_closest_point(corners):
    points = np.array([[3.0, 2.0, 3.0], [-5.0, 1.0, 0.0], [9.0, 0.0, 0.0]])
    triangles, faces = np.array([corners]), np.array([[0, 1, 2]])
    got = nearby.closest_points(points, triangles[0], nearby.fans(faces))
    exact = meshes.on_faces(points, triangles, np.zeros(3, int)).distances
    np.testing.assert_allclose(got.distances, exact, atol=1e-9)


def test_no_points_have_no_closest_points():
    vertices, faces = ball(1)
    got = nearby.closest_points(np.zeros((0, 3)), vertices, nearby.fans(faces))
    assert got.points.shape == (0, 3)


def test_normals_are_those_on_the_device_and_0_where_there_is_none():
    vertices, faces = ball(1)
    vertices = np.concatenate([vertices * [1.0, 0.4, 1.6], [[7.0, 7.0, 7.0]]])
    got = nearby.vertex_normals(vertices, faces)
    wanted = meshes.vertex_normals(
        jnp.asarray(vertices, jnp.float32), jnp.asarray(faces)
    )
    np.testing.assert_allclose(got, wanted, atol=1e-5)
    assert got[-1].tolist() == [0.0, 0.0, 0.0]
