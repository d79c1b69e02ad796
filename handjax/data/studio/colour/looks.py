"""What the four people's skin looks like, and where its marks are on their surface.

The studio's surface has no texture coordinates: marks of the nearest place of the
template go onto its vertices. What skin is made of (`hands.appearance`), its marks and
how it sends light back (`render.shading`) are training's.
"""

from functools import lru_cache
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from handjax.data.studio import forearm, subjects
from handjax.data.studio.skin import Subject
from handjax.hands.appearance import (
    Marks,
    Skin,
    albedo,
    load_marks,
    sample_skin,
    skin_of_tone,
)
from handjax.hands.build.relief import rise
from handjax.hands.template import load_template
from handjax.render import textures
from handjax.render.shading import Surface

TONES = {"A": 0.6, "B": 4.4, "C": 2.3, "D": 3.6}
"""Of each subject; see `hands.appearance.skin_of_tone`."""
CLOTHS = {
    "A": (0.05, 0.07, 0.16),
    "B": (0.3, 0.3, 0.3),
    "C": (0.3, 0.3, 0.3),
    "D": (0.33, 0.30, 0.26),
}
"""Linear colour of sleeves; B and C have none."""
MOTTLING = 100
"""Key of the subjects' own unevenness of the skin."""
SKIN = Surface(gloss=0.04, shininess=26.0, wrap=(0.18, 0.08, 0.05))
"""Moister than training's."""
NEAREST = 3
"""Places of the template whose marks a vertex gets the mean of."""


TAPER = 20.0
"""The way along which the hand narrows to the arm's section, mm."""
STUMP, DOME = 0.97, 0.94
"""How much of the wrist's ball the ends of hand and arm fill, one inside the other."""


class Look(NamedTuple):
    """A subject's surface and colours: hand first, then arm.

    Attributes:
        subject: whose.
        faces: of hand and arm.
        albedo: of vertices, linear.
    """

    subject: Subject
    faces: Int[Array, "faces 3"]
    albedo: Float[Array, "vertices 3"]


@lru_cache
def load_look(name: str) -> Look:
    """A subject of the studio with all its colours.

    Args:
        name: one of `subjects.SUBJECTS`.

    Raises:
        ValueError: naming those that there are.
    """
    with jax.ensure_compile_time_eval():
        subject = _joined(subjects.load_subject(name))
        hand, arm = subject.vertices, subject.forearm_vertices
        # No mark is on the arm.
        marks = Marks(*jnp.pad(_marks(), ((0, len(arm)), (0, 0))).T)
        skin = albedo(marks, _skin(name), jnp.concatenate([hand, arm]))
        worn = jnp.pad(subject.forearm_cloth, (len(hand), 0))[:, None]
        return Look(
            subject=subject,
            faces=jnp.concatenate([subject.faces, subject.forearm_faces + len(hand)]),
            albedo=skin + worn * (jnp.array(CLOTHS[name]) - skin),
        )


def _joined(subject: Subject) -> Subject:
    """A subject whose hand goes over into its arm without an edge.

    Depth hardly shows how they meet; light does.
    """
    arm = np.asarray(subject.forearm_vertices)
    middle, radii = _ball(arm)
    away = np.asarray(subject.vertices) - middle
    y = away[:, 1:2]
    across = np.linalg.norm(away[:, [0, 2]] / radii[[0, 2]], axis=-1, keepdims=True)
    whole = np.linalg.norm(away / radii, axis=-1, keepdims=True)
    narrow = rise(1.0 + y / TAPER) * (1.0 / across - 1.0) * [[1.0, 0.0, 1.0]]
    ball = (1.0 + (STUMP - 1.0) * rise(y / 4.0)) / whole - 1.0
    hand = middle + away * (1.0 + np.where(y < 0.0, narrow, ball))
    inside = (arm - middle) * (
        1.0 + (DOME - 1.0) * rise((middle[1] - arm[:, 1:2]) / 4.0)
    )
    return subject._replace(
        vertices=jnp.asarray(hand, jnp.float32),
        forearm_vertices=jnp.asarray(middle + inside, jnp.float32),
    )


def _ball(arm: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Middle and radii of the ball in which an arm turns, by its first whole ring."""
    ring = arm[forearm.DOME * forearm.AROUND :][: forearm.AROUND]
    pole = arm[-2]
    low, high = ring.min(axis=0), ring.max(axis=0)
    middle = (low + high) / 2
    across = (high - low) / 2
    return middle, np.array([across[0], middle[1] - pole[1], across[2]])


def _skin(name: str) -> Skin:
    """The tone of a subject with an unevenness of its own."""
    key = jax.random.fold_in(jax.random.key(MOTTLING), subjects.SUBJECTS.index(name))
    uneven = sample_skin(key)
    return skin_of_tone(TONES[name])._replace(
        waves=uneven.waves, phases=uneven.phases, mottling=uneven.mottling
    )


@lru_cache
def _marks() -> np.ndarray:
    """Marks at the vertices of the studio's mean surface."""
    from scipy.spatial import KDTree

    template = load_template("hand_12553")
    corners = np.asarray(template.vertices)[np.asarray(template.faces)]
    uv = np.asarray(template.uv)[np.asarray(template.uv_faces)]
    shares = np.array([(1, 1, 1), (4, 1, 1), (1, 4, 1), (1, 1, 4)]) / [
        [3],
        [6],
        [6],
        [6],
    ]
    places, read = (
        np.einsum("si,fic->sfc", shares, x).reshape(-1, x.shape[-1])
        for x in (corners, uv)
    )
    texture = jnp.stack(load_marks(), axis=-1)
    found = np.asarray(textures.sample(texture, jnp.asarray(read, jnp.float32)))
    _, nearest = KDTree(places).query(subjects.base().vertices, k=NEAREST)
    return found[nearest].mean(axis=1)
