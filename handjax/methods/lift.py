"""From the picture into space: pixels and relative depth to mm, by scale and root.

    z = s d + z_r,    x = (u - c_u) z / f_u,    y = (v - c_v) z / f_v

What is relative is free of the camera and of the hand's size. In the paper s and z_r
are given, in the test too. Where nobody gives them, s is that of the template and z_r
follows from how large the hand appears.

Notation, shared by every function here and by the tests:
    u: (u, v) of a point in the picture, pixels.
    d: depth from the wrist, in units of s.
    s: length of the middle finger's proximal bone, mm. Source: [ge2019] Sec. 5.1.
    z_r: depth of the wrist in the camera, mm.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from handjax.geometry import cameras
from handjax.geometry.precision import matmul
from handjax.hands.articulate import scale_and_root
from handjax.hands.skeleton import KEYPOINT_PARENTS, KEYPOINTS

ROOT = KEYPOINTS.index("wrist")
BONES = tuple((up, k) for k, up in enumerate(KEYPOINT_PARENTS) if up >= 0)
NEAREST, FARTHEST = 100.0, 5000.0
"""Where a hand may be found, mm."""


class Given(NamedTuple):
    """What places a relative hand in space.

    Attributes:
        scale: s.
        root: z_r.
    """

    scale: Float[Array, "*batch"]
    root: Float[Array, "*batch"]


def given_by(joints: Float[Array, "21 3"]) -> Given:
    """s and z_r of key points in the camera's frame, mm."""
    return Given(*scale_and_root(joints))


def lift(
    camera: cameras.Pinhole,
    u: Float[Array, "points 2"],
    d: Float[Array, "points"],
    given: Given,
) -> Float[Array, "points 3"]:
    """Points in the camera's frame, mm.

    Source: [ge2019] Sec. 4.2.
    """
    # An untrained network says anything; what is behind a camera has no picture.
    z = jnp.maximum(given.scale * d + given.root, cameras.NEAREST)
    return cameras.unproject(camera, u, z)


def told(
    camera: cameras.Pinhole,
    points: Float[Array, "points 3"],
    joints: Float[Array, "21 3"],
    given: Given,
) -> Float[Array, "points 3"]:
    """Points of a hand that stands where it was found, as large as it was, moved and
    scaled as a whole to what is given; the wrist appears where it did.

    Args:
        camera: of the picture.
        points: of the hand, in the camera's frame, mm.
        joints: its key points, likewise.
        given: what it should have.
    """
    wrist = cameras.project(camera, joints[ROOT])
    there = cameras.unproject(camera, wrist, given.root)
    larger = given.scale / jnp.maximum(given_by(joints).scale, 1.0)
    return there + larger * (points - joints[ROOT])


def find_root(
    camera: cameras.Pinhole,
    u: Float[Array, "21 2"],
    d: Float[Array, "21"],
    scale: Float[Array, ""],
    squared_length: Float[Array, ""],
) -> Float[Array, ""]:
    """z_r at which the bones of a relative hand are as long as they should be.

    With r the ray of a point, (x/z, y/z, 1), a bone from i to j is

        b = s (r_j d_j - r_i d_i) + z_r (r_j - r_i)

    and sum |b|^2 = L^2 is quadratic in z_r; the larger root has the hand before the
    camera.

    Args:
        camera: of the picture.
        u, d: of the key points.
        scale: s.
        squared_length: L^2, squared lengths of all bones, summed, mm^2.

    Source: as Iqbal et al., Hand pose estimation via latent 2.5D heatmap regression,
    ECCV 2018, Eq. (7), over all bones instead of one.
    """
    r = cameras.unproject(camera, u, jnp.ones(len(u)))
    i, j = jnp.array(BONES).T
    near = scale * (r[j] * d[j, None] - r[i] * d[i, None])
    away = r[j] - r[i]
    a, b = jnp.sum(away**2), jnp.sum(near * away)
    c = jnp.sum(near**2) - squared_length
    inside = jnp.maximum(b**2 - a * c, 0.0)
    # The slope of sqrt is infinite at 0.
    root = jnp.where(inside > 0.0, jnp.sqrt(jnp.where(inside > 0.0, inside, 1.0)), 0.0)
    z = (root - b) / jnp.maximum(a, 1e-12)
    return jnp.clip(z, NEAREST, FARTHEST)


def find_place(
    camera: cameras.Pinhole, u: Float[Array, "points 2"], x: Float[Array, "points 3"]
) -> Float[Array, "3"]:
    """The shift that brings points nearest to the rays of their pixels, in closed form.

        x + t_x - r_x (z + t_z) = 0,    y + t_y - r_y (z + t_z) = 0

    Args:
        camera: of the picture.
        u: where the points appear.
        x: the points, mm.
    """
    r = cameras.unproject(camera, u, jnp.ones(len(u)))
    rows = jnp.concatenate(
        [
            jnp.stack([jnp.ones(len(r)), jnp.zeros(len(r)), -r[:, 0]], axis=-1),
            jnp.stack([jnp.zeros(len(r)), jnp.ones(len(r)), -r[:, 1]], axis=-1),
        ]
    )
    wanted = (r[:, :2] * x[:, 2:] - x[:, :2]).T.ravel()
    # Points that all appear in one place leave the depth open.
    normal = matmul(rows.T, rows) + 1e-6 * jnp.eye(3)
    t = jnp.linalg.solve(normal, matmul(rows.T, wanted))
    return t.at[2].set(jnp.clip(t[2], NEAREST, FARTHEST))


def squared_bones(joints: Float[Array, "21 3"]) -> Float[Array, ""]:
    """L^2 of key points, mm^2."""
    i, j = jnp.array(BONES).T
    return jnp.sum((joints[j] - joints[i]) ** 2)
