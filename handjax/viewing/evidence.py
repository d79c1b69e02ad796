"""What the hand on the page is refined against, and how it gets there step by step.

Against depth it goes down the energy of `handjax.fitting`, as `python -m handjax fit`
does from many starts; against key points down their distances.

Notation, shared by every function here and by the tests:
    x, y: key points of the hand, and where they are said to be, mm.
    w: 1 where a key point is known, else 0.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from handjax.fitting import evidence, starts
from handjax.fitting.energy import Habits, energy, habits
from handjax.fitting.evidence import Evidence
from handjax.fitting.model import STRIDE, Variables, pivot, pose
from handjax.geometry import cameras, rotations, transforms
from handjax.geometry.cameras import Pinhole
from handjax.geometry.precision import matmul
from handjax.hands.articulate import articulate, keypoints, rotations_from_angles
from handjax.hands.poses import limits_violation
from handjax.hands.template import Template
from handjax.losses import smooth_l1
from handjax.refine import way
from handjax.viewing.state import LEFT, State, from_pose

STEPS = 80
RATE = 0.04
"""Length of the first steps, radians, or as many times `STRIDE` mm."""
CLOSE = 10.0
"""Distance of a key point from which on its cost grows in a straight line, mm."""
LIMITS, HABIT, SHAPE = 20.0, 0.02, 0.05
"""What angles beyond their limits cost, squared radians; those sideways; and shape."""
FLIP = np.array([-1.0, 1.0, 1.0])

_habits = jax.jit(habits)

Objective = Callable[[Template, Any, Variables], Float[Array, ""]]


class Known(NamedTuple):
    """Evidence in its own frame.

    Attributes:
        objective: (template, given, variables) -> energy of one hand.
        given: what the objective is about.
        camera_from_fit: from the frame of the variables.
    """

    objective: Objective
    given: Any
    camera_from_fit: Float[np.ndarray, "4 4"]


class Step(NamedTuple):
    """A hand on its way down.

    Attributes:
        state: the hand before the step; of the last, the best that was met.
        energy: of this hand.
        number: of the step, from 0.
    """

    state: State
    energy: float
    number: int


def of_depth(
    template: Template,
    state: State,
    depth: Float[np.ndarray, "height width"],
    camera: Pinhole,
) -> Known:
    """A frame's depth around where the hand is now.

    Args:
        template: a right hand.
        state: the hand.
        depth: the frame, mm; 0 where nothing was measured.
        camera: that took it.

    Raises:
        FrameError: there is next to no depth around the hand.
    """
    if state.side == LEFT:
        depth, camera = depth[:, ::-1], cameras.mirror(camera, depth.shape[1])
    turn = _turn(template, state)
    centre = state.place + turn @ np.asarray(pivot(template) - template.joints[0])
    found, camera_from_fit = evidence.gather(depth, camera, centre)
    return Known(_depth_energy, (_habits(template), found), camera_from_fit)


def of_keypoints(state: State, joints: Float[np.ndarray, "21 3"]) -> Known:
    """Key points where somebody says that they are.

    Args:
        state: the hand.
        joints: y in the camera's frame, NaN where unknown.
    """
    y = joints * FLIP if state.side == LEFT else joints
    w = np.isfinite(y).all(axis=-1)
    centre = np.mean(y[np.flatnonzero(w)], axis=0)
    y = np.where(np.expand_dims(w, 1), y - centre, 0.0)
    camera_from_fit = np.eye(4)
    camera_from_fit[:3, 3] = centre
    given = jnp.asarray(y, jnp.float32), jnp.asarray(w, jnp.float32)
    return Known(_keypoint_energy, given, camera_from_fit)


def descend(
    template: Template, state: State, known: Known, steps: int = STEPS
) -> Iterator[Step]:
    """The hand at every step, and at last the best of them.

    Args:
        template: a right hand.
        state: where to begin.
        known: the evidence.
        steps: how many.
    """
    variables = to_variables(template, state, known.camera_from_fit)
    begun = jax.tree.map(lambda leaf: leaf[None], variables)
    run = partial(_step, known.objective, template, known.given)
    count = jnp.asarray(steps, jnp.float32)
    carry = way(lambda v: jnp.zeros(1), count).begin(begun)
    back = partial(from_variables, template, known.camera_from_fit, state.side)
    for number in range(steps):
        here = carry[0]
        carry, energies = run(count, carry)
        yield Step(back(here), float(energies[0]), number)
    best, least = carry[2:]
    yield Step(back(best), float(least[0]), steps)


@partial(jax.jit, static_argnums=0)
def _step(objective: Objective, template, given, count, carry):
    energies = jax.vmap(partial(objective, template, given))
    return way(energies, count, learning_rate=RATE).step(carry)


def to_variables(
    template: Template, state: State, camera_from_fit: Float[np.ndarray, "4 4"]
) -> Variables:
    """A hand in the frame of its evidence."""
    turn = _turn(template, state)
    arm = turn @ np.asarray(pivot(template) - template.joints[0])
    M, shift = camera_from_fit[:3, :3], camera_from_fit[:3, 3]
    place = M.T @ (state.place + arm - shift) / STRIDE
    angles = state.angles.copy()
    # In a fit the wrist's bend the forearm, of which the page knows nothing.
    angles[0] = 0.0
    return starts.as_variables(M.T @ turn, place, angles, state.shape, 0.0)


def from_variables(
    template: Template,
    camera_from_fit: Float[np.ndarray, "4 4"],
    side: str,
    variables: Variables,
) -> State:
    """The hand of a batch of one, back in the camera's frame."""
    one = jax.tree.map(lambda leaf: leaf[0], variables)
    M = jnp.asarray(camera_from_fit, jnp.float32)
    state = from_pose(template, _moved(template, one, M), side)
    # Turned into a rotation and back, an angle beyond a quarter turn may be another.
    angles = np.asarray(one.angles, np.float64)
    angles[0] = state.angles[0]
    return state._replace(angles=angles)


