"""Levenberg and Marquardt's method on a hand's variables, within the joints' limits.

Notation, shared by every function here and by the tests:
    y: what was seen of each key point: x, y, z in mm, or u, v in pixels and z in mm.
    w: how sure that is, 1 over its variance; 0 where nothing was seen.
    e: half the energy, half of sum w (seen(x) - y)^2 + |shape|^2 + the angles' prior.
    H, g: Gauss and Newton's second derivative and the first one, (n, n) and (n,).

Source: Marquardt 1963; limits by holding the variables that press against theirs,
Bertsekas 1982, Projected Newton methods.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Bool, Float

from handjax.geometry import cameras
from handjax.geometry.precision import einsum
from handjax.hands.inverse import chain, prior
from handjax.hands.inverse.chain import Variables
from handjax.hands.template import Template

DAMPING = 1e-1
"""What is added to the second derivative at first, a share of its diagonal."""
EASE, PRESS = 0.1, 5.0
"""What becomes of the damping after a step down, and after one that led up."""
LEAST_DAMPING = 1e-6


class Evidence(NamedTuple):
    """What was seen of one hand.

    Attributes:
        y: of each key point.
        w: how sure, 1 / mm^2 or 1 / pixel^2.
        camera: whose pixels the first two are; None where all are mm.
    """

    y: Float[Array, "21 3"]
    w: Float[Array, "21 3"]
    camera: cameras.Pinhole | None


class System(NamedTuple):
    """The energy and its derivatives where the variables are."""

    e: Float[Array, ""]
    g: Float[Array, "n"]
    H: Float[Array, "n n"]


def descend(
    template: Template,
    evidence: Evidence,
    start: Variables,
    *,
    steps: int,
    hold_shape: bool = False,
) -> tuple[Variables, Float[Array, ""]]:
    """The variables of least energy downhill from the start, and e there.

    Its derivative is that of the minimum, whatever the way there, for Gauss and
    Newton's H:
        d variables = -H^-1 dg, of those that no limit holds
    A known shape moves as it is told to, and the others with it.

    Args:
        template: the hand at rest.
        evidence: of one hand.
        start: within the limits.
        steps: how many are tried.
        hold_shape: whether the start's shape is known and stays.
    """
    return _descend(steps, hold_shape, template, evidence, start)


@partial(jax.custom_jvp, nondiff_argnums=(0, 1))
def _descend(steps, hold_shape, template, evidence, start):
    limits = chain.limits(template)

    def step(carry, _):
        trial, variables, system, damping = carry
        tried = linearise(template, evidence, trial)
        better = tried.e < system.e
        variables, system = jax.tree.map(
            lambda new, old: jnp.where(better, new, old),
            (trial, tried),
            (variables, system),
        )
        damping = jnp.maximum(damping * jnp.where(better, EASE, PRESS), LEAST_DAMPING)
        held = pressed(variables, system.g, limits, hold_shape)
        by = solve(system, damping, held)
        return (chain.move(variables, by, limits), variables, system, damping), None

    # The start is the first trial and better than nothing: `linearise`, which is most
    # of what there is to compile, then stands here once.
    n, kind = 6 + len(limits) + len(start.shape), start.R.dtype
    nothing = System(
        jnp.array(jnp.inf, kind), jnp.zeros(n, kind), jnp.eye(n, dtype=kind)
    )
    carry = start, start, nothing, jnp.array(DAMPING, kind)
    (_, variables, system, _), _ = jax.lax.scan(step, carry, None, length=steps + 1)
    return variables, system.e


@_descend.defjvp
def _descend_jvp(steps, hold_shape, primals, tangents):
    template, evidence, start = primals
    limits = chain.limits(template)
    found, e = _descend(steps, hold_shape, template, evidence, start)
    told = tangents[2].shape if hold_shape else jnp.zeros_like(found.shape)

    def at_the_minimum(template, evidence, shape):
        return linearise(template, evidence, found._replace(shape=shape))

    system, change = jax.jvp(
        at_the_minimum, (template, evidence, found.shape), (*tangents[:2], told)
    )
    held = pressed(found, system.g, limits, hold_shape)
    by = solve(system._replace(g=change.g), LEAST_DAMPING, held)
    still = jnp.zeros_like(by)
    _, moved = jax.jvp(lambda by: chain.move(found, by, limits), (still,), (by,))
    return (found, e), (moved._replace(shape=moved.shape + told), change.e)


def linearise(template: Template, evidence: Evidence, variables: Variables) -> System:
    """e, g and H, without the second derivatives of key points.

    H = J' diag(w) J + that of the priors,  J = d seen(x) / d variables
    """
    x, J = chain.keypoints_and_slopes(template, variables)
    seen = see(evidence.camera, x)
    if evidence.camera is not None:
        each = jax.vmap(jax.jacfwd(lambda x: see(evidence.camera, x)))(x)
        J = einsum("iab,ibn->ian", each, J)
    off = seen - evidence.y
    J, weighted = J.reshape(off.size, -1), (evidence.w[..., None] * J)
    weighted = weighted.reshape(off.size, -1)
    H, g = einsum("in,im->nm", weighted, J), einsum("in,i->n", weighted, off.ravel())
    away = variables.angles - prior.MEAN
    pull = einsum("kl,l->k", jnp.asarray(prior.PRECISION), away)
    pulls = jnp.concatenate([jnp.zeros(6), pull, variables.shape])
    shape = 6 + len(away)
    H = H.at[6:shape, 6:shape].add(prior.PRECISION)
    H = H.at[shape:, shape:].add(jnp.eye(len(variables.shape), dtype=H.dtype))
    priors = jnp.sum(away * pull) + jnp.sum(variables.shape**2)
    return System(0.5 * (jnp.sum(evidence.w * off**2) + priors), g + pulls, H)


def see(
    camera: cameras.Pinhole | None, x: Float[Array, "*points 3"]
) -> Float[Array, "*points 3"]:
    """Points as they are seen: u, v and z, or as they are without a camera."""
    if camera is None:
        return x
    return jnp.concatenate([cameras.project(camera, x), x[..., 2:]], axis=-1)


def pressed(
    variables: Variables,
    g: Float[Array, "n"],
    limits: Float[Array, "angles 2"],
    hold_shape: bool = False,
) -> Bool[Array, "n"]:
    """True for angles that would go beyond their limits and for a known shape."""
    down = (variables.angles <= limits[:, 0]) & (g[6 : 6 + len(limits)] > 0.0)
    up = (variables.angles >= limits[:, 1]) & (g[6 : 6 + len(limits)] < 0.0)
    shape = jnp.full(variables.shape.shape, hold_shape)
    return jnp.concatenate([jnp.zeros(6, bool), down | up, shape])


def solve(
    system: System, damping: Float[ArrayLike, ""], held: Bool[Array, "n"]
) -> Float[Array, "n"]:
    """The step -(H + damping diag(H))^-1 g of the variables that are not held."""
    free = jnp.where(held, 0.0, 1.0)
    # Radians and millimetres differ by a thousand in H; in units of its diagonal the
    # factors of float32 stay sound. Nothing seen leaves zeros there.
    diagonal = jnp.diagonal(system.H)
    unit = free / jnp.sqrt(jnp.where(diagonal > 0.0, diagonal, 1.0))
    H = unit[:, None] * system.H * unit
    eye = jnp.eye(len(unit), dtype=H.dtype)
    factor = jax.scipy.linalg.cho_factor(H + (damping + 1.0 - free) * eye)
    return -unit * jax.scipy.linalg.cho_solve(factor, unit * system.g)
