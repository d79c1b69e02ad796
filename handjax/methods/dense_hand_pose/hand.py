"""The 63 numbers of a hand before a camera: Eq. (4).

    h = [p, s, c_q, c_s, c_t],    v = R_v R(c_q) (H(p, s) - r) + t

A picture tells a hand's size and its distance together only. So the numbers are free of
both: c_s is how large the hand appears, and what is a hand's size by its shape s puts
it at the depth where it appears so. Zeros are the template as it is, upright, in the
middle of the picture, about as large as it.

Notation, shared by every function here and by the tests:
    p, s: axis-angle of 15 joints, radians; coefficients of shape: `hands.parameters`.
    c_q: added to the quaternion (1, 0, 0, 0).
    c_s: natural logarithm of how large the hand appears, over `USUAL`.
    c_t: where the root appears, in halves of the picture's edge from its middle; and
        the third, how much farther it is, in halves of the edge at its depth.
    H: the template's hand at these p and s; r: its root, the middle finger's knuckle.
    R_v: turn of the camera's axis to the picture's middle, where crops are: so the
        same h is about the same picture wherever the crop was.
    t: where the root is, mm.
    w, f: half of the picture's edge and the focal length, pixels.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from handjax.geometry import cameras, rotations
from handjax.geometry.precision import matmul
from handjax.hands import poses
from handjax.hands.articulate import (
    articulate,
    fingers_from_rotations,
    keypoints,
    rotations_from_angles,
)
from handjax.hands.parameters import SHAPE, Parameters, pose_from_parameters
from handjax.hands.skeleton import KEYPOINTS
from handjax.hands.template import Template

FINGERS, QUATERNION, TRANSLATION = 45, 4, 3
NUMBERS = FINGERS + SHAPE + QUATERNION + 1 + TRANSLATION
"""How many h has. Source: [baek2019] Eq. (4)."""
ROOT = KEYPOINTS.index("middle_mcp")
"""Source: [baek2019] Sec. 3.3."""
USUAL = 0.009
"""How large hands mostly appear, halves of the picture's edge a mm."""
MOST = 2.0
"""c_s never tells more than this, whatever an untrained network says."""


class Numbers(NamedTuple):
    """h, part by part."""

    fingers: Float[Array, "45"]
    shape: Float[Array, "10"]
    quaternion: Float[Array, "4"]
    scale: Float[Array, ""]
    translation: Float[Array, "3"]


class Placed(NamedTuple):
    """A hand in the camera's frame, mm.

    Attributes:
        vertices: v.
        joints: the 21 key points, f_Reg(v).
        unit: halves of the picture's edge a mm at the root's depth.
    """

    vertices: Float[Array, "vertices 3"]
    joints: Float[Array, "21 3"]
    unit: Float[Array, ""]


def parts(h: Float[Array, "63"]) -> Numbers:
    """h, taken apart.

    Source: [baek2019] Eq. (4).
    """
    p, s, c_q, c_s, c_t = jnp.split(h, (45, 55, 59, 60))
    return Numbers(p, s, c_q, c_s[0], c_t)


def start(template: Template) -> Float[Array, "63"]:
    """h(0): zeros, but for the mean pose: that of the named poses, about a rest.

    Source: [baek2019] Sec. 3.2, where it is MANO's.
    """
    mean = np.mean(list(poses.NAMED.values()), axis=0)
    return _posed(template, jnp.asarray(mean, jnp.float32))


@jax.jit
def _posed(template: Template, angles: Float[Array, "17 3"]) -> Float[Array, "63"]:
    fingers = fingers_from_rotations(rotations_from_angles(template, angles))
    return jnp.zeros(NUMBERS, fingers.dtype).at[:FINGERS].set(fingers)


def place(
    template: Template, h: Float[Array, "63"], camera: cameras.Pinhole, pixels: int
) -> Placed:
    """The hand of h before the camera of a picture.

    Args:
        template: the hand at rest.
        h: see above.
        camera: of the picture.
        pixels: its edge.

    Source: [baek2019] Eq. (4), whose camera is not printed.
    """
    said, w = parts(h), pixels / 2.0
    still = jnp.zeros(3, h.dtype)
    count = len(template.shape_joints)
    shape = said.shape[: min(SHAPE, count)]
    pose = pose_from_parameters(template, Parameters(still, said.fingers, shape, still))
    hand = articulate(template, pose)
    joints = keypoints(hand)
    unit = USUAL * jnp.exp(MOST * jnp.tanh(said.scale / MOST))
    middle = jnp.full(2, w - 0.5)
    q = said.quaternion + jnp.array([1.0, 0.0, 0.0, 0.0])
    R = matmul(cameras.turn_to(camera, middle), rotations.matrix_from_quaternion(q))
    z = jnp.mean(camera.focal) / w + said.translation[2]
    z = jnp.maximum(z / unit, cameras.NEAREST)
    t = cameras.unproject(camera, middle + w * said.translation[:2], z)
    turned = partial(_turned, R=R, root=joints[ROOT], t=t)
    return Placed(turned(hand.vertices), turned(joints), unit)


def _turned(points: Array, R: Array, root: Array, t: Array) -> Array:
    return matmul(points - root, R.T) + t


def place_all(
    template: Template,
    h: Float[Array, "batch 63"],
    camera: cameras.Pinhole,
    pixels: int,
) -> Placed:
    """`place` of a batch, the camera's leaves (batch, 2)."""
    return jax.vmap(lambda h, camera: place(template, h, camera, pixels))(h, camera)


def skeleton(placed: Placed) -> Float[Array, "batch 63"]:
    """f_Reg(v) as networks read it: from the root, in halves of the picture's edge."""
    away = placed.joints - placed.joints[:, ROOT, None]
    return (placed.unit[:, None, None] * away).reshape(len(away), -1)


def in_halves(uv: Float[Array, "*points 2"], pixels: int) -> Float[Array, "*points 2"]:
    """Pixels in halves of the picture's edge from its middle."""
    return (uv + 0.5) / (pixels / 2.0) - 1.0


def in_pixels(at: Float[Array, "*points 2"], pixels: int) -> Float[Array, "*points 2"]:
    """The way back from `in_halves`."""
    return (at + 1.0) * (pixels / 2.0) - 0.5
