"""One hand's pose and shape as another hand has them: ours as MANO's, and back.

    mano = load("MANO_RIGHT.pkl")  # handjax.hands.mano
    link = make_link("hand_790", mano.template)
    theirs = to_theirs(link, pose)  # a pose of ours
    official_from_pose(mano, theirs.pose)  # MANO's 3 + 45 + 10 + 3 numbers
    ours = to_ours(link, theirs.pose)

Parameters of two hands mean different flesh: what is kept is where the hand is. Ours
is laid over the other at rest, bone on bone (`hands.borrowed`), so that each vertex of
the other has a place on our surface. The closed form from key points (`inverse.start`)
is where a fit starts; Levenberg and Marquardt's method brings these places together,
and key points as far as they are the same. Joints stay within the limits of the hand
that is fitted: what a pose turns about other axes is lost.

Notation, shared by every function here and by the tests:
    p: places on the surface of the hand that is fitted, mm, (places, 3).
    q: where the other hand has them, mm.
    x, y: key points likewise, mm, (21, 3).
    n: number of variables' directions, as in `inverse.chain`.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from handjax.geometry import rotations
from handjax.geometry.precision import einsum
from handjax.hands.articulate import (
    Pose,
    articulate,
    keypoints,
    rotations_from_angles,
)
from handjax.hands.borrowed import places
from handjax.hands.inverse import chain, prior, start
from handjax.hands.inverse.chain import Variables
from handjax.hands.inverse.descent import System, pressed, solve
from handjax.hands.template import Template, load_template

PLACES = 256
"""Of the surface, evenly among the other's vertices."""
OF_SURFACE, OF_JOINTS = 1.0, 4.0
"""How far places and key points of two hands may be apart, standard deviation, mm.
Joints are not at quite the same place in the flesh of two hands."""
OF_PRIOR = 0.3
"""Weight of the prior on angles: of use where the surface says little, as of twist."""
_ROOT = np.linalg.cholesky(prior.PRECISION).T
DAMPING, EASE, PRESS = 1e-1, 0.1, 5.0
STEPS = 12
CORNERS = 3


class Link(NamedTuple):
    """Two hands at rest, and which places on them are the same.

    Attributes:
        ours: a level of the built-in hand.
        theirs: another hand, right one.
        vertices: of theirs, those that have a place.
        corners: of ours, the vertices around each place.
        weights: barycentric coordinates among these.
    """

    ours: Template
    theirs: Template
    vertices: Int[Array, "places"]
    corners: Int[Array, "places 3"]
    weights: Float[Array, "places 3"]


class Converted(NamedTuple):
    """A hand as another has it.

    Attributes:
        pose: of the hand that was fitted.
        keypoints: how far key points of the two are apart, mean, mm.
        surface: how far their places are, mean, mm.
    """

    pose: Pose
    keypoints: Float[Array, ""]
    surface: Float[Array, ""]


def make_link(level: str, theirs: Template) -> Link:
    """Lay a level of the built-in hand over another hand; once, on the host.

    Args:
        level: one of `template.LEVELS`; "hand_790" is about as fine as MANO.
        theirs: MANO's template, or a glTF hand's.
    """
    ours = load_template(level)
    at = places(theirs, level)
    count = len(theirs.vertices)
    chosen = np.unique(np.linspace(0, count - 1, PLACES).astype(np.int32))
    corners = np.asarray(ours.faces)[at.faces[chosen]]
    return Link(
        ours,
        theirs,
        jnp.asarray(chosen),
        jnp.asarray(corners, jnp.int32),
        jnp.asarray(at.weights[chosen], jnp.float32),
    )


class Goal(NamedTuple):
    """Where a hand is to be.

    Attributes:
        corners, weights: of the places on the hand that is fitted.
        q, y: where places and key points are wanted.
    """

    corners: Int[Array, "places 3"]
    weights: Float[Array, "places 3"]
    q: Float[Array, "places 3"]
    y: Float[Array, "21 3"]


