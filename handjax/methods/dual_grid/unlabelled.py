"""Terms that compare estimates with depth, with other views, and with what hands do.

None needs a label. Sums over points and vertices are means here, over joints they
are sums; lengths are in `UNIT`s, lest weights have to undo millimetres.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from handjax.batch import Batch
from handjax.geometry import least, mesh_grid, meshes, transforms
from handjax.hands.skeleton import POSED
from handjax.hands.template import Template
from handjax.losses import smooth_l1
from handjax.methods.dual_grid import parts
from handjax.methods.dual_grid.estimate import Prediction
from handjax.methods.method import Config
from handjax.methods.views import (
    UNIT,
    crop_from_world,
    mean_of_views,
    over_views,
    to_world,
    view_pairs,
)

BETA = 10.0
"""Where the smooth L1 of d(., .) becomes straight, mm; the paper does not say."""
APART = 5.0
"""t in Eq. (9), mm. Source: [wan2020] Sec. 4.2."""
FARTHEST = 1e12
"""No vertex is so far away that the square of its distance is more, mm^2."""


def icp(
    prediction: Prediction, batch: Batch, *, template: Template, model: Config
) -> Float[Array, ""]:
    """Distance from the points seen to the nearest vertex that faces the camera.

    Source: [wan2020] Eq. (6).
    """
    return _icp(prediction, batch, _own(batch), template, model)


def lifting(prediction: Prediction, batch: Batch, *, model: Config) -> Float[Array, ""]:
    """Distance from the points seen to where the surface has their correspondences.

    Source: [wan2020] Eq. (7).
    """
    return _lifting(prediction, batch, _own(batch), model)


def collision(prediction: Prediction, batch: Batch) -> Float[Array, ""]:
    """How much nearer than t key points are to one another.

        L_collision = sum_ij max(t - |p_i - p_j|, 0)

    A sum over pairs, each once, in `UNIT`s.

    Source: [wan2020] Eq. (9).
    """
    i, j = np.triu_indices(prediction.keypoints.shape[-2], k=1)
    k = prediction.keypoints
    squared = jnp.sum(jnp.square(k[..., i, :] - k[..., j, :]), axis=-1)
    # The slope of sqrt is infinite at 0, where two joints have become one.
    some = squared > 1e-6
    away = jnp.where(some, jnp.sqrt(jnp.where(some, squared, 1.0)), 0.0)
    excess = jnp.sum(jnp.maximum(APART - away, 0.0), axis=-1, keepdims=True)
    return mean_of_views(excess / UNIT, batch.views.valid)


def as_rigid_as_possible(prediction: Prediction, batch: Batch) -> Float[Array, ""]:
    """Squared distance of estimated vertices from refined ones, `UNIT`s squared.

        L_arap = |P_s - P_r|^2

    The paper prints P_s twice; its text says what the second is.

    Source: [wan2020] Eq. (10).
    """
    away = (prediction.vertices - prediction.refined) / UNIT
    return mean_of_views(jnp.sum(jnp.square(away), axis=-1), batch.views.valid)


def offset(
    prediction: Prediction, batch: Batch, *, template: Template
) -> Float[Array, ""]:
    """Squared shifts of fingers' joints in their sockets, `UNIT`s squared.

        L_offset = sum over joints of fingers of |t_i|^2

    Source: [wan2020] Eq. (12).
    """
    local = over_views(partial(parts.local_transforms, template=template))
    t = local(prediction.transforms)[..., 1 : len(POSED), :3, 3] / UNIT
    total = jnp.sum(jnp.square(t), axis=(-2, -1))
    return mean_of_views(total[..., None], batch.views.valid)


def vertex_consistency(prediction: Prediction, batch: Batch) -> Float[Array, ""]:
    """Distance of every view's vertices from their median over the views.

    The median is held constant. Hands that one view alone has seen do not count.

    Source: [wan2020] Eq. (13), L_vertex; Sec. 4.3.
    """
    world, valid = to_world(prediction.vertices, batch.views), batch.views.valid
    valid &= jnp.sum(valid, axis=1, keepdims=True) > 1
    known = jnp.where(valid[..., None, None], world, jnp.nan)
    middle = jnp.nan_to_num(jnp.nanmedian(known, axis=1))
    away = world - jax.lax.stop_gradient(middle)[:, None]
    return mean_of_views(distance(away), valid)


def icp_across_views(
    prediction: Prediction, batch: Batch, *, template: Template, model: Config
) -> Float[Array, ""]:
    """`icp` of every view's surface with the points that other views saw.

    Source: [wan2020] Eq. (13), L_ICP; Sec. 4.3.
    """
    return _icp(prediction, batch, _others(batch), template, model)


def lifting_across_views(
    prediction: Prediction, batch: Batch, *, model: Config
) -> Float[Array, ""]:
    """`lifting` of every view's surface with points and correspondences of others.

    Source: [wan2020] Eq. (13), L_lifting; Sec. 4.3.
    """
    return _lifting(prediction, batch, _others(batch), model)


def distance(away: Float[Array, "*any 3"]) -> Float[Array, "*any"]:
    """d(., .): smooth L1 of the coordinates' differences, summed, `UNIT`s.

    Source: [wan2020] Sec. 4.1.
    """
    return jnp.sum(smooth_l1(away, BETA), axis=-1) / UNIT


def nearest_vertex(
    p: Float[Array, "points 3"],
    vertices: Float[Array, "vertices 3"],
    chosen: Bool[Array, "vertices"],
) -> Int[Array, "points"]:
    """The chosen vertex nearest to each point; the number of vertices if none is.

    One vertex after the other, for all points: points x vertices never stand in memory.

    Args:
        p: points, mm.
        vertices: mm.
        chosen: which of them may be the nearest.
    """

    def squared(p, c, r):
        away = sum(jnp.square(p[..., k] - c[k]) for k in range(3))
        return jnp.where(r > 0.0, away, jnp.inf)

    start = jnp.full(p.shape[:-1], FARTHEST)
    return least.winner(squared, p, vertices, chosen.astype(p.dtype), start)


def _icp(prediction, batch, pairs, template, model):
    """Surfaces of the views `pairs.here` against points of the views `pairs.there`."""

    # Points far apart tell as much as all: neighbours pull at the same vertices.
    stride = -(-prediction.points.shape[2] // model.icp_points)

    def one(vertices, p, valid):
        p, valid = p[::stride], valid[::stride]
        still = jax.lax.stop_gradient(vertices)
        front = meshes.front_facing(still, template.faces, jnp.array([0.0, 0.0, 1.0]))
        index = nearest_vertex(jax.lax.stop_gradient(p), still, front)
        away = p - vertices.at[index].get(mode="clip")
        return _mean(distance(away), valid & (index < len(vertices)))

    surface = prediction.refined if model.icp_on == "refined" else prediction.vertices
    moved = _across(surface, batch, pairs)
    there = pairs.there
    p, valid = prediction.points[:, there], prediction.points_valid[:, there]
    each = over_views(one)(moved, p, valid)
    return mean_of_views(each[..., None], pairs.valid)


def _lifting(prediction, batch, pairs, model):
    """Coordinate maps of `pairs.here` at correspondences of `pairs.there`."""
    look = partial(mesh_grid.sample, window=model.window, sigma=model.sigma)
    J, there = prediction.grid, pairs.there
    flat = _across(J.reshape(*J.shape[:2], -1, 3), batch, pairs)
    moved = flat.reshape(*flat.shape[:2], *J.shape[2:])
    lifted = over_views(look)(moved, prediction.coordinates[:, there])
    p, valid = prediction.points[:, there], prediction.points_valid[:, there]
    each = over_views(lambda away, valid: _mean(distance(away), valid))
    return mean_of_views(each(p - lifted, valid)[..., None], pairs.valid)


class _Pairs(NamedTuple):
    """Views whose surface is compared with what others saw; `valid` where both are."""

    here: Int[np.ndarray, "pairs"]
    there: Int[np.ndarray, "pairs"]
    valid: Bool[Array, "batch pairs"]


def _own(batch: Batch) -> _Pairs:
    """Every view with itself."""
    here, there = view_pairs(batch.views.valid.shape[1], "own").T
    return _Pairs(here, there, batch.views.valid)


def _others(batch: Batch) -> _Pairs:
    """Every view with each other one."""
    valid = batch.views.valid
    here, there = view_pairs(valid.shape[1], "all").T
    # A single view has no other; itself, which does not count, keeps the shapes.
    chosen = (here != there) | (valid.shape[1] == 1)
    here, there = here[chosen], there[chosen]
    return _Pairs(here, there, valid[:, here] & valid[:, there] & (here != there))


def _across(
    points: Float[Array, "batch view points 3"], batch: Batch, pairs: _Pairs
) -> Float[Array, "batch pairs points 3"]:
    """Points estimated in `pairs.here` in the crop frames of `pairs.there`, mm."""
    world = to_world(points, batch.views)
    rig = crop_from_world(batch.views)
    return over_views(transforms.apply)(rig[:, pairs.there], world[:, pairs.here])


def _mean(values: Float[Array, "n"], valid: Bool[Array, "n"]) -> Float[Array, ""]:
    count = jnp.maximum(jnp.sum(valid), 1)
    return jnp.sum(jnp.where(valid, values, 0.0)) / count
