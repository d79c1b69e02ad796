"""A hand fitted to one depth frame: many starts, refined together, the best kept."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float

from handjax.data.crop import centre_from_depth
from handjax.data.given.frames import FrameError
from handjax.fitting import starts
from handjax.fitting.energy import Habits, energy, habits, terms
from handjax.fitting.evidence import Evidence, gather
from handjax.fitting.guess import towards
from handjax.fitting.model import STRIDE, Variables, pose
from handjax.geometry import cameras, rotations, transforms
from handjax.geometry.cameras import Pinhole
from handjax.geometry.precision import matmul
from handjax.hands.articulate import Hand, articulate
from handjax.hands.template import Template
from handjax.refine import refine, take

Guess = Callable[
    [Float[np.ndarray, "height width"], Pinhole, Float[np.ndarray, "3"]],
    Float[Array, "41 3"],
]


class Schedule(NamedTuple):
    """How much is tried, and for how long.

    Attributes:
        starts: hands that are drawn, in whole batches.
        batch: hands refined together; the best so many go on.
        steps: of each refinement.
        first: learning rate of the starts.
        then: learning rates of the refinements that follow, each around the best of
            what came before, in a crop moved to the best hand.
        parents: hands that the next batch is varied from; the last keeps all.
    """

    starts: int = 512
    batch: int = 32
    steps: int = 80
    first: float = 0.05
    then: tuple[float, ...] = (0.04, 0.03, 0.03, 0.02, 0.02)
    parents: tuple[int, ...] = (32, 16, 8, 8, 8)


DEFAULT = Schedule()


class Fit(NamedTuple):
    """The best hand, in the camera's frame, mm.

    Attributes:
        hand: right or left, as asked for.
        energy: what was minimised.
        terms: of the energy, unweighted.
        centre: of the last crop.
    """

    hand: Hand
    energy: float
    terms: dict[str, float]
    centre: Float[np.ndarray, "3"]


def fit(
    template: Template,
    depth: Float[np.ndarray, "height width"],
    camera: Pinhole,
    *,
    centre: Float[np.ndarray, "3"] | None = None,
    seed: int = 0,
    left: bool = False,
    schedule: Schedule = DEFAULT,
    guess: Guess | None = None,
) -> Fit:
    """The hand in a depth frame.

    Args:
        template: a right hand.
        depth: mm; 0 and anything not finite mean that nothing was measured.
        camera: that took the frame.
        centre: of the hand, in the camera's frame, mm; found in the depth if None.
        seed: of everything random.
        left: a left hand is wanted: the frame is mirrored, and the result back.
        schedule: how much is tried.
        guess: (depth, camera, centre) -> sphere centres in the camera's frame, mm, of
            a right hand, around which one more batch starts.

    Raises:
        FrameError: there is no hand to be found.
    """
    if left:
        mirrored = cameras.mirror(camera, depth.shape[1])
        there = None if centre is None else centre * [-1.0, 1.0, 1.0]
        found = fit(
            template,
            depth[:, ::-1],
            mirrored,
            centre=there,
            seed=seed,
            schedule=schedule,
            guess=guess,
        )
        return _mirror_fit(found)
    if centre is None:
        centre = find_centre(depth, camera)
    guessed = None if guess is None else guess(depth, camera, centre)
    return _search(template, depth, camera, centre, seed, schedule, guessed)


def find_centre(
    depth: Float[np.ndarray, "height width"], camera: Pinhole
) -> Float[np.ndarray, "3"]:
    """The middle of the nearest thing in the frame, mm."""
    centre = np.asarray(jax.jit(centre_from_depth)(jnp.asarray(depth), camera))
    if not np.isfinite(centre).all() or centre[2] <= 0.0:
        raise FrameError("no hand is found in the depth; give --center X,Y,Z in mm")
    return centre.astype(np.float64)


def _search(template, depth, camera, centre, seed, schedule, guessed) -> Fit:
    """Refine the starts batch by batch, then the best of them, and those again."""
    rng = np.random.default_rng(seed)
    known = jax.jit(habits)(template)
    evidence, camera_from_fit = gather(depth, camera, centre, seed=seed)
    step = partial(_refine, template, known, steps=schedule.steps)
    batches = -(-schedule.starts // schedule.batch)
    drawn = [
        starts.draw(rng, template, evidence, schedule.batch) for _ in range(batches)
    ]
    if guessed is not None:
        own = np.random.default_rng([seed, 1])
        fit_from_camera = transforms.invert(jnp.asarray(camera_from_fit))
        seen = transforms.apply(fit_from_camera, guessed)
        near = towards(template, seen, own)
        drawn.append(starts.vary(own, near, schedule.batch))
    found = [step(evidence, start, schedule.first) for start in drawn]
    variables, energies = jax.tree.map(lambda *leaves: jnp.concatenate(leaves), *found)
    for rate, parents in zip(schedule.then, schedule.parents, strict=True):
        best = take(variables, jnp.argsort(energies)[:parents])
        evidence, camera_from_fit, best = _recentre(
            depth, camera, camera_from_fit, best, seed
        )
        around = starts.vary(rng, best, schedule.batch)
        variables, energies = step(evidence, around, rate)
    best = take(variables, jnp.argmin(energies))
    hand, parts = _look(template, known, evidence, camera_from_fit, best)
    return Fit(
        hand=hand,
        energy=float(energies.min()),
        terms={name: float(value) for name, value in parts.items()},
        centre=camera_from_fit[:3, 3],
    )


@partial(jax.jit, static_argnames="steps")
def _refine(
    template: Template,
    known: Habits,
    evidence: Evidence,
    variables: Variables,
    rate: Float[ArrayLike, ""],
    *,
    steps: int,
) -> tuple[Variables, Float[Array, "batch"]]:
    """The best that each hand of a batch comes to, and its energy."""
    objective = jax.vmap(partial(energy, template, known, evidence))
    found = refine(objective, variables, steps, learning_rate=rate)
    return found.variables, found.energy


@jax.jit
def _look(
    template: Template,
    known: Habits,
    evidence: Evidence,
    camera_from_fit: Float[Array, "4 4"],
    variables: Variables,
) -> tuple[Hand, dict[str, Array]]:
    """One hand in the camera's frame, and its terms."""
    hand = articulate(template, pose(template, variables))
    carry = jax.vmap(partial(transforms.compose, camera_from_fit))
    moved = hand._replace(
        joints=transforms.apply(camera_from_fit, hand.joints),
        vertices=transforms.apply(camera_from_fit, hand.vertices),
        transforms=carry(hand.transforms),
        centres=transforms.apply(camera_from_fit, hand.centres),
    )
    return moved, terms(template, known, evidence, variables)


