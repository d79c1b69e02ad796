"""A fit's starts from a network's estimate: spheres to the hand that carries them."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from handjax.data.crop import views_from_frame
from handjax.fitting import starts
from handjax.fitting.model import STRIDE, Variables, pivot, pose
from handjax.geometry import alignment, transforms
from handjax.geometry.cameras import Pinhole
from handjax.hands.articulate import articulate
from handjax.hands.poses import limits_violation
from handjax.hands.spheres import PALM
from handjax.hands.template import Template
from handjax.refine import refine

COUNT, STEPS, RATE = 16, 150, 0.05
"""Hands that are refined towards the estimate, and how."""
SHAPE_COST = 20.0
"""Of a squared standard deviation of shape, in squared mm a sphere; ours."""
LIMIT_COST = 1e3
"""Of a squared radian beyond a joint's limit, likewise."""


def estimate(
    found: Any,
    depth: Float[np.ndarray, "height width"],
    camera: Pinhole,
    centre: Float[np.ndarray, "3"],
) -> Float[Array, "41 3"]:
    """Sphere centres that trained weights see in a frame, in the camera's frame, mm.

    Args:
        found: `handjax.weights.Weights` of a method that estimates spheres.
        depth: mm; 0 where nothing was measured.
        camera: that took the frame.
        centre: of the hand, in the camera's frame, mm.
    """
    # Weights bring Flax with them, which a fit without a network does not need.
    from handjax.batch import Batch, Labels
    from handjax.experiment import assemble

    method = assemble(found.config).method
    views = views_from_frame(jnp.asarray(depth), camera, centre=jnp.asarray(centre))
    batch = Batch(views, None, Labels())
    key = jax.random.key(0)
    prediction, _ = method.predict(
        found.params, found.state, batch, key=key, train=False
    )
    return method.joints(prediction, batch)["centres41"][0]


def towards(
    template: Template, centres: Float[Array, "41 3"], rng: np.random.Generator
) -> Variables:
    """The hand whose spheres are nearest to those given, leaves (1, ...).

    Begins with the palm where the estimate has it and fingers between named poses, and
    goes downhill from a batch of these.

    Args:
        template: the hand at rest.
        centres: in the fit frame, mm.
        rng: of the fingers to begin with.
    """
    palm = slice(0, PALM)
    T = alignment.align_rigid(template.sphere_centres[palm], centres[palm])
    place = transforms.apply(T, pivot(template)) / STRIDE
    begun = starts.as_variables(
        np.broadcast_to(np.asarray(T[:3, :3]), (COUNT, 3, 3)),
        np.broadcast_to(np.asarray(place), (COUNT, 3)),
        rng.uniform(size=(COUNT, 1, 1)) * starts.between_named(rng, COUNT),
        np.zeros((COUNT, len(template.shape_joints))),
        np.zeros(COUNT),
    )
    return _nearest(template, centres, begun)


@jax.jit
def _nearest(template: Template, centres: Array, begun: Variables) -> Variables:
    """The best that a batch of hands comes to."""
    objective = jax.vmap(partial(_apart, template, centres))
    found = refine(objective, begun, STEPS, learning_rate=RATE)
    best = jnp.argmin(found.energy)
    return jax.tree.map(lambda leaf: leaf[best][None], found.variables)


def _apart(template: Template, centres: Array, variables: Variables) -> Array:
    """Mean squared distance of the spheres, mm^2, and what is no hand."""
    hand = articulate(template, pose(template, variables))
    apart = jnp.mean(jnp.sum(jnp.square(hand.centres - centres), axis=-1))
    beyond = jnp.sum(jnp.square(limits_violation(variables.angles)[1:]))
    far_out = jnp.sum(jnp.square(variables.shape))
    return apart + LIMIT_COST * beyond + SHAPE_COST * far_out
