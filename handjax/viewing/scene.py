"""What stands in space: a hand's surface, key points, spheres, and lines between hands.

All in the camera's frame: x right, y down, z forward, mm.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from handjax.geometry import rotations
from handjax.hands.articulate import articulate, keypoints, unposed
from handjax.hands.skeleton import KEYPOINT_PARENTS
from handjax.hands.template import Template
from handjax.viewing.state import RIGHT, State, numbers, pose_of, sign

Points = Float[np.ndarray, "points 3"]
Pairs = Float[np.ndarray, "lines 2 3"]

BONES = tuple((p, k) for k, p in enumerate(KEYPOINT_PARENTS) if p >= 0)
"""Pairs of the 21 key points."""


class Scene(NamedTuple):
    """A hand as it stands in space.

    Attributes:
        unposed: its surface before it is skinned.
        turns: unit quaternion (w, x, y, z) of each of the 17 bones.
        shifts: and where it takes the origin: v goes to turn(v) + shift.
        vertices: the skinned surface.
        joints: the 21 key points.
        centres: of the 41 spheres.
        radii: of them.
    """

    unposed: Float[np.ndarray, "vertices 3"]
    turns: Float[np.ndarray, "17 4"]
    shifts: Float[np.ndarray, "17 3"]
    vertices: Float[np.ndarray, "vertices 3"]
    joints: Float[np.ndarray, "21 3"]
    centres: Float[np.ndarray, "41 3"]
    radii: Float[np.ndarray, "41"]


def stage(template: Template) -> Callable[[State], Scene]:
    """What makes scenes of this hand; compiled once."""

    @jax.jit
    def build(angles: Array, place: Array, shape: Array, side: Array) -> Any:
        """The fields of a `Scene`, in their order."""
        pose = pose_of(template, angles, place, shape)
        hand = articulate(template, pose)
        flip = jnp.array([side, 1.0, 1.0])
        # A mirrored motion: M G M.
        R = hand.transforms[:, :3, :3] * flip * flip[:, None]
        return (
            unposed(template, pose) * flip,
            jax.vmap(rotations.quaternion_from_matrix)(R),
            hand.transforms[:, :3, 3] * flip,
            hand.vertices * flip,
            keypoints(hand) * flip,
            hand.centres * flip,
            hand.radii,
        )

    def made(state: State) -> Scene:
        side = jnp.asarray(sign(state), jnp.float32)
        return Scene(*map(np.asarray, build(*numbers(state), side)))

    return made


def faces_of(template: Template, side: str) -> Int[np.ndarray, "faces 3"]:
    """Faces that look outwards on a hand of this side."""
    faces = np.asarray(template.faces)
    return faces if side == RIGHT else faces[:, ::-1]


def bones(points: Points, pairs: Sequence[tuple[int, int]] = BONES) -> Pairs:
    """Bones between points that are known, as lines."""
    chosen = np.array(pairs, int).reshape(-1, 2)
    return _known(points[chosen])


def between(here: Points, there: Points) -> Pairs:
    """Lines from each point to the one that corresponds to it, where both are known."""
    return _known(np.stack([here, there], axis=1))


def distance(lines: Pairs) -> float:
    """Mean length of lines, mm; NaN without any."""
    if not len(lines):
        return float("nan")
    return float(np.linalg.norm(lines[:, 1] - lines[:, 0], axis=-1).mean())


def _known(lines: Pairs) -> Float[np.ndarray, "known 2 3"]:
    return lines[np.isfinite(lines).all(axis=(1, 2))]
