"""Views of a batch as methods on depth read them, and how terms average over them."""

from collections.abc import Callable
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from handjax.batch import FAR, Views
from handjax.geometry import cameras, transforms

UNIT = 100.0
"""Lengths enter and leave networks in units of this many mm."""

Pairs = Literal["all", "own"]
"""Which views a view's spheres are compared with: every one, or it alone."""


def seen(
    views: Views,
) -> tuple[Float[Array, "batch view height width"], cameras.Orthographic]:
    """D and camera of every view.

    Raises:
        ValueError: the views are not orthographic depth.
    """
    if views.depth is None or not isinstance(views.camera, cameras.Orthographic):
        raise ValueError(
            "this method reads orthographic depth, but these views have depth: "
            f"{views.depth is not None}, {type(views.camera).__name__} cameras; "
            "`data.crop.views_from_frame` makes them from a depth frame"
        )
    # A view that does not exist may hold anything; NaN would reach the gradient even
    # of a term that leaves the view out.
    here = views.valid[..., None, None]
    camera = jax.tree.map(lambda x: jnp.where(here[..., 0], x, 1.0), views.camera)
    return jnp.where(here, views.depth, FAR), camera


def crop_from_world(views: Views) -> Float[Array, "batch view 4 4"]:
    """Of every view; views that do not exist stand nowhere in particular."""
    rigs = views.crop_from_camera, views.camera_from_world
    composed = over_views(transforms.compose)(*rigs)
    return jnp.where(views.valid[..., None, None], composed, jnp.eye(4))


def to_world(
    c: Float[Array, "batch view points 3"], views: Views
) -> Float[Array, "batch view points 3"]:
    """Points of every view's crop frame in the world, mm."""
    world_from_crop = over_views(transforms.invert)(crop_from_world(views))
    return over_views(transforms.apply)(world_from_crop, c)


def view_pairs(count: int, kind: Pairs) -> Int[np.ndarray, "pairs 2"]:
    """(estimated in, compared with) of `count` views."""
    if kind == "own":
        return np.repeat(np.arange(count)[:, None], 2, axis=1)
    return np.argwhere(np.ones((count, count), bool))


def over_views(function: Callable) -> Callable:
    """One example's function for (batch, view, ...)."""
    return jax.vmap(jax.vmap(function))


def mean_of_views(
    values: Float[Array, "batch view *rest"], valid: Bool[Array, "batch view"]
) -> Float[Array, ""]:
    """Mean over the views, or pairs of views, that exist; 0 without any."""
    here = valid.reshape(*valid.shape, *[1] * (values.ndim - valid.ndim))
    each = jnp.where(here, values, 0.0).reshape(*valid.shape, -1).mean(axis=-1)
    return jnp.sum(each) / jnp.maximum(jnp.sum(valid), 1)
