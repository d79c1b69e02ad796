"""Estimates drawn anew, as other people's hands from other sides: Sec. 3.5.

    h -> other shape, other view -> hand -> texture, light, background -> Batch

Poses are those that were estimated; new ones would often be implausible. Hands have no
arm, and the camera stays: what turns is the hand about its middle.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from handjax.batch import Batch, Labels, Views
from handjax.geometry import cameras, rotations
from handjax.geometry.precision import matmul
from handjax.hands.appearance import Marks, albedo, load_marks, sample_skin
from handjax.hands.articulate import scale_and_root
from handjax.hands.template import Template
from handjax.methods.dense_hand_pose import hand
from handjax.methods.dense_hand_pose.estimate import Prediction, Room
from handjax.methods.pictures import camera_of
from handjax.render import backgrounds, coverage, photograph, shading, textures
from handjax.render.lights import sample_lights
from handjax.render.rasterize import Rendering, interpolate, rasterize

EACH = 3
"""New examples a seed. Source: [baek2019] Sec. 3.5."""
DEVIATIONS = 3.0
"""Of a shape from the mean, at most, in each coefficient. Source: same place."""
FAR = 1e4
"""Beyond every hand, mm."""


def imagine(
    key: PRNGKeyArray,
    prediction: Prediction,
    batch: Batch,
    *,
    room: Room,
    seeds: int,
    samples: int,
) -> Batch:
    """New pictures of estimated poses, with all that is known of them.

    Estimates are held constant: nothing is learnt by moving them.

    Args:
        key: of shapes, views and looks.
        prediction: of the batch.
        batch: the seeds' own pictures, whose cameras take the new ones.
        room: what does not change.
        seeds: how many of the batch, from its first; 0 for all.
        samples: looks along each side of a pixel.

    Source: [baek2019] Sec. 3.5.
    """
    h = jax.lax.stop_gradient(prediction.h)
    count = min(seeds or len(h), len(h))
    h, camera = jax.tree.map(
        lambda x: jnp.repeat(x[:count], EACH, axis=0), (h, camera_of(batch))
    )
    keys = jax.random.split(key, len(h))
    marks = load_marks()

    def one(key, h, camera):
        return _drawn(key, h, camera, room, marks, samples)

    return jax.vmap(one)(keys, h, camera)


def _drawn(
    key: PRNGKeyArray,
    h: Float[Array, "63"],
    camera: cameras.Pinhole,
    room: Room,
    marks: Marks,
    samples: int,
) -> Batch:
    """One new picture; the batch's axis is added by vmap."""
    new, looks = jax.random.split(key)
    found = another(new, h, camera, room)
    image, mask = picture_of(
        looks, room.template, found, camera, room.pixels, marks, samples
    )
    scale, root = scale_and_root(found.joints)
    views = Views(
        depth=None,
        image=image[None],
        mask=mask[None],
        valid=jnp.ones(1, bool),
        camera=jax.tree.map(lambda leaf: leaf[None], camera),
        crop_from_camera=jnp.eye(4)[None],
        camera_from_world=jnp.eye(4)[None],
    )
    labels = Labels(
        joints=found.joints,
        joints_valid=jnp.ones(len(found.joints), bool),
        vertices=found.vertices,
        scale=scale,
        root=root[None],
    )
    return Batch(views, None, labels)


def another(
    key: PRNGKeyArray, h: Float[Array, "63"], camera: cameras.Pinhole, room: Room
) -> hand.Placed:
    """The pose of h as somebody else's hand, seen from elsewhere.

    Turns about x, y and z are uniform, as printed, which is not uniform over views.
    """
    shape_key, view_key = jax.random.split(key)
    low, high = hand.FINGERS, hand.FINGERS + hand.SHAPE
    drawn = jax.random.uniform(
        shape_key, (hand.SHAPE,), minval=-DEVIATIONS, maxval=DEVIATIONS
    )
    there = hand.place(room.template, h.at[low:high].set(drawn), camera, room.pixels)
    angles = jax.random.uniform(view_key, (3,), maxval=2.0 * jnp.pi)
    R = rotations.matrix_from_euler(angles)
    middle = 0.5 * (there.vertices.max(axis=0) + there.vertices.min(axis=0))

    def turned(points: Array) -> Array:
        return matmul(points - middle, R.T) + middle

    return there._replace(vertices=turned(there.vertices), joints=turned(there.joints))


def picture_of(
    key: PRNGKeyArray,
    template: Template,
    found: hand.Placed,
    camera: cameras.Pinhole,
    pixels: int,
    marks: Marks,
    samples: int,
) -> tuple[Float[Array, "{pixels} {pixels} 3"], Array]:
    """A photograph of a hand in random skin and light before a random background, and
    which pixels show it."""
    skin_key, light_key, behind_key, photo_key = jax.random.split(key, 4)
    fine = cameras.crop(camera, jnp.zeros(2), jnp.full(2, float(samples)))
    size = {"height": pixels * samples, "width": pixels * samples, "far": FAR}
    drawn = rasterize(fine, found.vertices, template.faces, **size, cull=True)
    seen, share = coverage.merged(drawn, samples)
    middle = found.vertices.mean(axis=0)
    lit = shading.shade(
        camera,
        seen,
        found.vertices,
        template.faces,
        _colours(skin_key, template, seen, marks),
        sample_lights(light_key, middle),
    )
    behind = backgrounds.procedural(behind_key, height=pixels, width=pixels)
    linear = shading.over(lit * share[..., None], share, behind)
    return photograph.snapshot(photo_key, linear), share > 0.5


def _colours(
    key: PRNGKeyArray, template: Template, seen: Rendering, marks: Marks
) -> Float[Array, "height width 3"]:
    """Albedo of what each pixel sees."""
    uv = textures.coordinates(seen, template.uv, template.uv_faces)
    read = textures.sample(jnp.stack(marks, axis=-1), uv)
    places = interpolate(seen, template.faces, template.vertices)
    return albedo(Marks(*jnp.moveaxis(read, -1, 0)), sample_skin(key), places)
