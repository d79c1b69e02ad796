"""Where a hand may go: the 40 training poses of [moon2020] by name, and sampling.

Angles are flexion, abduction and twist of the 17 posed joints, (17, 3), radians, as
`articulate.rotations_from_angles` reads them; tables are in degrees. Names that
differ by where the palm faces alone share their fingers: the palm is the view's.
"""

import types
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from handjax.geometry import rotations
from handjax.hands.anatomy import joint_limits
from handjax.hands.skeleton import FINGERS, POSED
from handjax.hands.template import Template

# Flexion of a finger's three joints.
FLAT = (-6, 0, -4)
TENSE = (-14, 0, -6)
RELAXED = (16, 22, 12)
OPEN = (6, 10, 5)
CURLED = (78, 100, 62)
CLENCHED = (88, 105, 72)
# Abduction of index, middle, ring and little finger, to the thumb's side.
APART = (0, 0, 0, 0)
TOGETHER = (-6, -1, 3, 8)
SPREAD = (12, 2, -8, -18)
WIDEST = (20, 4, -12, -26)
GATHERED = (-8, -1, 5, 10)
# The thumb: base (flexion, abduction, twist), knuckle, end joint (flexion).
BESIDE = (0, -12, 0, 5, 5)
AWAY = (-16, 6, 0, -4, -6)
WIDE = (-22, 10, 0, -8, -12)
EASY = (4, 4, 0, 10, 12)
LOCKED = (30, 18, 20, 45, 45)
TUCKED = (35, 30, 30, 60, 45)
UP = (-22, -6, 0, -6, -12)


def _pose(thumb, index, middle=None, ring=None, little=None, spread=TOGETHER):
    """Angles of one hand; a finger left out does as the one before it."""
    middle = index if middle is None else middle
    ring = middle if ring is None else ring
    little = ring if little is None else little
    angles = dict.fromkeys(POSED, (0, 0, 0))
    angles["thumb_cmc"] = thumb[:3]
    angles["thumb_mcp"], angles["thumb_ip"] = (thumb[3], 0, 0), (thumb[4], 0, 0)
    flexions = (index, middle, ring, little)
    for finger, bend, side in zip(FINGERS[1:], flexions, spread, strict=True):
        angles[f"{finger}_mcp"] = (bend[0], side, 0)
        angles[f"{finger}_pip"] = (bend[1], 0, 0)
        angles[f"{finger}_dip"] = (bend[2], 0, 0)
    return np.deg2rad(np.array([angles[name] for name in POSED], np.float32))


