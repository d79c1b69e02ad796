"""Two hands of known numbers before pinhole cameras, and a method to estimate them."""

import jax
import jax.numpy as jnp
import pytest

from configs import dense_hand_pose as page
from handjax.geometry import cameras
from handjax.methods import dense_hand_pose, pictures
from handjax.methods.dense_hand_pose import estimate, hand
from handjax.refinement import masks
from tests.methods.in_colour import (
    PIXELS,
    TEMPLATE,
    pictures_of,
    pinholes,
    two_cameras,
)


@pytest.fixture(scope="session")
def config():
    """That of tests, for pictures of 64 pixels."""
    config = page.get_config("test").unlock()
    for settings in (config.synthetic.rgb, config.studio.rgb, config.real):
        settings.pixels = PIXELS
    return config


@pytest.fixture(scope="session")
def room(config):
    return estimate.make_room(config, TEMPLATE)


@pytest.fixture(scope="session")
def method(config):
    return dense_hand_pose.make(config, TEMPLATE)


@pytest.fixture(scope="session")
def h(room):
    """Of two hands: a little bent, turned at random, beside the middle."""
    bend, turn, move = jax.random.split(jax.random.key(0), 3)
    return (
        jnp.tile(room.start, (2, 1))
        .at[:, :45]
        .add(0.1 * jax.random.normal(bend, (2, 45)))
        .at[:, 55:59]
        .add(jax.random.normal(turn, (2, 4)))
        .at[:, 59:62]
        .add(0.1 * jax.random.normal(move, (2, 3)))
    )


@pytest.fixture(scope="session")
def hands(h):
    """In their cameras' frames."""
    place = jax.jit(lambda h: hand.place_all(TEMPLATE, h, pinholes(), PIXELS))
    return place(h)


@pytest.fixture(scope="session")
def batch(hands, room):
    """Pictures of noise with labels and masks that are true of the hands."""
    draw = jax.jit(lambda v: masks(v, pinholes(), room.skin, PIXELS))
    made = pictures_of(hands.joints, hands.vertices, two_cameras())
    mask = draw(hands.vertices)[:, None] > 0.5
    return made._replace(views=made.views._replace(mask=mask))


@pytest.fixture(scope="session")
def params(method, batch):
    return jax.jit(method.init)(jax.random.key(0), batch)[0]


@pytest.fixture(scope="session")
def truth(batch, hands, h, config):
    """A prediction without a fault."""
    uv = batch.labels.keypoints2d[:, 0]
    assert uv.shape == jax.vmap(cameras.project)(pinholes(), hands.joints).shape
    size = config.synthetic.rgb.heatmap_pixels
    maps = pictures.true_heatmaps(uv, PIXELS, size, 1.0)
    at, F = hand.in_halves(uv, PIXELS), jnp.ones((2, 8)).at[1].set(-1.0)
    return estimate.Prediction(
        heatmaps=[maps, maps],
        features=F,
        masked=F,
        seen=[at] * 4,
        confidence=jnp.ones((2, 21)),
        h=h,
        vertices=hands.vertices,
        joints=hands.joints,
        own_vertices=hands.vertices,
        own_joints=hands.joints,
    )