def _recentre(depth, camera, camera_from_fit, variables: Variables, seed: int):
    """Evidence around the first of some hands, and these hands in its frame."""
    middle = np.append(STRIDE * np.asarray(variables.place[0]), 1.0)
    evidence, camera_from_new = gather(
        depth, camera, (camera_from_fit @ middle)[:3], seed=seed
    )
    new_from_fit = np.linalg.inv(camera_from_new) @ camera_from_fit
    M, shift = new_from_fit[:3, :3], new_from_fit[:3, 3] / STRIDE
    R = np.asarray(jax.vmap(rotations.matrix_from_six)(variables.six))
    place = np.asarray(variables.place) @ M.T + shift
    moved = starts.as_variables(M @ R, place, *variables[2:])
    return evidence, camera_from_new, moved


def _mirror_fit(found: Fit) -> Fit:
    flip = jnp.array([-1.0, 1.0, 1.0])
    turn = jnp.diag(jnp.array([-1.0, 1.0, 1.0, 1.0]))
    hand = found.hand._replace(
        joints=found.hand.joints * flip,
        vertices=found.hand.vertices * flip,
        transforms=matmul(turn, matmul(found.hand.transforms, turn)),
        centres=found.hand.centres * flip,
    )
    return found._replace(hand=hand, centre=found.centre * [-1.0, 1.0, 1.0])
