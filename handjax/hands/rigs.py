"""A hand's pose on another rig: MANO's, or a hand of a game in a glTF file.

    hand = gltf.load("hand.glb")
    theirs = onto_template(template, hand.template, pose)
    matrices = file_transforms(hand, articulate(hand.template, theirs))

Joints are bent by the same anatomical angles, within the limits of the other hand.
Where its surface is to lie on ours there is `hands.convert`.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from handjax.geometry import transforms
from handjax.geometry.precision import einsum
from handjax.hands.articulate import (
    Hand,
    Pose,
    angles_from_rotations,
    rotations_from_angles,
)
from handjax.hands.gltf import Gltf
from handjax.hands.template import Template


def onto_template(source: Template, target: Template, pose: Pose) -> Pose:
    """The pose of another hand whose joints are bent alike, within its own limits.

    Args:
        source: whose pose it is.
        target: the other hand, such as `gltf.load("hand.glb").template`.
        pose: of one hand.

    Returns:
        A pose of the target's mean shape, turned and placed as the source's.
    """
    angles = angles_from_rotations(source, pose.rotations)
    low, high = jnp.moveaxis(target.limits, -1, 0)
    turns = rotations_from_angles(target, jnp.clip(angles, low, high))
    return Pose(
        turns.at[0].set(pose.rotations[0]),
        pose.translation,
        jnp.zeros(len(target.shape_joints), turns.dtype),
    )


def file_transforms(hand: Gltf, posed: Hand) -> Float[Array, "joints 4 4"]:
    """posed_from_bound of every joint of a glTF file's skin, its axes and units.

        world_from_joint = file_transforms @ world_from_joint when bound

    Joints that hang on nothing of the hand stay where they are.

    Args:
        hand: the file's.
        posed: its template, posed.
    """
    M, unit = hand.house_from_file, hand.millimetres
    file_from_house = transforms.make(M.T / unit, hand.wrist / unit)
    house_from_file = transforms.make(M * unit, -einsum("ab,b->a", M, hand.wrist))
    G = posed.transforms[jnp.maximum(hand.carriers, 0)]
    moved = einsum("ab,jbc,cd->jad", file_from_house, G, house_from_file)
    still = hand.carriers[:, None, None] < 0
    return jnp.where(still, jnp.eye(4, dtype=moved.dtype), moved)
