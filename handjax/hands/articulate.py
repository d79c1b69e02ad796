"""Template and Pose to Hand: shape first, then the tree of joints, then the skin.

Notation, shared by every function here and by the tests:
    J: rest positions of the joints of one shape, mm, (22, 3).
    R: local rotations in the rest frame's axes (the convention of MANO), (17, 3, 3).
    G: transforms posed_from_rest of the 17 posed joints, (17, 4, 4).
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from handjax.geometry import kinematics, rotations, skinning, transforms
from handjax.geometry.precision import einsum, small_matmul
from handjax.hands.skeleton import (
    JOINT_PARENTS,
    KEYPOINT_JOINTS,
    KEYPOINTS,
    MANO_POSED,
    POSED,
    POSED_PARENTS,
)
from handjax.hands.template import Template

SCALE_BONE = (KEYPOINTS.index("middle_mcp"), KEYPOINTS.index("middle_pip"))
"""The bone whose length is called the hand's scale."""


class Pose(NamedTuple):
    """What moves and shapes a hand.

    Attributes:
        rotations: axis-angle vector of each posed joint, in the axes of the rest
            frame; the first turns the whole hand about its wrist.
        translation: where the wrist goes from its place at rest, mm.
        shape: coefficients of the template's shape space, standard deviations.
    """

    rotations: Float[Array, "17 3"]
    translation: Float[Array, "3"]
    shape: Float[Array, "shape"]


class Hand(NamedTuple):
    """A posed hand, in the axes that its pose was given in, mm.

    Attributes:
        joints: the 17 posed joints and the 5 tips.
        vertices: the skinned surface.
        transforms: posed_from_rest of each posed joint.
        centres: the 41 spheres that ride on the joints.
        radii: their radii.
    """

    joints: Float[Array, "22 3"]
    vertices: Float[Array, "vertices 3"]
    transforms: Float[Array, "17 4 4"]
    centres: Float[Array, "41 3"]
    radii: Float[Array, "41"]


def rest_pose(template: Template) -> Pose:
    """The pose that leaves the template as it is."""
    return Pose(
        rotations=jnp.zeros((len(POSED), 3)),
        translation=jnp.zeros(3),
        shape=jnp.zeros(template.shape_joints.shape[0]),
    )


def articulate(template: Template, pose: Pose) -> Hand:
    """Shape, pose and skin a hand; what a jitted caller does not use costs nothing.

        v = sum_j w_j G_j (v_rest + sum_s shape_s dv_s + sum_k (R - I)_k dv_k)

    The last sum, of what the pose corrects, is that of templates that have it.

    Args:
        template: the hand at rest.
        pose: local rotations, translation and shape.

    Returns:
        The posed hand: x = R_0 (v - J_0) + J_0 + translation for the wrist's part.

    Source: [moon2020] Eq. (1), without its correctives; those of a template: Romero,
    Tzionas & Black, Embodied Hands, 2017.
    """
    joints = template.joints + _blend(pose.shape, template.shape_joints)
    centres = template.sphere_centres + _blend(pose.shape, template.shape_centres)
    radii = template.sphere_radii + _blend(pose.shape, template.shape_radii)
    posed_from_rest = posed_transforms(joints, pose)
    carriers = jnp.array((*range(len(POSED)), *JOINT_PARENTS[len(POSED) :]))
    posed_joints = _ride(posed_from_rest[carriers], joints)
    if template.tips is not None:
        tips = _surface(_only(template, template.tips), pose, posed_from_rest)
        posed_joints = posed_joints.at[len(POSED) :].set(tips)
    return Hand(
        joints=posed_joints,
        vertices=_surface(template, pose, posed_from_rest),
        transforms=posed_from_rest,
        centres=_ride(posed_from_rest[template.sphere_joints], centres),
        radii=radii,
    )


def unposed(template: Template, pose: Pose) -> Float[Array, "vertices 3"]:
    """The surface before it is skinned: shaped, and corrected for the pose."""
    rest = template.vertices + _blend(pose.shape, template.shape_vertices)
    if template.correctives is not None:
        turns = pose.rotations[jnp.array(MANO_POSED)]
        R = jax.vmap(rotations.matrix_from_axis_angle)(turns)
        entries = (R - jnp.eye(3, dtype=R.dtype)).reshape(-1)
        rest = rest + einsum("k,kav->av", entries, template.correctives).T
    return rest


def _surface(
    template: Template, pose: Pose, posed_from_rest: Float[Array, "17 4 4"]
) -> Float[Array, "vertices 3"]:
    """The skinned vertices of a pose."""
    rest = unposed(template, pose)
    return skinning.linear_blend_skinning(rest, template.weights, posed_from_rest)


def _only(template: Template, rows: Int[Array, "rows"]) -> Template:
    """The template with these vertices alone, as far as `unposed` reads it."""
    some = template._replace(
        vertices=template.vertices[rows],
        weights=template.weights[rows],
        shape_vertices=template.shape_vertices[:, rows],
    )
    if template.correctives is None:
        return some
    return some._replace(correctives=template.correctives[..., rows])


