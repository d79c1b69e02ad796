"""The depth sensor: nothing invented, everything grows with distance.

Notation: z, Z, far, pitch as in `handjax.render.sensor`.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.render import sensor
from handjax.render.sensor import KINECT, Sensor

FAR, PITCH = 150.0, 4.6875
WALL = jnp.zeros((48, 48))
# A square finger of depth -20 before nothing.
BLOCK = jnp.full((32, 32), FAR).at[8:24, 8:24].set(-20.0)
HALF = jnp.full((32, 32), 0.5)

structured_light = jax.jit(
    partial(sensor.structured_light, pitch=PITCH, far=FAR), static_argnames="sensor"
)


@pytest.fixture(scope="module")
def read():
    """A reading of a clean image at a distance."""
    return lambda key, z, distance: structured_light(key, z, distance=distance)


def test_noise_grows_with_distance_squared(read):
    def deviation(distance):
        keys = jax.random.split(jax.random.key(0), 4)
        return np.std([read(key, WALL, distance) for key in keys])

    ratios = [deviation(2 * d) / deviation(d) for d in (500.0, 750.0)]
    np.testing.assert_allclose(ratios, 4.0, rtol=0.05)


def test_a_step_of_disparity_is_known_by_hand():
    # 580 px * 75 mm / 750 mm = 58 px; one step of 1/8 px further is 751.62 mm.
    Z = jnp.array([[749.5, 751.0]])
    got = sensor.quantise_disparity(jnp.zeros((1, 2)), Z, KINECT)
    np.testing.assert_allclose(got, [[750.0, 43500 / 57.875]], rtol=1e-6)


def test_quantised_depth_is_within_half_a_step_and_idempotent():
    Z = jnp.linspace(300.0, 2000.0, 256).reshape(16, 16)
    once = sensor.quantise_disparity(jnp.zeros_like(Z), Z, KINECT)
    half_step = 0.51 * Z**2 * KINECT.disparity_step / (580 * 75) * 1.03
    assert (jnp.abs(once - Z) < half_step).all()
    again = sensor.quantise_disparity(jnp.zeros_like(Z), once, KINECT)
    np.testing.assert_allclose(again, once, rtol=1e-6)


def test_a_wall_has_no_holes_and_nothing_stays_nothing(read):
    assert (read(jax.random.key(1), WALL, 700.0) < FAR).all()
    assert (read(jax.random.key(1), jnp.full((8, 8), FAR), 700.0) == FAR).all()


@pytest.mark.parametrize("seed", range(3))
def test_only_edges_of_a_block_change_by_more_than_noise(read, seed):
    got = read(jax.random.key(seed), BLOCK, 700.0)
    inside = np.zeros((32, 32), bool)
    inside[9:23, 9:23] = True
    outside = np.ones((32, 32), bool)
    outside[7:25, 7:25] = False
    assert np.isfinite(got).all()
    assert (np.abs(got[inside] + 20.0) < 12.0).all()
    assert (got[outside] == FAR).all()


def test_same_key_same_reading(read):
    one, other = (read(jax.random.key(7), BLOCK, 600.0) for _ in range(2))
    assert (one == other).all()
    assert (one != read(jax.random.key(8), BLOCK, 600.0)).any()


def test_reading_of_a_batch_is_the_loop(read):
    keys = jax.random.split(jax.random.key(0), 3)
    distances = jnp.array([500.0, 700.0, 900.0])
    batch = jax.vmap(read, in_axes=(0, None, 0))(keys, BLOCK, distances)
    loop = [read(k, BLOCK, d) for k, d in zip(keys, distances, strict=True)]
    np.testing.assert_allclose(batch, jnp.stack(loop), atol=1e-3)


def test_a_finger_casts_the_shadow_that_similar_triangles_say():
    # 100 mm before a wall at 750 mm: 100 / 750 * 75 = 10 mm on the wall, 2 pixels.
    z = jnp.zeros((4, 24)).at[:, 10:14].set(-100.0)
    kwargs = {"distance": 750.0, "pitch": PITCH, "far": FAR}
    right = sensor.shadow(z, baseline=75.0, **kwargs)
    np.testing.assert_array_equal(jnp.argwhere(right[0])[:, 0], [8, 9])
    left = sensor.shadow(z, baseline=-75.0, **kwargs)
    np.testing.assert_array_equal(jnp.argwhere(left[0])[:, 0], [14, 15])
    assert not sensor.shadow(0 * z, baseline=75.0, **kwargs).any()


@pytest.mark.parametrize(("degrees", "share"), [(60.0, 0.0), (80.0, 0.41), (88.0, 1.0)])
def test_loss_begins_and_ends_at_the_grazing_angles(degrees, share):
    z = jnp.tan(jnp.deg2rad(degrees)) * PITCH * jnp.arange(16.0) * jnp.ones((16, 1))
    draw = jax.random.uniform(jax.random.key(0), z.shape)
    lost = sensor.grazing_loss(draw, z, pitch=PITCH, far=1e6, grazing=(75.0, 87.0))
    # The border has a neighbour on one side only, and no slope.
    assert lost[:, 1:-1].mean() == pytest.approx(share, abs=0.08)


def test_a_silhouette_is_no_slope():
    draw = jnp.zeros_like(BLOCK)
    lost = sensor.grazing_loss(draw, BLOCK, pitch=PITCH, far=FAR, grazing=(75.0, 87.0))
    assert not lost.any()


def test_jitter_only_moves_edges_by_one_pixel():
    draw = jax.random.uniform(jax.random.key(0), BLOCK.shape)
    moved = sensor.jitter_edges(draw, BLOCK, sigma=1.0) != BLOCK
    ring = np.zeros((32, 32), bool)
    ring[7:25, 7:25] = True
    ring[9:23, 9:23] = False
    assert moved.any()
    assert not (np.asarray(moved) & ~ring).any()


def test_no_lateral_noise_looks_straight_ahead():
    draw = jax.random.uniform(jax.random.key(0), BLOCK.shape)
    assert (sensor.jitter_edges(draw, BLOCK, sigma=1e-9) == BLOCK).all()


def test_flying_pixels_lie_between_the_two_surfaces():
    floats, depth = sensor.fly(0.1 * HALF, BLOCK, far=FAR, rate=0.1)
    edge = jnp.zeros_like(floats).at[8:24, 8:24].set(True).at[9:23, 9:23].set(False)
    np.testing.assert_array_equal(floats, edge)
    np.testing.assert_allclose(depth[floats], 65.0, rtol=1e-6)
    assert not sensor.fly(HALF, BLOCK, far=FAR, rate=0.1)[0].any()


def test_a_sensor_without_a_baseline_is_refused():
    key, flat = jax.random.key(0), Sensor(baseline=0.0)
    with pytest.raises(ValueError, match=r"baseline wants .* got 0"):
        structured_light(key, WALL, distance=700.0, sensor=flat)


def test_a_perfect_sensor_reads_the_truth():
    perfect = Sensor(
        disparity_noise=0.0,
        disparity_step=1e-5,
        lateral_noise=1e-9,
        flying=1e-9,
        baseline=75.0,
    )
    got = structured_light(jax.random.key(0), BLOCK, distance=700.0, sensor=perfect)
    np.testing.assert_allclose(got, BLOCK, atol=0.05)
