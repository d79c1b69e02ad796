"""What colour skin is, and where: tones, and what is drawn on every hand.

A point of the surface has marks (`Marks`, the same for every hand) and a place at rest;
a person has a `Skin`. Both give an albedo, point by point: at texels, vertices or
pixels alike. Tones are named by L*a*b* under D65, as dermatology measures them.

[chardon1991]: Chardon, Cretois and Hourseau, Skin colour typology and suntanning
pathways, Int. J. Cosmetic Science 13, 1991: classes by the angle
ITA = atan((L* - 50) / b*), bounded by 55, 41, 28, 10 and -30 degrees.

Notation, shared by every function here and by the tests:
    L, a, b: L*, a* and b* of a colour.
"""

from functools import lru_cache, reduce
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from handjax.geometry.precision import einsum

MARKS = Path(__file__).parent / "assets" / "marks.npz"

TONES = np.array([
    (71.0, 9.0, 13.5),
    (67.0, 10.5, 15.5),
    (62.0, 11.5, 17.5),
    (56.0, 12.5, 19.0),
    (45.0, 13.0, 18.0),
    (35.0, 10.5, 12.5),
])  # fmt: skip
"""(L, a, b) of the back of the hand, one inside each class of [chardon1991]; which
point of its class is by eye."""

WAVES = 14
"""Plane waves whose sum is the mottling of a skin."""


class Marks(NamedTuple):
    """How much of each mark there is at points of the surface, 0 to 1.

    Attributes:
        palm: on the palm's side rather than on the back.
        blush: where blood shows: finger ends, balls of thumb and little finger.
        knuckle: over the joints of the back.
        nail: on a nail.
        white: its free edge and its moon.
        crease: in a line of palm or finger, around a nail.
        vein: over a vein of the back.
    """

    palm: Float[Array, "*points"]
    blush: Float[Array, "*points"]
    knuckle: Float[Array, "*points"]
    nail: Float[Array, "*points"]
    white: Float[Array, "*points"]
    crease: Float[Array, "*points"]
    vein: Float[Array, "*points"]


class Skin(NamedTuple):
    """The colours of one hand: linear reflectances in the primaries of sRGB.

    Attributes:
        back: of the back of the hand, and of the arm.
        palm: of the palm.
        nail: of nails.
        white: of their free edges.
        blush: what blood takes of the skin's colour, a factor.
        knuckle: likewise over joints of the back.
        crease: likewise in lines.
        vein: likewise over veins.
        waves: wave vectors of the mottling, radians per mm.
        phases: of these waves, radians.
        mottling: what each wave adds to the logarithm of the colour.
    """

    back: Float[Array, "3"]
    palm: Float[Array, "3"]
    nail: Float[Array, "3"]
    white: Float[Array, "3"]
    blush: Float[Array, "3"]
    knuckle: Float[Array, "3"]
    crease: Float[Array, "3"]
    vein: Float[Array, "3"]
    waves: Float[Array, "waves 3"]
    phases: Float[Array, "waves"]
    mottling: Float[Array, "waves 3"]


def load_marks() -> Marks:
    """Marks as textures, in the texture coordinates of every level; row 0 at v = 1."""
    return Marks(*(jnp.asarray(layer / np.float32(255.0)) for layer in _read()))


def albedo(
    marks: Marks, skin: Skin, places: Float[Array, "*points 3"]
) -> Float[Array, "*points 3"]:
    """Linear reflectance of points of the skin.

    Args:
        marks: of the points.
        skin: whose skin it is.
        places: where the points are on the hand at rest, mm; moves the mottling.
    """
    amount = Marks(*(layer[..., None] for layer in marks))
    colour = skin.back + amount.palm * (skin.palm - skin.back)
    # One exponential of a sum: powers cost several times as much.
    drawn = mottling(skin, places)
    for name in ("blush", "knuckle", "vein"):
        drawn = drawn + getattr(amount, name) * jnp.log(getattr(skin, name))
    colour = colour * jnp.exp(drawn)
    colour = colour + amount.nail * (skin.nail - colour)
    colour = colour + amount.white * (skin.white - colour)
    lined = colour * jnp.exp(amount.crease * jnp.log(skin.crease))
    return jnp.clip(lined, 0.0, 1.0)


def mottling(
    skin: Skin, places: Float[Array, "*points 3"]
) -> Float[Array, "*points 3"]:
    """What unevenness adds to the logarithm of the colour.

    sum over waves of m_w sin(k_w . x + phase_w)
    """
    # Written out: a batch of products with so few columns takes a slow path.
    waves = wave(_products(places, skin.waves.T) + skin.phases)
    return _products(waves, skin.mottling)


def _products(vectors, rows):
    """What each of a vector's numbers gives of its row, added up."""
    terms = [vectors[..., i, None] * row for i, row in enumerate(rows)]
    return reduce(jnp.add, terms)