def posed_transforms(
    joints: Float[Array, "22 3"], pose: Pose
) -> Float[Array, "17 4 4"]:
    """Transforms posed_from_rest of the posed joints, along the tree.

        G_j = G_parent(j) T(J_j) R_j T(-J_j)

    Args:
        joints: rest positions of this shape's joints, mm.
        pose: its rotations and translation; its shape is in the joints already.
    """
    joints = joints[: len(POSED)]
    turns = jax.vmap(rotations.matrix_from_axis_angle)(pose.rotations)
    offsets = kinematics.rest_offsets(POSED_PARENTS, joints).at[0].add(pose.translation)
    local = jax.vmap(transforms.make)(turns, offsets)
    posed = kinematics.forward_kinematics(POSED_PARENTS, local)
    shift = posed[:, :3, 3] - jnp.sum(posed[:, :3, :3] * joints[:, None], axis=-1)
    return posed.at[:, :3, 3].set(shift)


def keypoints(hand: Hand) -> Float[Array, "21 3"]:
    """The 21 key points of the field, `skeleton.KEYPOINTS`, mm."""
    return hand.joints[jnp.array(KEYPOINT_JOINTS)]


def scale_and_root(
    joints: Float[Array, "21 3"],
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Length of the middle finger's proximal bone and depth of the wrist, mm.

    What the field gives to methods that estimate a hand free of both.

    Args:
        joints: key points in a camera's frame, mm.

    Source: [ge2019] Sec. 5.1.
    """
    bone = joints[SCALE_BONE[1]] - joints[SCALE_BONE[0]]
    squared = jnp.sum(bone**2)
    # The slope of sqrt is infinite at 0.
    some = squared > 0.0
    length = jnp.where(some, jnp.sqrt(jnp.where(some, squared, 1.0)), 0.0)
    return length, joints[KEYPOINTS.index("wrist"), 2]


def rotations_from_angles(
    template: Template, angles: Float[Array, "17 3"]
) -> Float[Array, "17 3"]:
    """Axis-angle vectors from angles about each joint's own axes.

        R = R(flexion) R(abduction) R(twist)

    Flexion turns about an axis fixed to the parent, twist about the bone itself,
    abduction about what stands across both, so that a bent finger still spreads
    sideways.

    Args:
        template: whose axes these are.
        angles: flexion, abduction, twist of each posed joint, radians.

    Returns:
        Axis-angle vectors in the axes of the rest frame, radians.

    Source: Grood & Suntay, A joint coordinate system, J. Biomech. Eng. 105, 1983.
    """
    turns = angles[..., None] * template.axes
    R = jax.vmap(jax.vmap(rotations.matrix_from_axis_angle))(turns)
    R = small_matmul(small_matmul(R[:, 0], R[:, 1]), R[:, 2])
    return jax.vmap(rotations.axis_angle_from_matrix)(R)


def angles_from_rotations(
    template: Template, vectors: Float[Array, "17 3"]
) -> Float[Array, "17 3"]:
    """Flexion, abduction and twist of axis-angle vectors, radians.

    Inverse of `rotations_from_angles` for abductions within a quarter turn; at a
    quarter turn flexion and twist share one axis, and twist is called 0.

    Args:
        template: whose axes these are.
        vectors: axis-angle vectors in the axes of the rest frame, radians.
    """
    R = jax.vmap(rotations.matrix_from_axis_angle)(vectors)
    own = einsum("jai,jik,jbk->jab", template.axes, R, template.axes)
    return jax.vmap(lambda R: rotations.euler_from_matrix(R, order="XYZ"))(own)


def fingers_from_rotations(vectors: Float[Array, "17 3"]) -> Float[Array, "45"]:
    """The 45-parameter view of MANO: 15 joints, wrist and thumb's carpal left out.

    Index, middle, little, ring, thumb, each from the palm outwards
    (`skeleton.MANO_POSED`).
    """
    return vectors[jnp.array(MANO_POSED)].reshape(45)


def rotations_from_fingers(
    wrist: Float[Array, "3"], fingers: Float[Array, "45"]
) -> Float[Array, "17 3"]:
    """Axis-angle vectors from the wrist's and the 45-parameter view; carpal at rest."""
    vectors = jnp.zeros((len(POSED), 3), fingers.dtype).at[0].set(wrist)
    return vectors.at[jnp.array(MANO_POSED)].set(fingers.reshape(15, 3))


def _blend(shape: Array, displacements: Array) -> Array:
    """Sum of displacements weighted by shape coefficients."""
    return einsum("s,s...->...", shape, displacements)


def _ride(posed_from_rest: Array, points: Array) -> Array:
    """Each point carried by its own transform, (n, 4, 4) and (n, 3)."""
    return jax.vmap(transforms.apply)(posed_from_rest, points)
