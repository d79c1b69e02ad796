"""Light against integrals over the sphere, and what shade leaves of it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.render import lights, occlusion

RNG = np.random.default_rng(0)


def sphere(count):
    """Directions that cover the sphere evenly (Fibonacci's spiral)."""
    k = np.arange(count) + 0.5
    z, turn = 1.0 - 2.0 * k / count, np.pi * (1.0 + 5.0**0.5) * k
    flat = np.sqrt(1.0 - z * z)
    return np.stack([flat * np.cos(turn), flat * np.sin(turn), z], -1)


WAYS = sphere(20000)
NORMALS = sphere(40)


def test_harmonics_are_orthonormal():
    Y = np.asarray(lights.harmonics(jnp.asarray(WAYS)), np.float64)
    gram = 4.0 * np.pi * Y.T @ Y / len(WAYS)
    np.testing.assert_allclose(gram, np.eye(9), atol=1e-3)


def test_radiance_is_the_integral_over_the_environment():
    # Ambient, a ramp and a saddle: light of no more than the second order.
    x, y, z = WAYS.T
    sky = np.stack([2 + y, 2 + x * z, 1.5 + 0.5 * z * z - 0.3 * x], -1)
    Y = np.asarray(lights.harmonics(jnp.asarray(WAYS)), np.float64)
    coefficients = 4.0 * np.pi * Y.T @ sky / len(WAYS)
    got = lights.environment_radiance(jnp.asarray(coefficients), jnp.asarray(NORMALS))
    cosine = np.maximum(NORMALS @ WAYS.T, 0.0)
    expected = 4.0 * np.pi * cosine @ sky / len(WAYS) / np.pi
    np.testing.assert_allclose(got, expected, rtol=2e-3)


def test_a_uniform_sky_gives_white_its_own_colour():
    colour = jnp.array([0.2, 1.0, 3.0])
    got = lights.environment_radiance(lights.uniform(colour), jnp.asarray(NORMALS))
    np.testing.assert_allclose(got, np.tile(colour, (40, 1)), rtol=1e-5)


def test_a_small_source_gives_about_the_cosine():
    way = jnp.array([[0.0, -0.6, -0.8]])
    got = lights.environment_radiance(
        lights.distant(way, jnp.ones((1, 3))), jnp.asarray(NORMALS)
    )
    # Of a cosine c, three orders make 1/4 + c/2 + 5 (3 c^2 - 1) / 32.
    expected = np.maximum(NORMALS @ np.asarray(way[0]), 0.0)
    assert np.abs(got[:, 0] - expected).max() < 3 / 32 + 1e-4


def test_a_lamp_fades_with_the_square_of_its_distance():
    lamp = lights.Lights(jnp.zeros((9, 3)), jnp.zeros((1, 3)), jnp.ones((1, 3)))
    points = jnp.array([[0.0, 0.0, 1000.0], [0.0, 0.0, 2000.0]])
    way, bright = lights.towards(lamp, points)
    np.testing.assert_allclose(bright[0], [[1.0] * 3, [0.25] * 3], rtol=1e-5)
    np.testing.assert_allclose(way[0], [[0.0, 0.0, -1.0]] * 2, atol=1e-6)


def test_sampled_light_is_what_is_said_and_never_negative():
    middle = jnp.array([[0.0, 0.0, 600.0]])

    @jax.jit
    def draw(keys):
        many = jax.vmap(lambda key: lights.sample_lights(key, middle[0]))(keys)
        return many, jax.vmap(lambda one: lights.towards(one, middle)[1])(many)

    many, bright = draw(jax.random.split(jax.random.key(0), 128))
    assert (many.environment[:, 0] > 0).all()
    assert (many.colours >= 0).all()
    # A lamp fills a quarter of the sphere's mean: cosines, clamped.
    mean = many.environment[:, 0] * 0.282095 + bright.sum((1, 2)) / 4.0
    assert mean.mean() == pytest.approx(0.78, abs=0.03)


def hidden_by_rays(normal, centre, radius):
    """Share of a cosine sky that a sphere hides from the origin, by casting rays."""
    cosine = np.maximum(WAYS @ normal, 0.0)
    along = WAYS @ centre
    hit = (along > 0) & (centre @ centre - along**2 < radius**2)
    return (cosine * hit).sum() / cosine.sum()


@pytest.mark.parametrize("tilt", [0.0, 0.5, 1.0])
def test_a_sphere_hides_what_rays_say(tilt):
    normal, centre = (
        np.array([0.0, 0.0, 1.0]),
        30.0 * np.array([np.sin(tilt), 0.0, np.cos(tilt)]),
    )
    got = occlusion.openness(
        jnp.zeros((1, 3)), jnp.asarray(normal)[None], jnp.asarray(centre)[None],
        jnp.array([9.0]),
    )[0]  # fmt: skip
    hidden = hidden_by_rays(normal, centre, 9.0)
    assert 1.0 - float(got) == pytest.approx(occlusion.STRENGTH * hidden, rel=0.03)


def test_the_sphere_beneath_the_skin_hides_nothing():
    points, normals = 8.0 * jnp.asarray(NORMALS), jnp.asarray(NORMALS)
    own = jnp.zeros((1, 3)), jnp.array([8.0])
    np.testing.assert_allclose(occlusion.openness(points, normals, *own), 1.0)
    # The lamp itself may lie behind: only what faces it counts.
    way = jnp.array([0.0, 0.0, 1.0])
    lit = occlusion.lit(points, jnp.tile(way, (40, 1)), *own)
    np.testing.assert_allclose(lit[normals @ way > 0], 1.0)


def test_a_shadow_is_dark_in_its_middle_and_soft_at_its_edge():
    x = jnp.linspace(0.0, 30.0, 31)
    points = jnp.stack([x, 0 * x, 0 * x], -1)
    way = jnp.tile(jnp.array([0.0, 0.0, 1.0]), (31, 1))
    centre = jnp.array([[0.0, 0.0, 30.0]])
    lit = np.asarray(occlusion.lit(points, way, centre, jnp.array([10.0])))
    assert lit[0] < 0.1
    np.testing.assert_allclose(lit[x >= 10.0], 1.0, atol=1e-6)
    assert (np.diff(lit) >= -1e-6).all()
    behind = occlusion.lit(points, way, -centre, jnp.array([10.0]))
    np.testing.assert_allclose(behind, 1.0)


def test_shade_has_finite_slopes_where_points_and_centres_meet():
    centre, radius = jnp.zeros((1, 3)), jnp.ones(1)
    normal = jnp.array([[0.0, 0.0, 1.0]])

    def total(p):
        open_ = occlusion.openness(p, normal, centre, radius)
        return (open_ + occlusion.lit(p, normal, centre, radius)).sum()

    slope = jax.jit(jax.grad(total))
    for point in ([0.0, 0.0, 0.0], [0.0, 0.0, -5.0], [1.0, 0.0, 0.0]):
        assert jnp.isfinite(slope(jnp.array([point]))).all()
