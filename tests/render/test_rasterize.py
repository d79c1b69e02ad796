"""Rasterisation against every face at every pixel, in float64 NumPy."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import trimesh
from jax.test_util import check_grads

from handjax.geometry.cameras import NEAREST, Orthographic, Pinhole, crop, project
from handjax.hands.template import load_template
from handjax.render import visibility
from handjax.render.rasterize import interpolate, rasterize

HEIGHT, WIDTH, FAR = 24, 32, 400.0
CENTRE = np.array([15.3, 11.8])
ORTHOGRAPHIC = Orthographic(np.array([0.11, 0.12]), CENTRE)
PINHOLE = Pinhole(np.array([31.0, 30.0]), CENTRE)
CAMERAS = pytest.mark.parametrize("camera", [ORTHOGRAPHIC, PINHOLE])

render = partial(rasterize, height=HEIGHT, width=WIDTH, far=FAR)


class Mesh(NamedTuple):
    vertices: np.ndarray
    faces: np.ndarray


class Reference(NamedTuple):
    """What brute force sees, and at which pixels rounding cannot change it."""

    depth: np.ndarray
    face: np.ndarray
    clear: np.ndarray


def as_arrays(*trees, dtype=jnp.float32):
    return jax.tree.map(lambda x: jnp.asarray(x, dtype), trees)


def sphere() -> Mesh:
    mesh = trimesh.creation.icosphere(2, radius=70.0)
    return Mesh(mesh.vertices * [1.3, 1.0, 0.8] + [3.0, -2.0, 210.0], mesh.faces)


def hand() -> Mesh:
    template = load_template("hand_790")
    turn = trimesh.transformations.rotation_matrix(2.0, [1, 2, 3])[:3, :3]
    vertices = np.asarray(template.vertices) @ turn.T
    return Mesh(vertices + np.array([60.0, 0, 250]), np.asarray(template.faces))


def soup(seed: int) -> Mesh:
    """Faces of all sizes, off the picture, behind the camera, degenerate, repeated."""
    rng = np.random.default_rng(seed)
    spread = rng.choice([10.0, 30.0, 60.0, 600.0], (40, 1, 1), p=[0.3, 0.3, 0.3, 0.1])
    corners = rng.uniform(-120, 120, (40, 1, 3)) + spread * rng.normal(size=(40, 3, 3))
    corners[..., 2] += 200.0
    corners[0] = corners[0, 0]
    corners[1, 2] = 0.5 * (corners[1, 0] + corners[1, 1])
    corners[3] = corners[2]
    return Mesh(corners.reshape(-1, 3), np.arange(120).reshape(40, 3))


def cross(a, b):
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def brute_force(camera, mesh) -> Reference:
    """Every face at every pixel: no boxes, no chunks, no arithmetic in common."""
    pinhole = isinstance(camera, Pinhole)
    vertices = np.asarray(mesh.vertices, np.float64)
    z = vertices[:, 2]
    scale = np.where(z > NEAREST, z, np.nan)[:, None] if pinhole else 1.0
    a, b, c = (vertices[:, :2] / scale * camera.focal + camera.centre)[mesh.faces.T]
    p = np.stack(np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT)), -1)[:, :, None]
    corners = ((b, c), (c, a), (a, b))
    with np.errstate(divide="ignore", invalid="ignore"):
        w = np.stack([cross(x - p, y - p) for x, y in corners], -1)
        w = w / cross(b - a, c - a)[:, None]
        depth = np.sum(w * (1 / z if pinhole else z)[mesh.faces], -1)
        depth = 1 / depth if pinhole else depth
        depth = np.where(np.all(w >= 0, -1) & (depth < FAR), depth, np.inf)
        edge = np.nanmin(np.abs(np.where(np.isfinite(w), w, np.nan)), (-2, -1))
    two = np.sort(np.append(depth, np.full((HEIGHT, WIDTH, 1), FAR), -1))[..., :2]
    face = np.where(two[..., 0] < FAR, np.argmin(depth, -1), -1)
    return Reference(two[..., 0], face, (edge > 1e-5) & (two[..., 1] > two[..., 0]))


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


def test_many_chunks_of_many_groups_give_the_same_picture(monkeypatch):
    """No fragment beyond a chunk and no face beyond a group is left out."""
    mesh = soup(1)
    camera, vertices = as_arrays(ORTHOGRAPHIC, mesh.vertices)
    expected = render(camera, vertices, jnp.asarray(mesh.faces))
    assert len(np.unique(expected.face)) > 20
    monkeypatch.setattr(visibility, "PIXELS_A_FRAGMENT", 21.0)
    monkeypatch.setattr(visibility, "MOST_FRAGMENTS", 17 * HEIGHT * WIDTH)
    # A picture of another width is compiled anew.
    got = render(camera, vertices, jnp.asarray(mesh.faces), width=WIDTH - 1)
    np.testing.assert_array_equal(got.face, expected.face[:, :-1])
    np.testing.assert_allclose(got.depth, expected.depth[:, :-1], rtol=1e-6)


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


def grid(x, y) -> Mesh:
    """A sheet at depth 100 with two faces a cell."""
    rows, columns = x.shape
    at = np.arange(x.size).reshape(rows, columns)
    a, b, c, d = (at[:-1, :-1], at[:-1, 1:], at[1:, 1:], at[1:, :-1])
    faces = np.concatenate([np.stack([a, b, c], -1), np.stack([a, c, d], -1)])
    vertices = np.stack([x, y, np.full_like(x, 100.0)], -1).reshape(-1, 3)
    return Mesh(vertices, faces.reshape(-1, 3))


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


@pytest.mark.parametrize(
    ("camera", "modes"), [(ORTHOGRAPHIC, ["rev"]), (PINHOLE, ["fwd", "rev"])]
)
def test_gradient_agrees_with_finite_differences(camera, modes):
    mesh = sphere()
    clear = brute_force(camera, mesh).clear
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(HEIGHT, WIDTH, 4)) * clear[..., None]

    def loss(camera, vertices):
        picture = render(camera, vertices, jnp.asarray(mesh.faces))
        seen = jnp.append(picture.depth[..., None], picture.barycentrics, -1)
        return jnp.sum(seen * weights)

    with jax.enable_x64(True):
        check_grads(
            jax.jit(loss), as_arrays(camera, mesh.vertices, dtype=float), 1, modes,
            eps=1e-7, rtol=1e-5,
        )  # fmt: skip


def mean_depth(camera, mesh, scale, vertices):
    """Mean over the picture, taken with `scale` times as many rows and columns."""
    camera = crop(camera, jnp.zeros(2), jnp.full(2, float(scale)))
    picture = rasterize(
        camera, vertices, jnp.asarray(mesh.faces),
        height=scale * HEIGHT, width=scale * WIDTH, far=FAR,
    )  # fmt: skip
    return jnp.mean(picture.depth)


@CAMERAS
def test_gradient_agrees_with_differences_of_a_supersampled_picture(camera):
    """Hills that fill the picture: creases and no silhouettes.

    What an edge covers or lays bare as it moves has no gradient and is left out here.
    """
    x, y = np.meshgrid(np.linspace(-260, 260, 7), np.linspace(-200, 200, 6))
    mesh = grid(x, y)
    height = np.random.default_rng(5).normal(250.0, 15.0, len(mesh.vertices))
    moves = np.zeros((5, *mesh.vertices.shape))
    moves[[0, 1, 2], :, [0, 1, 2]] = 1.0
    moves[3, 16] = moves[4, 24, ::-1] = (0.6, -0.8, 0.4)
    with jax.enable_x64(True):
        vertices = jnp.asarray(np.append(mesh.vertices[:, :2], height[:, None], -1))
        camera, moves = as_arrays(camera, moves, dtype=float)
        ours = jax.grad(partial(mean_depth, camera, mesh, 2))(vertices)
        fine = jax.jit(partial(mean_depth, camera, mesh, 8))
        for move in moves:
            slope = (fine(vertices + 0.01 * move) - fine(vertices - 0.01 * move)) / 0.02
            np.testing.assert_allclose(jnp.sum(ours * move), slope, atol=2e-3)


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


def test_a_batch_of_different_faces_is_refused():
    mesh = sphere()
    camera, vertices = as_arrays(PINHOLE, mesh.vertices)
    faces = jnp.stack([jnp.asarray(mesh.faces)] * 2)
    with pytest.raises(ValueError, match="shares its faces"):
        jax.vmap(lambda f: render(camera, vertices, f))(faces)


def test_interpolation_under_jit_and_vmap_equals_the_loop():
    mesh = sphere()
    faces = jnp.asarray(mesh.faces)
    camera, vertices = as_arrays(PINHOLE, mesh.vertices)
    batch = vertices * jnp.array([1.0, 0.9, 1.1])[:, None, None]
    pictures = [render(camera, one, faces) for one in batch]
    stacked = jax.tree.map(lambda *x: jnp.stack(x), *pictures)
    together = jax.jit(jax.vmap(interpolate, (0, None, 0)))(stacked, faces, batch)
    for picture, carried, got in zip(pictures, batch, together, strict=True):
        alone = interpolate(picture, faces, carried)
        np.testing.assert_allclose(got, alone, rtol=1e-6, atol=1e-4)


def test_interpolation_carries_gradients_to_what_vertices_carry():
    mesh = sphere()
    camera, vertices = as_arrays(PINHOLE, mesh.vertices)
    picture = render(camera, vertices, jnp.asarray(mesh.faces))
    slope = jax.grad(
        lambda x: jnp.sum(interpolate(picture, jnp.asarray(mesh.faces), x))
    )(jnp.ones((len(vertices), 2)))
    # Each pixel that sees a face hands out weights of sum 1.
    np.testing.assert_allclose(slope.sum(0), np.sum(picture.face >= 0), rtol=1e-5)


def test_descent_moves_a_displaced_mesh_home():
    mesh = sphere()
    camera, vertices = as_arrays(PINHOLE, mesh.vertices)
    draw = partial(render, camera, faces=jnp.asarray(mesh.faces), cull=True)
    home = draw(vertices=vertices).depth
    optimizer = optax.adam(0.5)

    def loss(shift):
        depth = draw(vertices=vertices + shift).depth
        both = (depth < FAR) & (home < FAR)
        return jnp.sum(jnp.where(both, depth - home, 0.0) ** 2) / jnp.sum(both)

    @jax.jit
    def step(shift, state):
        updates, state = optimizer.update(jax.grad(loss)(shift), state)
        return optax.apply_updates(shift, updates), state

    shift = jnp.array([9.0, -7.0, 15.0])
    state = optimizer.init(shift)
    for _ in range(150):
        shift, state = step(shift, state)
    assert np.linalg.norm(shift) < 0.2


def test_memory_goes_with_pixels_and_faces_not_with_their_product():
    template = load_template("hand_1721")
    (camera,) = as_arrays(ORTHOGRAPHIC)

    def slope(vertices):
        draw = partial(rasterize, camera, height=64, width=64, far=FAR)
        return jax.grad(lambda x: draw(x, template.faces).depth.sum())(vertices)

    memory = jax.jit(slope).lower(template.vertices).compile().memory_analysis()
    if memory is None:
        pytest.skip("this backend does not report its memory")
    assert memory.temp_size_in_bytes < 0.2 * 64 * 64 * len(template.faces)


def test_pictures_that_have_their_turn_are_the_same(monkeypatch):
    monkeypatch.setattr(visibility, "PIXELS_TOGETHER", 2 * 21 * WIDTH)
    meshes = [soup(seed) for seed in range(5)]
    vertices, faces = (
        jnp.stack([jnp.asarray(m.vertices) for m in meshes]),
        meshes[0].faces,
    )
    # A height of its own, lest a program be found that was compiled before.
    draw = partial(rasterize, PINHOLE, height=21, width=WIDTH, far=FAR)
    found = jax.vmap(lambda x: draw(x, jnp.asarray(faces)).face)(vertices)
    monkeypatch.undo()
    alone = jnp.stack([draw(one, jnp.asarray(faces)).face for one in vertices])
    np.testing.assert_array_equal(found, alone)
    assert len(np.unique(found)) > 10