@jax.jit
def _moved(template: Template, variables: Variables, M: Float[Array, "4 4"]):
    """Their pose, moved by a rigid motion."""
    found = pose(template, variables)
    R = rotations.matrix_from_axis_angle(found.rotations[0])
    turned = rotations.axis_angle_from_matrix(matmul(M[:3, :3], R))
    wrist = template.joints[0]
    place = transforms.apply(M, found.translation + wrist)
    return found._replace(
        rotations=found.rotations.at[0].set(turned), translation=place - wrist
    )


def _turn(template: Template, state: State) -> Float[np.ndarray, "3 3"]:
    """The rotation of the whole hand."""
    angles = jnp.asarray(state.angles, jnp.float32)
    return np.asarray(_whole(template, angles), np.float64)


@jax.jit
def _whole(template: Template, angles: Float[Array, "17 3"]) -> Float[Array, "3 3"]:
    turns = rotations_from_angles(template, angles)
    return rotations.matrix_from_axis_angle(turns[0])


def _depth_energy(
    template: Template, given: tuple[Habits, Evidence], variables: Variables
) -> Float[Array, ""]:
    return energy(template, *given, variables)


def _keypoint_energy(
    template: Template, given: tuple[Array, Array], variables: Variables
) -> Float[Array, ""]:
    """How far key points are off, and what hands don't do.

    sum_k w_k smooth_L1(|x_k - y_k|) / sum w, mm, and the cost of angles and shape
    """
    y, w = given
    x = keypoints(articulate(template, pose(template, variables)))
    squared = jnp.sum(jnp.square(x - y), axis=-1)
    # The slope of sqrt is infinite at 0.
    off = jnp.sqrt(jnp.maximum(squared, 1e-6))
    far = jnp.sum(w * smooth_l1(off, CLOSE)) / jnp.sum(w)
    beyond = limits_violation(variables.angles[1:], template.limits[1:])
    sideways = jnp.sum(jnp.square(variables.angles[1:, 1:]))
    return (
        far
        + LIMITS * jnp.sum(jnp.square(beyond))
        + HABIT * sideways
        + SHAPE * jnp.sum(jnp.square(variables.shape))
    )
