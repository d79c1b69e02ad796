"""Textures: read where they say, and written where they are read."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import trimesh
from jax.test_util import check_grads

from handjax.geometry import cameras
from handjax.hands.template import load_template
from handjax.render import textures
from handjax.render.rasterize import interpolate, rasterize

SMALL = jnp.arange(6.0).reshape(2, 3, 1)  # rows 0 1 2, 3 4 5


def test_centres_of_texels_read_their_values_with_v_up():
    uv = jnp.array([[1 / 6, 0.75], [5 / 6, 0.75], [1 / 6, 0.25], [0.5, 0.25]])
    got = textures.sample(SMALL, uv)
    np.testing.assert_allclose(got[:, 0], [0.0, 2.0, 3.0, 4.0], atol=1e-5)


def test_between_texels_values_are_blended_and_beyond_the_border_go_on():
    uv = jnp.array([[1 / 3, 0.75], [1 / 6, 0.5], [-3.0, 7.0], [2.0, -1.0]])
    got = textures.sample(SMALL, uv)
    np.testing.assert_allclose(got[:, 0], [0.5, 1.5, 0.0, 5.0], atol=1e-5)


def test_one_texel_is_read_everywhere():
    got = textures.sample(jnp.full((1, 1, 2), 3.0), jnp.array([0.2, 0.9]))
    np.testing.assert_allclose(got, [3.0, 3.0])


def test_slopes_of_texels_and_coordinates_are_those_of_differences(x64):
    texture = jax.random.uniform(jax.random.key(0), (4, 5, 2), jnp.float64)
    uv = jnp.array([[0.33, 0.41], [0.77, 0.58]])

    def read(*values):
        return textures.sample(*map(jnp.asarray, values))

    check_grads(read, (texture, uv), order=1, modes=["rev"])


@pytest.fixture(scope="module")
def hand():
    return load_template("hand_790")


def test_what_a_hand_carries_is_read_back_from_its_texture_seams_included(hand):
    layers = textures.unwrap(
        hand.uv, hand.uv_faces, hand.faces, hand.vertices, height=256, width=256
    )
    camera = cameras.orthographic_crop(240.0, 64)
    at = hand.vertices + jnp.array([0.0, 80.0, 200.0])
    drawn = rasterize(camera, at, hand.faces, height=64, width=64, far=1e3)
    read = textures.sample(
        layers, textures.coordinates(drawn, hand.uv, hand.uv_faces)
    )  # fmt: skip
    places = interpolate(drawn, hand.faces, hand.vertices)
    off = np.linalg.norm(np.asarray(read - places), axis=-1)[
        np.asarray(drawn.face) >= 0
    ]
    assert np.median(off) < 0.05
    assert (off < 1.0).mean() > 0.99


def test_empty_texels_take_the_mean_of_their_neighbours_as_far_as_is_said():
    texture = jnp.zeros((1, 6, 1)).at[0, 0].set(2.0).at[0, 5].set(6.0)
    covered = jnp.array([[True, False, False, False, False, True]])
    once = textures.dilated(texture, covered, reach=1)
    np.testing.assert_allclose(once[0, :, 0], [2.0, 2.0, 0.0, 0.0, 6.0, 6.0])
    whole = textures.dilated(texture, covered)
    np.testing.assert_allclose(whole[0, :, 0], [2.0, 2.0, 2.0, 6.0, 6.0, 6.0])
    gap = textures.dilated(texture[:, 3:], jnp.array([[True, False, True]]))
    np.testing.assert_allclose(gap[0, :, 0], [0.0, 3.0, 6.0])


def test_a_picture_gives_its_colours_to_texels_in_sight_and_no_weight_to_others():
    # Two squares of 8 x 8 mm, 50 mm apart, side by side in the texture; the nearer one
    # hides the right half of the other.
    square = np.array([[0.0, 0, 0], [0, 8, 0], [8, 8, 0], [8, 0, 0]])
    vertices = np.concatenate([square, square + np.array([4, 0, -50])])
    vertices = vertices + np.array([1.5, 1.5, 91.5])
    faces = jnp.array([[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]])
    uv = np.array([[0, 1], [0, 0], [0.5, 0], [0.5, 1]])
    uv = jnp.asarray(np.concatenate([uv, uv + np.array([0.5, 0])]), jnp.float32)
    row, column = np.mgrid[:12.0, :16.0]
    picture = jnp.asarray(np.stack([row, column], -1), jnp.float32)
    camera = cameras.Orthographic(jnp.ones(2), jnp.zeros(2))
    texture, weights = textures.from_picture(
        picture, camera, jnp.asarray(vertices, jnp.float32), faces, uv, faces,
        height=8, width=16,
    )  # fmt: skip
    # A texel is a millimetre wide; its centre lies between pixels.
    places = np.arange(8) + 2.0
    np.testing.assert_allclose(
        texture[:, :8, 0], np.tile(places[:, None], 8), atol=1e-4
    )
    np.testing.assert_allclose(texture[0, 8:, 1], places + 4.0, atol=1e-4)
    np.testing.assert_allclose(weights[:7, 8:15], 1.0, atol=1e-6)
    # Pixels on the border between both see one of them alone.
    np.testing.assert_allclose(weights[:7, :3], 1.0, atol=1e-6)
    np.testing.assert_array_equal(weights[:, 4:8], 0.0)


def test_a_textured_hand_is_unwrapped_from_a_few_views_and_looks_the_same(hand):
    pixels, edge = 96, 128
    camera = cameras.Pinhole(jnp.full(2, 250.0), jnp.full(2, (pixels - 1) / 2))
    coarse = jax.random.uniform(jax.random.key(0), (12, 12, 3))
    painted = jax.image.resize(coarse, (edge, edge, 3), "linear")
    layout = hand.uv, hand.uv_faces
    middle = hand.vertices.mean(axis=0)

    @jax.jit
    def seen(turn):
        at = (hand.vertices - middle) @ turn.T + jnp.array([0.0, 0.0, 600.0])
        drawn = rasterize(camera, at, hand.faces, height=pixels, width=pixels, far=1e3)
        where = textures.coordinates(drawn, *layout)
        picture = textures.sample(painted, where) * (drawn.face >= 0)[..., None]
        size = {"height": edge, "width": edge}
        own = textures.from_picture(picture, camera, at, hand.faces, *layout, **size)
        return picture, where, drawn.face >= 0, *own

    turns = trimesh.transformations.rotation_matrix
    views = [turns(a, [0, 1, 0]) for a in np.linspace(0, 2 * np.pi, 6, endpoint=False)]
    views += [turns(a, [1, 0, 0]) for a in (np.pi / 3, -np.pi / 3)]
    found = [seen(jnp.asarray(view[:3, :3], jnp.float32)) for view in views]
    weights = sum(one[4] for one in found)
    mean = sum(one[3] * one[4][..., None] for one in found)
    mean = textures.dilated(mean / np.maximum(weights, 1e-6)[..., None], weights > 0)
    for picture, where, inside, _, _ in found:
        off = np.abs(textures.sample(mean, where) - picture)[np.asarray(inside)]
        assert off.mean() < 0.01
