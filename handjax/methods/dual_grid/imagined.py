"""Estimates drawn anew: labelled frames whose poses are those of real hands.

Source: [wan2020] Sec. 4.4, active data augmentation by estimation.
"""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, PRNGKeyArray

from handjax.batch import FAR, Batch, Labels
from handjax.hands.template import Template
from handjax.methods.dual_grid.estimate import Prediction
from handjax.methods.views import over_views, seen, to_world
from handjax.render import sensor
from handjax.render.rasterize import rasterize


def imagine(
    key: PRNGKeyArray, prediction: Prediction, batch: Batch, *, template: Template
) -> Batch:
    """The first view's refined mesh as the sensor would see it, with all its labels.

    The mesh is held constant: nothing is learnt by moving it. Without forearm and
    background; the mask says so.

    Args:
        key: of the sensor's noise.
        prediction: of the batch.
        batch: frames that nobody has labelled.
        template: whose faces the mesh has.
    """
    first = jax.tree.map(lambda leaf: leaf[:, :1], batch.views)
    still = jax.tree.map(lambda leaf: jax.lax.stop_gradient(leaf[:, :1]), prediction)
    D, camera = seen(first)
    draw = partial(
        rasterize,
        faces=template.faces,
        height=D.shape[-2],
        width=D.shape[-1],
        far=FAR,
        cull=True,
    )
    clean = over_views(lambda camera, v: draw(camera, v).depth)(camera, still.refined)
    keys = jax.random.split(key, len(clean))
    read = jax.vmap(_read)(keys, clean[:, 0], _distance(first), camera.focal[:, 0, 0])
    # What an estimate has in front of the cube no crop would show.
    depth = jnp.where(jnp.abs(read) < FAR, read, FAR)[:, None]
    world = (
        to_world(points, first)[:, 0]
        for points in (still.keypoints, still.centres, still.refined)
    )
    joints, centres, vertices = world
    labels = Labels(
        joints=joints,
        joints_valid=jnp.ones(joints.shape[:2], bool),
        centres=centres,
        vertices=vertices,
    )
    # Whatever was known of the real frame, of this one all is.
    known = {"image": None, "depth_valid": None, "mask_valid": None}
    views = first._replace(depth=depth, mask=depth < FAR, **known)
    return Batch(views, None, labels, batch.right)


def _read(key, depth: Array, distance: Array, focal: Array) -> Array:
    """The sensor's reading of one picture; `focal` in pixels per mm."""
    how = {"distance": distance, "pitch": 1.0 / focal, "far": FAR}
    return sensor.structured_light(key, depth, **how)


def _distance(views) -> Array:
    """Of the crops' middles from their cameras, mm."""
    crop_from_camera = views.crop_from_camera[:, 0]
    return -crop_from_camera[:, 2, 3]
