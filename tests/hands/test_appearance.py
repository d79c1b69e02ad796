"""Skin: tones in order, palms lighter than backs, marks where anatomy has them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from handjax.hands import appearance
from handjax.hands.appearance import Marks, linear_from_lab, skin_of_tone
from handjax.hands.skeleton import JOINTS
from handjax.hands.template import load_template

GREY = np.array([0.2126, 0.7152, 0.0722])
TONES = range(len(appearance.TONES))

# Compiled once for all tests.
albedo = jax.jit(appearance.albedo)
sample_skin = jax.jit(appearance.sample_skin)


def luminance(colour):
    return np.asarray(colour) @ GREY


def plain(**marks):
    nothing = Marks(*jnp.zeros((len(Marks._fields), 1)))
    return nothing._replace(**{name: jnp.array([v]) for name, v in marks.items()})


@pytest.fixture(scope="module")
def read():
    """A mark at the texel beneath a point of the resting skin."""
    hand = load_template("hand_12553")
    vertices = np.asarray(hand.vertices)
    faces, uv_faces = np.asarray(hand.faces), np.asarray(hand.uv_faces)
    marks = appearance.load_marks()

    def at(name, point):
        vertex = np.argmin(np.linalg.norm(vertices - point, axis=-1))
        row = uv_faces[faces == vertex][0]
        u, v = np.asarray(hand.uv)[row]
        layer = np.asarray(getattr(marks, name))
        return layer[int((1 - v) * len(layer)), int(u * len(layer))]

    return at


def test_white_and_black_and_red_of_lab_are_those_of_srgb():
    white = linear_from_lab(jnp.array([100.0, 0.0, 0.0]))
    np.testing.assert_allclose(white, 1.0, atol=2e-3)
    np.testing.assert_allclose(linear_from_lab(jnp.zeros(3)), 0.0, atol=1e-6)
    # sRGB's red, as CIE 15 has it.
    red = linear_from_lab(jnp.array([53.24, 80.09, 67.20]))
    np.testing.assert_allclose(red, [1.0, 0.0, 0.0], atol=2e-3)


def test_each_tone_lies_in_its_class_of_typology():
    L, _, b = appearance.TONES.T
    angle = np.rad2deg(np.arctan2(L - 50.0, b))
    bounds = [90.0, 55.0, 41.0, 28.0, 10.0, -30.0, -90.0]
    for value, high, low in zip(angle, bounds, bounds[1:], strict=False):
        assert low < value < high


def test_tones_are_ordered_from_light_to_dark():
    light = [luminance(skin_of_tone(float(t)).back) for t in TONES]
    assert (np.diff(light) < -0.02).all()


@pytest.mark.parametrize("tone", TONES)
def test_palms_are_lighter_than_backs_most_of_all_on_dark_skin(tone):
    skin = skin_of_tone(float(tone))
    assert luminance(skin.palm) > luminance(skin.back)
    pale = skin_of_tone(0.0)
    gain = luminance(skin.palm) / luminance(skin.back)
    assert gain >= luminance(pale.palm) / luminance(pale.back)


@pytest.mark.parametrize("mark", ["blush", "knuckle", "crease", "vein"])
@pytest.mark.parametrize("tone", TONES)
def test_blood_and_lines_darken_and_redden_or_cool(mark, tone):
    skin, place = skin_of_tone(float(tone)), jnp.zeros((1, 3))
    bare, drawn = (albedo(m, skin, place)[0] for m in (plain(), plain(**{mark: 1.0})))
    assert luminance(drawn) < luminance(bare)
    redder = drawn[0] / drawn[2] > bare[0] / bare[2]
    assert redder == (mark != "vein")


def test_skin_without_marks_is_its_back_and_a_palm_its_palm():
    skin, place = skin_of_tone(2.5), jnp.zeros((1, 3))
    np.testing.assert_allclose(albedo(plain(), skin, place)[0], skin.back, rtol=1e-6)
    palm = albedo(plain(palm=1.0), skin, place)[0]
    np.testing.assert_allclose(palm, skin.palm, rtol=1e-6)


def test_marks_lie_where_anatomy_has_them(read):
    at = dict(zip(JOINTS, np.asarray(load_template().joints), strict=True))
    up, down = np.array([0.0, 0.0, 9.0]), np.array([0.0, 0.0, -9.0])
    middle = at["middle_mcp"] * 0.6
    assert read("palm", middle + 2 * down) > 0.9
    assert read("palm", middle + 2 * up) < 0.1
    for finger in ("index", "middle", "ring", "little"):
        knuckle = at[f"{finger}_pip"]
        assert read("knuckle", knuckle + up) > 0.8
        assert read("knuckle", knuckle + down) < 0.05
        near_tip = 0.35 * at[f"{finger}_dip"] + 0.65 * at[f"{finger}_tip"]
        assert read("nail", near_tip + up) > 0.9
        assert read("nail", near_tip + down) == 0.0
        assert read("blush", near_tip + down) > 0.5


def test_every_mark_is_between_0_and_1_and_somewhere_full():
    for name, layer in appearance.load_marks()._asdict().items():
        assert layer.min() == 0.0, name
        assert layer.max() == pytest.approx(1.0, abs=0.02), name


def test_a_key_is_a_person():
    one, again, other = map(sample_skin, map(jax.random.key, (3, 3, 4)))
    jax.tree.map(np.testing.assert_array_equal, one, again)
    assert not np.allclose(one.back, other.back)


def test_sampled_people_are_of_all_tones_and_none_is_green():
    keys = jax.random.split(jax.random.key(0), 64)
    back = np.asarray(jax.jit(jax.vmap(sample_skin))(keys).back)
    ends = [luminance(skin_of_tone(t).back) for t in (5.0, 0.0)]
    assert luminance(back).min() < 1.3 * ends[0]
    assert luminance(back).max() > 0.9 * ends[1]
    assert (back[:, 0] > back[:, 1]).all()
    assert (back[:, 1] > back[:, 2]).all()


def test_waves_are_sines_to_a_thousandth_wherever_they_are():
    angle = jnp.linspace(-40.0, 40.0, 4001)
    np.testing.assert_allclose(appearance.wave(angle), jnp.sin(angle), atol=1.2e-3)
    slope = jax.vmap(jax.grad(appearance.wave))(angle)
    np.testing.assert_allclose(slope, jnp.cos(angle), atol=0.02)


def test_marks_change_a_colour_by_powers_of_their_factors():
    skin = skin_of_tone(1.5)
    marks = plain(blush=0.3, knuckle=0.6, vein=0.2, crease=0.4)
    expected = skin.back
    for name in ("blush", "knuckle", "vein", "crease"):
        expected = expected * getattr(skin, name) ** getattr(marks, name)
    got = albedo(marks, skin, jnp.zeros((1, 3)))[0]
    np.testing.assert_allclose(got, expected, rtol=1e-5)


def test_albedo_has_the_slope_of_finite_differences(x64):
    skin = jax.tree.map(
        lambda x: jnp.asarray(x, jnp.float64), sample_skin(jax.random.key(1))
    )
    marks = Marks(*jnp.linspace(0.1, 0.6, 7)[:, None])
    place = jnp.array([[3.0, -50.0, -10.0]])
    check_grads(
        lambda s: albedo(marks, jax.tree.map(jnp.asarray, s), place),
        (skin,),
        order=1,
        modes=["rev"],
        rtol=1e-4,
    )
