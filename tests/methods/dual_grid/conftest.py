"""Two hands seen from the front and from the right, and a method to read them."""

from functools import partial

import jax
import jax.numpy as jnp
import pytest

from configs import dual_grid as page
from handjax.batch import FAR, Batch, Labels, Views
from handjax.geometry import cameras, mesh_grid, rotations, transforms
from handjax.hands.articulate import Pose, articulate, keypoints
from handjax.hands.template import load_template
from handjax.methods import dual_grid
from handjax.methods.dual_grid import estimate, labelled
from handjax.methods.dual_grid.estimate import Prediction
from handjax.methods.views import crop_from_world, over_views
from handjax.render.rasterize import rasterize

LEVEL = "hand_790"
TEMPLATE = load_template(LEVEL)
SIZE, PIXELS = 300.0, 32
# Example 1 has lost its second view.
VALID = jnp.array([[True, True], [True, False]])


@jax.jit
def hand(key):
    """The mean hand, a little bent, turned at random, 700 mm away."""
    bend, turn = jax.random.split(key)
    turns = 0.15 * jax.random.normal(bend, (17, 3))
    R = rotations.sample_uniform(turn)
    pose = Pose(
        turns.at[0].set(rotations.axis_angle_from_matrix(R)),
        jnp.array([30.0, -20.0, 700.0]),
        jnp.zeros(len(TEMPLATE.shape_joints)),
    )
    return articulate(TEMPLATE, pose)


@jax.jit
def view(vertices, camera_from_world):
    """One view of a mesh, its crop centred on it."""
    in_camera = transforms.apply(camera_from_world, vertices)
    centre = in_camera.mean(axis=0)
    camera = cameras.orthographic_crop(SIZE, PIXELS)
    size = {"height": PIXELS, "width": PIXELS, "far": FAR}
    D = rasterize(camera, in_camera - centre, TEMPLATE.faces, **size, cull=True).depth
    crop_from_camera = transforms.make(jnp.eye(3), -centre)
    return Views(D, None, D < FAR, True, camera, crop_from_camera, camera_from_world)


@pytest.fixture(scope="session")
def hands():
    """Two of them in the world."""
    return jax.vmap(hand)(jax.random.split(jax.random.key(0)))


@pytest.fixture(scope="session")
def batch(hands):
    """The hands from the front and from the right."""
    turn = rotations.matrix_from_axis_angle(jnp.array([0.0, jnp.pi / 2, 0.0]))
    from_right = transforms.make(turn, jnp.array([700.0, 0.0, 700.0]))
    # The first camera is not the world: what mistakes it for it shows.
    tilt = rotations.matrix_from_axis_angle(jnp.array([0.0, -0.3, 0.2]))
    rigs = jnp.stack([transforms.make(tilt, jnp.array([5.0, 9.0, 40.0])), from_right])
    over = jax.vmap(jax.vmap(view, (None, 0)), (0, None))
    views = over(hands.vertices, rigs)._replace(valid=VALID)
    labels = Labels(
        joints=jax.vmap(keypoints)(hands),
        joints_valid=jnp.ones((2, 21), bool),
        centres=hands.centres,
        radii=hands.radii,
        vertices=hands.vertices,
    )
    return Batch(views, None, labels)


@pytest.fixture(scope="session")
def config():
    """The smallest variant."""
    return page.get_config("test")


@pytest.fixture(scope="session")
def model(config):
    return config.model


@pytest.fixture(scope="session")
def method(config):
    return dual_grid.make(config, TEMPLATE)


@pytest.fixture(scope="session")
def layout(method, config):
    return dual_grid.lay_out(config, TEMPLATE)


@pytest.fixture(scope="session")
def params(method, batch):
    return jax.jit(method.init)(jax.random.key(1), batch)[0]


@pytest.fixture(scope="session")
def terms(config, layout):
    """Every term, (prediction, batch) -> number."""
    every = dual_grid.unlabelled_terms(config.model, TEMPLATE)
    every |= dual_grid.dense_terms(layout)
    return {name: jax.jit(term) for name, term in every.items()}


@pytest.fixture(scope="session")
def truth(batch, hands, layout, model):
    """A prediction that is right wherever a grid can be."""
    return jax.jit(partial(right, layout=layout, model=model))(batch, hands)


def right(batch, hands, layout, model):
    views, vertices = batch.views, labelled.true_vertices(batch)
    m, _ = labelled.true_map(batch, layout)
    hand = views.mask
    pixel, valid = over_views(partial(estimate.choose, room=model.points))(hand)
    uv, z = estimate.at_pixels(pixel, views.depth)
    p = over_views(cameras.unproject)(views.camera, uv, z)
    m_p = over_views(lambda m, i: m.reshape(-1, 2)[i])(m, pixel)
    spread = partial(mesh_grid.extend, rows=model.grid, columns=model.grid)
    grid = over_views(lambda v: mesh_grid.average(spread(v, layout.cells)))(vertices)
    place = jax.vmap(jax.vmap(transforms.apply, (0, None)))
    rigs = crop_from_world(views)
    T = over_views(jax.vmap(transforms.compose, (None, 0)))(
        rigs, jnp.broadcast_to(hands.transforms[:, None], (2, 2, 17, 4, 4))
    )
    return Prediction(
        jnp.where(hand, 20.0, -20.0),
        m,
        p,
        valid,
        m_p,
        grid,
        vertices,
        T,
        vertices,
        place(rigs, batch.labels.joints),
        place(rigs, batch.labels.centres),
    )
