"""The linear model that the correctives are compared with.

What a widely used hand model has, built on our template: a shape that is a sum of ten
directions, and correctives that are linear in the joints' rotations. Skinning is that
of the decoder, so encoder, terms and the rest are the same. In place of a MANO that was
learnt from scans, directions of shape are the template's, and the correctives' matrix
is learnt with everything else.

Notation, shared by every function here and by the tests:
    beta: identity code, (32,).
    theta: hand pose vector, radians, (batch, 28).
    b: shape coefficients, standard deviations, (10,).
    R: local rotations of the posed joints, (17, 3, 3).

Source: Romero, Tzionas & Black, Embodied hands, SIGGRAPH Asia 2017, Eqs. (1)-(3);
[moon2020] Sec. 8.3.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from handjax.hands.skeleton import JOINT_PARENTS, POSED
from handjax.hands.template import Template
from handjax.methods.deep_hand_mesh import pose_vector
from handjax.methods.deep_hand_mesh.correctives import (
    CODE,
    HIDDEN,
    Corrective,
    Identity,
)

SHAPE = 10
"""Coefficients of shape, as the model has that [moon2020] compares with: the template's
first."""


def init(template: Template, key: PRNGKeyArray, hidden: int = HIDDEN) -> dict[str, Any]:
    """Parameters: of the layers from code to shape, and the correctives' matrix."""
    shape = _shape_network(hidden).init(key, jnp.zeros(CODE))
    features = 9 * (len(POSED) - 1)
    return {"shape": shape, "pose": jnp.zeros((features, template.vertices.size))}


def identity(
    params: dict[str, Any],
    template: Template,
    beta: Float[Array, "32"],
    hidden: int = HIDDEN,
) -> Identity:
    """Skeleton and surface of a shape, as `decoder.skin` wants them.

    There a longer bone takes its skin along, so that is taken out of the surface: in
    the zero pose it is the template plus b times the directions.

    Args:
        params: of `init`.
        template: the hand at rest, whose directions of shape these are.
        beta: identity code.
        hidden: features between the layers.
    """
    b: Any = _shape_network(hidden).apply(params["shape"], beta)
    joints = jnp.tensordot(b, template.shape_joints[:SHAPE], 1)
    surface = jnp.tensordot(b, template.shape_vertices[:SHAPE], 1)
    parents = jnp.array(JOINT_PARENTS[1:])
    bones = joints.at[1:].add(-joints[parents])
    return Identity(bones, surface - template.weights @ joints[: len(POSED)], None)


def of_pose(
    params: dict[str, Any],
    template: Template,
    theta: Float[Array, "batch 28"],
    unit: float = 1.0,
) -> Float[Array, "batch vertices 3"]:
    """Correctives linear in how far rotations are from none. No gradient goes on to
    the pose, as from those that this is compared with.

    Args:
        params: of `init`.
        template: whose axes joints turn about.
        theta: the hand pose vector, radians.
        unit: what a product of 1 stands for, mm, as of `correctives.Corrective`: both
            models learn alike fast.
    """
    turn = partial(pose_vector.local_rotations, template)
    R = jax.vmap(turn)(jax.lax.stop_gradient(theta))
    features = (R[:, 1:] - jnp.eye(3)).reshape(len(theta), -1)
    return unit * (features @ params["pose"]).reshape(len(theta), -1, 3)


def _shape_network(hidden: int) -> Corrective:
    return Corrective((SHAPE,), hidden)
