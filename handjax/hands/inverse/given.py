"""What a caller gives to a fit: looked over, and with the axes of its batch."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, ArrayLike, Float

from handjax.geometry import cameras
from handjax.hands.inverse.start import PALM
from handjax.hands.skeleton import KEYPOINTS

SIZES = (12.0, 300.0)
"""How far, at least and at most, a hand's key points are from their mean, mm.

The built-in hand's are 35 in a fist, 62 at rest; a newborn's is a third as long."""

FARTHEST = 1e5
"""Beyond this no hand is told from a picture, mm."""

_TRIANGLE = [KEYPOINTS.index(name) for name in ("wrist", "thumb_cmc")]


def keypoints(
    given: Float[ArrayLike, "..."], axes: int, name: str, unit: str
) -> Float[Array, "*batch 21 axes"]:
    """Key points with any number of axes before the last two.

    Raises:
        ValueError: there are not 21, or not so many numbers each.
    """
    points = _float(given)
    if points.ndim < 2 or points.shape[-2:] != (len(KEYPOINTS), axes):
        raise ValueError(
            f"{name} wants (..., {len(KEYPOINTS)}, {axes}), {unit}, in the order of "
            f"handjax.hands.skeleton.KEYPOINTS; got {points.shape}. Other orders come "
            "over by skeleton.from_dataset; missing key points take any value, and "
            "weight 0"
        )
    return points


def every(
    given: Float[ArrayLike, "..."], shape: tuple[int, ...], name: str
) -> Float[Array, "..."]:
    """A value for every hand of the batch, one for all repeated.

    Raises:
        ValueError: it has another shape.
    """
    value = _float(given)
    wanted = (
        *(1,) * (value.ndim - len(shape)),
        *shape[max(len(shape) - value.ndim, 0) :],
    )
    fits = all(n in (1, m) for n, m in zip(value.shape, wanted, strict=True))
    if value.ndim > len(shape) or not fits:
        raise ValueError(f"{name} wants {shape} or fewer axes; got {value.shape}")
    return jnp.broadcast_to(value, shape)


def weighted(
    points: Float[Array, "*batch 21 axes"],
    weights: Float[ArrayLike, "..."] | None,
    *,
    least: int,
) -> tuple[Float[Array, "*batch 21 axes"], Float[Array, "*batch 21"]]:
    """Points without what is no number, and their weights, 0 there.

    Args:
        points: key points.
        weights: all 1 if None.
        least: how many of the palm's are wanted.

    Raises:
        ValueError: weights don't fit, are negative, or leave too few of the palm.
    """
    w = every(1.0 if weights is None else weights, points.shape[:-1], "weights")
    known = jnp.all(jnp.isfinite(points), axis=-1)
    w = jnp.where(known, w, 0.0)
    if not isinstance(w, Tracer):
        _check(np.asarray(w), least)
    return jnp.where((w > 0.0)[..., None], points, 0.0), w


def above_zero(given: Any, name: str, unit: str) -> None:
    """Refuses what is no number above 0; traced values pass.

    Raises:
        ValueError: it is.
    """
    if isinstance(given, Tracer):
        return
    value = np.asarray(given)
    for odd in value[~(np.isfinite(value) & (value > 0.0))].ravel()[:1]:
        raise ValueError(f"{name} wants {unit} above 0; got {odd}")


def _check(w: np.ndarray, least: int) -> None:
    if not (w >= 0.0).all() or not np.isfinite(w).all():
        raise ValueError(f"weights wants numbers from 0; got {w.min()} among them")
    palm = w[..., list(PALM)] > 0.0
    enough = (palm.sum(axis=-1) >= least) & (w[..., _TRIANGLE] > 0.0).any(axis=-1)
    if not enough.all():
        wanted = ", ".join(KEYPOINTS[k] for k in PALM)
        hand = tuple(int(k) for k in np.argwhere(~enough)[0])
        have = ", ".join(KEYPOINTS[k] for k in PALM if w[*hand, k] > 0.0) or "none"
        raise ValueError(
            f"weights wants at least {least} key points of the palm above 0 "
            f"({wanted}), wrist or thumb_cmc among them; got {have}"
            + (f" in hand {', '.join(map(str, hand))}" if hand else "")
        )


def check_size(
    points: Float[Array, "*batch 21 3"], w: Float[Array, "*batch 21"]
) -> None:
    """Refuses key points that are too close together or too far apart for mm.

    Of metres as of pixels a shape could be found that no hand has. Traced values pass.

    Raises:
        ValueError: they are.
    """
    if isinstance(points, Tracer) or isinstance(w, Tracer):
        return
    size = _spread(np.asarray(points), np.asarray(w))
    for odd in size[(size < SIZES[0]) | (size > SIZES[1])]:
        raise ValueError(
            f"joints wants mm, key points {SIZES[0]:g} to {SIZES[1]:g} from their mean "
            f"(root mean square); got {odd:.3g}. Metres come over by a factor of 1000"
        )


def check_seen(
    uv: Float[Array, "*batch 21 2"],
    w: Float[Array, "*batch 21"],
    camera: cameras.Pinhole,
) -> None:
    """Refuses key points that a hand has in no picture of the camera's.

    Key points that all lie in one pixel have no depth, and shares of a picture's width
    would make a hand far beyond what a camera sees. Traced values pass.

    Raises:
        ValueError: they are.
    """
    if isinstance(uv, Tracer) or isinstance(w, Tracer):
        return
    if any(isinstance(leaf, Tracer) for leaf in camera):
        return
    size = _spread(np.asarray(uv / camera.focal[..., None, :]), np.asarray(w))
    for odd in size[size < SIZES[1] / FARTHEST]:
        raise ValueError(
            f"uv wants pixels of the camera; key points {odd:.3g} focal lengths from "
            f"their mean would be of a hand beyond {FARTHEST / 1e3:g} m. Shares of a "
            "picture's width come over by its pixels"
        )


def _spread(points: np.ndarray, w: np.ndarray) -> np.ndarray:
    """How far points are from their weighted mean, root mean square."""
    share = w[..., None] / w.sum(axis=-1)[..., None, None]
    about = points - np.sum(share * points, axis=-2, keepdims=True)
    return np.asarray(np.sqrt(np.sum(share * about**2, axis=(-2, -1))))


def _float(given: Any) -> Array:
    """Floats of their own precision, others of the usual.

    A number's own type is weak, and would have a fit compiled again beside arrays.
    """
    given = np.asarray(given) if isinstance(given, list | tuple) else given
    kind = jnp.result_type(given)
    floats = jnp.issubdtype(kind, jnp.floating)
    return jnp.asarray(given, kind if floats else jnp.result_type(float))
