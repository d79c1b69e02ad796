"""Terms that need labels. Each is a mean over whatever it sums in the paper."""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from handjax.batch import Batch
from handjax.geometry import cameras, heatmaps, transforms
from handjax.methods.views import (
    UNIT,
    crop_from_world,
    mean_of_views,
    over_views,
    seen,
)
from handjax.methods.wan_spheres.estimate import Prediction, map_camera

CODE_THRESHOLD = 0.05
"""Where a heat-map's label counts as lit in the released code; as printed, above 0."""


def heatmap_error(prediction: Prediction, batch: Batch) -> Float[Array, ""]:
    """Squared error of the heat-maps, of every stack."""
    label, _ = map_labels(prediction, batch)
    return mean_of_views(jnp.square(prediction.heatmaps - label), batch.views.valid)


def depthmap_error(
    prediction: Prediction, batch: Batch, *, threshold: float = CODE_THRESHOLD
) -> Float[Array, ""]:
    """Squared error of the latent depth maps, of every stack, in `UNIT`s squared."""
    _, label = map_labels(prediction, batch, threshold=threshold)
    return mean_of_views(jnp.square(prediction.depths - label), batch.views.valid)


def coordinate_error(prediction: Prediction, batch: Batch) -> Float[Array, ""]:
    """Squared error of the integrated coordinates, in `UNIT`s squared.

    The first of the two kinds of supervision in Sec. 3.3, as printed.
    """
    error = (prediction.stack_centres - true_centres(batch)[:, :, None]) / UNIT
    return mean_of_views(jnp.square(error), batch.views.valid)


def coordinate_distance(prediction: Prediction, batch: Batch) -> Float[Array, ""]:
    """Absolute error of the integrated coordinates, in `UNIT`s."""
    error = (prediction.stack_centres - true_centres(batch)[:, :, None]) / UNIT
    return mean_of_views(jnp.abs(error), batch.views.valid)


def true_centres(batch: Batch) -> Float[Array, "batch view 41 3"]:
    """Centres in every view's crop frame, mm.

    Raises:
        ValueError: the batch does not say.
    """
    c = batch.labels.centres
    if c is None:
        raise ValueError("this phase's terms need labels with sphere centres")
    in_views = jax.vmap(jax.vmap(transforms.apply, (0, None)))
    return in_views(crop_from_world(batch.views), c)


def map_labels(
    prediction: Prediction, batch: Batch, *, threshold: float = CODE_THRESHOLD
) -> tuple[Float[Array, "batch view 1 41 h w"], Float[Array, "batch view 1 41 h w"]]:
    """Gaussians around the projected centres, and their depths where these are lit.

    Args:
        prediction: for the size of its maps.
        batch: with labels.
        threshold: lit is what is above; 0 as printed, where a Gaussian is everywhere.

    Source: [wan2019] Eq. (3).
    """
    height, width = prediction.heatmaps.shape[-2:]

    def label(c, camera):
        uv = cameras.project(map_camera(camera), c)
        bump = jax.vmap(lambda uv: heatmaps.gaussian(uv, height, width, 1.0))(uv)
        lit = jax.vmap(partial(heatmaps.depth_label, threshold=threshold))
        return bump[None], lit(bump, c[:, 2] / UNIT)[None]

    return over_views(label)(true_centres(batch), seen(batch.views)[1])
