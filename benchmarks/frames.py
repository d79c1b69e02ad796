"""Whole frames of a depth camera: a hand on a forearm, in front of a body.

What `fit` was tuned on. The forearm is a tube with an elliptic section, unlike the
spheres that the fit explains it with; the hand's own surface is drawn, not its spheres.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from handjax.geometry import cameras, rotations
from handjax.geometry.precision import einsum, matmul
from handjax.hands import poses
from handjax.hands.articulate import Hand, Pose, articulate, rotations_from_angles
from handjax.hands.template import Template
from handjax.render import sensor
from handjax.render.rasterize import rasterize

HEIGHT, WIDTH = 480, 640
CAMERA = cameras.Pinhole(jnp.array([588.03, 587.07]), jnp.array([320.0, 240.0]))
BACKGROUND = 2001.0

RINGS, SIDES = 12, 24
ARM_LENGTH = 260.0
# Half breadth and half thickness at the wrist and at the elbow, mm.
ARM_SECTION = np.array([[29.0, 20.0], [44.0, 36.0]])
# Where the wrist's crease is thought, from which the tube starts inside the hand, mm.
ARM_START = -12.0


class Frame(NamedTuple):
    """A frame as a camera gives it, and the hand in it, in the camera's axes."""

    depth: Float[Array, "height width"]
    hand: Hand
    pose: Pose


def sample(key: Array, template: Template, *, view: str = "frontal") -> Frame:
    """A random hand before the camera, with sensor noise.

    Args:
        key: random key.
        template: the hand.
        view: "frontal", palm or back to the camera within 40 degrees; or "haar".
    """
    keys = jax.random.split(key, 8)
    turn = _arm_away(_view(keys[0], view))
    shape = poses.sample_shape(keys[1], components=len(template.shape_joints))
    angles = poses.sample_angles(keys[2], template)
    vectors = rotations_from_angles(template, angles)
    place = jax.random.uniform(
        keys[3],
        (3,),
        minval=jnp.array([-160.0, -70.0, 720.0]),
        maxval=jnp.array([160.0, 110.0, 840.0]),
    )
    pose = Pose(
        vectors.at[0].set(rotations.axis_angle_from_matrix(turn)), jnp.zeros(3), shape
    )
    middle = jnp.mean(articulate(template, pose).vertices, axis=0)
    pose = pose._replace(translation=place - middle)
    hand = articulate(template, pose)
    arm, arm_faces = _forearm(keys[4], hand.joints[0], turn)
    depth = _draw(
        hand, arm, jnp.concatenate([template.faces, arm_faces + len(template.vertices)])
    )
    depth = jnp.minimum(depth, _body(keys[5]))
    depth = _noise(keys[6], depth)
    return Frame(depth, hand, pose)


def _view(key: Array, kind: str) -> Float[Array, "3 3"]:
    if kind == "haar":
        return poses.sample_view(key, kind="haar")
    side, axis, angle, roll = jax.random.split(key, 4)
    direction = jax.random.normal(axis, (3,))
    tilt = direction / jnp.linalg.norm(direction)
    tilt = jnp.deg2rad(40.0) * jax.random.uniform(angle) * tilt
    flip = jnp.where(jax.random.bernoulli(side, 0.5), jnp.pi, 0.0)
    turn = jax.random.uniform(roll, minval=-1.0, maxval=1.0)
    tilt = tilt * jnp.where(tilt[0] < 0.0, -1.0, 1.0)
    R = [
        rotations.matrix_from_axis_angle(v)
        for v in (turn * jnp.array([0.0, 0, 1]), tilt, flip * jnp.array([0.0, 1, 0]))
    ]
    return matmul(R[0], matmul(R[1], R[2]))


def _arm_away(turn: Array) -> Float[Array, "3 3"]:
    """The same view, mirrored by a half turn about x if the arm came from the camera.

    Cameras that look at people see arms that lead away from them.
    """
    half = jnp.diag(jnp.array([1.0, -1.0, -1.0]))
    return jnp.where(turn[2, 1] < 0.0, matmul(half, turn), turn)


def _forearm(key: Array, wrist: Array, turn: Array) -> tuple[Array, Array]:
    """Vertices and faces of a tube from the wrist towards the elbow."""
    bend, sway, girth = jax.random.split(key, 3)
    flexion = jnp.deg2rad(40.0) * jax.random.truncated_normal(bend, -1.5, 1.5)
    deviation = jnp.deg2rad(12.0) * jax.random.truncated_normal(sway, -1.5, 1.5)
    # Bent the way that leads the arm away from the camera.
    flexion = jnp.where(turn[2, 2] < 0.0, -1.0, 1.0) * jnp.abs(flexion)
    own = matmul(
        rotations.matrix_from_axis_angle(flexion * jnp.array([1.0, 0.0, 0.0])),
        rotations.matrix_from_axis_angle(deviation * jnp.array([0.0, 0.0, 1.0])),
    )
    t = jnp.linspace(0.0, 1.0, RINGS)
    around = jnp.linspace(0.0, 2.0 * jnp.pi, SIDES, endpoint=False)
    section = ARM_SECTION[0] + (ARM_SECTION[1] - ARM_SECTION[0]) * t[:, None]
    section = section * jax.random.uniform(girth, minval=0.85, maxval=1.15)
    x = section[:, :1] * jnp.cos(around)
    z = section[:, 1:] * jnp.sin(around)
    y = jnp.broadcast_to(ARM_START + ARM_LENGTH * t[:, None], x.shape)
    points = jnp.stack([x, y, z], -1).reshape(-1, 3)
    return wrist + einsum("ab,nb->na", matmul(turn, own), points), _tube_faces()


def _tube_faces() -> Array:
    ring, side = np.mgrid[: RINGS - 1, :SIDES]
    a, b = ring * SIDES + side, ring * SIDES + (side + 1) % SIDES
    c, d = a + SIDES, b + SIDES
    return jnp.asarray(
        np.concatenate([np.stack(f, -1).reshape(-1, 3) for f in ((a, b, c), (b, d, c))])
    )


def _draw(hand: Hand, arm: Array, faces: Array) -> Array:
    vertices = jnp.concatenate([hand.vertices, arm])
    return rasterize(
        CAMERA, vertices, faces, height=HEIGHT, width=WIDTH, far=BACKGROUND
    ).depth


def _body(key: Array) -> Array:
    """An upright cylinder well behind the hand, in half of the frames."""
    there, where, back = jax.random.split(key, 3)
    u = jnp.arange(WIDTH)[None, :]
    middle = jax.random.uniform(where, minval=100.0, maxval=540.0)
    bulge = 1.0 - ((u - middle) / 130.0) ** 2
    near = jax.random.uniform(back, minval=980.0, maxval=1150.0)
    z = near + 60.0 * (1.0 - jnp.sqrt(jnp.maximum(bulge, 0.0)))
    top = jnp.arange(HEIGHT)[:, None] > 80
    inside = (bulge > 0) & top & jax.random.bernoulli(there, 0.5)
    return jnp.where(inside, z, BACKGROUND)


def _noise(key: Array, depth: Array) -> Array:
    distance = 780.0
    far = BACKGROUND - distance
    pitch = distance / 588.0
    read = sensor.structured_light(
        key, depth - distance, distance=distance, pitch=pitch, far=far
    )
    return read + distance
