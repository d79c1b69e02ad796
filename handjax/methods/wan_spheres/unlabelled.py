"""Terms that compare the estimate with depth images and views with one another.

None needs a label. Each is a mean over whatever it sums in the paper.
"""

from functools import partial
from typing import Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from handjax.batch import FAR, Batch
from handjax.geometry import cameras, transforms
from handjax.geometry import spheres as balls
from handjax.methods.views import (
    Pairs,
    crop_from_world,
    mean_of_views,
    over_views,
    seen,
    to_world,
    view_pairs,
)
from handjax.methods.wan_spheres.estimate import Prediction

CODE_REACH = 50.0
"""Points pull spheres from no farther in the released code, mm; as printed, from
anywhere."""

Average = Literal["median", "least_variance"]
"""What the views agree on: Sec. 3.4.1 found both alike and uses the median."""


def render(
    c: Float[Array, "41 3"],
    r: Float[Array, "41"],
    camera: cameras.Orthographic,
    height: int,
    width: int,
) -> Float[Array, "height width"]:
    """G: depth of the spheres along the view's rays.

    Source: [wan2019] Eqs. (6)-(8).
    """
    x, y = cameras.orthographic_axes(camera, height, width)
    return balls.ray_cast(x, y, c, r, FAR)


def across_views(
    prediction: Prediction, batch: Batch, pairs: Pairs
) -> tuple[Float[Array, "batch pair 41 3"], Bool[Array, "batch pair"]]:
    """Spheres estimated in one view, in the crop frame of another, mm.

    Returns:
        c of each pair of `view_pairs`, and whether both views exist.

    Source: [wan2019] Sec. 3.4.1, Figure 3.
    """
    valid, rig = batch.views.valid, crop_from_world(batch.views)
    here, there = view_pairs(valid.shape[1], pairs).T
    world = to_world(prediction.centres, batch.views)
    moved = over_views(transforms.apply)(rig[:, there], world[:, here])
    return moved, valid[:, here] & valid[:, there]


def model_to_data(
    prediction: Prediction, batch: Batch, *, pairs: Pairs = "all"
) -> Float[Array, ""]:
    """Absolute difference between the spheres' depth and the views', mm.

        L_m2d = mean |G(c) - D|

    As printed; the released code squares the difference.

    Args:
        prediction: the spheres of every view.
        batch: the views.
        pairs: which views each view's spheres are drawn in.

    Source: [wan2019] Eq. (5).
    """
    D, camera = seen(batch.views)
    c, valid = across_views(prediction, batch, pairs)
    there = view_pairs(D.shape[1], pairs)[:, 1]
    one = partial(render, height=D.shape[-2], width=D.shape[-1])
    draw = jax.vmap(jax.vmap(one, (0, None, 0)), (0, None, 0))
    drawn = draw(c, prediction.radii, jax.tree.map(lambda x: x[:, there], camera))
    return mean_of_views(jnp.abs(drawn - D[:, there]), valid)


def data_to_model(
    prediction: Prediction,
    batch: Batch,
    *,
    pairs: Pairs = "all",
    reach: float = CODE_REACH,
) -> Float[Array, ""]:
    """Distance from the points seen to the nearest sphere's surface, mm.

        L_d2m = mean_p min(d(p), reach)

    Args:
        prediction: the spheres of every view.
        batch: the views.
        pairs: which views' points pull each view's spheres.
        reach: infinite as printed. The released code's bound keeps what a sensor sees
            beside the hand from dragging spheres to it.

    Source: [wan2019] Eqs. (9)-(11).
    """

    def distances(D, camera, c):
        points = cameras.unproject(camera, cameras.pixel_grid(*D.shape), D)
        near = balls.point_to_spheres(points.reshape(-1, 3), c, prediction.radii)
        return jnp.where(D.reshape(-1) < FAR, jnp.minimum(near, reach), 0.0)

    D, camera = seen(batch.views)
    c, valid = across_views(prediction, batch, pairs)
    there = view_pairs(D.shape[1], pairs)[:, 1]
    D, camera = jax.tree.map(lambda x: x[:, there], (D, camera))
    distance = over_views(distances)(D, camera, c)
    count = jnp.sum(D < FAR, axis=(-2, -1))
    return mean_of_views(jnp.sum(distance, axis=-1) / jnp.maximum(count, 1), valid)


def consistency(
    prediction: Prediction, batch: Batch, *, average: Average = "median", beta: float
) -> Float[Array, ""]:
    """Squared distance of every view's spheres from what the views agree on, mm^2.

        L_multiview = mean_v |T_v(c_v) - c_bar|^2

    What they agree on is held constant. A hand that one view alone has seen adds 0.

    Args:
        prediction: the spheres of every view.
        batch: the views.
        average: how c_bar is found.
        beta: of the heat-maps' softmax.

    Source: [wan2019] Eq. (12).
    """
    world, valid = to_world(prediction.centres, batch.views), batch.views.valid
    still, h = jax.lax.stop_gradient((world, prediction.heatmaps[:, :, -1]))
    if average == "median":
        middle = median_of_views(still, valid)
    else:
        middle = sharpest_of_views(still, heatmap_variance(h, beta=beta), valid)
    apart = world - middle[:, None]
    return mean_of_views(jnp.sum(jnp.square(apart), axis=-1), valid)


def median_of_views(
    c: Float[Array, "batch view points 3"], valid: Bool[Array, "batch view"]
) -> Float[Array, "batch points 3"]:
    """Median of each coordinate over the views that exist; 0 without any."""
    known = jnp.where(valid[..., None, None], c, jnp.nan)
    return jnp.nan_to_num(jnp.nanmedian(known, axis=1))


def sharpest_of_views(
    c: Float[Array, "batch view points 3"],
    variance: Float[Array, "batch view points"],
    valid: Bool[Array, "batch view"],
) -> Float[Array, "batch points 3"]:
    """Each point as the view with the least variance has it."""
    variance = jnp.where(valid[..., None], variance, jnp.inf)
    best = jnp.argmin(variance, axis=1)
    return jnp.take_along_axis(c, best[:, None, :, None], axis=1)[:, 0]


def heatmap_variance(
    h: Float[Array, "*maps h w"], *, beta: float
) -> Float[Array, "*maps"]:
    """Variance of where softmax(beta h) lies, pixels^2.

    Source: [wan2019] Sec. 3.4.1.
    """
    height, width = h.shape[-2:]
    share = jax.nn.softmax(beta * h.reshape(*h.shape[:-2], -1)).reshape(h.shape)
    v, u = jnp.arange(height, dtype=h.dtype)[:, None], jnp.arange(width, dtype=h.dtype)
    total = jnp.zeros(h.shape[:-2])
    for axis in (u, v):
        mean = jnp.sum(share * axis, axis=(-2, -1), keepdims=True)
        total += jnp.sum(share * jnp.square(axis - mean), axis=(-2, -1))
    return total


def heatmap_level(prediction: Prediction, batch: Batch) -> Float[Array, ""]:
    """Mean square of the heat-maps: quiet where nothing is known of the hand.

    Source: [wan2019], released code (`hm_mean`); not in the paper.
    """
    return mean_of_views(jnp.square(prediction.heatmaps), batch.views.valid)
