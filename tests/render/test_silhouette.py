"""Masks and depth: their gradient against finite differences of finer pictures."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import trimesh

from handjax.geometry import cameras
from handjax.geometry.topology import edge_faces
from handjax.hands import poses
from handjax.hands.articulate import articulate, rest_pose, rotations_from_angles
from handjax.hands.template import load_template
from handjax.render.rasterize import rasterize
from handjax.render.silhouette import antialiased, neural_renderer

PIXELS, FAR, FINE = 24, 200.0, 16
HAND = load_template("hand_790")
HAND_EDGES = edge_faces(HAND.faces)
ORTHOGRAPHIC = cameras.orthographic_crop(240.0, PIXELS)
AWAY = 300.0
NEAR_PINHOLE = cameras.Pinhole(ORTHOGRAPHIC.focal * AWAY, ORTHOGRAPHIC.centre)
PINHOLE = cameras.Pinhole(jnp.full(2, 60.0), jnp.full(2, 11.5))
SIZE: dict[str, Any] = {"height": PIXELS, "width": PIXELS, "far": FAR}
RISE = jnp.array([0.0, 0.0, 1.0])


@jax.jit
def hand(seed):
    """A hand in some view, its middle at the origin."""
    turn = poses.sample_view(jax.random.key(seed))
    vertices = HAND.vertices @ turn.T
    return vertices - (vertices.min(axis=0) + vertices.max(axis=0)) / 2


@jax.jit
def posed(seed):
    """A hand with bent fingers in some view, its middle at the origin."""
    of_fingers, of_view = jax.random.split(jax.random.key(seed))
    turns = rotations_from_angles(HAND, poses.sample_angles(of_fingers, HAND))
    vertices = articulate(HAND, rest_pose(HAND)._replace(rotations=turns)).vertices
    vertices = vertices @ poses.sample_view(of_view).T
    return vertices - (vertices.min(axis=0) + vertices.max(axis=0)) / 2


@jax.jit
def moved(vertices, motion):
    """Shifted, mm, and turned about three axes, hundredths of a radian."""
    x, y, z = motion[3:] / 100.0
    spin = jnp.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return vertices @ jax.scipy.linalg.expm(spin).T + motion[:3]


def fine_means(camera, vertices, far=FAR):
    """Mask and depth / 100 as means over 16 x 16 looks a pixel."""
    fine = cameras.crop(camera, jnp.zeros(2), jnp.full(2, float(FINE)))
    side = PIXELS * FINE
    drawn = rasterize(fine, vertices, HAND.faces, height=side, width=side, far=far)
    pictures = (drawn.face >= 0).astype(float), drawn.depth / 100.0
    blocks = (PIXELS, FINE, PIXELS, FINE)
    return jnp.stack([p.reshape(blocks).mean(axis=(1, 3)) for p in pictures])


def coarse(camera, vertices, far=FAR):
    size: dict[str, Any] = SIZE | {"far": far}
    found = antialiased(camera, vertices, HAND.faces, HAND_EDGES, **size)
    return jnp.stack([found.mask, found.depth / 100.0])


@jax.jit
@jax.grad
def slope_of_squares(vertices):
    return jnp.sum(coarse(ORTHOGRAPHIC, vertices) ** 2)


VIEWS = {
    "orthographic, at rest": (ORTHOGRAPHIC, hand, 0.0),
    "near pinhole, fingers bent": (NEAR_PINHOLE, posed, AWAY),
}


@pytest.fixture(scope="module", params=VIEWS)
def slopes(request):
    """Gradients of sums of squares of mask and of depth, ours and by differences."""
    camera, draw_hand, away = VIEWS[request.param]

    def loss(draw, vertices, motion, goal):
        seen = draw(camera, moved(vertices, motion) + away * RISE, FAR + away)
        return jnp.sum((seen - goal) ** 2, (1, 2))

    ours = jax.jit(jax.jacrev(partial(loss, coarse), 1))
    fine = jax.jit(partial(loss, fine_means))
    goal_of = jax.jit(lambda v: fine_means(camera, v + away * RISE, FAR + away))
    found = []
    for seed in range(6):
        vertices = draw_hand(seed)
        home = jnp.array([7.0, -5.0, 3.0, 6.0, -8.0, 9.0])
        goal = goal_of(moved(vertices, home))
        steps = 0.5 * np.eye(6, dtype=np.float32)
        apart = [fine(vertices, s, goal) - fine(vertices, -s, goal) for s in steps]
        found.append((ours(vertices, jnp.zeros(6), goal), np.stack(apart, axis=1)))
    return found


@pytest.mark.parametrize("picture", [0, 1], ids=["mask", "depth"])
def test_gradients_point_where_finer_pictures_fall(slopes, picture):
    angles, sizes = [], []
    for ours, differences in slopes:
        a, b = np.asarray(ours[picture]), differences[picture]
        cosine = a @ b / (np.linalg.norm(a) * np.linalg.norm(b))
        angles.append(np.degrees(np.arccos(min(cosine, 1.0))))
        sizes.append(abs(np.linalg.norm(a) / np.linalg.norm(b) - 1.0))
    assert np.mean(angles) < 10.0
    assert np.max(angles) < 15.0
    assert np.mean(sizes) < 0.2
    assert np.max(sizes) < 0.35


def test_pictures_are_means_of_finer_ones():
    @jax.jit
    def draw(vertices):
        ours = antialiased(
            ORTHOGRAPHIC, vertices, HAND.faces, HAND_EDGES, **SIZE, samples=FINE
        )
        return ours, fine_means(ORTHOGRAPHIC, vertices)

    found, expected = draw(hand(1))
    np.testing.assert_allclose(found.mask, expected[0], atol=1e-6)
    np.testing.assert_allclose(found.depth / 100.0, expected[1], atol=1e-5)


def box(camera, motion):
    """Area and sum of depth over pixels of a box that shows one side, 8 x 5 pixels."""
    mesh = trimesh.creation.box([80.0, 50.0, 20.0])
    vertices = jnp.asarray(mesh.vertices) * motion[2] + jnp.append(motion[:2], 30.0)
    faces = jnp.asarray(mesh.faces)
    found = antialiased(camera, vertices, faces, edge_faces(mesh.faces), **SIZE)
    return jnp.array([found.mask.sum(), found.depth.sum()])


def test_a_box_that_grows_covers_what_its_sides_sweep():
    # Off the pixels' sides, where which pixel a side belongs to would be chance.
    motion = jnp.array([1.3, 2.1, 1.0])
    seen = partial(box, ORTHOGRAPHIC)
    value, slope = jax.jit(lambda x: (seen(x), jax.jacrev(seen)(x)))(motion)
    assert value[0] == pytest.approx(40.0, rel=0.1)
    # d(8 s 5 s)/ds; the face is 20 mm deep and moves nearer by 10 mm as it grows.
    assert slope[0, 2] == pytest.approx(80.0, rel=1e-3)
    assert slope[1, 2] == pytest.approx(80.0 * (20.0 - FAR) - 40.0 * 10.0, rel=0.05)
    np.testing.assert_allclose(slope[:, :2], 0.0, atol=0.3)


@pytest.mark.parametrize("camera", [ORTHOGRAPHIC, PINHOLE], ids=["box", "pinhole"])
def test_what_is_out_of_sight_has_a_gradient_of_zero(camera):
    def total(vertices):
        return jnp.sum(coarse(camera, vertices))

    aside = hand(0) + jnp.array([3000.0, 0.0, 0.0])
    behind = hand(0) - 400.0 * RISE
    slope = jax.jit(jax.grad(total))
    hidden = hand(0) + 400.0 * RISE
    for vertices in [aside, hidden] + [behind] * (camera is PINHOLE):
        np.testing.assert_array_equal(slope(vertices), 0.0)
    point = jnp.zeros_like(aside) + 100.0 * RISE
    assert np.isfinite(slope(point)).all()


def test_pinhole_and_orthographic_agree_from_afar(x64):
    afar = 1e6

    def total(camera, vertices):
        return jnp.sum(coarse(camera, vertices, 2 * afar)[0] * jnp.arange(PIXELS))

    pinhole = cameras.Pinhole(ORTHOGRAPHIC.focal * afar, ORTHOGRAPHIC.centre)
    vertices = jnp.asarray(np.asarray(hand(2), np.float64))
    slope = jax.jit(jax.grad(total, 1))
    near = slope(ORTHOGRAPHIC, vertices)
    far = slope(pinhole, vertices + afar * RISE)
    off = np.linalg.norm(near[:, :2] - far[:, :2]) / np.linalg.norm(near[:, :2])
    assert off < 1e-2


def test_a_batch_is_its_examples():
    vertices = jnp.stack([hand(3), hand(4)])
    together = jax.jit(jax.vmap(slope_of_squares))(vertices)
    alone = jnp.stack([slope_of_squares(one) for one in vertices])
    np.testing.assert_allclose(together, alone, atol=1e-4)


def test_memory_goes_with_pixels_and_edges_not_with_their_product():
    compiled = slope_of_squares.lower(hand(0)).compile()
    product = (3 * PIXELS) ** 2 * len(HAND_EDGES.ends) * 4
    used = compiled.memory_analysis()
    assert used is not None
    assert used.temp_size_in_bytes < product / 10


def draw_ours(camera, vertices):
    return coarse(camera, vertices)[0]


def draw_theirs(camera, vertices):
    return neural_renderer(camera, vertices, HAND.faces, **SIZE)


@pytest.mark.parametrize("draw", [draw_ours, draw_theirs], ids=["ours", "theirs"])
def test_descent_on_the_mask_alone_brings_a_hand_home(draw):
    vertices = hand(1)
    goal = jax.jit(draw)(ORTHOGRAPHIC, vertices)

    def loss(motion):
        return jnp.mean((draw(ORTHOGRAPHIC, moved(vertices, motion)) - goal) ** 2)

    optimiser = optax.adam(1.0)

    @jax.jit
    def step(motion, state):
        value, slope = jax.value_and_grad(loss)(motion)
        # Along the axis of sight nothing shows.
        updates, state = optimiser.update(slope.at[2].set(0.0), state)
        return optax.apply_updates(motion, updates), state, value

    motion = jnp.array([18.0, -14.0, 0.0, 0.0, 0.0, 25.0])
    state, values = optimiser.init(motion), []
    for _ in range(80):
        motion, state, value = step(motion, state)
        values.append(value)
    assert values[-1] < 0.1 * values[0]
    assert jnp.linalg.norm(motion[:2]) < 4.0
    assert abs(motion[5]) < 6.0
