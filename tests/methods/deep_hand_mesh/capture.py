"""A capture of two cameras, to learn from: small, and drawn from any surface."""

import jax
import jax.numpy as jnp

from handjax.batch import FAR, Batch, Labels, Views
from handjax.geometry import cameras, rotations, transforms
from handjax.hands.template import load_template
from handjax.render.rasterize import rasterize

TEMPLATE = load_template("hand_790")
PIXELS = 32


def rigs():
    """Two cameras in front of a hand, one turned."""
    turns = jnp.array([[0.0, 0.0, 0.1], [0.0, 0.5, 0.0]])
    R = jax.vmap(rotations.matrix_from_axis_angle)(turns)
    return jax.vmap(transforms.make)(R, jnp.array([[0.0, 90.0, 600.0]] * 2))


def seen(vertices):
    """Depth, mask and pictures of both cameras, of every hand."""
    camera = cameras.Pinhole(jnp.full(2, 90.0), jnp.full(2, (PIXELS - 1) / 2))

    def one(v, rig):
        size = {"height": PIXELS, "width": PIXELS, "far": 600.0 + FAR}
        return rasterize(camera, transforms.apply(rig, v), TEMPLATE.faces, **size).depth

    shape = (len(vertices), 2)
    depth = jax.vmap(jax.vmap(one, (None, 0)), (0, None))(vertices, rigs())
    image = jax.random.uniform(jax.random.key(0), (*shape, PIXELS, PIXELS, 3))
    return Views(
        depth=depth,
        image=image,
        mask=depth < 600.0 + FAR,
        valid=jnp.ones(shape, bool),
        camera=jax.tree.map(lambda x: jnp.broadcast_to(x, (*shape, 2)), camera),
        crop_from_camera=jnp.broadcast_to(jnp.eye(4), (*shape, 4, 4)),
        camera_from_world=jnp.broadcast_to(rigs(), (*shape, 4, 4)),
    )


def batch_of(vertices, joints=None):
    views = seen(vertices)
    first = jax.tree.map(lambda x: x[:, :1], views)
    valid = None if joints is None else jnp.ones(joints.shape[:2], bool)
    return Batch(first, views, Labels(joints=joints, joints_valid=valid))
