"""What a fit minimises: how spheres and evidence disagree, and what hands don't do.

Notation, shared by every function here and by the tests:
    c, r: centres and radii of the spheres, mm; the hand's 41 come first.
    D, G: depth of the evidence and of the spheres, mm, (height, width).
    rho(d) = s (1 - exp(-d / s)): d mm while small, never more than s; s is `ENOUGH`.
"""

from functools import lru_cache
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from handjax.batch import FAR
from handjax.fitting.evidence import PITCH, Evidence, axes
from handjax.fitting.model import Variables, build
from handjax.geometry import spheres as balls
from handjax.geometry.precision import matmul
from handjax.hands import poses, spheres
from handjax.hands.articulate import articulate, rest_pose
from handjax.hands.skeleton import FINGERS, POSED
from handjax.hands.template import Template
from handjax.losses import weigh

ENOUGH = 25.0
"""What is farther away than this, mm, is of something else."""

EVERY = 2
"""One ray is cast for every so many rows and columns of the evidence."""

INSET = 0.8
"""How much of a sphere must be within the outline, as a share of its radius."""

TOUCH = 3.0
"""How much deeper than at rest spheres may reach into one another, mm."""

COUPLING = 0.6
"""Flexion of a finger's end joint over that of its middle joint."""

# Standard deviations: of an angle beside what the named poses say, degrees; of the
# wrist's flexion and deviation, radians; of the logarithm of the forearm's girth.
LOOSE = 12.0
WRIST = (0.9, 0.35)
GIRTH = 0.15

# Chosen by `benchmarks/fit.py` on simulated frames.
WEIGHTS = {
    "data_to_model": 1.0,
    "model_to_data": 0.5,
    "outline": 0.5,
    "limits": 20.0,
    "habit": 0.5,
    "coupling": 0.3,
    "sideways": 0.3,
    "wrist": 0.5,
    "shape": 0.08,
    "collision": 0.02,
}

_MIDDLE = np.array([POSED.index(f"{finger}_pip") for finger in FINGERS[1:]])


class Habits(NamedTuple):
    """What is known of hands before any is seen; constant over a fit.

    Attributes:
        mean: of the angles of the posed joints but the wrist, radians.
        precision: inverse covariance of these angles, joints by axes.
        overlap: how deep pairs of spheres reach into one another at rest, mm.
    """

    mean: Float[Array, "16 3"]
    precision: Float[Array, "48 48"]
    overlap: Float[Array, "pairs"]


def habits(template: Template) -> Habits:
    """Mean and spread of the named poses, and the resting hand's overlaps."""
    mean, precision = _named_poses()
    hand = articulate(template, rest_pose(template))
    overlap = balls.overlap(hand.centres, hand.radii, jnp.asarray(spheres.PAIRS))
    return Habits(jnp.asarray(mean), jnp.asarray(precision), overlap)


@lru_cache
def _named_poses() -> tuple[np.ndarray, np.ndarray]:
    named = np.stack(list(poses.NAMED.values()))[:, 1:].reshape(len(poses.NAMED), -1)
    loose = np.deg2rad(LOOSE) ** 2 * np.eye(named.shape[1])
    precision = np.linalg.inv(np.cov(named.T) + loose)
    mean = named.mean(axis=0).reshape(-1, 3)
    return mean.astype(np.float32), precision.astype(np.float32)


def terms(
    template: Template, known: Habits, evidence: Evidence, variables: Variables
) -> dict[str, Float[Array, ""]]:
    """Every term of the energy of one hand; those of distances in mm."""
    hand, c, r = build(template, variables, evidence.has_arm)
    angles, limits = variables.angles, template.limits[1:]
    middle, end = angles[_MIDDLE, 0], angles[_MIDDLE + 1, 0]
    pairs = jnp.asarray(spheres.PAIRS)
    return {
        "data_to_model": data_to_model(evidence, c, r),
        "model_to_data": model_to_data(evidence, c, r),
        "outline": outline(evidence, c, r),
        "limits": jnp.sum(poses.limits_violation(angles[1:], limits) ** 2),
        "habit": habit(known, angles[1:]),
        "coupling": jnp.sum((end - COUPLING * middle) ** 2),
        "sideways": jnp.sum(angles[1:, 1:] ** 2),
        "wrist": jnp.sum((angles[0, :2] / jnp.array(WRIST)) ** 2),
        "shape": jnp.sum(variables.shape**2) + (variables.girth / GIRTH) ** 2,
        "collision": balls.collision(
            hand.centres, hand.radii, pairs, known.overlap + TOUCH
        ),
    }


