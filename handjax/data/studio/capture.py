"""One moment in the studio: a subject's hand as three cameras see, read and crop it.

Motion, Subject -> mesh -> pinhole depth of each camera -> sensor -> crop
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from handjax.batch import FAR
from handjax.data import crop
from handjax.data.studio import rig
from handjax.data.studio.forearm import pose_forearm
from handjax.data.studio.motion import Motion
from handjax.data.studio.skin import Posed, pose_subject
from handjax.data.studio.subjects import Subject
from handjax.geometry import cameras, transforms
from handjax.hands.skeleton import KEYPOINT_JOINTS
from handjax.render import sensor, stereo
from handjax.render.rasterize import rasterize

FOCAL = 290.0
"""Of a depth camera of 320 x 240 pixels, pixels."""
WINDOW = 144
"""Pixels of the frame around the hand that are read at all."""
CENTRE_NOISE = 10.0
"""Standard deviation of a crop's centre from the hand's, in space, mm. Along each axis
it would be 17 in space, and a network trained on synthesis 4.3 times as wrong."""
NOTHING = 1e5
"""Depth of the background while a frame is drawn, mm."""
PER_MM = 100
"""Depth is kept in hundredths of a mm."""


class Scene(NamedTuple):
    """What stays the same from frame to frame of one subject's capture.

    Attributes:
        subject: whose hand.
        bias: of each camera, mm.
        factors: what differs from the training synthesis, static.
    """

    subject: Subject
    bias: Float[Array, "views"]
    factors: tuple[str, ...]


class Frames(NamedTuple):
    """Captured frames; the world is the first camera's frame.

    Attributes:
        depth: mm / 100 from the crop's centre, `FAR` where nothing is.
        centre: of each crop, in its camera's frame, mm.
        centres: true sphere centres in the world, mm.
        joints: true key points in the world, mm.
    """

    depth: Int[Array, "frames view 64 64"]
    centre: Float[Array, "frames view 3"]
    centres: Float[Array, "frames 41 3"]
    joints: Float[Array, "frames 21 3"]


def capture(key: PRNGKeyArray, scene: Scene, motion: Motion) -> Frames:
    """One frame; `motion` is one row of it."""
    hand, vertices, faces = stage(scene, motion)
    camera_from_volume = jnp.asarray(rig.stands(), jnp.float32)
    keys = jax.random.split(key, len(camera_from_volume))

    def look(key, camera_from_volume, bias):
        seen = transforms.apply(camera_from_volume, vertices)
        middle = transforms.apply(camera_from_volume, hand.centres).mean(axis=0)
        return _view(key, seen, faces, middle, bias, scene.factors)

    depth, centre = jax.vmap(look)(keys, camera_from_volume, scene.bias)
    # Joints of the volume, in the world that the first camera spans.
    world = [
        transforms.apply(camera_from_volume[0], points)
        for points in (hand.centres, hand.joints[jnp.array(KEYPOINT_JOINTS)])
    ]
    return Frames(jnp.round(PER_MM * depth).astype(jnp.int16), centre, *world)


def readings(
    key: PRNGKeyArray, scene: Scene, motion: Motion
) -> tuple[Float[Array, "views rows columns"], Float[Array, "views 2"]]:
    """What the cameras read of the same frame as `capture` gives, before any crop.

    Returns:
        Depth of each camera's window, mm, 0 where nothing was measured; its principal
        point there, pixels.
    """
    hand, vertices, faces = stage(scene, motion)
    camera_from_volume = jnp.asarray(rig.stands(), jnp.float32)
    keys = jax.random.split(key, len(camera_from_volume))

    def look(key, camera_from_volume, bias):
        seen = transforms.apply(camera_from_volume, vertices)
        middle = transforms.apply(camera_from_volume, hand.centres).mean(axis=0)
        read_key, _, _ = jax.random.split(key, 3)
        frame, camera = _read(read_key, seen, faces, middle, bias, scene.factors)
        return frame, camera.centre

    return jax.vmap(look)(keys, camera_from_volume, scene.bias)


def stage(scene: Scene, motion: Motion) -> tuple[Posed, Array, Array]:
    """The posed hand; vertices and faces of it and the forearm, the hand's first."""
    moved: Any = jax.tree.map(jnp.asarray, motion)
    hand = pose_subject(
        scene.subject,
        moved.angles,
        moved.world_from_hand,
        moved.wrist,
        detail="surface" in scene.factors,
    )
    return hand, *_meshes(scene, hand, moved)


def _meshes(scene: Scene, hand: Posed, motion: Any) -> tuple[Array, Array]:
    """Hand and forearm as one mesh."""
    subject = scene.subject
    if "forearm" not in scene.factors:
        return hand.vertices, subject.faces
    arm = pose_forearm(subject, motion.world_from_forearm, motion.wrist)
    beyond = subject.forearm_faces + len(hand.vertices)
    return (
        jnp.concatenate([hand.vertices, arm]),
        jnp.concatenate([subject.faces, beyond]),
    )


def _view(
    key: PRNGKeyArray,
    vertices: Float[Array, "vertices 3"],
    faces: Int[Array, "faces 3"],
    middle: Float[Array, "3"],
    bias: Float[Array, ""],
    factors: tuple[str, ...],
) -> tuple[Float[Array, "64 64"], Float[Array, "3"]]:
    """The crop that one camera gives, and its centre in that camera's frame."""
    read_key, noise_key, centre_key = jax.random.split(key, 3)
    frame, camera = _read(read_key, vertices, faces, middle, bias, factors)
    off = jax.random.normal(centre_key, (3,)) / 3.0**0.5
    centre = middle + CENTRE_NOISE * off
    depth = crop.crop_depth(frame, camera, centre)
    if "sensor" not in factors:
        depth = sensor.structured_light(
            noise_key, depth, distance=centre[2], pitch=crop.SIZE / crop.PIXELS, far=FAR
        )
    return depth, centre


def _read(
    key: PRNGKeyArray,
    vertices: Float[Array, "vertices 3"],
    faces: Int[Array, "faces 3"],
    middle: Float[Array, "3"],
    bias: Float[Array, ""],
    factors: tuple[str, ...],
) -> tuple[Float[Array, "rows columns"], cameras.Pinhole]:
    """Depth that one camera reads in its window, mm, and that window's camera."""
    camera = window(middle)
    size = {"height": WINDOW, "width": WINDOW}
    drawn = rasterize(camera, vertices, faces, **size, far=NOTHING, cull=True).depth
    frame = jnp.where(drawn < NOTHING, drawn, 0.0)
    if "sensor" in factors:
        frame = stereo.read(key, frame, stereo.Stereo()._replace(bias=bias))
    return frame, camera


def window(middle: Float[Array, "3"]) -> cameras.Pinhole:
    """The part of the sensor around a point, from a whole pixel on."""
    f = jnp.full(2, FOCAL)
    at = cameras.project(cameras.Pinhole(f, jnp.zeros(2)), middle)
    left_top = jnp.round(at - WINDOW / 2)
    return cameras.Pinhole(f, -left_top)
