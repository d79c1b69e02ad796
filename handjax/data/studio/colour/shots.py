"""One moment as one camera of the dome takes it: colour, depth and mask.

    Look, Motion -> surface -> crop of a camera -> marks, skin, light -> backdrop
        -> photograph

A picture is the same whenever it is taken: its key follows from subject, split, frame
and camera.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PRNGKeyArray, UInt8

from handjax.batch import FAR
from handjax.data.studio.colour import dome, looks
from handjax.data.studio.colour.dome import Dome
from handjax.data.studio.colour.looks import Look
from handjax.data.studio.forearm import pose_forearm
from handjax.data.studio.skin import pose_subject
from handjax.geometry import cameras, meshes, transforms
from handjax.hands.skeleton import KEYPOINT_JOINTS
from handjax.render import backgrounds, photograph, shading
from handjax.render.rasterize import interpolate, rasterize

SIZE = 260.0
"""Edge of a crop where the hand is, mm."""
CENTRE_NOISE = 10.0
"""Standard deviation of a crop's centre from the hand's, in space, mm."""
BEHIND = 1e4
"""Beyond everything, mm."""
SAMPLES = 2
"""Looks along each side of a pixel."""
QUALITY = (80.0, 95.0)
"""Of the pictures' JPEG."""


class Posed(NamedTuple):
    """A subject at a moment, in the world, mm.

    Attributes:
        vertices: of hand and arm.
        joints: the 21 key points.
        centres: of the 41 spheres.
    """

    vertices: Float[Array, "vertices 3"]
    joints: Float[Array, "21 3"]
    centres: Float[Array, "41 3"]


class Shot(NamedTuple):
    """Where a camera looks.

    Attributes:
        camera_from_world: where it stands.
        camera: of the crop.
        middle: of the crop, in the camera's frame, mm.
    """

    camera_from_world: Float[Array, "4 4"]
    camera: cameras.Pinhole
    middle: Float[Array, "3"]


def pose(look: Look, motion: Any) -> Posed:
    """The hand and its arm at one row of a motion."""
    hand = pose_subject(
        look.subject, motion.angles, motion.world_from_hand, motion.wrist
    )
    arm = pose_forearm(look.subject, motion.world_from_forearm, motion.wrist)
    return Posed(
        jnp.concatenate([hand.vertices, arm]),
        hand.joints[jnp.array(KEYPOINT_JOINTS)],
        hand.centres,
    )


def aim(
    key: PRNGKeyArray,
    posed: Posed,
    camera_from_world: Float[Array, "4 4"],
    *,
    pixels: int,
) -> Shot:
    """The crop around a hand, about `CENTRE_NOISE` off it.

    Args:
        key: of this frame and camera.
        pixels: edge of the picture.
    """
    seen = transforms.apply(camera_from_world, posed.centres)
    off = CENTRE_NOISE / 3.0**0.5 * jax.random.normal(key, (3,))
    middle = seen.mean(axis=0) + off
    focal = jnp.full(2, pixels / SIZE) * middle[2]
    centre = (pixels - 1) / 2 - focal * middle[:2] / middle[2]
    return Shot(camera_from_world, cameras.Pinhole(focal, centre), middle)


def measure(
    look: Look, posed: Posed, shot: Shot, *, pixels: int
) -> tuple[Float[Array, "pixels pixels"], Bool[Array, "pixels pixels"]]:
    """Depth of hand and arm, and which pixels show the hand.

    Depth is the surface's own, as a capture stage with many cameras finds it.

    Returns:
        mm from the camera, `FAR` behind the crop's middle where nothing is within
        `FAR` of it. And the mask, of nothing that depth does not show.
    """
    seen = transforms.apply(shot.camera_from_world, posed.vertices)
    size = {"height": pixels, "width": pixels}
    drawn = rasterize(shot.camera, seen, look.faces, **size, far=BEHIND, cull=True)
    near = jnp.abs(drawn.depth - shot.middle[2]) < FAR
    of_hand = (drawn.face >= 0) & (drawn.face < len(look.subject.faces))
    return jnp.where(near, drawn.depth, shot.middle[2] + FAR), near & of_hand


def photograph_of(
    key: PRNGKeyArray,
    look: Look,
    light: Dome,
    posed: Posed,
    shot: Shot,
    bank: UInt8[Array, "pictures edge edge 3"],
    *,
    pixels: int,
) -> Float[Array, "pixels pixels 3"]:
    """The sRGB picture.

    Args:
        key: of this frame and camera.
        bank: backdrops, held on the device.
        pixels: edge of the picture.
    """
    behind, lens = jax.random.split(key)
    backdrop = backgrounds.from_bank(behind, bank, height=pixels, width=pixels)
    lit = _lit(look, light, posed, shot, pixels * SAMPLES)
    blocks = (pixels, SAMPLES, pixels, SAMPLES, 4)
    means = lit.reshape(blocks).mean(axis=(1, 3))
    return _developed(lens, shading.over(means[..., :3], means[..., 3], backdrop))


def _lit(
    look: Look, light: Dome, posed: Posed, shot: Shot, pixels: int
) -> Float[Array, "pixels pixels 4"]:
    """Linear colour of hand and arm, and where they are.

    Vertices lie as densely as pixels: light is worked out for them.
    """
    vertices = transforms.apply(shot.camera_from_world, posed.vertices)
    centres = transforms.apply(shot.camera_from_world, posed.centres)
    normals = meshes.vertex_normals(vertices, look.faces)
    lights = dome.seen_by(light, shot.camera_from_world)
    colours = shading.sent_back(
        vertices,
        normals,
        shading.to_camera(shot.camera, vertices),
        look.albedo,
        lights,
        shading=shading.shade_of_spheres(
            lights, vertices, normals, centres, look.subject.sphere_radii
        ),
        surface=looks.SKIN,
    )
    fine = cameras.crop(shot.camera, jnp.zeros(2), jnp.full(2, float(SAMPLES)))
    size = {"height": pixels, "width": pixels}
    drawn = rasterize(fine, vertices, look.faces, **size, far=BEHIND, cull=True)
    covered = jnp.pad(colours, ((0, 0), (0, 1)), constant_values=1.0)
    return interpolate(drawn, look.faces, covered)


def _developed(
    key: PRNGKeyArray, linear: Float[Array, "height width 3"]
) -> Float[Array, "height width 3"]:
    """What a good camera makes of light: hardly blurred, some noise."""
    exposed, tinted, moved, noisy, coded = jax.random.split(key, 5)
    linear = photograph.expose(exposed, linear, stops=0.15)
    linear = photograph.tint(tinted, linear, amount=0.03)
    linear = photograph.blur_of_motion(moved, linear, pixels=1.5)
    linear = photograph.sensor_noise(noisy, linear, shot=0.02, read=0.006)
    return photograph.compress(coded, photograph.encode(linear), quality=QUALITY)