def energy(
    template: Template, known: Habits, evidence: Evidence, variables: Variables
) -> Float[Array, ""]:
    """The weighted sum of the terms."""
    return weigh(terms(template, known, evidence, variables), WEIGHTS)


def data_to_model(
    evidence: Evidence, c: Float[Array, "spheres 3"], r: Float[Array, "spheres"]
) -> Float[Array, ""]:
    """How far what was measured is from the spheres.

        mean_p rho(min_j abs(|p - c_j| - r_j))

    Source: [wan2019] Eqs. (9)-(11), made robust by rho.
    """
    return jnp.mean(_rho(balls.point_to_spheres(evidence.points, c, r)))


def model_to_data(
    evidence: Evidence, c: Float[Array, "spheres 3"], r: Float[Array, "spheres"]
) -> Float[Array, ""]:
    """How far what the spheres would show is from what was measured.

        sum rho(|G - D|) / number of rays on which something was measured

    A ray that meets a surface in one of the two and none in the other costs s. It
    has no gradient, but `outline` has.

    Source: [wan2019] Eqs. (5)-(8), made robust by rho.
    """
    grid = jnp.asarray(axes()[EVERY // 2 :: EVERY])
    D, known = (
        image[EVERY // 2 :: EVERY, EVERY // 2 :: EVERY]
        for image in (evidence.depth, evidence.known)
    )
    G = balls.ray_cast(grid, grid, c, r, jnp.inf)
    met, seen = jnp.isfinite(G), D < FAR
    both = _rho(jnp.abs(jnp.where(met, G, D) - D))
    cost = jnp.where(met & seen, both, jnp.where(met | seen, ENOUGH, 0.0))
    return jnp.sum(known * cost) / jnp.maximum(jnp.sum(seen), 1)


def outline(
    evidence: Evidence, c: Float[Array, "spheres 3"], r: Float[Array, "spheres"]
) -> Float[Array, ""]:
    """How far spheres stick out over the background.

        sum_j rho(max(outside(c_j) + 0.8 r_j, 0)) / 41

    with the signed distance from where a hand can be. Beyond the crop, the hand's
    spheres are outside; the forearm's may be anywhere.

    Source: the silhouette term of Tagliasacchi et al., Robust articulated-ICP, 2015.
    """
    distance, beyond = _at(evidence.outside, c[:, :2])
    arm = jnp.arange(len(r)) >= len(spheres.NAMES)
    sticking = jnp.maximum(distance + INSET * r, 0.0) + beyond
    sticking = jnp.where((r > 0.0) & ~(arm & (beyond > 0.0)), sticking, 0.0)
    return jnp.sum(_rho(sticking)) / len(spheres.NAMES)


def habit(known: Habits, angles: Float[Array, "16 3"]) -> Float[Array, ""]:
    """Squared distance of the angles from the named poses, in standard deviations.

    (a - m)^T P (a - m) / 48
    """
    a = (angles - known.mean).reshape(-1)
    return jnp.dot(a, matmul(known.precision, a[:, None])[:, 0]) / len(a)


def _rho(distance: Array) -> Array:
    return ENOUGH * (1.0 - jnp.exp(-distance / ENOUGH))


def _at(image: Array, xy: Float[Array, "places 2"]) -> tuple[Array, Array]:
    """A picture of the crop between its pixels, and how far places are beyond it."""
    last = len(image) - 1
    at = jnp.clip((xy - axes()[0]) / PITCH, 0.0, last - 1e-3)
    u, v = jnp.floor(at).astype(jnp.int32).T
    a, b = (at - jnp.floor(at)).T
    above = (1.0 - a) * image[v, u] + a * image[v, u + 1]
    below = (1.0 - a) * image[v + 1, u] + a * image[v + 1, u + 1]
    beyond = jnp.sum(jnp.maximum(jnp.abs(xy) - FAR, 0.0), axis=-1)
    return (1.0 - b) * above + b * below, beyond
