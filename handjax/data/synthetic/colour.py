"""Pictures of random hands in colour, cropped out of what a pinhole camera sees.

    pose, look, crop -> Hand and arm -> picture -> Batch

The crop's camera has the frame of the whole picture's: cutting out a part and resizing
it moves the principal point and stretches the focal length, no more.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, PRNGKeyArray, UInt8

from handjax.batch import FAR, Batch, Labels, Views
from handjax.data import appearance, backdrops
from handjax.data.synthetic.hands import Config, clear_of_arm, facing, sample_pose
from handjax.geometry import cameras, heatmaps, rotations
from handjax.geometry.precision import matmul
from handjax.hands.appearance import Marks, load_marks
from handjax.hands.articulate import (
    Hand,
    Pose,
    articulate,
    keypoints,
    scale_and_root,
)
from handjax.hands.template import Template
from handjax.render import photograph

LABELS = (
    *("joints", "keypoints2d", "heatmaps", "scale", "centres", "vertices"),
    *("depth", "mask"),
)
"""What a config may name: key points in space, mm, and in the picture, pixels; these as
heat-maps; the hand's scale and the depth of its root; sphere centres with their radii;
the surface; what the crop's camera sees of it: its depth, and which pixels are of the
hand. The camera is part of every view.

Depth is the hand's alone here, and of hand and arm in `studio.colour`: who learns from
both takes it where the mask is."""


class Held(NamedTuple):
    """What waits on the device.

    Attributes:
        bank: backgrounds, see `backdrops`.
        marks: of skin, as textures.
    """

    bank: UInt8[Array, "pictures edge edge 3"]
    marks: Marks


class Scene(NamedTuple):
    """A hand and the crop that shows it.

    Attributes:
        hand: in the camera's frame, mm.
        camera: of the crop.
        middle: of the hand's box, mm.
    """

    hand: Hand
    camera: cameras.Pinhole
    middle: Float[Array, "3"]


def hold(settings: Config) -> Held:
    """Backgrounds and marks, made or read once in a process.

    Args:
        settings: `rgb` of `configs.common.synthetic`.

    Raises:
        ValueError: if a label is named that there is not, or nothing stands in the
            folder of backgrounds.
    """
    unknown = [name for name in settings.labels if name not in LABELS]
    if unknown:
        raise ValueError(f"rgb.labels must be among {LABELS}, got {unknown}")
    bank = backdrops.load_bank(settings.backgrounds, count=settings.background_count)
    return Held(bank, load_marks())


def example(key: PRNGKeyArray, template: Template, config: Config, held: Held) -> Batch:
    """One hand; the batch's axis is added by vmap."""
    where, looks = jax.random.split(key)
    pixels = config.rgb.pixels
    scene = sample_scene(where, template, config)
    look = appearance.sample_appearance(
        looks, scene.middle, height=pixels, width=pixels, bank=held.bank
    )
    linear = appearance.exposure(
        template,
        scene.hand,
        look,
        scene.camera,
        marks=held.marks,
        samples=config.rgb.samples,
    )
    image = photograph.encode(linear)
    if config.noise:
        image = photograph.snapshot(look.photograph, linear)
    depth, mask = seen_hand(template, scene, look, pixels)
    wanted = config.rgb.labels
    views = Views(
        depth=depth[None] if "depth" in wanted else None,
        image=image[None],
        mask=mask[None] if "mask" in wanted else None,
        valid=jnp.ones(1, bool),
        camera=jax.tree.map(lambda leaf: leaf[None], scene.camera),
        crop_from_camera=jnp.eye(4)[None],
        camera_from_world=jnp.eye(4)[None],
    )
    return Batch(views, None, labels(scene, config.rgb))


