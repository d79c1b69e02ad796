"""Depth of random hands that are not alone: an arm behind, a surface, things beside.

    Hand, arm -> rasterize -> mean of the seen hand -> window
        -> planes and ellipsoids behind -> sensor -> Batch

As in `depth`, the mesh is drawn once, around its own middle, and the crop is a window
into a picture with a margin. What has no mesh is drawn where the window is.

Notation, shared by every function here and by the tests:
    z: depth from the crop's centre at which a pixel's ray meets something, mm.
"""

from functools import lru_cache, reduce

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray, Shaped

from handjax.batch import FAR, Batch
from handjax.data import arms
from handjax.data.crop import PIXELS
from handjax.data.studio.forearm import AROUND as SIDES
from handjax.data.studio.forearm import Arm, make_forearm, tube
from handjax.data.synthetic import depth, things
from handjax.data.synthetic.depth import PITCH
from handjax.data.synthetic.hands import Config, clear_of_arm, sample_pose
from handjax.geometry import cameras
from handjax.hands.articulate import Hand, articulate
from handjax.hands.template import Template
from handjax.render import sensor
from handjax.render.rasterize import Rendering, rasterize

MARGIN = 16
"""How far a window may be from the picture's middle, pixels: 75 mm."""
SIGHT = (0.0, 0.0, 1.0)

RINGS = (1, 4, 7, 9, 11, 13, 15, 18, *range(19, 35, 2), 37, 42, 47, 51, 54)
"""Of the studio's arm, those that a picture of 64 pixels needs; each fourth vertex."""
EVERY = 4
GIRTH = (0.85, 1.25)
"""Of the arm, over the usual one, from `SWELLS` mm behind the wrist on."""
SWELLS = 60.0
LOOSE = (0.05, 0.35)
"""How far cloth stands off the skin, of the arm's girth."""


def example(key: PRNGKeyArray, template: Template, config: Config) -> Batch:
    """One hand and what is around it; the batch's axis is added by vmap."""
    pose_key, sensor_key, crop_key = jax.random.split(key, 3)
    arm_key, things_key = jax.random.split(jax.random.fold_in(key, 3))
    pose = clear_of_arm(sample_pose(pose_key, template, config), jnp.array(SIGHT))
    hand = articulate(template, pose)
    middle = (hand.vertices.min(axis=0) + hand.vertices.max(axis=0)) / 2
    drawn, shown = draw(*dress(arm_key, template, hand, middle))
    whole = hand.centres.mean(axis=0) - middle
    of_hand = jnp.where(shown, drawn.depth, FAR)
    goal = whole if config.center == "gt" else depth.middle_of_seen(of_hand)
    steps, dz = depth.aim(crop_key, goal, config.crop_jitter)
    steps = jnp.clip(steps, -MARGIN, MARGIN)
    centre = middle + jnp.append(steps * PITCH, dz)
    z, shown = surround(
        things_key, window(drawn.depth, steps) - dz, window(shown, steps)
    )
    # The sensor looks at neighbours, and fused they would each be drawn again.
    read = z = jax.lax.optimization_barrier(jnp.minimum(z, FAR))
    if config.noise:
        read = sensor.structured_light(
            sensor_key, z, distance=centre[2], pitch=PITCH, far=FAR
        )
    read = jnp.where(jnp.abs(read) < FAR, read, FAR)
    mask = still_shown(shown, z, read)
    return Batch(depth.view(read, mask, centre), None, depth.labels(hand))


