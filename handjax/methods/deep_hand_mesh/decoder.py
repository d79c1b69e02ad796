"""The decoder: a refined template, posed by linear blend skinning.

Notation, shared by every function here and by the tests:
    S: offset of every joint from its parent, mm, (22, 3); S* refined.
    M: vertices in the zero pose, mm, (vertices, 3); M* refined.
    P: posed joints, mm, (22, 3).
    G: model_from_joint, (22, 4, 4); T: posed_from_rest of the posed ones, (17, 4, 4).

Any template will do. The wrist does not turn here, and no global rotation is estimated:
`world_from_model` brings a hand to where the TRUE wrist and finger roots are.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from handjax.geometry import alignment, kinematics, skinning, transforms
from handjax.hands.skeleton import (
    JOINT_PARENTS,
    KEYPOINT_JOINTS,
    KEYPOINT_PARENTS,
    KEYPOINTS,
    POSED,
    TIPS,
)
from handjax.hands.template import Template
from handjax.methods.deep_hand_mesh import correctives, pose_vector
from handjax.methods.deep_hand_mesh.correctives import Identity

ROOTS = np.isin(
    KEYPOINTS, ("wrist", "index_mcp", "middle_mcp", "ring_mcp", "little_mcp")
)
"""Key points that a hand is aligned by. Source: the released code; [moon2020] Sec. 5.2
says "wrist and finger root positions"; these five no finger's pose moves."""


class Refined(NamedTuple):
    """The template of one identity and one pose.

    Attributes:
        offsets: S*.
        vertices: M*, about the template's own joints.
        weights: W*.
    """

    offsets: Float[Array, "22 3"]
    vertices: Float[Array, "vertices 3"]
    weights: Float[Array, "vertices 17"]


class Posed(NamedTuple):
    """Joints and surface of a hand, mm.

    Attributes:
        joints: P.
        vertices: the skinned surface.
    """

    joints: Float[Array, "22 3"]
    vertices: Float[Array, "vertices 3"]


class Decoded(NamedTuple):
    """A hand as posed, and the same one in the zero pose.

    Attributes:
        posed: with the pose vector.
        zero: without; its surface keeps the pose's corrective.
    """

    posed: Posed
    zero: Posed


def offsets(template: Template) -> Float[Array, "22 3"]:
    """S."""
    return kinematics.rest_offsets(JOINT_PARENTS, template.joints)


def refine(
    template: Template, identity: Identity, dM: Float[Array, "vertices 3"]
) -> Refined:
    """Template plus correctives.

        M* = M + dM_pose + dM_identity,    S* = S + dS

    Args:
        template: the hand at rest.
        identity: correctives of the identity.
        dM: corrective of the pose, mm.

    Source: [moon2020] Sec. 5.1.
    """
    return Refined(
        offsets(template) + identity.skeleton,
        template.vertices + dM + identity.vertices,
        correctives.refined_weights(template, identity.weights),
    )


def skin(template: Template, refined: Refined, R: Float[Array, "17 3 3"]) -> Posed:
    """Joints by forward kinematics, surface by linear blend skinning.

        m = sum_j w_j T_j m*,    T_j = G_j(R, S*) G_j(I, S)^-1

    T takes from the template's joints to the refined ones, so a longer bone takes its
    skin along; M* alone is not yet the zero pose, LBS(0, S*, M*) is.

    Args:
        template: whose joints M* stands about.
        refined: S*, M*, W*.
        R: local rotations in the rest frame's axes.

    Source: [moon2020] Eq. (1).
    """
    still = jnp.broadcast_to(jnp.eye(3, dtype=R.dtype), (len(TIPS), 3, 3))
    local = jax.vmap(transforms.make)(jnp.concatenate([R, still]), refined.offsets)
    G = kinematics.forward_kinematics(JOINT_PARENTS, local)
    turned = jax.vmap(transforms.rotate)(G, template.joints)
    T = G.at[:, :3, 3].add(-turned)[: len(POSED)]
    surface = skinning.linear_blend_skinning(refined.vertices, refined.weights, T)
    return Posed(G[:, :3, 3], surface)


def decode(
    template: Template,
    identity: Identity,
    theta: Float[Array, "28"],
    dM: Float[Array, "vertices 3"],
) -> Decoded:
    """A hand from its pose vector and its correctives, in the model's frame.

    Args:
        template: the hand at rest.
        identity: correctives of the identity.
        theta: the hand pose vector, radians.
        dM: corrective of the pose, mm.

    Source: [moon2020] Sec. 5.
    """
    refined = refine(template, identity, dM)
    R = pose_vector.local_rotations(template, theta)
    zero = skin(template, refined, jnp.broadcast_to(jnp.eye(3, dtype=R.dtype), R.shape))
    return Decoded(skin(template, refined, R), zero)


def keypoints(posed: Posed) -> Float[Array, "21 3"]:
    """The field's 21, mm."""
    return posed.joints[jnp.array(KEYPOINT_JOINTS)]


def world_from_model(
    found: Float[Array, "21 3"],
    true: Float[Array, "21 3"],
    valid: Bool[Array, "21"] | None = None,
) -> Float[Array, "4 4"]:
    """The rigid map that lays wrist and four finger roots on the TRUE ones.

    It reads labels, in training and in the test alike: an error after it says nothing
    about where a hand is or how it is turned. The gradient goes through it, so that a
    skeleton is judged by what no rigid motion explains.

    Args:
        found: estimated key points, mm, anywhere.
        true: those of the capture, mm.
        valid: which of these are known; with fewer than three roots the map keeps what
            they leave open as it is.

    Source: [moon2020] Sec. 5.2.
    """
    weights = jnp.asarray(ROOTS, found.dtype)
    if valid is not None:
        weights = jnp.where(valid, weights, 0.0)
    return alignment.align_rigid(found, true, weights=weights)


def with_bones_of(
    found: Float[Array, "21 3"],
    true: Float[Array, "21 3"],
    valid: Bool[Array, "21"] | None = None,
) -> Float[Array, "21 3"]:
    """Key points whose bones keep their directions and get others' lengths, mm.

    For hands that are not the subject's: "we used a groundtruth bone length". A bone of
    no length has no direction, and no gradient.

    Args:
        found: key points of a hand, mm, anywhere.
        true: of which the lengths are, mm; constants, with no gradient to them.
        valid: which of these are known; a bone between others keeps its length.

    Source: [moon2020] Sec. 8.4.
    """
    placed, true = [found[0]], jax.lax.stop_gradient(true)
    for joint, parent in enumerate(KEYPOINT_PARENTS[1:], start=1):
        bone, other = found[joint] - found[parent], true[joint] - true[parent]
        squared = jnp.maximum(jnp.sum(jnp.square(bone)), 1e-6)
        longer = jnp.sqrt(jnp.sum(jnp.square(other))) / jnp.sqrt(squared)
        if valid is not None:
            longer = jnp.where(valid[joint] & valid[parent], longer, 1.0)
        placed.append(placed[parent] + longer * bone)
    return jnp.stack(placed)


def place(world_from_model: Float[Array, "4 4"], posed: Posed) -> Posed:
    """A hand in the world."""
    return Posed(*(transforms.apply(world_from_model, part) for part in posed))
