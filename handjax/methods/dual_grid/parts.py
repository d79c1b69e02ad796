"""From estimated vertices to a hand of rigid parts, in closed form.

Notation, shared by every function here and by the tests:
    P, Q: estimated vertices in the view's crop frame, and those of the template at
        rest, mm, (vertices, 3).
    T: crop_from_rest of every posed joint, similarity maps, (17, 4, 4).
    B: bone_from_rest, the frame of a joint at rest: its origin in the joint, its axes
        those of flexion, abduction and twist, (17, 4, 4).
    L: turns of the joints in their bones' frames, (17, 4, 4).
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from handjax.geometry import alignment, skinning, transforms
from handjax.geometry.precision import small_matmul
from handjax.hands.skeleton import JOINT_PARENTS, KEYPOINT_JOINTS, POSED, POSED_PARENTS
from handjax.hands.template import Template


class Parts(NamedTuple):
    """The template as it lies on estimated vertices.

    Attributes:
        transforms: T.
        vertices: the refined ones, mm.
        keypoints: the field's 21, mm.
        centres: of the 41 spheres, mm.
    """

    transforms: Float[Array, "17 4 4"]
    vertices: Float[Array, "vertices 3"]
    keypoints: Float[Array, "21 3"]
    centres: Float[Array, "41 3"]


def refine(P: Float[Array, "vertices 3"], template: Template) -> Parts:
    """Lay the template on estimated vertices, part by part.

    A key point between two parts lies halfway between where these have it.

    Source: [wan2020] Sec. 3.4.
    """
    T = part_transforms(P, template)
    blended = skinning.linear_blend_skinning(template.vertices, template.weights, T)
    carry = jax.vmap(transforms.apply)
    own, above = _carriers()
    ends = [carry(T[part], template.joints) for part in (own, above)]
    joints = (ends[0] + ends[1]) / 2.0
    centres = carry(T[template.sphere_joints], template.sphere_centres)
    return Parts(T, blended, joints[jnp.array(KEYPOINT_JOINTS)], centres)


def part_transforms(
    P: Float[Array, "vertices 3"], template: Template
) -> Float[Array, "17 4 4"]:
    """The similarity that brings each part of the template nearest to its vertices.

        T_j = argmin over similarities of  sum_i w_ij |p_i - T q_i|^2

    Parts overlap as skinning weights w do. A part is found from its own vertices
    alone: one that is lost takes no other with it.

    Source: [wan2020] Eq. (3).
    """
    align = jax.vmap(
        lambda w: alignment.align_similarity(template.vertices, P, weights=w)
    )
    return align(template.weights.T)


def local_transforms(
    T: Float[Array, "17 4 4"], template: Template
) -> Float[Array, "17 4 4"]:
    """Each part's own turn L, with the scale and the shift that bones do not have.

        T = T_parent B^-1 L B    hence    L = B T_parent^-1 T B^-1

    The parent of the wrist is the camera. With one scale a part, as in Eq. (3), the
    S in L = [S R | t] is one number too: the ratio of two parts' scales.

    Source: [wan2020] Eq. (11).
    """
    parents = np.array(POSED_PARENTS)
    above = jnp.where(parents[:, None, None] < 0, jnp.eye(4), T[parents])
    B = bone_frames(template)
    from_parent = small_matmul(jax.vmap(transforms.invert)(above), T)
    return small_matmul(small_matmul(B, from_parent), jax.vmap(transforms.invert)(B))


def bone_frames(template: Template) -> Float[Array, "17 4 4"]:
    """B of every posed joint.

    Source: [wan2020] Sec. 4.2; axes are the template's own, not those of its bones.
    """
    R = template.axes
    origin = -jnp.sum(R * template.joints[: len(POSED), None], axis=-1)
    return jax.vmap(transforms.make)(R, origin)


def _carriers() -> tuple[np.ndarray, np.ndarray]:
    """The parts on both sides of each of the 22 joints; twice the same at the ends."""
    parents = np.array(JOINT_PARENTS)
    own = np.where(
        np.arange(len(parents)) < len(POSED), np.arange(len(parents)), parents
    )
    return own, np.where((parents < 0) | (own == parents), own, parents)