def dress(
    key: PRNGKeyArray, template: Template, hand: Hand, middle: Float[Array, "3"]
) -> tuple[Float[Array, "vertices 3"], Int[Array, "faces 3"], int]:
    """A hand with a random arm as one mesh around a point.

    Returns:
        Vertices, faces, and how many of these, the first, are the hand's.
    """
    cuff_key, loose_key, girth_key, bend_key = jax.random.split(key, 4)
    at_rest, faces = _arm()
    low, high = GIRTH
    girth = jax.random.uniform(girth_key, minval=low, maxval=high)
    grown = 1.0 + (girth - 1.0) * jnp.clip(at_rest[:, 1:2] / SWELLS, 0.0, 1.0)
    at_rest = at_rest * jnp.where(jnp.array([True, False, True]), grown, 1.0)
    loose = jax.random.uniform(loose_key, minval=LOOSE[0], maxval=LOOSE[1])
    arm = arms.sleeved(at_rest, arms.sample_cuff(cuff_key), loose)
    arm = arms.pose(hand, arm, arms.sample_bend(bend_key))
    vertices = jnp.concatenate([arms.tuck(template, hand), arm]) - middle
    beyond = len(template.vertices)
    faces = jnp.concatenate([template.faces, faces + beyond])
    return vertices, faces, len(template.faces)


@lru_cache
def _arm() -> tuple[Array, Array]:
    """Vertices at rest and faces of a bare arm of few faces."""
    vertices, _, _ = make_forearm(Arm(sleeve=False), arms.WRIST)
    rings = vertices[:-2].reshape(-1, SIDES, 3)[np.array(RINGS), ::EVERY]
    kept = np.concatenate([rings.reshape(-1, 3), vertices[-2:]])
    faces = tube(*rings.shape[:2])
    with jax.ensure_compile_time_eval():
        return jnp.asarray(kept, jnp.float32), jnp.asarray(faces, jnp.int32)


def draw(
    vertices: Float[Array, "vertices 3"], faces: Int[Array, "faces 3"], count: int
) -> tuple[Rendering, Bool[Array, "height width"]]:
    """A picture with a margin, and which pixels show the first faces, the hand's."""
    pixels = PIXELS + 2 * MARGIN
    camera = cameras.orthographic_crop(PITCH * pixels, pixels)
    size = {"height": pixels, "width": pixels}
    drawn = rasterize(camera, vertices, faces, **size, far=2.0 * FAR, cull=True)
    return drawn, (drawn.face >= 0) & (drawn.face < count)


def window(
    image: Shaped[Array, "rows columns"], steps: Int[Array, "2"]
) -> Shaped[Array, "height width"]:
    """The crop's part of a picture, so many columns and rows from its middle."""
    return jax.lax.dynamic_slice(image, MARGIN + steps[::-1], (PIXELS, PIXELS))


def surround(
    key: PRNGKeyArray,
    z: Float[Array, "height width"],
    shown: Bool[Array, "height width"],
) -> tuple[Float[Array, "height width"], Bool[Array, "height width"]]:
    """The same with a plane and blobs, some of the time.

    Args:
        z: of hand and arm; from `FAR` on there is nothing.
        shown: which pixels show the hand.

    Returns:
        Depth of what is nearest, and which pixels still show the hand.
    """
    plane_key, *keys = jax.random.split(key, 1 + things.BLOBS)
    near = [things.plane(plane_key, z), *(things.blob(key, z) for key in keys)]
    nearest = reduce(jnp.minimum, near)
    return jnp.minimum(z, nearest), shown & (z < nearest)


def still_shown(
    shown: Bool[Array, "height width"],
    z: Float[Array, "height width"],
    read: Float[Array, "height width"],
) -> Bool[Array, "height width"]:
    """Which pixels show the hand in what the sensor read.

    A hole does not. A pixel that reads far from what is there looked beside it, or
    floats: it shows the hand if it reads what a neighbour's hand has.

    Args:
        shown: which do in the clean picture.
        z: clean depth.
        read: depth as read, `FAR` in holes.
    """
    hand = jnp.pad(jnp.where(shown, z, jnp.inf), 1, constant_values=jnp.inf)
    around = (hand[:-2, 1:-1], hand[2:, 1:-1], hand[1:-1, :-2], hand[1:-1, 2:])
    like = reduce(jnp.logical_or, [jnp.abs(read - n) < sensor.EDGE for n in around])
    jumped = jnp.abs(read - z) > sensor.EDGE
    return (read < FAR) & jnp.where(jumped, like, shown)
