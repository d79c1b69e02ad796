"""Pictures of hands: a key's own, with their arm, and with slopes."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.data import appearance
from handjax.geometry import cameras
from handjax.hands import articulate
from handjax.hands.appearance import load_marks
from handjax.hands.template import load_template
from handjax.render import photograph

PIXELS = 24
MIDDLE = jnp.array([0.0, -80.0, 500.0])
CAMERA = cameras.Pinhole(jnp.full(2, 45.0), jnp.array([11.5, 18.7]))


@pytest.fixture(scope="module")
def hand():
    template = load_template("hand_790")
    pose = articulate.rest_pose(template)
    pose = pose._replace(translation=jnp.array([0.0, 0.0, 500.0]))
    return template, articulate.articulate(template, pose)


@pytest.fixture(scope="module")
def looks():
    draw = partial(
        appearance.sample_appearance, middle=MIDDLE, height=PIXELS, width=PIXELS
    )
    return jax.jit(jax.vmap(draw))(jax.random.split(jax.random.key(0), 2))


@pytest.fixture(scope="module")
def draw(hand):
    template, posed = hand
    marks = load_marks()

    def exposure(look):
        return appearance.exposure(template, posed, look, CAMERA, marks=marks)

    return jax.jit(exposure)


def one(looks, k=0):
    return jax.tree.map(lambda leaf: leaf[k], looks)


def test_the_hand_stands_before_its_background(draw, looks):
    look = one(looks)
    got = np.asarray(draw(look._replace(background=0.0 * look.background - 1.0)))
    seen = got[..., 0] > -0.999
    # Open sky beside the fingers; palm and arm below.
    assert not seen[:, :2].any()
    assert seen[14:18, 10:13].all()
    assert seen[-1].any()
    inside = got[14:17, 10:13]
    assert (inside[..., 0] > inside[..., 2]).all()


def test_an_arm_ends_in_its_sleeve_and_a_hand_does_not(draw, looks):
    look = one(looks)
    blue = look._replace(cloth=jnp.array([0.0, 0.0, 1.0]))
    worn, bare = (draw(blue._replace(cuff=jnp.array(c))) for c in (20.0, 400.0))
    differs = np.abs(np.asarray(worn - bare)).max(-1) > 0.05
    assert differs[-1].any()
    assert not differs[:18].any()


def test_pictures_have_finite_slopes_in_all_that_makes_them(hand, looks):
    template, posed = hand
    look, marks = one(looks), load_marks()

    def brightness(skin, lights, vertices):
        changed = look._replace(skin=skin, lights=lights)
        moved = posed._replace(vertices=vertices)
        return appearance.picture(template, moved, changed, CAMERA, marks=marks).mean()

    slopes = jax.jit(jax.grad(brightness, argnums=(0, 1, 2)))(
        look.skin, look.lights, posed.vertices
    )
    assert all(jnp.isfinite(leaf).all() for leaf in jax.tree.leaves(slopes))
    assert (slopes[0].back > 0).all()
    assert (slopes[1].environment[0] > 0).all()
    assert jnp.abs(slopes[2]).max() > 0


def test_a_photograph_is_between_0_and_1_and_its_keys_own(looks):
    linear = one(looks).background
    taken = [photograph.snapshot(jax.random.key(k), linear) for k in (0, 0, 1)]
    assert taken[0].min() >= 0.0
    assert taken[0].max() <= 1.0
    assert (taken[0] == taken[1]).all()
    assert (taken[0] != taken[2]).any()


def test_a_bank_of_backgrounds_is_used(looks):
    bank = jnp.full((2, 4, 4, 3), 0.25)
    look = appearance.sample_appearance(
        jax.random.key(0), MIDDLE, height=PIXELS, width=PIXELS, bank=bank
    )
    np.testing.assert_allclose(look.background, 0.25, rtol=1e-6)
    assert jnp.abs(one(looks).background - 0.25).max() > 0.01