def seen_hand(
    template: Template, scene: Scene, look: appearance.Appearance, pixels: int
) -> tuple[Float[Array, "{pixels} {pixels}"], Bool[Array, "{pixels} {pixels}"]]:
    """Depth of the hand at pixels' centres and where it is; its arm is background.

    Depth is z in the camera's frame, mm; without a hand it is `FAR` behind the middle.
    """
    mesh = appearance.dress(template, scene.hand, look)
    drawn = appearance.draw(mesh, scene.camera, (pixels, pixels))
    mask = (drawn.face >= 0) & (drawn.face < len(template.faces))
    return jnp.where(mask, drawn.depth, scene.middle[2] + FAR), mask


def sample_scene(key: PRNGKeyArray, template: Template, config: Config) -> Scene:
    """A random hand, its arm out of the way, in the middle of a crop or beside it."""
    pose_key, roll_key, crop_key = jax.random.split(key, 3)
    pose = sample_pose(pose_key, template, config)
    pose = clear_of_arm(pose, pose.translation / jnp.linalg.norm(pose.translation))
    if most := float(np.deg2rad(config.rgb.roll)):
        angle = jax.random.uniform(roll_key, minval=-most, maxval=most)
        pose = rolled(pose, angle)
    hand = articulate(template, pose)
    camera = frame(
        crop_key,
        hand.vertices,
        pixels=config.rgb.pixels,
        room=config.rgb.room,
        jitter=config.crop_jitter,
    )
    low, high = hand.vertices.min(axis=0), hand.vertices.max(axis=0)
    return Scene(hand, camera, (low + high) / 2)


def rolled(pose: Pose, angle: Float[Array, ""]) -> Pose:
    """The hand as a camera sees it that rolls about its axis: a crop that is turned.

    Args:
        angle: by which it turns in the picture, from right to down, radians.
    """
    turn = rotations.matrix_from_axis_angle(angle * jnp.array([0.0, 0.0, 1.0]))
    R = matmul(turn, rotations.matrix_from_axis_angle(pose.rotations[0]))
    return facing(pose, R)._replace(translation=matmul(turn, pose.translation))


def frame(
    key: PRNGKeyArray,
    vertices: Float[Array, "vertices 3"],
    *,
    pixels: int,
    room: tuple[float, float],
    jitter: float,
) -> cameras.Pinhole:
    """The camera of a square crop around a hand.

    Args:
        key: random key.
        vertices: in the camera's frame, mm.
        pixels: edge of the crop.
        room: least and most that its edge is over the hand's longer side.
        jitter: no centre is farther than this from the middle of the hand's box in
            the picture, mm at the hand's depth.
    """
    size_key, centre_key = jax.random.split(key)
    flat = vertices[:, :2] / vertices[:, 2:]
    low, high = flat.min(axis=0), flat.max(axis=0)
    least, most = room
    edge = jnp.max(high - low) * jax.random.uniform(size_key, minval=least, maxval=most)
    aside = jitter / vertices[:, 2].mean() * jax.random.ball(centre_key, 2)
    focal = jnp.full(2, pixels / edge)
    return cameras.Pinhole(focal, (pixels - 1) / 2 - focal * ((low + high) / 2 + aside))


def labels(scene: Scene, settings: Config) -> Labels:
    """What is known of a hand, as far as it was named."""
    hand, wanted = scene.hand, settings.labels
    joints = keypoints(hand)
    uv = cameras.project(scene.camera, joints)
    known: dict[str, Any] = {}
    if "joints" in wanted:
        known |= {"joints": joints, "joints_valid": jnp.ones(len(joints), bool)}
    if "keypoints2d" in wanted:
        known["keypoints2d"] = uv[None]
    if "heatmaps" in wanted:
        size, sigma = settings.heatmap_pixels, settings.heatmap_sigma
        known["heatmaps"] = heatmaps.gaussians(uv, settings.pixels, size, sigma)[None]
    if "scale" in wanted:
        scale, root = scale_and_root(joints)
        known |= {"scale": scale, "root": root[None]}
    if "centres" in wanted:
        known |= {"centres": hand.centres, "radii": hand.radii}
    if "vertices" in wanted:
        known["vertices"] = hand.vertices
    return Labels(**known)
