"""Rasterisation against every face at every pixel, in float64 NumPy."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.geometry.cameras import Orthographic, project
from handjax.render.rasterize import interpolate, rasterize
from tests.render.scenes import (
    CAMERAS,
    FAR,
    HEIGHT,
    ORTHOGRAPHIC,
    PINHOLE,
    WIDTH,
    Mesh,
    as_arrays,
    brute_force,
    grid,
    hand,
    render,
    soup,
    sphere,
)


@pytest.fixture(scope="module", params=["hand", "soup 1", "soup 2"])
def mesh(request) -> Mesh:
    kind, *seed = request.param.split()
    return {"hand": hand, "soup": soup}[kind](*map(int, seed))


@CAMERAS
def test_agrees_with_every_face_at_every_pixel(camera, mesh):
    expected = brute_force(camera, mesh)
    with jax.enable_x64(True):
        camera, vertices = as_arrays(camera, mesh.vertices, dtype=jnp.float64)
        got = render(camera, vertices, jnp.asarray(mesh.faces))
    assert np.mean(expected.face >= 0) > 0.05
    ties = ~expected.clear
    np.testing.assert_array_equal((got.face != expected.face) & ~ties, False)
    np.testing.assert_allclose(
        np.where(ties, 0, got.depth), np.where(ties, 0, expected.depth), rtol=1e-8
    )
    assert np.mean(ties) < 0.2


@CAMERAS
@pytest.mark.usefixtures("optimized")  # fused products round once
def test_float32_is_exact_to_a_ten_thousandth_of_a_millimetre(camera):
    camera, mesh = jax.tree.map(np.float32, camera), hand()
    mesh = mesh._replace(vertices=np.float32(mesh.vertices))
    expected = brute_force(camera, mesh)
    camera, vertices = as_arrays(camera, mesh.vertices)
    got = render(camera, vertices, jnp.asarray(mesh.faces))
    culled = render(camera, vertices, jnp.asarray(mesh.faces), cull=True)
    for picture in (got, culled):
        difference = np.abs(picture.depth - expected.depth)[expected.clear]
        assert difference.max() < 1e-4
        np.testing.assert_array_equal(
            picture.face[expected.clear], expected.face[expected.clear]
        )
    assert expected.clear.mean() > 0.99


@CAMERAS
def test_barycentrics_lead_back_to_pixel_and_depth(camera):
    mesh = hand()
    camera, vertices = as_arrays(camera, mesh.vertices)
    faces = jnp.asarray(mesh.faces)
    picture = render(camera, vertices, faces)
    points = interpolate(picture, faces, vertices)
    seen = np.asarray(picture.face) >= 0
    pixels = np.argwhere(seen)[:, ::-1]
    np.testing.assert_allclose(project(camera, points)[seen], pixels, atol=1e-4)
    np.testing.assert_allclose(points[seen][:, 2], picture.depth[seen], rtol=1e-6)
    np.testing.assert_allclose(picture.barycentrics.sum(-1), seen, atol=1e-6)
    np.testing.assert_array_equal(picture.depth[~seen], FAR)
    assert np.all(picture.barycentrics >= 0)


def test_pixel_centres_on_edges_and_corners_see_a_face():
    """A sheet whose edges and corners run through pixel centres has no holes."""
    x, y = np.meshgrid(np.arange(2.0, 30.0, 2.0), np.arange(2.0, 22.0, 2.0))
    mesh = grid(x + 0.0, y + 0.0)
    camera = Orthographic(jnp.ones(2), jnp.zeros(2))
    picture = render(camera, *as_arrays(mesh.vertices), jnp.asarray(mesh.faces))
    inside = np.zeros((HEIGHT, WIDTH), bool)
    inside[2:21, 2:29] = True
    np.testing.assert_array_equal(picture.face >= 0, inside)
    np.testing.assert_allclose(picture.depth[2:21, 2:29], 100.0)


def test_no_pixel_falls_between_two_faces():
    """Each pixel has two faces of its own, whose common edge runs through its centre.

    The corners are exact in float32, the products that place the edge are not.
    """
    rng = np.random.default_rng(0)
    pixels = np.stack(np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT)), -1)
    arm = np.round(0.3 * rng.uniform(-1, 1, (HEIGHT, WIDTH, 2)) * 2**18) / 2**18
    side = np.flip(arm, -1) * [1.0, -1.0]
    corners = np.stack([pixels + arm, pixels + side, pixels - arm, pixels - side], -2)
    vertices = np.append(corners, np.full_like(corners[..., :1], 100.0), -1)
    faces = 4 * np.arange(WIDTH * HEIGHT)[:, None, None] + [[0, 1, 2], [0, 2, 3]]
    camera, vertices = as_arrays(Orthographic(np.ones(2), np.zeros(2)), vertices)
    picture = render(camera, vertices.reshape(-1, 3), jnp.asarray(faces.reshape(-1, 3)))
    assert np.all(picture.face // 2 == np.arange(WIDTH * HEIGHT).reshape(HEIGHT, WIDTH))


def test_of_equally_near_faces_the_first_is_seen():
    mesh = grid(*np.meshgrid([2.0, 20.0], [2.0, 20.0]))
    twice = jnp.asarray(np.concatenate([mesh.faces, mesh.faces]))
    camera = Orthographic(jnp.ones(2), jnp.zeros(2))
    picture = render(camera, *as_arrays(mesh.vertices), twice)
    assert set(np.unique(picture.face)) == {-1, 0, 1}


def test_background_hides_what_is_behind_it():
    mesh = sphere()
    camera, vertices = as_arrays(ORTHOGRAPHIC, mesh.vertices)
    picture = rasterize(
        camera, vertices, jnp.asarray(mesh.faces), height=HEIGHT, width=WIDTH, far=170.0
    )
    assert np.max(picture.depth) == 170.0
    assert np.all((picture.face >= 0) == (picture.depth < 170.0))


WILD = np.array(
    [
        [[0, 0, 5.0]] * 3,  # a point
        [[0, 0, 5.0], [9, 9, 5], [4.5, 4.5, 5]],  # a segment
        [[0, 0, -50.0], [90, 0, -50], [0, 90, -50]],  # behind
        [[0, 0, -50.0], [90, 0, 300], [0, 90, 300]],  # through the camera
        [[0, 0, 0.0], [90, 0, 300], [0, 90, 300]],  # at the camera
        [[9e3, 0, 100.0], [9e3, 9, 100], [9e3, 0, 120]],  # far outside
        [[1e30, 0, 100.0], [0, 1e30, 100], [-1e30, -1e30, 100]],  # beyond float32
        [[1e-9, 0, 100.0], [0, 1e-9, 100], [0, 0, 100]],  # smaller than rounding
    ]
)


def test_degenerate_and_invisible_faces_do_no_harm():
    mesh = sphere()
    added = len(mesh.vertices) + np.arange(24).reshape(8, 3)
    # They come first, so that pixels without a face would fall on them.
    faces = jnp.asarray(np.concatenate([added, mesh.faces]))
    (camera,) = as_arrays(PINHOLE)

    @jax.jit
    @jax.value_and_grad
    def loss(vertices):
        return jnp.sum(jnp.sin(render(camera, vertices, faces).depth))

    outside = np.tile(WILD[5], (8, 1))
    tame, wild = (
        loss(*as_arrays(np.concatenate([mesh.vertices, more])))
        for more in (outside, WILD.reshape(-1, 3))
    )
    np.testing.assert_allclose(wild[0], tame[0], rtol=1e-6)
    np.testing.assert_allclose(wild[1], tame[1], atol=1e-6)
    assert np.any(tame[1] != 0)


def test_batches_agree_with_single_pictures():
    mesh = sphere()
    faces = jnp.asarray(mesh.faces)
    shifts = np.random.default_rng(0).normal(scale=20, size=(2, 3, 1, 3))
    camera, vertices = as_arrays(PINHOLE, mesh.vertices + shifts)
    fars = jnp.array([[200.0, 300.0, 400.0]] * 2)

    @partial(jax.value_and_grad, has_aux=True)
    def draw(vertices, far):
        picture = render(camera, vertices, faces, far=far)
        return jnp.sum(picture.depth**2), picture

    together = jax.jit(jax.vmap(jax.vmap(draw)))(vertices, fars)
    draw = jax.jit(draw)
    for k in np.ndindex(2, 3):
        alone = draw(vertices[k], fars[k])
        for x, y in zip(*map(jax.tree.leaves, (together, alone)), strict=True):
            np.testing.assert_allclose(x[k], y, rtol=1e-5, atol=1e-2)


@pytest.mark.parametrize("count", [0, 4])
def test_a_mesh_without_faces_shows_the_background(count):
    camera, vertices = as_arrays(PINHOLE, np.full((count, 3), 90.0))
    faces = jnp.zeros((0, 3), jnp.int32)
    picture = render(camera, vertices, faces)
    np.testing.assert_array_equal(picture.depth, np.full((HEIGHT, WIDTH), FAR))
    np.testing.assert_array_equal(picture.face, -1)
    np.testing.assert_array_equal(picture.barycentrics, 0.0)
    np.testing.assert_array_equal(interpolate(picture, faces, vertices), 0.0)
    slope = jax.grad(lambda v: render(camera, v, faces).depth.sum())(vertices)
    np.testing.assert_array_equal(slope, np.zeros_like(vertices))


def test_a_batch_of_different_faces_is_refused():
    mesh = sphere()
    camera, vertices = as_arrays(PINHOLE, mesh.vertices)
    faces = jnp.stack([jnp.asarray(mesh.faces)] * 2)
    with pytest.raises(ValueError, match="shares its faces"):
        jax.vmap(lambda f: render(camera, vertices, f))(faces)
