"""Which pixels of captured frames show the hand and not its arm: to test on.

The cache keeps what sensors read. A subject's motion follows from its key, so that hand
and arm are posed again and drawn without a sensor, and each picture's pixels fall into
its crop as the sensor's did.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from handjax.batch import FAR
from handjax.data import crop
from handjax.data.studio import capture, frames
from handjax.data.studio.factors import FACTORS
from handjax.data.studio.subjects import load_subject
from handjax.geometry import transforms
from handjax.render.rasterize import rasterize


def hand_masks(
    subject: str, split: str, found: frames.Capture, factors: tuple[str, ...] = FACTORS
) -> Bool[np.ndarray, "frames view 64 64"]:
    """Masks of the frames that were captured; a pixel with nothing is not the hand's.

    Args:
        subject, split, factors: what was captured, see `frames.load`.
        found: how it was captured.
    """
    count = len(found.frames.depth)
    moves = frames.move(subject, split, count, factors)
    body = load_subject(subject, shape="shape" in factors)

    @jax.jit
    def every(body, moves, centre):
        scene = capture.Scene(body, jnp.zeros(centre.shape[1]), factors)
        return jax.lax.map(lambda one: _look(scene, *one), (moves, centre))

    shown = every(body, moves, jnp.asarray(found.frames.centre))
    return np.asarray(shown) & (found.frames.depth < FAR * capture.PER_MM)


def _look(scene, moved, centre) -> Bool[Array, "view 64 64"]:
    """What each camera would see of the hand in one frame."""
    hand, vertices, faces = capture.stage(scene, moved)

    def one(camera_from_volume, centre):
        seen = transforms.apply(camera_from_volume, vertices)
        middle = transforms.apply(camera_from_volume, hand.centres).mean(axis=0)
        return _mask(seen, faces, len(scene.subject.faces), middle, centre)

    return jax.vmap(one)(jnp.asarray(capture.rig.stands(), jnp.float32), centre)


def _mask(
    vertices: Float[Array, "vertices 3"],
    faces: Int[Array, "faces 3"],
    count: int,
    middle: Float[Array, "3"],
    centre: Float[Array, "3"],
) -> Bool[Array, "64 64"]:
    """Crop pixels whose nearest surface is of the first faces, or of these as well."""
    camera = capture.window(middle)
    size = {"height": capture.WINDOW, "width": capture.WINDOW}
    drawn = rasterize(camera, vertices, faces, **size, far=capture.NOTHING, cull=True)
    whole = jnp.where(drawn.face >= 0, drawn.depth, 0.0)
    own = jnp.where(drawn.face < count, whole, 0.0)
    whole, own = (crop.crop_depth(frame, camera, centre) for frame in (whole, own))
    return (own < FAR) & (own < whole + crop.SAME_SURFACE)
