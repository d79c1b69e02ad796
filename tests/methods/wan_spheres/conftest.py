"""Two hands seen from the front and from the right, and a method to read them."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from configs import wan_spheres as page
from handjax.batch import FAR, Batch, Labels, Views
from handjax.geometry import cameras, rotations, spheres, transforms
from handjax.hands.template import load_template
from handjax.methods import wan_spheres
from handjax.methods.wan_spheres.estimate import Prediction
from handjax.methods.wan_spheres.labelled import map_labels

TEMPLATE = load_template("hand_790")
R = TEMPLATE.sphere_radii
SIZE, PIXELS = 300.0, 32
# Example 1 has lost its second view.
VALID = jnp.array([[True, True], [True, False]])
MOVE = jnp.array([9.0, -6.0, 4.0])


@jax.jit
def hands(key):
    """The resting spheres, turned and moved, two examples, world coordinates."""
    centred = TEMPLATE.sphere_centres - TEMPLATE.sphere_centres.mean(axis=0)
    turns = jax.vmap(rotations.sample_uniform)(jax.random.split(key))
    return jnp.einsum("bij,nj->bni", turns, centred) + jnp.array([30.0, -20.0, 700.0])


def view(c, camera_from_world):
    """One view of spheres, its crop centred on them."""
    in_camera = transforms.apply(camera_from_world, c)
    centre = in_camera.mean(axis=0)
    camera = cameras.orthographic_crop(SIZE, PIXELS)
    x, y = cameras.orthographic_axes(camera, PIXELS, PIXELS)
    D = spheres.ray_cast(x, y, in_camera - centre, R, FAR)
    crop_from_camera = transforms.make(jnp.eye(3), -centre)
    return Views(D, None, D < FAR, True, camera, crop_from_camera, camera_from_world)


@pytest.fixture(scope="session")
def batch():
    """Two hands from the front and from the right."""
    c = hands(jax.random.key(0))
    turn = rotations.matrix_from_axis_angle(jnp.array([0.0, jnp.pi / 2, 0.0]))
    from_right = transforms.make(turn, jnp.array([700.0, 0.0, 700.0]))
    rigs = jnp.stack([jnp.eye(4), from_right])
    over = jax.vmap(jax.vmap(view, (None, 0)), (0, None))
    views = jax.jit(over)(c, rigs)._replace(valid=VALID)
    labels = Labels(centres=c, radii=jnp.broadcast_to(R, (2, 41)))
    return Batch(views, None, labels)


@pytest.fixture(scope="session")
def config():
    """The smallest variant, with two stacks."""
    config = page.get_config("test").unlock()
    config.model.stacks = 2
    return config


@pytest.fixture(scope="session")
def method(config):
    return wan_spheres.make(config, TEMPLATE)


@pytest.fixture(scope="session")
def predict(method):
    return jax.jit(partial(method.predict, key=jax.random.key(0), train=True))


@pytest.fixture(scope="session")
def params(method, batch):
    return jax.jit(method.init)(jax.random.key(1), batch)[0]


@pytest.fixture(scope="session")
def terms(config, params):
    """Every term that a network can be trained by, (prediction, batch) -> number."""
    fits = wan_spheres.unlabelled_terms(params, config.model, TEMPLATE)
    every = fits | wan_spheres.labelled_terms(config.model)
    return {name: jax.jit(term) for name, term in every.items()}


@pytest.fixture(scope="session")
def truth(batch):
    """A prediction that is right, its centres carried by NumPy."""
    views, world = batch.views, np.asarray(batch.labels.centres)[:, None]
    crop_from_world = np.asarray(views.crop_from_camera) @ views.camera_from_world
    turned = world @ crop_from_world[..., :3, :3].swapaxes(-1, -2)
    c = jnp.asarray(turned + crop_from_world[..., None, :3, 3])[:, :, None]
    draws = jax.random.normal(jax.random.key(5), (2, 2, 123))
    blank = Prediction(
        jnp.zeros((2, 2, 1, 41, 8, 8)),
        jnp.zeros((2, 2, 1, 41, 8, 8)),
        c,
        c[:, :, -1],
        R,
        c[:, :, -1, :11],
        draws,
    )
    h, d = jax.jit(map_labels)(blank, batch)
    return blank._replace(heatmaps=h, depths=d)


@pytest.fixture(scope="session")
def moved(truth):
    """The truth, 9, -6 and 4 mm off in every view's axes."""
    return truth._replace(centres=truth.centres + MOVE)
