"""Two hands before pinhole cameras, in pictures of noise: for rooms of colour."""

import jax
import jax.numpy as jnp

from handjax.batch import Batch, Labels, Views
from handjax.geometry import cameras, rotations, transforms
from handjax.hands.articulate import Pose, articulate, scale_and_root
from handjax.hands.template import load_template

TEMPLATE = load_template("hand_790")
PIXELS = 64


@jax.jit
def hand(key):
    """The mean hand, a little bent, turned at random, 600 mm before the camera."""
    bend, turn = jax.random.split(key)
    turns = 0.15 * jax.random.normal(bend, (17, 3))
    R = rotations.sample_uniform(turn)
    pose = Pose(
        turns.at[0].set(rotations.axis_angle_from_matrix(R)),
        jnp.zeros(3),
        jnp.zeros(len(TEMPLATE.shape_joints)),
    )
    middle = articulate(TEMPLATE, pose).vertices.mean(axis=0)
    place = jnp.array([5.0, -10.0, 600.0])
    return articulate(TEMPLATE, pose._replace(translation=place - middle))


def two_hands():
    """In their cameras' frames."""
    return jax.vmap(hand)(jax.random.split(jax.random.key(0)))


def two_cameras():
    """camera_from_world: beside the world's origin, one of them turned."""
    turned = rotations.matrix_from_axis_angle(jnp.array([0.0, 0.1, 0.3]))
    shift = jnp.array([15.0, 0.0, 40.0])
    return jnp.stack([jnp.eye(4), transforms.make(turned, shift)])


def pinholes():
    """Of the two pictures, leaves (2, 2)."""
    return cameras.Pinhole(jnp.full((2, 2), 180.0), jnp.full((2, 2), 31.5))


def pictures_of(joints, vertices, camera_from_world):
    """Pictures of noise with labels that are true of two hands.

    Args:
        joints, vertices: in the cameras' frames, mm.
        camera_from_world: where these stand.
    """
    camera = jax.tree.map(lambda x: x[:, None], pinholes())
    back = jax.vmap(transforms.invert)(camera_from_world)
    world = jax.vmap(transforms.apply)
    scale, root = jax.vmap(scale_and_root)(joints)
    uv = jax.vmap(cameras.project)(pinholes(), joints)
    views = Views(
        depth=None,
        image=jax.random.uniform(jax.random.key(1), (2, 1, PIXELS, PIXELS, 3)),
        mask=None,
        valid=jnp.ones((2, 1), bool),
        camera=camera,
        crop_from_camera=jnp.broadcast_to(jnp.eye(4), (2, 1, 4, 4)),
        camera_from_world=camera_from_world[:, None],
    )
    labels = Labels(
        joints=world(back, joints),
        joints_valid=jnp.ones((2, 21), bool),
        vertices=world(back, vertices),
        keypoints2d=uv[:, None],
        scale=scale,
        root=root[:, None],
    )
    return Batch(views, None, labels)
