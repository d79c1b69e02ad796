"""Small methods that nobody has trained, as programs of plain arrays."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from configs import dual_grid, graph_cnn, wan_spheres
from handjax import weights
from handjax.batch import Batch, Labels, Views
from handjax.experiment import assemble
from handjax.export import inference
from handjax.geometry import cameras, transforms

PAGES = {"dual_grid": dual_grid, "graph_cnn": graph_cnn, "wan_spheres": wan_spheres}


def untrained(name):
    """Weights of a method's smallest config that nothing has taught."""
    config = PAGES[name].get_config("test")
    params, state = weights.blank(assemble(config))
    rng = np.random.default_rng(5)

    def draw(leaf):
        return jnp.asarray(0.1 * rng.normal(size=leaf.shape), leaf.dtype)

    drawn = jax.tree.map(draw, (params, state))
    return weights.Weights(config, *drawn, "nobody")


def crops(made, count=3):
    """Something to look at: balls in depth, noise in colour."""
    rng = np.random.default_rng(6)
    x = np.linspace(-150.0, 150.0, 64)
    y = x[:, None]
    places = rng.uniform(-40.0, 40.0, size=(count, 2, 1, 1))
    squared = 60.0**2 - (x - places[:, 0]) ** 2 - (y - places[:, 1]) ** 2
    ball = np.where(squared > 0.0, -np.sqrt(np.maximum(squared, 0.0)), 150.0)
    known = {"depth": ball}
    known["centre"] = np.array([20.0, -10.0, 600.0]) + np.arange(count)[:, None]
    edge = made.inputs[0].shape[0]
    known["image"] = rng.uniform(size=(count, edge, edge, 3))
    known["focal"] = rng.uniform(1.5, 2.0, size=(count, 2)) * edge
    known["principal_point"] = rng.uniform(0.4, 0.6, size=(count, 2)) * edge
    return {x.name: known[x.name].astype(np.float32) for x in made.inputs}


def batch_of(given):
    """The same as methods see it in training: a whole batch."""
    count = len(next(iter(given.values())))
    eye = jnp.broadcast_to(jnp.eye(4), (count, 1, 4, 4))
    seen = {"depth": None, "image": None, "mask": None}
    if "depth" in given:
        seen["depth"] = jnp.asarray(given["depth"])[:, None]
        leaves = cameras.orthographic_crop(300.0, 64)
        camera = cameras.Orthographic(
            *(jnp.broadcast_to(leaf, (count, 1, 2)) for leaf in leaves)
        )
        move = jax.vmap(lambda x: transforms.make(jnp.eye(3), -x))
        crop = move(jnp.asarray(given["centre"]))[:, None]
    else:
        seen["image"] = jnp.asarray(given["image"])[:, None]
        # Methods that say no place ask for no camera.
        unasked = np.full((count, 2), 64.0, np.float32)
        leaves = (given.get(x, unasked) for x in ("focal", "principal_point"))
        camera = cameras.Pinhole(*(jnp.asarray(leaf)[:, None] for leaf in leaves))
        crop = eye
    views = Views(
        **seen,
        valid=jnp.ones((count, 1), bool),
        camera=camera,
        crop_from_camera=crop,
        camera_from_world=eye,
    )
    return Batch(views, None, Labels())


class Case:
    """A method, its program, crops, and what handjax itself makes of these."""

    def __init__(self, name):
        found = untrained(name)
        method = assemble(found.config).method
        self.made = inference.of_weights(name, found)
        self.given = crops(self.made)

        @jax.jit
        def predict(params, state, batch):
            key = jax.random.key(1)
            prediction, _ = method.predict(params, state, batch, key=key, train=False)
            return inference.exported(method.joints(prediction, batch))

        seen = batch_of(self.given)
        self.truth = predict(found.params, found.state, seen)


@pytest.fixture(scope="session", params=["dual_grid", "graph_cnn"])
def case(request):
    """One that aligns parts by SVD, and one that convolves on a graph."""
    return Case(request.param)