NAMED: Mapping[str, np.ndarray] = types.MappingProxyType({
    "neutral relaxed": _pose(EASY, RELAXED, spread=APART),
    "neutral rigid": _pose(BESIDE, TENSE, spread=TOGETHER),
    "good luck": _pose(LOCKED, (12, 8, 4), (-4, 2, 0), CURLED, spread=(-13, 18, 3, 8)),
    "fake gun": _pose(UP, FLAT, FLAT, CURLED),
    "star trek": _pose(BESIDE, FLAT, spread=(2, 8, -12, -6)),
    "star trek extended thumb": _pose(AWAY, FLAT, spread=(2, 8, -12, -6)),
    "thumb up relaxed": _pose(UP, (70, 90, 50), spread=GATHERED),
    "thumb up normal": _pose(UP, CURLED, spread=GATHERED),
    "thumb up rigid": _pose((-25, -8, 0, -10, -15), CLENCHED, spread=GATHERED),
    "thumb tuck normal": _pose(TUCKED, CURLED, spread=GATHERED),
    "thumb tuck rigid": _pose(TUCKED, CLENCHED, spread=GATHERED),
    "aokay": _pose((20, 30, 15, 25, 30), (50, 55, 30), OPEN, FLAT, FLAT, SPREAD),
    "aokay upright": _pose((20, 30, 15, 25, 30), (50, 55, 30), FLAT, spread=SPREAD),
    "surfer": _pose(AWAY, CURLED, CURLED, CURLED, FLAT, (-8, -1, 5, -20)),
    "rocker": _pose(LOCKED, FLAT, CURLED, CURLED, FLAT, (4, 0, 0, -10)),
    "rocker front": _pose(LOCKED, TENSE, CURLED, CURLED, FLAT, (4, 0, 0, -10)),
    "rocker back": _pose(LOCKED, FLAT, CLENCHED, CLENCHED, TENSE, (4, 0, 0, -10)),
    "fist": _pose(LOCKED, CURLED, spread=GATHERED),
    "fist rigid": _pose(LOCKED, CLENCHED, spread=GATHERED),
    "alligator closed": _pose((20, 30, 15, 10, 0), (60, 10, 5)),
    "one count": _pose(LOCKED, FLAT, CURLED),
    "two count": _pose(LOCKED, FLAT, FLAT, CURLED, spread=(8, -6, 0, 8)),
    "three count": _pose(LOCKED, FLAT, FLAT, FLAT, CURLED, (10, 0, -10, 8)),
    "four count": _pose((30, 18, 20, 45, 45), FLAT, spread=SPREAD),
    "five count": _pose(AWAY, FLAT, spread=SPREAD),
    "indextip": _pose((20, 30, 15, 25, 30), (50, 55, 30), RELAXED, spread=APART),
    "middletip": _pose((25, 30, 20, 30, 30), OPEN, (55, 60, 35), OPEN, OPEN, APART),
    "ringtip": _pose((30, 30, 25, 40, 35), OPEN, OPEN, (60, 65, 35), OPEN, APART),
    "pinkytip": _pose((35, 30, 30, 45, 40), OPEN, OPEN, OPEN, (60, 60, 35), APART),
    "palm up": _pose(AWAY, OPEN, spread=APART),
    "finger spread relaxed": _pose(AWAY, OPEN, spread=(8, 1, -6, -14)),
    "finger spread normal": _pose(AWAY, FLAT, spread=SPREAD),
    "finger spread rigid": _pose(WIDE, TENSE, spread=WIDEST),
    "capisce": _pose((20, 30, 20, 20, 10), (55, 30, 15)),
    "claws": _pose(AWAY, (-5, 70, 50), spread=SPREAD),
    "peacock": _pose((20, 30, 15, 25, 30), (60, 50, 30), TENSE, spread=SPREAD),
    "cup": _pose((10, 40, 15, 15, 15), (30, 40, 20)),
    "shakespeareyorick": _pose((0, 45, 10, 10, 20), (15, 45, 25), spread=SPREAD),
    "dinosaur": _pose((10, 35, 15, 20, 30), (30, 60, 35), (30, 60, 35), CURLED),
    "middle finger": _pose(LOCKED, CURLED, FLAT, CURLED, CURLED),
})  # fmt: skip


def limits_violation(
    angles: Float[Array, "17 3"], limits: Float[Array, "17 3 2"] | None = None
) -> Float[Array, "17 3"]:
    """How far each angle is outside its range, radians; 0 inside.

    Args:
        angles: flexion, abduction, twist of each posed joint.
        limits: their ranges, `anatomy.joint_limits` unless given.
    """
    low, high = jnp.moveaxis(jnp.asarray(_LIMITS if limits is None else limits), -1, 0)
    return jnp.maximum(angles - high, 0.0) + jnp.maximum(low - angles, 0.0)


_LIMITS = joint_limits().astype(np.float32)
_BANK = np.stack(list(NAMED.values()))


def sample_angles(key: Array, template: Template | None = None) -> Float[Array, "17 3"]:
    """Angles of a plausible hand: every finger somewhere between two named poses."""
    pick, blend, wobble = jax.random.split(key, 3)
    ends = jnp.asarray(_BANK)[jax.random.randint(pick, (2,), 0, len(_BANK))]
    t = jax.random.uniform(blend)
    noise = jnp.deg2rad(4.0) * jax.random.normal(wobble, (17, 3))
    angles = (1 - t) * ends[0] + t * ends[1] + noise
    angles = angles.at[0].set(0.0)
    return jnp.clip(angles, _LIMITS[..., 0], _LIMITS[..., 1])


def sample_shape(key: Array, components: int = 14) -> Float[Array, "shape"]:
    """Shape coefficients, normal and within 2.5 standard deviations."""
    return jax.random.truncated_normal(key, -2.5, 2.5, (components,))


def sample_view(key: Array, kind: str = "haar") -> Float[Array, "3 3"]:
    """Rotation of the whole hand.

    Args:
        key: random key.
        kind: "haar", uniform over SO(3); or "wan2019", Rz Ry Rx of the palm with x
            and z over the full turn and y over the half turn [-pi, 0].

    Source: palm rotations of [wan2019]'s released synthesis.
    """
    if kind == "haar":
        return rotations.sample_uniform(key)
    if kind != "wan2019":
        raise ValueError(f"kind must be 'haar' or 'wan2019', got {kind!r}")
    x, y, z = jax.random.uniform(key, (3,), minval=-jnp.pi, maxval=jnp.pi)
    turns = jnp.diag(jnp.stack([x, -jnp.abs(y), z]))
    R = jax.vmap(rotations.matrix_from_axis_angle)(turns)
    return R[2] @ R[1] @ R[0]
