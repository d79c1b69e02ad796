"""Two hands before pinhole cameras, and a method to read pictures of them."""

import jax
import pytest

from configs import graph_cnn as page
from handjax.geometry import cameras
from handjax.hands.articulate import keypoints
from handjax.methods import graph_cnn, pictures
from handjax.methods.graph_cnn import estimate
from tests.methods.in_colour import (
    PIXELS,
    TEMPLATE,
    pictures_of,
    two_cameras,
    two_hands,
)


@pytest.fixture(scope="session")
def hands():
    return two_hands()


@pytest.fixture(scope="session")
def batch(hands):
    joints = jax.vmap(keypoints)(hands)
    return pictures_of(joints, hands.vertices, two_cameras())


@pytest.fixture(scope="session")
def config():
    """That of tests, with a weak phase."""
    return page.get_config("test,weak_joints")


@pytest.fixture(scope="session")
def room(config):
    return estimate.make_room(config, TEMPLATE)


@pytest.fixture(scope="session")
def method(config):
    return graph_cnn.make(config, TEMPLATE)


@pytest.fixture(scope="session")
def params(method, batch):
    return jax.jit(method.init)(jax.random.key(0), batch)[0]


@pytest.fixture(scope="session")
def truth(batch, hands):
    """A prediction without a fault."""
    camera = jax.tree.map(lambda x: x[:, 0], batch.views.camera)
    uv = jax.vmap(cameras.project)(camera, hands.vertices)
    joints = jax.vmap(keypoints)(hands)
    maps = pictures.true_heatmaps(
        batch.labels.keypoints2d[:, 0], PIXELS, PIXELS // 4, 1.0
    )
    return estimate.Prediction(
        [maps, maps], uv, hands.vertices, joints, hands.vertices, joints
    )
