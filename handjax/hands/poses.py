"""Where a hand may go: named poses, joint limits, and samples of poses and views.

Angles are flexion, abduction and twist of the 17 posed joints, (17, 3), radians, as
`articulate.rotations_from_angles` reads them.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from handjax.geometry import rotations
from handjax.geometry.precision import matmul
from handjax.geometry.spheres import collision, overlap
from handjax.hands import spheres
from handjax.hands.anatomy import joint_limits
from handjax.hands.articulate import articulate, rest_pose, rotations_from_angles
from handjax.hands.named_poses import NAMED
from handjax.hands.skeleton import FINGERS, POSED
from handjax.hands.template import Template

__all__ = [
    "NAMED",
    "VIEWS",
    "clash",
    "limits_violation",
    "sample_angles",
    "sample_shape",
    "sample_view",
]

TOUCH = 4.0
"""How much deeper than at rest two spheres may reach where fingers touch, mm."""

# Knuckle and middle joint of a finger that is straight, open, half closed, pinching,
# closed: (from, to), degrees.
FINGER_MODES = np.deg2rad(np.array([
    [(-20, 10), (0, 10)],
    [(0, 30), (5, 35)],
    [(20, 60), (30, 70)],
    [(40, 75), (25, 70)],
    [(65, 90), (85, 105)],
], np.float32))  # fmt: skip
# What a spread of 1 radian adds to the abduction of index, middle, ring and little.
FAN = (1.55, 0.75, -0.75, -2.2)
# Standard deviation of noise on flexion, abduction and twist, degrees.
WOBBLE = (5.0, 3.0, 2.0)
# Standard deviation of a shape coefficient is 1; none is farther out than this.
SHAPE_BOUND = 2.5

_LIMITS = joint_limits().astype(np.float32)
_BANK = np.stack(list(NAMED.values()))
# The finger, 0 to 4, that each posed joint belongs to; the wrist goes with the thumb.
_FINGER_OF = np.array(
    [max((f in joint) * k for k, f in enumerate(FINGERS)) for joint in POSED]
)
_KNUCKLES = np.array([POSED.index(f"{finger}_mcp") for finger in FINGERS[1:]])
_THUMB = POSED.index("thumb_cmc")


def limits_violation(
    angles: Float[Array, "joints 3"], limits: Float[Array, "joints 3 2"] | None = None
) -> Float[Array, "joints 3"]:
    """How far each angle is outside its range, radians; 0 inside.

    Args:
        angles: flexion, abduction, twist of each posed joint.
        limits: their ranges, those of the built-in hand's 17 unless given.
    """
    low, high = jnp.moveaxis(jnp.asarray(_LIMITS if limits is None else limits), -1, 0)
    return jnp.maximum(angles - high, 0.0) + jnp.maximum(low - angles, 0.0)


def clash(template: Template, angles: Float[Array, "17 3"]) -> Float[Array, ""]:
    """How much too deep the spheres of a pose reach into one another, mm in all.

    As deep as at rest, and `TOUCH` more, is what flesh gives where fingers touch.
    """
    rest = rest_pose(template)
    posed = rest._replace(rotations=rotations_from_angles(template, angles))
    still, moved = (articulate(template, pose) for pose in (rest, posed))
    pairs = jnp.asarray(spheres.PAIRS)
    allowed = overlap(still.centres, still.radii, pairs) + TOUCH
    return collision(moved.centres, moved.radii, pairs, allowed)


def sample_angles(
    key: PRNGKeyArray, template: Template | None = None
) -> Float[Array, "17 3"]:
    """Angles of a plausible hand, within the joints' limits; the wrist is straight.

    Three hands in five lie between two named poses, with here and there a finger that
    goes its own way; in the others each finger is straight, open, half closed,
    pinching or closed for itself.

    Args:
        key: random key.
        template: if given, two hands are drawn and the one that clashes less is taken,
            within the limits of its own joints.

    Source: spread and modes of fingers as in [wan2019]'s released synthesis; the
    ranges of the modes and of the thumb are ours.
    """
    if template is None:
        return _draw(key)
    pair = jax.vmap(_draw)(jax.random.split(key))
    pair = jnp.clip(pair, template.limits[..., 0], template.limits[..., 1])
    return pair[jnp.argmin(jax.vmap(lambda angles: clash(template, angles))(pair))]


def _draw(key: PRNGKeyArray) -> Float[Array, "17 3"]:
    """One hand, whether or not its fingers meet."""
    kind, named, free, amount, wobble = jax.random.split(key, 5)
    angles = jnp.where(
        jax.random.bernoulli(kind, 0.6), _between_named(named), _finger_by_finger(free)
    )
    noise = jnp.deg2rad(jnp.array(WOBBLE)) * jax.random.normal(wobble, angles.shape)
    angles = (angles + jax.random.uniform(amount) * noise).at[0].set(0.0)
    return jnp.clip(angles, _LIMITS[..., 0], _LIMITS[..., 1])


def _between_named(key: PRNGKeyArray) -> Float[Array, "17 3"]:
    """Between two named poses, two times in five at an end.

    Every fifth finger is between two poses of its own.
    """
    hands, fingers, own, blend = jax.random.split(key, 4)
    whole = jax.random.randint(hands, (2, 1), 0, len(_BANK))
    single = jax.random.randint(fingers, (2, len(FINGERS)), 0, len(_BANK))
    alone = jax.random.bernoulli(own, 0.2, (len(FINGERS),))
    ends = jnp.where(alone, single, whole)[:, _FINGER_OF]
    start, end = jnp.asarray(_BANK)[ends, jnp.arange(len(POSED))]
    t = jnp.clip(jax.random.uniform(blend, minval=-1 / 3, maxval=4 / 3), 0.0, 1.0)
    return (1.0 - t) * start + t * end


def _finger_by_finger(key: PRNGKeyArray) -> Float[Array, "17 3"]:
    """Each finger in a mode of its own; all spread together."""
    mode, bend, spread, fan, thumb = jax.random.split(key, 5)
    modes = jax.random.randint(mode, (len(_KNUCKLES),), 0, len(FINGER_MODES))
    low, high = jnp.moveaxis(jnp.asarray(FINGER_MODES)[modes], -1, 0)
    knuckle, middle = jax.random.uniform(bend, low.shape, minval=low, maxval=high).T
    s = (jax.random.uniform(spread) - 0.35) / 1.55
    s = s + jnp.deg2rad(5.0) * jax.random.uniform(fan, (4,), minval=-1.0)
    angles = jnp.zeros((len(POSED), 3))
    angles = (
        angles.at[_KNUCKLES, 0].set(knuckle).at[_KNUCKLES, 1].set(s * jnp.array(FAN))
    )
    # One tendon bends both end joints of a finger, the last less than the middle one.
    angles = angles.at[_KNUCKLES + 1, 0].set(middle)
    angles = angles.at[_KNUCKLES + 2, 0].set(2.0 / 3.0 * middle)
    return angles.at[_THUMB : _THUMB + 3].set(_thumb(thumb))


def _thumb(key: PRNGKeyArray) -> Float[Array, "3 3"]:
    """Angles of the thumb's base, knuckle and end joint: beside the palm or across."""
    across, bend, aside, end, turn = jax.random.split(key, 5)
    u = jax.random.uniform(bend)
    flexion = jnp.where(jax.random.bernoulli(across), 0.1 + 0.6 * u, 0.35 * u - 0.25)
    abduction = jax.random.uniform(aside) - 0.5
    # Opposition pronates: the pad turns towards the fingers as the base flexes.
    twist = -0.9 * flexion + 0.15 * jax.random.normal(turn)
    knuckle = 1.2 * jnp.maximum(flexion, 0.0)
    tip = 1.7 - 2.0 * jax.random.uniform(end)
    zero = jnp.zeros(())
    return jnp.array(
        [[flexion, abduction, twist], [knuckle, zero, zero], [tip, zero, zero]]
    )


