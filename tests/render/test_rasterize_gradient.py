"""What rasterisation carries back: to vertices, to cameras, to what vertices carry."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax.test_util import check_grads

from handjax.geometry.cameras import crop
from handjax.render.rasterize import interpolate, rasterize
from tests.render.scenes import (
    CAMERAS,
    FAR,
    HEIGHT,
    ORTHOGRAPHIC,
    PINHOLE,
    WIDTH,
    as_arrays,
    brute_force,
    grid,
    render,
    sphere,
)


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
