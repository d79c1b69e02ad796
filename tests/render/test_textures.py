"""Textures: read where they say, and written where they are read."""

import jax
import jax.numpy as jnp
import numpy as np
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


def test_what_a_hand_carries_is_read_back_from_its_texture():
    hand = load_template("hand_790")
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
    # Beside seams, texels that no face covers are read too.
    assert (off < 1.0).mean() > 0.85