def wave(angle: Float[Array, "*any"]) -> Float[Array, "*any"]:
    """The sine to a thousandth, a tenth of its price.

        s = angle / 2 pi - its nearest whole number, b = 8 s - 16 s |s|
        sin(angle) ~ b + 0.225 (b |b| - b)

    Two parabolas a period, and what corrects them; the factor is by minimax.
    """
    turns = angle * (0.5 / np.pi)
    s = turns - jax.lax.stop_gradient(jnp.round(turns))
    bow = 8.0 * s - 16.0 * s * jnp.abs(s)
    return bow + 0.225 * (bow * jnp.abs(bow) - bow)


def skin_of_tone(tone: Float[Array, ""] | float) -> Skin:
    """The plain skin of a tone: no mottling.

    Args:
        tone: row of `TONES`, from 0, the lightest, to 5; what lies between is blended.
    """
    return skin_of_lab(_back_of(tone))


def _back_of(tone: Float[Array, ""] | float) -> Float[Array, "3"]:
    """L, a and b of the back of a hand of a tone."""
    rows = jnp.arange(len(TONES), dtype=jnp.float32)
    return jnp.stack([jnp.interp(tone, rows, column) for column in TONES.T])


def skin_of_lab(back: Float[Array, "3"]) -> Skin:
    """The skin whose back has a colour; what goes with it is by eye.

    The darker it is, the more pigment there is; the palm has little of it, knuckles
    have more, and it hides blood and veins.

    Args:
        back: L, a and b.
    """
    L, a, b = back
    dark = jnp.clip((64.0 - L) / 30.0, 0.0, 1.0)
    palm = jnp.stack([L + 1.5 + 14.0 * dark, a + 2.0 - dark, b - 1.0 + 1.5 * dark])
    nail = jnp.stack([0.55 * L + 33.0 - 4.0 * dark, a + 2.5, 0.75 * b])
    white = jnp.stack([0.5 * L + 47.0 - 6.0 * dark, 2.0 + 0.0 * a, 7.0 + 0.0 * b])
    fade = 1.0 - 0.55 * dark

    def factor(*colour: float) -> Float[Array, "3"]:
        return jnp.array(colour) ** fade

    return Skin(
        *map(linear_from_lab, (back, palm, nail, white)),
        blush=factor(1.02, 0.76, 0.76),
        knuckle=factor(0.98, 0.88, 0.87) * (1.0 - 0.22 * dark),
        crease=jnp.array([0.72, 0.56, 0.50]) - 0.10 * dark,
        vein=factor(0.88, 0.95, 1.0),
        waves=jnp.zeros((WAVES, 3)),
        phases=jnp.zeros(WAVES),
        mottling=jnp.zeros((WAVES, 3)),
    )


def sample_skin(key: PRNGKeyArray) -> Skin:
    """A random person's skin: any tone, with its own redness and mottling."""
    tone_key, shade, length, way, phase, strength = jax.random.split(key, 6)
    tone = jax.random.uniform(tone_key, maxval=len(TONES) - 1.0)
    off = jnp.array([1.2, 1.1, 1.2]) * jax.random.normal(shade, (3,))
    plain = skin_of_lab(_back_of(tone) + off)
    # Blotches of 6 to 60 mm, as far from one another on a logarithmic scale.
    period = 6.0 * 10.0 ** jax.random.uniform(length, (WAVES, 1))
    towards = jax.random.normal(way, (WAVES, 3))
    towards = towards / jnp.linalg.norm(towards, axis=-1, keepdims=True)
    most = jax.random.uniform(strength, (2,), maxval=jnp.array([0.022, 0.03]))
    red = jnp.array([0.1, 1.0, 1.0]) * most[0]
    half = jnp.arange(WAVES)[:, None] % 2
    return plain._replace(
        waves=2.0 * jnp.pi / period * towards,
        phases=jax.random.uniform(phase, (WAVES,), maxval=2.0 * jnp.pi),
        mottling=jnp.where(half == 0, red, most[1]),
    )


def linear_from_lab(lab: Float[Array, "3"]) -> Float[Array, "3"]:
    """Linear sRGB of a colour in L*a*b* under D65, kept within 0 and 1.

    Source: IEC 61966-2-1 (primaries); CIE 15 (L*a*b*).
    """
    L, a, b = lab
    f = (L + 16.0) / 116.0 + jnp.stack([a / 500.0, 0.0 * L, -b / 200.0])
    cube = jnp.where(f > 6.0 / 29.0, f**3, 3.0 * (6.0 / 29.0) ** 2 * (f - 4.0 / 29.0))
    xyz = cube * jnp.array([0.95047, 1.0, 1.08883])
    matrix = jnp.array([
        [3.2406, -1.5372, -0.4986],
        [-0.9689, 1.8758, 0.0415],
        [0.0557, -0.2040, 1.0570],
    ])  # fmt: skip
    return jnp.clip(einsum("ij,j->i", matrix, xyz), 0.0, 1.0)


@lru_cache
def _read() -> tuple[np.ndarray, ...]:
    with np.load(MARKS, allow_pickle=False) as file:
        return tuple(file[name] for name in Marks._fields)
