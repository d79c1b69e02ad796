"""Heat-maps: a point of space as a picture of where it is, and back.

Notation, shared by every function here and by the tests:
    h: heat-map over pixels, (height, width).
    d: latent depth map over the same pixels, mm, (height, width).
    beta: annealing factor of the softmax; alpha in [wan2019].
"""

from typing import Literal, get_args

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from handjax.geometry import cameras

Normalisation = Literal["softmax", "relu"]
NORMALISATIONS = get_args(Normalisation)
"""How a heat-map becomes weights: as printed, or as in the released code."""


def gaussian(
    uv: Float[Array, "2"], height: int, width: int, sigma: Float[ArrayLike, ""]
) -> Float[Array, "height width"]:
    """A bump of height one.

        h(u, v) = exp(-|(u, v) - uv|^2 / (2 sigma^2))

    Args:
        uv: where the bump stands, pixels; may lie outside the picture.
        sigma: its standard deviation, pixels.
    """
    u = (jnp.arange(width) - uv[0]) / sigma
    v = (jnp.arange(height) - uv[1]) / sigma
    return jnp.exp(-0.5 * v**2)[:, None] * jnp.exp(-0.5 * u**2)


def gaussians(
    uv: Float[Array, "points 2"], pixels: int, size: int, sigma: Float[ArrayLike, ""]
) -> Float[Array, "points size size"]:
    """`gaussian` of points of a picture, in maps that are coarser than it.

    Args:
        uv: where the points are in the picture, pixels.
        pixels: edge of the picture.
        size: edge of the maps.
        sigma: standard deviation, pixels of the maps.
    """
    places = cameras.crop_pixels(uv, jnp.zeros(2), jnp.full(2, size / pixels))
    return jax.vmap(lambda at: gaussian(at, size, size, sigma))(places)


def depth_label(
    heatmap: Float[Array, "height width"],
    z: Float[ArrayLike, ""],
    *,
    threshold: float = 0.0,
) -> Float[Array, "height width"]:
    """Label of the latent depth map: the point's depth wherever its heat-map is lit.

        d(u, v) = z if h(u, v) > threshold else 0

    Args:
        z: depth of the point, mm.
        threshold: 0 as printed, 0.05 in the authors' code (a Gaussian is never 0).

    Source: [wan2019] Eq. (3).
    """
    return jnp.where(heatmap > threshold, z, 0.0)


def soft_argmax(
    heatmap: Float[Array, "height width"], *, beta: float = 10.0
) -> Float[Array, "2"]:
    """Mean pixel under the softmax of a heat-map.

        (u, v) = sum_i (u_i, v_i) softmax(beta h)_i

    An all-equal map gives the picture's middle.

    Args:
        beta: 10 as printed, 20 in the authors' code.

    Returns:
        (u, v) in pixels.

    Source: [wan2019] Eq. (1).
    """
    weights = _softmax(beta * heatmap)
    u = jnp.sum(weights.sum(axis=0) * jnp.arange(heatmap.shape[1]))
    v = jnp.sum(weights.sum(axis=1) * jnp.arange(heatmap.shape[0]))
    return jnp.stack([u, v])


def integrate_depth(
    heatmap: Float[Array, "height width"],
    depth: Float[Array, "height width"],
    *,
    beta: float = 10.0,
    normalisation: Normalisation = "softmax",
) -> Float[Array, ""]:
    """Mean of a latent depth map, weighted by a heat-map.

        z = sum_i d_i w_i
        softmax: w = softmax(beta h)                  as printed
        relu:    w = max(h, 0) / (sum max(h, 0) + e)  the authors' code, e = 1e-5

    The two part company where a network's background is not far below its peak: the
    softmax then weighs every background pixel, the other form none. A map
    without a positive value gives 0 in the second form.

    Args:
        depth: latent depth map, mm.
        beta: annealing factor of the softmax; unused by "relu".

    Source: [wan2019] Eq. (2).
    """
    if normalisation not in NORMALISATIONS:
        raise ValueError(
            f"normalisation must be one of {NORMALISATIONS}, got {normalisation!r}"
        )
    if normalisation == "softmax":
        weights = _softmax(beta * heatmap)
    else:
        positive = jax.nn.relu(heatmap)
        weights = positive / (positive.sum() + 1e-5)
    return jnp.sum(weights * depth)


def _softmax(logits: Float[Array, "height width"]) -> Float[Array, "height width"]:
    return jax.nn.softmax(logits, axis=(0, 1))