def sample_shape(
    key: PRNGKeyArray, *, components: int = 14
) -> Float[Array, "{components}"]:
    """Shape coefficients, normal, none beyond `SHAPE_BOUND` standard deviations.

    Args:
        key: random key.
        components: how many, those of the built-in hand unless given.
    """
    return jax.random.truncated_normal(key, -SHAPE_BOUND, SHAPE_BOUND, (components,))


VIEWS = ("haar", "wan2019")
"""Ways to draw views."""


def sample_view(key: PRNGKeyArray, *, kind: str = "haar") -> Float[Array, "3 3"]:
    """Rotation of the whole hand.

    Args:
        key: random key.
        kind: "haar", uniform over SO(3); or "wan2019", a full turn about the fingers'
            direction, half a turn about the line across the palm, so that fingers
            point at the camera rather than away, and a full turn in the picture:
            R = Rz Rx Ry in the axes of the rest frame.

    Source: palm angles of [wan2019]'s released synthesis, there Rz Ry Rx for a hand
    whose fingers lie along x.
    """
    if kind == "haar":
        return rotations.sample_uniform(key)
    if kind != "wan2019":
        wanted = " or ".join(map(repr, VIEWS))
        raise ValueError(f"kind wants {wanted}, got {kind!r}")
    y, x, z = jax.random.uniform(key, (3,), minval=-jnp.pi, maxval=jnp.pi)
    turns = jnp.diag(jnp.stack([jnp.abs(x), y, z]))
    R = jax.vmap(rotations.matrix_from_axis_angle)(turns)
    return matmul(R[2], matmul(R[0], R[1]))
