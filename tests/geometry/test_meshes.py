"""Meshes against trimesh, values known by hand, and finite differences."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import trimesh
from jax.test_util import check_grads

from handjax.geometry import meshes


@pytest.fixture(scope="module")
def mesh() -> trimesh.Trimesh:
    """A lumpy closed surface without symmetries, mm."""
    mesh = trimesh.creation.icosphere(2, radius=50.0)
    lumps = np.random.default_rng(0).normal(scale=1.5, size=mesh.vertices.shape)
    return trimesh.Trimesh(mesh.vertices * [1.5, 1.0, 0.4] + lumps, mesh.faces)


@pytest.fixture(scope="module")
def arrays(mesh):
    return jnp.asarray(mesh.vertices, jnp.float32), jnp.asarray(mesh.faces)


def test_areas_normals_and_volume_agree_with_trimesh(mesh, arrays):
    np.testing.assert_allclose(meshes.face_areas(*arrays), mesh.area_faces, rtol=1e-4)
    np.testing.assert_allclose(
        meshes.face_normals(*arrays), mesh.face_normals, atol=1e-4
    )
    np.testing.assert_allclose(meshes.volume(*arrays), mesh.volume, rtol=1e-5)


def test_vertex_normals_are_means_weighted_by_area(mesh, arrays):
    around = np.zeros_like(mesh.vertices)
    for face, normal, area in zip(
        mesh.faces, mesh.face_normals, mesh.area_faces, strict=True
    ):
        around[face] += area * normal
    expected = around / np.linalg.norm(around, axis=1, keepdims=True)
    np.testing.assert_allclose(meshes.vertex_normals(*arrays), expected, atol=1e-4)


def test_normals_of_a_face_seen_counter_clockwise_point_to_the_viewer():
    # x right, y down, z forward: seen from the camera, this runs counter-clockwise.
    vertices = jnp.array([[0.0, 0.0, 5.0], [0.0, 1.0, 5.0], [1.0, 0.0, 5.0]])
    faces = jnp.array([[0, 1, 2]])
    np.testing.assert_allclose(meshes.face_normals(vertices, faces), [[0, 0, -1]])
    assert meshes.front_facing(vertices, faces, jnp.array([0.0, 0.0, 1.0])).all()


def test_front_facing_vertices_of_a_ball_are_its_near_half():
    ball = trimesh.creation.icosphere(2, radius=30.0)
    faces = jnp.asarray(ball.faces)
    vertices = jnp.asarray(ball.vertices, jnp.float32)
    near = meshes.front_facing(vertices, faces, jnp.array([0.0, 0.0, 1.0]))
    # The ball's normals are near its radii, so leave its rim out.
    clear = np.abs(ball.vertices[:, 2]) > 1.0
    np.testing.assert_array_equal(near[clear], ball.vertices[clear, 2] < 0)
    # From the ball's double radius, a pinhole sees less: the cap nearer than R/2.
    placed = vertices + jnp.array([0.0, 0.0, 60.0])
    cap = meshes.front_facing(placed, faces, placed)
    clear = np.abs(ball.vertices[:, 2] + 15.0) > 1.0
    np.testing.assert_array_equal(cap[clear], ball.vertices[clear, 2] < -15.0)


def test_edges_agree_with_trimesh(mesh):
    edges = meshes.edges(mesh.faces)
    expected = {tuple(edge) for edge in mesh.edges_unique}
    assert {tuple(edge) for edge in edges} == expected
    assert len(edges) == len(expected)


def test_uniform_laplacian_is_mean_of_neighbours_less_self(mesh, arrays):
    expected = [
        mesh.vertices[near].mean(0) - x
        for near, x in zip(mesh.vertex_neighbors, mesh.vertices, strict=True)
    ]
    edges = jnp.asarray(meshes.edges(mesh.faces))
    got = meshes.uniform_laplacian(arrays[0], edges)
    np.testing.assert_allclose(got, expected, atol=1e-4)
    np.testing.assert_allclose(
        meshes.uniform_laplacian(arrays[0][:, 0], edges), got[:, 0], atol=1e-5
    )


def test_cotangents_of_a_half_square_are_0_1_1():
    vertices = jnp.array([[0.0, 0.0, 3.0], [2.0, 0.0, 3.0], [0.0, 2.0, 3.0]])
    got = meshes.cotangents(vertices, jnp.array([[0, 1, 2]]))
    np.testing.assert_allclose(got, [[0, 1, 1]], atol=1e-6)


def test_cotangent_laplacian_of_positions_is_the_slope_of_area(mesh, arrays):
    """Pinkall and Polthier: sum of (cot + cot)(x_i - x_j) / 2 = d area / d x_i."""
    vertices, faces = arrays
    slope = jax.grad(lambda x: jnp.sum(meshes.face_areas(x, faces)))(vertices)
    weights = meshes.cotangents(vertices, faces)
    got = meshes.cotangent_laplacian(vertices, faces, weights)
    np.testing.assert_allclose(got, -slope, atol=1e-3)


def test_cotangent_laplacian_of_a_linear_function_on_a_plane_vanishes():
    sheet = trimesh.creation.icosphere(1).vertices * [30.0, 20.0, 0.0]
    faces = jnp.asarray(trimesh.creation.icosphere(1).faces)
    vertices = jnp.asarray(sheet, jnp.float32)
    near = jnp.asarray(trimesh.creation.icosphere(1).vertices[:, 2] < -0.5)
    weights = meshes.cotangents(vertices, faces)
    got = meshes.cotangent_laplacian(vertices[:, :2], faces, weights)
    np.testing.assert_allclose(got[near], 0.0, atol=1e-3)


REGIONS = {
    "face": ([2.0, 2.0, 7.0], [2.0, 2.0, 0.0]),
    "edge ab": ([3.0, -4.0, 1.0], [3.0, 0.0, 0.0]),
    "edge bc": ([9.0, 9.0, -2.0], [5.0, 5.0, 0.0]),
    "edge ca": ([-3.0, 4.0, 1.0], [0.0, 4.0, 0.0]),
    "corner a": ([-1.0, -2.0, 5.0], [0.0, 0.0, 0.0]),
    "corner b": ([13.0, -1.0, 2.0], [10.0, 0.0, 0.0]),
    "corner c": ([-1.0, 14.0, 2.0], [0.0, 10.0, 0.0]),
}
TRIANGLE = np.array([[0.0, 0.0, 0.0], [10.0, 0.0, 0.0], [0.0, 10.0, 0.0]])


@pytest.mark.parametrize("region", REGIONS)
def test_closest_point_in_each_region(region):
    point, expected = map(jnp.array, REGIONS[region])
    got = meshes.closest_point_on_triangle(point, jnp.asarray(TRIANGLE, jnp.float32))
    np.testing.assert_allclose(got, expected, atol=1e-5)


def test_slope_of_the_closest_point_agrees_with_finite_differences():
    points = np.array([point for point, _ in REGIONS.values()])
    with jax.enable_x64(True):
        closest = jax.vmap(meshes.closest_point_on_triangle, (0, None))
        check_grads(
            jax.jit(closest), (jnp.asarray(points), jnp.asarray(TRIANGLE)), 1, ["rev"]
        )


DEGENERATE = {
    "point": [[1.0, 2.0, 3.0]] * 3,
    "segment": [[0.0, 0.0, 0.0], [4.0, 0.0, 0.0], [2.0, 0.0, 0.0]],
    "doubled corner": [[0.0, 0.0, 0.0], [4.0, 0.0, 0.0], [4.0, 0.0, 0.0]],
    "sliver": [[0.0, 0.0, 0.0], [4.0, 0.0, 0.0], [2.0, 1e-12, 0.0]],
}


def test_degenerate_triangles_have_closest_points_and_finite_gradients():
    triangles, point = jnp.array(list(DEGENERATE.values())), jnp.array([3.0, 2.0, 3.0])
    faces = jnp.array([[0, 1, 2]])

    def everything(point, triangle):
        return (
            jnp.sum(meshes.closest_point_on_triangle(point, triangle))
            + jnp.sum(meshes.vertex_normals(triangle, faces))
            + jnp.sum(meshes.face_areas(triangle, faces))
            + jnp.sum(meshes.cotangents(triangle, faces))
        )

    closest = jax.vmap(partial(meshes.closest_point_on_triangle, point))(triangles)
    expected = [[1.0, 2.0, 3.0]] + [[3.0, 0.0, 0.0]] * 3
    np.testing.assert_allclose(closest, expected, atol=1e-5)
    slopes = jax.jit(jax.vmap(jax.grad(everything, (0, 1)), (None, 0)))(
        point, triangles
    )
    assert all(np.all(np.isfinite(slope)) for slope in slopes)


@pytest.mark.parametrize("scale", [0.3, 1.0, 1.05, 4.0])
def test_closest_points_agree_with_every_triangle(mesh, scale):
    """Inside, on the surface, near it and far from it."""
    rng = np.random.default_rng(1)
    points = scale * mesh.vertices[rng.integers(len(mesh.vertices), size=40)]
    got = meshes.closest_points(points, mesh.vertices, mesh.faces)
    for k, point in enumerate(points):
        every = trimesh.triangles.closest_point(
            mesh.triangles, np.tile(point, (len(mesh.faces), 1))
        )
        distances = np.linalg.norm(every - point, axis=1)
        np.testing.assert_allclose(got.distances[k], distances.min(), atol=1e-9)
        np.testing.assert_allclose(distances[got.faces[k]], distances.min(), atol=1e-9)
    on_faces = np.einsum("ni,nij->nj", got.weights, mesh.triangles[got.faces])
    np.testing.assert_allclose(got.points, on_faces, atol=1e-9)


def test_closest_points_are_exact_beside_one_huge_face(monkeypatch):
    """The bound must hold for faces whose centroid is far from where they are."""
    monkeypatch.setattr(meshes, "POINTS_A_TURN", 7)
    small = trimesh.creation.icosphere(1, radius=5.0)
    huge = np.array([[-900.0, -900.0, 6.0], [900.0, -900.0, 6.0], [0.0, 2000.0, 6.0]])
    vertices = np.concatenate([small.vertices, huge])
    faces = np.concatenate([small.faces, [[42, 43, 44]]])
    points = np.random.default_rng(2).uniform(-20, 20, (30, 3))
    got = meshes.closest_points(points, vertices, faces)
    ball = meshes.closest_points(points, small.vertices, small.faces).distances
    np.testing.assert_allclose(
        got.distances, np.minimum(ball, np.abs(points[:, 2] - 6.0)), atol=1e-9
    )
    assert 0 < np.mean(got.faces == len(small.faces)) < 1


def test_no_points_have_no_closest_points(mesh):
    got = meshes.closest_points(np.zeros((0, 3)), mesh.vertices, mesh.faces)
    assert got.points.shape == (0, 3)


def test_gradients_agree_with_finite_differences():
    mesh = trimesh.creation.icosahedron()
    faces = jnp.asarray(mesh.faces)
    edges = jnp.asarray(meshes.edges(mesh.faces))
    mix = np.random.default_rng(3).normal(size=mesh.vertices.shape)

    def measures(vertices):
        weights = meshes.cotangents(vertices, faces)
        return (
            jnp.sum(meshes.vertex_normals(vertices, faces) * mix),
            jnp.sum(meshes.face_areas(vertices, faces) ** 2),
            meshes.volume(vertices, faces),
            jnp.sum(meshes.uniform_laplacian(vertices, edges) * mix),
            jnp.sum(meshes.cotangent_laplacian(vertices, faces, weights) * mix),
        )

    with jax.enable_x64(True):
        check_grads(jax.jit(measures), (jnp.asarray(mesh.vertices + 0.1 * mix),), 1)


def laplacian_of_positions(vertices, faces):
    weights = meshes.cotangents(vertices, faces)
    return meshes.cotangent_laplacian(vertices, faces, weights)


@pytest.mark.parametrize(
    "function",
    [
        meshes.face_areas,
        meshes.face_normals,
        meshes.vertex_normals,
        lambda x, faces: meshes.front_facing(x, faces, x),
        meshes.volume,
        lambda x, faces: meshes.uniform_laplacian(x, faces[:, :2]),
        meshes.cotangents,
        laplacian_of_positions,
        lambda x, faces: meshes.closest_point_on_triangle(x[0], x[faces[5]]),
    ],
)
def test_jit_vmap_equals_loop_over_meshes(equals_loop, function):
    ball = trimesh.creation.icosphere(1)
    faces = jnp.asarray(ball.faces)
    stretch = np.array([[1.0, 2.0, 3.0], [0.7, 1.0, 1.1], [1.2, 0.9, 2.0]])
    batch = jnp.asarray(ball.vertices * stretch[:, None], jnp.float32)
    equals_loop(lambda vertices: function(vertices, faces), batch)
