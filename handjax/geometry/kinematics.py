"""Forward kinematics along a tree of joints, and back.

A tree is a static tuple with the parent of each joint, -1 for a root; joints may come
in any order. `local` is parent_from_joint, `global_` is root_from_joint.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from handjax.geometry import transforms
from handjax.geometry.precision import small_matmul


def forward_kinematics(
    parents: tuple[int, ...], local: Float[Array, "joints 4 4"]
) -> Float[Array, "joints 4 4"]:
    """Where each joint's frame stands in the root's surroundings.

        G_j = G_parent(j) L_j

    One batched product a level of the tree, not one a joint.

    Args:
        parents: the tree.
        local: parent_from_joint, a root's from its surroundings.

    Returns:
        root_from_joint, in the units of `local`.

    Raises:
        ValueError: `parents` is no tree.
    """
    parent, levels = np.array(parents, np.int32), _levels(parents)
    place = np.argsort(np.concatenate(levels)).astype(np.int32)
    global_ = local[levels[0]]
    for level in levels[1:]:
        above = place[parent[level]]
        global_ = jnp.concatenate([global_, small_matmul(global_[above], local[level])])
    return global_[place]


def local_from_global(
    parents: tuple[int, ...], global_: Float[Array, "joints 4 4"]
) -> Float[Array, "joints 4 4"]:
    """Each joint's frame in its parent's: the inverse of `forward_kinematics`.

        L_j = G_parent(j)^-1 G_j

    Args:
        parents: the tree.
        global_: root_from_joint, rigid or similarity maps.

    Returns:
        parent_from_joint, a root's from its surroundings.
    """
    parent = np.array(parents, np.int32)
    root = parent[:, None, None] < 0
    above = jnp.where(root, jnp.eye(4, dtype=global_.dtype), global_[parent])
    return small_matmul(jax.vmap(transforms.invert)(above), global_)


def rest_offsets(
    parents: tuple[int, ...], joints: Float[Array, "joints 3"]
) -> Float[Array, "joints 3"]:
    """Offset of each joint from its parent at rest, mm; a root's own position.

    With rotations `R` of the joints, `vmap(transforms.make)(R, offsets)` is `local`.
    """
    parent = np.array(parents, np.int32)
    return joints - jnp.where(parent[:, None] < 0, 0.0, joints[parent])


@functools.cache
def _levels(parents: tuple[int, ...]) -> tuple[np.ndarray, ...]:
    """Joints by their distance from the root, roots first."""
    levels, above = [], {-1}
    while level := [j for j, p in enumerate(parents) if p in above]:
        levels.append(np.array(level, np.int32))
        above = set(level)
    if sum(map(len, levels)) != len(parents):
        raise ValueError(
            "parents wants a tree, each joint hanging from a root (-1) through others; "
            f"got {parents}"
        )
    return tuple(levels)
