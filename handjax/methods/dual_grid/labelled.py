"""Terms that need labels. The paper prints none: Sec. 5.2 says what is supervised.

Each is a mean over views, and over whatever they show.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from handjax.batch import FAR, Batch
from handjax.geometry import transforms
from handjax.losses import smooth_l1
from handjax.methods.dual_grid.estimate import Prediction
from handjax.methods.views import UNIT, crop_from_world, mean_of_views, over_views, seen
from handjax.render.rasterize import rasterize

SAME = 15.0
"""A pixel shows the true surface if the sensor saw it within so many mm of it."""


class Layout(NamedTuple):
    """The template on the mesh grid.

    Attributes:
        cells: m of its vertices.
        faces: of the template.
        uncut: which of these lie on the grid in one piece.
    """

    cells: Float[Array, "vertices 2"]
    faces: Int[Array, "faces 3"]
    uncut: Bool[Array, "faces"]


def mask_error(prediction: Prediction, batch: Batch) -> Float[Array, ""]:
    """Cross-entropy of the segmentation, nats a pixel.

    Raises:
        ValueError: the batch does not say what is the hand.
    """
    if batch.views.mask is None:
        raise ValueError("the term `mask` needs views with masks")
    x, here = prediction.mask, batch.views.mask
    each = jax.nn.softplus(jnp.where(here, -x, x))
    known = batch.views.valid
    if batch.views.mask_valid is not None:
        known &= batch.views.mask_valid
    return mean_of_views(each, known)


def correspondence_error(
    prediction: Prediction, batch: Batch, *, layout: Layout
) -> Float[Array, ""]:
    """Distance of every pixel's coordinates from the true ones, smooth L1, cells."""
    m, here = true_map(batch, layout)
    each = jnp.sum(smooth_l1(prediction.map - m), axis=-1)
    count = jnp.sum(here, axis=(-2, -1))
    total = jnp.sum(jnp.where(here, each, 0.0), axis=(-2, -1))
    return mean_of_views(total / jnp.maximum(count, 1), batch.views.valid)


def vertex_error(prediction: Prediction, batch: Batch) -> Float[Array, ""]:
    """Distance of the sampled vertices from the true ones, `UNIT`s."""
    return _distance(prediction.vertices, true_vertices(batch), batch)


def refined_error(prediction: Prediction, batch: Batch) -> Float[Array, ""]:
    """Distance of the refined vertices from the true ones, `UNIT`s."""
    return _distance(prediction.refined, true_vertices(batch), batch)


def keypoint_error(prediction: Prediction, batch: Batch) -> Float[Array, ""]:
    """Distance of key points from those that are labelled, `UNIT`s.

    Source: [wan2020] Sec. 3.4: supervision on top of the key points alone.

    Raises:
        ValueError: the batch has none.
    """
    known, valid = batch.labels.joints, batch.labels.joints_valid
    if known is None:
        raise ValueError("the term `keypoints` needs labels with joints")
    away = _length(prediction.keypoints - _in_views(known, batch)) / UNIT
    if valid is not None:
        away = jnp.where(valid[:, None], away, 0.0)
        share = jnp.mean(valid, axis=-1)[:, None, None]
        away = away / jnp.maximum(share, 1.0 / away.shape[-1])
    return mean_of_views(away, batch.views.valid)


def true_vertices(batch: Batch) -> Float[Array, "batch view vertices 3"]:
    """The surface in every view's crop frame, mm.

    Raises:
        ValueError: the batch does not say.
    """
    if batch.labels.vertices is None:
        raise ValueError("this phase's terms need labels with vertices")
    return _in_views(batch.labels.vertices, batch)


def true_map(
    batch: Batch, layout: Layout
) -> tuple[Float[Array, "batch view h w 2"], Bool[Array, "batch view h w"]]:
    """m of every pixel, cells, and where the sensor saw what the truth has there.

    The corners of a face across a cut lie far apart on the grid: its pixels take the
    coordinates of the nearest.
    """
    D, camera = seen(batch.views)
    size = {"height": D.shape[-2], "width": D.shape[-1], "far": FAR}

    def one(camera, vertices, D):
        drawn = rasterize(camera, vertices, layout.faces, **size, cull=True)
        face = jnp.maximum(drawn.face, 0)
        w = drawn.barycentrics
        nearest = jax.nn.one_hot(jnp.argmax(w, axis=-1), 3)
        w = jnp.where(layout.uncut[face][..., None], w, nearest)
        corners = layout.cells[layout.faces[face]]
        m = sum(w[..., k, None] * corners[..., k, :] for k in range(3))
        read = (D < FAR) & (jnp.abs(drawn.depth - D) < SAME)
        return m, (drawn.face >= 0) & read

    m, here = over_views(one)(camera, true_vertices(batch), D)
    return jax.lax.stop_gradient((m, here))


def _in_views(points: Float[Array, "batch points 3"], batch: Batch) -> Array:
    """Points of the world in every view's crop frame, mm."""
    place = jax.vmap(jax.vmap(transforms.apply, (0, None)))
    return place(crop_from_world(batch.views), points)


def _distance(points: Array, true: Array, batch: Batch) -> Float[Array, ""]:
    return mean_of_views(_length(points - true) / UNIT, batch.views.valid)


def _length(x: Float[Array, "*any 3"]) -> Float[Array, "*any"]:
    """Lengths, with zero gradient where they vanish."""
    squared = jnp.sum(jnp.square(x), axis=-1)
    # The slope of sqrt is infinite at 0.
    some = squared > 0.0
    return jnp.where(some, jnp.sqrt(jnp.where(some, squared, 1.0)), 0.0)
