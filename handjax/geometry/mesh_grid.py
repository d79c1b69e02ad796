"""Soft extension of points to a grid, and sampling of the grid at points.

A point between the cells of a grid is held by a window of them, each with a weight.
Extension hands a point's features out by these weights; sampling collects what the
cells have by the same. Each is the other's adjoint, so that a round trip blurs.

Weights are products of one for the column and one for the row, since the softmax of a
sum over a rectangle is a product of softmaxes. That is why nothing here ever holds a
number for every pair of points and cells. Sampling holds one for every point, row and
channel, which is less for a map of few channels alone.

Notation, shared by every function here and by the tests:
    m: coordinates of points, cells, (points, 2): column to the right, row down; cell
        centres at whole numbers.
    f: features of points, (points, channels).
    wx, wy: weights of columns and of rows, (points, columns) and (points, rows).
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from handjax.geometry.precision import einsum, matmul

WINDOW = 8
"""Cells along each side of a window. Source: [wan2020] Sec. 3.5."""
SIGMA = 0.5
"""Of the softmax, 1 / cells^2. Source: [wan2020] Eq. (2)."""
FEW = 1e-2
"""Added to a cell's weight where it divides: what all but nothing reached has 0."""


class Extension(NamedTuple):
    """What points left on a grid.

    Attributes:
        features: sums of the points' features by weight, as in Eq. (1).
        occupancy: sums of the weights.
    """

    features: Float[Array, "rows columns channels"]
    occupancy: Float[Array, "rows columns"]


def axis_weights(
    x: Float[Array, "points"], cells: int, *, window: int = WINDOW, sigma: float = SIGMA
) -> Float[Array, "points cells"]:
    """How much of a point each cell along one axis holds.

        w_n = exp(-sigma (n - x)^2) / sum_l exp(-sigma (l - x)^2)

    n and l run over those `window` cells around x that there are: beside the border
    the weights of the others make up one too. A point beyond the border is held by
    the cells along it.

    Args:
        x: coordinates, cells.
        cells: along the axis.
        window: how many cells hold a point, even.
        sigma: 1 / cells^2.

    Source: [wan2020] Eq. (2).
    """
    cell = jnp.arange(cells)
    first = jnp.floor(jnp.clip(x, 0.0, cells - 1.0)) - (window // 2 - 1)
    away = cell - first[:, None]
    within = (away >= 0) & (away < window)
    logits = -sigma * jnp.square(cell - x[:, None])
    return jax.nn.softmax(jnp.where(within, logits, -jnp.inf), axis=-1)


def extend(
    f: Float[Array, "points channels"],
    m: Float[Array, "points 2"],
    rows: int,
    columns: int,
    *,
    weights: Float[Array, "points"] | None = None,
    window: int = WINDOW,
    sigma: float = SIGMA,
) -> Extension:
    """Hand the features of points out to the cells around them.

        F_n = sum_p w_n(p) f_p

    A row of cells after the other: memory goes with points and columns, forward and
    backward.

    Args:
        f: features.
        m: coordinates, cells.
        rows: of the grid.
        columns: of the grid.
        weights: of points; 0 leaves one out, whatever its coordinates. All 1 if None.
        window: cells along each side of a window.
        sigma: of the softmax, 1 / cells^2.

    Source: [wan2020] Eqs. (1)-(2).
    """
    if weights is not None:
        # 0 times what is not finite would not be 0.
        counted = weights[:, None] > 0.0
        f, m = jnp.where(counted, f, 0.0), jnp.where(counted, m, 0.0)
    wx, wy = _both(m, rows, columns, window, sigma)
    if weights is not None:
        wy = wy * weights[:, None]
    ones = jnp.ones_like(f[:, :1])
    f = jnp.concatenate([f, ones], axis=-1)

    # Backward it would otherwise keep points x rows x columns after all.
    @jax.checkpoint
    def row(wy: Float[Array, "points"]) -> Float[Array, "columns channels"]:
        return matmul(wx.T, wy[:, None] * f)

    sums = jax.lax.map(row, wy.T)
    return Extension(sums[..., :-1], sums[..., -1])


def average(extension: Extension) -> Float[Array, "rows columns channels"]:
    """Mean of the features that reached each cell; towards 0 where few did."""
    return extension.features / (extension.occupancy + FEW)[..., None]


def sample(
    grid: Float[Array, "rows columns channels"],
    m: Float[Array, "points 2"],
    *,
    window: int = WINDOW,
    sigma: float = SIGMA,
) -> Float[Array, "points channels"]:
    """Collect what the cells around points have.

        f_p = sum_n w_n(p) F_n

    Args:
        grid: F.
        m: coordinates, cells.
        window: cells along each side of a window.
        sigma: of the softmax, 1 / cells^2.

    Source: [wan2020] Sec. 3.3, Eq. (2).
    """
    wx, wy = _both(m, grid.shape[0], grid.shape[1], window, sigma)
    # Points x rows x channels: of a coordinate map as little as it can be.
    return einsum("pr,prd->pd", wy, einsum("pc,rcd->prd", wx, grid))


def _both(m, rows, columns, window, sigma):
    """Weights of columns and of rows."""
    wx = axis_weights(m[:, 0], columns, window=window, sigma=sigma)
    return wx, axis_weights(m[:, 1], rows, window=window, sigma=sigma)
