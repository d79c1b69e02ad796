"""Pictures as they might have been taken too."""

from functools import partial

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from configs import deep_hand_mesh as page
from handjax.geometry import rotations
from handjax.methods import deep_hand_mesh
from handjax.methods.deep_hand_mesh import estimate
from handjax.methods.deep_hand_mesh.variety import (
    Variety,
    rolled_back,
    variety_of,
    vary,
)
from tests.methods.deep_hand_mesh.capture import TEMPLATE, batch_of

KEY = jax.random.key(3)
STILL = Variety(0.0, 0.0, 0.0, 0.0)
EDGE = 33
X, Y = np.meshgrid(*2 * [np.arange(EDGE) - EDGE // 2])


def blob(x, y):
    """A soft spot, off the middle by (x, y) pixels."""
    spot = np.exp(-((X - x) ** 2 + (Y - y) ** 2) / 8.0)
    return jnp.asarray(np.repeat(spot[..., None], 3, axis=-1), jnp.float32)


def middle(picture):
    """Where it is bright, in pixels from the middle."""
    shares = np.asarray(picture[..., 0]) / picture[..., 0].sum()
    return np.array([(shares * X).sum(), (shares * Y).sum()])


def test_a_picture_that_does_not_vary_is_itself():
    seen, Z = vary(KEY, blob(5, 2), STILL)
    np.testing.assert_allclose(seen, blob(5, 2), atol=1e-6)
    np.testing.assert_allclose(Z, np.eye(3), atol=1e-7)


@pytest.mark.parametrize("number", range(3))
def test_what_is_seen_rolls_as_the_camera_says(number):
    most = STILL._replace(roll=60.0)
    seen, Z = vary(jax.random.key(number), blob(6, 3), most)
    assert abs(Z[0, 1]) > 0.05  # it rolled
    np.testing.assert_allclose(middle(seen), Z[:2, :2] @ np.array([6.0, 3.0]), atol=0.1)


def test_a_camera_that_rolls_shows_what_a_rolled_picture_does():
    """Wherever the crop lies in what the camera sees."""
    middle_of_crop, focal = jnp.array([300.0, -200.0, 700.0]), 150.0
    point = middle_of_crop + jnp.array([25.0, -12.0, 30.0])

    def place(Z):
        """From the middle of the crop, in pixels."""
        seen, centre = Z @ point, Z @ middle_of_crop
        return focal * (seen[:2] / seen[2] - centre[:2] / centre[2])

    shown, Z = vary(KEY, blob(*place(jnp.eye(3))), STILL._replace(roll=60.0))
    assert abs(Z[0, 1]) > 0.05
    np.testing.assert_allclose(middle(shown), place(Z), atol=0.1)


def test_sizes_and_places_and_colours_vary_within_bounds():
    keys = jax.random.split(KEY, 64)
    picture = 0.5 * blob(4, 0)

    def after(**most):
        return jax.vmap(lambda key: vary(key, picture, STILL._replace(**most))[0])(keys)

    far = np.array([middle(seen)[0] for seen in after(zoom=0.2)])
    assert 4 * np.exp(-0.2) - 0.1 < far.min() < 3.6
    assert 4.4 < far.max() < 4 * np.exp(0.2) + 0.1
    moved = np.array([middle(seen) for seen in after(shift=0.1)]) - [4, 0]
    assert np.all(np.abs(moved) < 0.1 * EDGE + 0.1)
    assert np.all(moved.max(axis=0) > 2.0)
    assert np.all(moved.min(axis=0) < -2.0)
    bright = np.log(np.asarray(after(tint=0.05)).max(axis=(1, 2)) / 0.5)
    assert 0.03 < bright.std() < 0.08
    assert np.all(bright.std(axis=1) > 1e-3)  # each colour for itself


def test_no_colour_is_brighter_than_white():
    seen = vary(KEY, jnp.ones((4, 4, 3)), STILL._replace(tint=1.0))[0]
    assert seen.max() == 1.0
    assert seen.min() < 0.99


def test_how_a_hand_is_turned_rolls_back():
    R = rotations.sample_uniform(KEY)
    Z = rotations.matrix_from_axis_angle(jnp.array([0.0, 0.0, 0.7]))
    shown = rotations.six_from_matrix(Z @ R)
    taken = rotations.matrix_from_six(rolled_back(2.0 * shown, Z))
    np.testing.assert_allclose(taken, R, atol=1e-6)


def test_only_training_varies_and_its_key_says_how():
    batch = batch_of(jnp.zeros((2, 790, 3)))
    noise = jax.random.uniform(KEY, batch.views.image.shape)
    batch = batch._replace(views=batch.views._replace(image=noise))
    config = page.get_config("test")
    method = deep_hand_mesh.make(config, TEMPLATE)
    params = jax.jit(lambda: method.init(KEY, batch)[0])()
    room = estimate.make_room(config, TEMPLATE)

    @partial(jax.jit, static_argnums=1)
    def found(key, train):
        return method.predict(params, {}, batch, key=key, train=train)[0]

    @jax.jit
    def wanted(key):
        keys = jax.random.split(key, 2)
        shown = partial(vary, most=room.variety)
        image, Z = jax.vmap(shown)(keys, estimate.picture(batch, room.shrink))
        theta, six = room.encoder.apply(params["encoder"], image)
        six = jax.vmap(rolled_back)(six, Z)
        return estimate.pose(params, theta, six, batch, room)

    @jax.jit
    def still():
        image = estimate.picture(batch, room.shrink)
        theta, six = room.encoder.apply(params["encoder"], image)
        return estimate.pose(params, theta, six, batch, room)

    first, second = (found(key, True) for key in jax.random.split(KEY))
    for one, key in zip((first, second), jax.random.split(KEY), strict=True):
        chex.assert_trees_all_close(one, wanted(key), atol=1e-4)
    assert jnp.abs(first.turned - second.turned).max() > 1.0
    chex.assert_trees_all_close(found(None, False), still(), atol=1e-4)


def test_pictures_vary_but_those_of_the_paper():
    model = page.get_config("test").model
    assert variety_of(model) == Variety(30.0, 0.06, 0.1, 0.05)
    assert variety_of(page.get_config("paper").model) is None


def test_pictures_are_averaged_down_and_a_remainder_is_refused():
    batch = batch_of(jnp.zeros((1, 790, 3)))
    noise = jax.random.uniform(KEY, batch.views.image.shape)
    batch = batch._replace(views=batch.views._replace(image=noise))
    edge = noise.shape[2]
    wanted = noise[:, 0].reshape(1, edge // 2, 2, edge // 2, 2, 3).mean(axis=(2, 4))
    np.testing.assert_allclose(estimate.picture(batch, 2), wanted, atol=1e-6)
    config = page.get_config("test")
    config.model.shrink = 5
    with pytest.raises(ValueError, match=r"model\.shrink is 5; .* the 32 pixels"):
        deep_hand_mesh.make(config, TEMPLATE)


def test_less_than_no_variety_is_refused():
    config = page.get_config("test")
    config.model.variety.roll = -30.0
    with pytest.raises(ValueError, match=r"model\.variety\.roll is -30\.0"):
        deep_hand_mesh.make(config, TEMPLATE)
