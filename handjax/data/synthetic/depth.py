"""Depth of random hands through a sensor, along parallel rays.

The hand is drawn once, orthographically and around its own middle, although the crop's
centre is known only once its depth is: parallel rays make the same picture wherever the
crop stands, so moving it by whole pixels is exact. Rays of a real camera are not
parallel; what they see differs from this in self-occlusion by 150 mm / distance at the
crop's corners.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from handjax.batch import FAR, Batch, Labels, Views
from handjax.data.crop import PIXELS, SIZE
from handjax.data.synthetic.hands import Config, sample_pose
from handjax.geometry import cameras, transforms
from handjax.hands.articulate import Hand, articulate, keypoints
from handjax.hands.template import Template
from handjax.render import sensor
from handjax.render.rasterize import rasterize

PITCH = SIZE / PIXELS

CENTERS = ("depth", "gt")
"""Where a crop's centre may come from: the depth that is seen, or the truth. Among
`surroundings` what is seen is the hand alone: a detector's part is taken by the truth
about which pixels are the hand's."""


def example(key: PRNGKeyArray, template: Template, config: Config) -> Batch:
    """One hand; the batch's axis is added by vmap."""
    pose_key, sensor_key, crop_key = jax.random.split(key, 3)
    hand = articulate(template, sample_pose(pose_key, template, config))
    middle = (hand.vertices.min(axis=0) + hand.vertices.max(axis=0)) / 2
    depth = draw(hand.vertices - middle, template)
    if config.noise:
        depth = sensor.structured_light(
            sensor_key, depth, distance=middle[2], pitch=PITCH, far=FAR
        )
    whole = hand.centres.mean(axis=0) - middle
    goal = whole if config.center == "gt" else middle_of_seen(depth)
    steps, dz = aim(crop_key, goal, config.crop_jitter)
    centre = middle + jnp.append(steps * PITCH, dz)
    moved = move(depth, steps, dz)
    return Batch(view(moved, moved < FAR, centre), None, labels(hand))


def draw(vertices: Array, template: Template) -> Float[Array, "height width"]:
    """Clean orthographic depth of a mesh around the origin."""
    camera = cameras.orthographic_crop(SIZE, PIXELS)
    size = {"height": PIXELS, "width": PIXELS}
    return rasterize(camera, vertices, template.faces, **size, far=FAR, cull=True).depth


def middle_of_seen(depth: Float[Array, "height width"]) -> Float[Array, "3"]:
    """Mean of what a square picture shows, the origin if that is nothing; mm."""
    seen = depth < FAR
    camera = cameras.orthographic_crop(PITCH * len(depth), len(depth))
    points = cameras.unproject(camera, cameras.pixel_grid(*depth.shape), depth)
    total = jnp.sum(jnp.where(seen[..., None], points, 0.0), axis=(0, 1))
    return total / jnp.maximum(jnp.sum(seen), 1)


def aim(
    key: PRNGKeyArray, goal: Float[Array, "3"], jitter: float
) -> tuple[Int[Array, "2"], Float[Array, ""]]:
    """Where to put the crop's centre: a little beside the goal.

    Args:
        key: random key.
        goal: from the middle of the picture, mm.
        jitter: no centre is farther than this from the goal, mm.

    Returns:
        Columns and rows to the right and down, and mm away from the camera.
    """
    # Going by whole pixels may itself miss by half a pixel's diagonal.
    radius = max(jitter - PITCH / 2**0.5, 0.0)
    target = goal + radius * jax.random.ball(key, 3)
    return jnp.round(target[:2] / PITCH).astype(jnp.int32), target[2]


def move(
    depth: Float[Array, "height width"], steps: Int[Array, "2"], dz: Float[Array, ""]
) -> Float[Array, "height width"]:
    """The same depth from another centre; what leaves the cube is gone."""
    margin = PIXELS // 2
    padded = jnp.pad(depth, margin, constant_values=FAR)
    moved = jax.lax.dynamic_slice(padded, margin + steps[::-1], depth.shape)
    inside = (moved < FAR) & (jnp.abs(moved - dz) < FAR)
    return jnp.where(inside, moved - dz, FAR)


def view(
    depth: Float[Array, "height width"],
    mask: Bool[Array, "height width"],
    centre: Float[Array, "3"],
) -> Views:
    """One view; the batch's axis is added by vmap."""
    camera = cameras.orthographic_crop(SIZE, PIXELS)
    return Views(
        depth=depth[None],
        image=None,
        mask=mask[None],
        valid=jnp.ones(1, bool),
        camera=jax.tree.map(lambda leaf: leaf[None], camera),
        crop_from_camera=transforms.make(jnp.eye(3), -centre)[None],
        camera_from_world=jnp.eye(4)[None],
    )


def labels(hand: Hand) -> Labels:
    """All that is known of a hand."""
    joints = keypoints(hand)
    return Labels(
        joints=joints,
        joints_valid=jnp.ones(len(joints), bool),
        centres=hand.centres,
        radii=hand.radii,
        vertices=hand.vertices,
    )
