"""Where a fit starts: many hands at once, drawn on the host from one seed."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from handjax.fitting.evidence import Evidence
from handjax.fitting.model import STRIDE, Variables
from handjax.hands.poses import NAMED
from handjax.hands.skeleton import FINGERS, POSED
from handjax.hands.template import Template
from handjax.refine import take

TRUST = 0.85
"""Share of the starts whose forearm leads where one leaves the crop."""

CONE = 0.35
"""How far from there they may point, standard deviation, radians."""

SPREAD = 12.0
"""Standard deviation of a start's place, mm."""

BEHIND = 10.0
"""How far the middle of a hand is behind its surface, mm."""

FINGER_OF = np.array(
    [max((f in joint) * k for k, f in enumerate(FINGERS)) for joint in POSED]
)
"""The finger, 0 to 4, of each posed joint; the wrist goes with the thumb."""


def draw(
    rng: np.random.Generator, template: Template, evidence: Evidence, count: int
) -> Variables:
    """So many plausible hands where the evidence is; each leaf (count, ...)."""
    middle = 0.5 * np.median(evidence.points, axis=0) + [0.0, 0.0, BEHIND]
    R = _rotations(rng, evidence, count)
    return as_variables(
        R,
        (middle + SPREAD * rng.normal(size=(count, 3))) / STRIDE,
        rng.uniform(size=(count, 1, 1)) * between_named(rng, count),
        np.zeros((count, len(template.shape_joints))),
        np.zeros(count),
    )


def vary(rng: np.random.Generator, variables: Variables, count: int) -> Variables:
    """So many hands around a few, which come first and unchanged.

    The others each have two of their fingers in another pose: what a fit that took
    one finger for another cannot reach by going downhill.
    """
    few = len(variables.place)
    parents = np.resize(np.arange(few), count)
    changed = np.argsort(rng.uniform(size=(count, len(FINGERS))), axis=1) < 2
    changed[:few] = False
    change = changed[:, FINGER_OF]
    change[:, 0] = False
    other = rng.uniform(size=(count, 1, 1)) * between_named(rng, count)
    parent = take(variables, jnp.asarray(parents))
    return parent._replace(angles=jnp.where(change[..., None], other, parent.angles))


def as_variables(R, place, angles, shape, girth) -> Variables:
    """Variables of hands turned by the rotations R, (count, 3, 3)."""
    six = np.swapaxes(R[..., :2], -1, -2).reshape(*R.shape[:-2], 6)
    leaves = (jnp.asarray(x, jnp.float32) for x in (six, place, angles, shape, girth))
    return Variables(*leaves)


def _rotations(rng, evidence: Evidence, count: int) -> Float[np.ndarray, "count 3 3"]:
    """Haar-uniform; of hands with a forearm most have it lead out of the crop."""
    anyhow = Rotation.from_quat(rng.normal(size=(count, 4)))
    if not evidence.has_arm:
        return anyhow.as_matrix()
    arm = np.asarray(evidence.arm)
    direction = arm / np.linalg.norm(arm)
    direction = direction + CONE * rng.normal(size=(count, 3))
    spin = Rotation.from_rotvec(
        np.outer(rng.uniform(0.0, 2.0 * np.pi, count), [0.0, 1.0, 0.0])
    )
    led = Rotation.concatenate([_downwards_to(d) for d in direction]) * spin
    trusted = rng.uniform(size=(count, 1, 1)) < TRUST
    return np.where(trusted, led.as_matrix(), anyhow.as_matrix())


def _downwards_to(direction: Float[np.ndarray, "3"]) -> Rotation:
    """A rotation that takes y, where the forearm is at rest, to a direction."""
    direction = direction / np.linalg.norm(direction)
    return Rotation.align_vectors(direction[None], [[0.0, 1.0, 0.0]])[0]


def between_named(rng, count: int) -> Float[np.ndarray, "count 17 3"]:
    """Angles between two named poses, (count, 17, 3); the wrist is straight."""
    named = np.stack(list(NAMED.values()))
    start, end = named[rng.integers(0, len(named), (2, count))]
    t = rng.uniform(size=(count, 1, 1))
    angles = (1.0 - t) * start + t * end
    angles[:, 0] = 0.0
    return angles
