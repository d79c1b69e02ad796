"""The network of wan_spheres: a depth image to maps, maps to sphere centres."""

from functools import partial
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from handjax.batch import Batch, Views
from handjax.geometry import cameras, heatmaps
from handjax.methods.method import Config
from handjax.methods.views import UNIT, over_views, seen
from handjax.methods.wan_spheres import palm
from handjax.networks.hourglass import StackedHourglass

SPHERES = 41
STRIDE = 4
"""Pixels of the picture per pixel of a heat-map."""


class Prediction(NamedTuple):
    """What the network says about each view on its own, in the view's crop frame.

    Attributes:
        heatmaps: h of every stack.
        depths: d of every stack.
        stack_centres: c of every stack, mm.
        centres: c of the last stack, mm.
        radii: r, mm.
        palm: the palm's 11 centres after the denoiser, mm.
        draws: normal, for losses that are random.
    """

    heatmaps: Float[Array, "batch view stack 41 h w"]
    depths: Float[Array, "batch view stack 41 h w"]
    stack_centres: Float[Array, "batch view stack 41 3"]
    centres: Float[Array, "batch view 41 3"]
    radii: Float[Array, "41"]
    palm: Float[Array, "batch view 11 3"]
    draws: Float[Array, "batch view 123"]


def network(config: Config) -> StackedHourglass:
    """The hourglass that a config describes."""
    return StackedHourglass(
        maps=2 * SPHERES,
        widths=tuple(config.widths),
        stacks=config.stacks,
        blocks=config.blocks,
        dtype=jnp.dtype(config.dtype),
    )


def network_input(views: Views) -> Float[Array, "images height width 1"]:
    """D of every view, in units of `UNIT`."""
    D, _ = seen(views)
    return D.reshape(-1, *D.shape[2:], 1) / UNIT


def map_camera(camera: cameras.Orthographic) -> cameras.Camera:
    """The crop's camera at the resolution of the heat-maps."""
    return cameras.crop(camera, jnp.zeros(2), jnp.full(2, 1.0 / STRIDE))


def integrate(
    h: Float[Array, "h w"],
    d: Float[Array, "h w"],
    camera: cameras.Orthographic,
    *,
    beta: float,
    normalisation: Literal["softmax", "relu"],
) -> Float[Array, "3"]:
    """A sphere's centre from its two maps.

    Source: [wan2019] Eqs. (1)-(2).
    """
    uv = heatmaps.soft_argmax(h, beta=beta)
    z = heatmaps.integrate_depth(h, d, beta=beta, normalisation=normalisation)
    return cameras.unproject(map_camera(camera), uv, UNIT * z)


def predict(
    params, state, batch: Batch, *, key, train, config: Config, radii
) -> tuple[Prediction, Any]:
    """Maps and centres of every view, the same in training and in use."""
    del train
    D, camera = seen(batch.views)
    images = network_input(batch.views)
    stacks: Any = network(config).apply(params["network"], images)
    maps = jnp.stack([jnp.moveaxis(maps, -1, 1) for maps in stacks], axis=1)
    h, d = jnp.split(maps.reshape(*D.shape[:2], *maps.shape[1:]), 2, axis=3)
    one = partial(integrate, beta=config.beta, normalisation=config.normalisation)
    over_maps = jax.vmap(jax.vmap(one, (0, 0, None)), (0, 0, None))
    centres = over_views(over_maps)(h, d, camera)
    draws = jax.random.normal(key, (*D.shape[:2], 3 * SPHERES))
    denoised = palm.denoise(params["denoiser"], centres[:, :, -1])
    return Prediction(h, d, centres, centres[:, :, -1], radii, denoised, draws), state
