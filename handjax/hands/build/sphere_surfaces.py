"""How far a posed surface and the union of its spheres are apart.

Notation, shared by every function here:
    p, n: points on the surface and their normals, mm.
    c, r: centres and radii of the spheres, mm, (41, 3) and (41,).
    q: points on the spheres.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from scipy.spatial import KDTree

from handjax.geometry import meshes
from handjax.geometry.precision import einsum
from handjax.hands import spheres
from handjax.hands.articulate import Pose, articulate, rotations_from_angles
from handjax.hands.template import Template


class Surfaces(NamedTuple):
    """A surface in several poses.

    Attributes:
        p: its vertices, (poses, vertices, 3).
        n: their normals, (poses, vertices, 3).
        transforms: posed_from_rest of the joints, (poses, 17, 4, 4).
        area: share of each vertex in the surface at rest, (vertices,).
    """

    p: jax.Array
    n: jax.Array
    transforms: jax.Array
    area: jax.Array

    def some(self, poses: np.ndarray) -> "Surfaces":
        """Only these poses."""
        return self._replace(
            p=self.p[poses], n=self.n[poses], transforms=self.transforms[poses]
        )


def pose_surfaces(template: Template, angles: np.ndarray) -> Surfaces:
    """Skin the template in each pose; angles (poses, 17, 3)."""

    def skin(angles):
        shape = jnp.zeros(template.shape_joints.shape[0])
        vectors = rotations_from_angles(template, angles)
        hand = articulate(template, Pose(vectors, jnp.zeros(3), shape))
        normals = meshes.vertex_normals(hand.vertices, template.faces)
        return hand.vertices, normals, hand.transforms

    p, n, transforms = jax.lax.map(skin, jnp.asarray(angles, jnp.float32))
    areas = meshes.face_areas(template.vertices, template.faces)
    area = jnp.zeros(p.shape[1]).at[template.faces].add(areas[:, None])
    return Surfaces(p, n, transforms, area / jnp.sum(area))


def ride(transforms: jax.Array, c: jax.Array) -> jax.Array:
    """Centres at rest carried into one pose."""
    T = transforms[np.array(spheres.CARRIERS)]
    return einsum("jab,jb->ja", T[:, :3, :3], c) + T[:, :3, 3]


def outside(p: jax.Array, c: jax.Array, r: jax.Array) -> jax.Array:
    """Distance of points from the union of spheres, negative inside it."""
    dx, dy, dz = p.T[:, :, None] - c.T[:, None, :]
    # 1e-9 keeps the root's slope finite where a point meets a centre.
    return jnp.min(jnp.sqrt(dx * dx + dy * dy + dz * dz + 1e-9) - r, axis=-1)


def directions(count: int) -> np.ndarray:
    """Unit vectors spread evenly along a golden spiral, (count, 3)."""
    k = np.arange(count) + 0.5
    z, turn = 1.0 - 2.0 * k / count, np.pi * (1.0 + 5**0.5) * k
    ring = np.sqrt(1.0 - z**2)
    return np.stack([ring * np.cos(turn), ring * np.sin(turn), z], axis=-1)


def union_samples(c, r, spread) -> tuple[np.ndarray, np.ndarray]:
    """Points q on every sphere, (41, points, 3), and their share of the union's skin.

    What another sphere swallows has share 0.
    """
    c, r = np.asarray(c), np.asarray(r)
    q = c[:, None] + r[:, None, None] * spread
    apart = np.linalg.norm(q[:, :, None] - c, axis=-1) - r
    share = (apart.min(-1) > -1e-2) * r[:, None] ** 2
    return q, share / share.sum()


def distances(surfaces: Surfaces, c, r) -> np.ndarray:
    """Mean distance surface to union and union to surface in each pose, mm.

    Inside the union, and back from it, the nearest of many samples is taken, so both
    are slightly too large.

    Returns:
        (poses, 2)
    """
    rows = []
    for p, transforms in zip(surfaces.p, surfaces.transforms, strict=True):
        posed = ride(transforms, c)
        q, share = union_samples(posed, r, directions(600))
        there = np.array(outside(p, posed, r))
        inside = there < 0.0
        there[inside] = KDTree(q[share > 0.0]).query(np.asarray(p)[inside])[0]
        back = KDTree(np.asarray(p)).query(q[share > 0.0])[0]
        rows.append((surfaces.area @ there, share[share > 0.0] @ back))
    return np.array(rows)