@jax.jit
def to_theirs(link: Link, pose: Pose) -> Converted:
    """A pose of ours as one of theirs, of the likeliest shape."""
    hand = articulate(link.ours, pose)
    q = _places(hand.vertices, link.corners, link.weights)
    corners = jnp.repeat(link.vertices[:, None], CORNERS, axis=1)
    weights = jnp.zeros_like(link.weights).at[:, 0].set(1.0)
    return _fit(link.theirs, Goal(corners, weights, q, keypoints(hand)))


@jax.jit
def to_ours(link: Link, pose: Pose) -> Converted:
    """A pose of theirs as one of ours, of the likeliest shape."""
    hand = articulate(link.theirs, pose)
    q = hand.vertices[link.vertices]
    return _fit(link.ours, Goal(link.corners, link.weights, q, keypoints(hand)))


def _fit(template: Template, goal: Goal) -> Converted:
    """The hand of a template that is where it is to be.

    Source: Marquardt 1963, with limits as in `inverse.descent`.
    """
    limits, sure = chain.limits(template), jnp.ones(len(goal.y))
    free = jnp.broadcast_to(jnp.array([-jnp.inf, jnp.inf]), limits.shape)

    def step(carry, _):
        variables, damping = carry

        def off(by):
            # Limits would cut off slopes where they are reached.
            return _residuals(template, goal, chain.move(variables, by, free))

        still = jnp.zeros(6 + len(limits) + len(variables.shape))
        r, J = off(still), jax.jacfwd(off)(still)
        system = System(
            0.5 * jnp.sum(r**2), einsum("in,i->n", J, r), einsum("in,im->nm", J, J)
        )
        by = solve(system, damping, pressed(variables, system.g, limits))
        moved = chain.move(variables, by, limits)
        better = 0.5 * jnp.sum(_residuals(template, goal, moved) ** 2) < system.e
        kept = jax.tree.map(lambda a, b: jnp.where(better, a, b), moved, variables)
        return (kept, damping * jnp.where(better, EASE, PRESS)), None

    carry = start.start(template, goal.y, sure), jnp.array(DAMPING)
    (found, _), _ = jax.lax.scan(step, carry, None, length=STEPS)
    p, x = _seen(template, goal, found)
    return Converted(_pose(template, found), _mean(x - goal.y), _mean(p - goal.q))


def _residuals(
    template: Template, goal: Goal, variables: Variables
) -> Float[Array, "residuals"]:
    """What is least, by its squares: key points weigh as much as all places do."""
    p, x = _seen(template, goal, variables)
    share = (len(p) / len(x)) ** 0.5
    usual = einsum("kl,l->k", jnp.asarray(_ROOT), variables.angles - prior.MEAN)
    parts = (
        (p - goal.q) / OF_SURFACE,
        share * (x - goal.y) / OF_JOINTS,
        variables.shape,
        OF_PRIOR * usual,
    )
    return jnp.concatenate([part.ravel() for part in parts])


def _seen(template: Template, goal: Goal, variables: Variables) -> tuple[Array, Array]:
    """p and x of a hand."""
    hand = articulate(template, _pose(template, variables))
    return _places(hand.vertices, goal.corners, goal.weights), keypoints(hand)


def _pose(template: Template, variables: Variables) -> Pose:
    turns = rotations_from_angles(template, chain.all_angles(variables.angles))
    turns = turns.at[0].set(rotations.axis_angle_from_matrix(variables.R))
    return Pose(turns, variables.translation, variables.shape)


def _places(vertices: Array, corners: Array, weights: Array) -> Array:
    return jnp.sum(vertices[corners] * weights[..., None], axis=1)


def _mean(away: Float[Array, "n 3"]) -> Float[Array, ""]:
    return jnp.mean(jnp.sqrt(jnp.sum(away**2, axis=-1)))
