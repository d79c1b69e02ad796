"""Shading in the limits that are known, and its slopes.

Notation: n, l, v as in `handjax.render.shading`.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import trimesh
from jax.test_util import check_grads

from handjax.geometry import cameras
from handjax.render import lights, shading
from handjax.render.lights import Lights
from handjax.render.rasterize import rasterize
from handjax.render.shading import Surface

PIXELS, FAR = 16, 1000.0
BALL = trimesh.creation.icosphere(2, radius=40.0)
FACES = jnp.asarray(BALL.faces, jnp.int32)
AT = jnp.asarray(BALL.vertices, jnp.float32) + jnp.array([0.0, 0.0, 300.0])
CAMERA = cameras.Orthographic(jnp.full(2, 0.15), jnp.full(2, 7.5))
MATT = Surface(gloss=0.0)
DARK = Lights(jnp.zeros((9, 3)), jnp.array([[0.0, 0.0, -1e6]]), jnp.zeros((1, 3)))
# Far away, and of radiance 1 on the ball.
SUN = DARK._replace(colours=jnp.full((1, 3), 1e6))
WHITE = jnp.ones((PIXELS, PIXELS, 3))


# Compiled once for all tests.
rasterized = jax.jit(partial(rasterize, height=PIXELS, width=PIXELS, far=FAR))
shaded = jax.jit(shading.shade, static_argnames="surface")


def picture(albedo, light, surface=MATT, vertices=AT, shade=None):
    drawn = rasterized(CAMERA, vertices, FACES)
    return drawn, shaded(
        CAMERA, drawn, vertices, FACES, albedo, light, surface=surface, shading=shade
    )


def test_white_under_a_uniform_sky_is_the_sky_and_grey_half_of_it():
    colour = jnp.array([0.3, 0.6, 0.9])
    light = DARK._replace(environment=lights.uniform(colour))
    for albedo in (1.0, 0.5):
        drawn, got = picture(albedo * WHITE, light)
        seen = np.asarray(drawn.face >= 0)
        np.testing.assert_allclose(
            got[seen], np.tile(albedo * colour, (seen.sum(), 1)), rtol=1e-4
        )
        assert seen.sum() > 50
        assert not np.asarray(got)[~seen].any()


def test_a_sun_behind_the_camera_shades_a_ball_by_the_cosine():
    drawn, got = picture(WHITE, SUN)
    x, y = np.meshgrid(*[(np.arange(PIXELS) - 7.5) / 0.15] * 2)
    cosine = np.sqrt(np.maximum(1.0 - (x**2 + y**2) / 40.0**2, 0.0))
    clear = np.asarray(drawn.face >= 0) & (cosine > 0.5)
    np.testing.assert_allclose(got[clear][:, 0], cosine[clear], atol=0.03)


def test_shade_takes_its_own_share():
    light = SUN._replace(environment=lights.uniform(jnp.ones(3)))
    _, whole = picture(WHITE, light)
    kept = shading.Shade(jnp.full(len(AT), 0.5), jnp.full((len(AT), 1), 0.5))
    _, half = picture(WHITE, light, shade=kept)
    np.testing.assert_allclose(half, 0.5 * whole, rtol=1e-5, atol=1e-6)


def test_light_beneath_the_skin_passes_the_terminator_and_not_the_pole():
    surface = Surface(wrap=(0.5, 0.0, 0.0))
    n = jnp.array([[0.0, 0.0, -1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    got = shading.wrapped(n, jnp.broadcast_to(n[0], n.shape), surface)
    expected = [[1.0, 1.0, 1.0], [1 / 3, 0.0, 0.0], [0.0, 0.0, 0.0]]
    np.testing.assert_allclose(got, expected, atol=1e-6)


def test_a_highlight_is_known_by_hand_and_mirrors_no_more_than_falls_in():
    surface = Surface(gloss=1.0, shininess=8.0)
    n = jnp.array([0.0, 0.0, 1.0])
    # Halfway to a lamp 60 degrees off is 30 degrees off.
    lamp = jnp.array([np.sqrt(3.0) / 2.0, 0.0, 0.5])
    got = shading.blinn_phong(n, lamp, n, surface)
    assert float(got[0]) == pytest.approx(2.0 * np.cos(np.pi / 6) ** 8 * 0.5, rel=1e-5)
    rng = np.random.default_rng(0)
    ways = rng.normal(size=(20000, 3))
    ways = jnp.asarray(ways / np.linalg.norm(ways, axis=-1, keepdims=True))
    for view in ([0.0, 0.0, 1.0], [0.6, 0.0, 0.8]):
        v = jnp.tile(jnp.array(view), (len(ways), 1))
        mirrored = shading.blinn_phong(jnp.tile(n, (len(ways), 1)), ways, v, surface)
        # Radiance over that of white, averaged over a hemisphere of lamps.
        assert 4.0 * float(mirrored.mean()) < 1.1


def test_pictures_of_a_batch_are_those_of_the_loop():
    rows = jax.random.uniform(jax.random.key(0), (3, PIXELS, PIXELS, 3))
    shifts = jnp.array([0.0, 5.0, -9.0])[:, None, None] * jnp.ones(3)

    def draw(albedo, shift):
        return picture(albedo, SUN, shading.SKIN, AT + shift)[1]

    batch = jax.jit(jax.vmap(draw))(rows, shifts)
    loop = [draw(a, s) for a, s in zip(rows, shifts, strict=True)]
    np.testing.assert_allclose(batch, jnp.stack(loop), atol=1e-4)


def test_slopes_of_albedo_lights_and_vertices_are_those_of_differences(x64):
    def as_double(tree):
        return jax.tree.map(lambda x: jnp.asarray(x, jnp.float64), tree)

    light = as_double(SUN._replace(environment=lights.uniform(jnp.ones(3))))
    light = light._replace(lamps=jnp.array([[200.0, -300.0, -100.0]]))
    seen = picture(as_double(WHITE), light, vertices=as_double(AT))[0]

    @jax.jit
    def total(*values):
        albedo, light, vertices = as_double(values)
        got = shading.shade(
            as_double(CAMERA), seen, vertices, FACES, albedo, light
        )  # fmt: skip
        return jnp.mean(got**2)

    values = as_double((0.5 * WHITE, light, AT))
    check_grads(total, values, order=1, modes=["rev"], rtol=1e-3)


def test_over_mixes_by_coverage():
    picture_, behind = jnp.full((2, 2, 3), 0.3), jnp.full((2, 2, 3), 0.8)
    cover = jnp.array([[1.0, 0.0], [0.5, 0.25]])
    got = shading.over(picture_ * cover[..., None], cover, behind)
    np.testing.assert_allclose(got[..., 0], [[0.3, 0.8], [0.55, 0.675]], rtol=1e-6)
