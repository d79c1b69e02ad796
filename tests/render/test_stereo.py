"""The stereo camera: errors are blobs, surfaces grow, nothing else is invented.

Notation: Z, W, n as in `handjax.render.stereo`.
"""

import ast
import inspect

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.geometry import cameras
from handjax.hands.articulate import Pose, articulate, rotations_from_angles
from handjax.hands.poses import NAMED
from handjax.hands.template import load_template
from handjax.render import sensor, stereo
from handjax.render.rasterize import rasterize
from handjax.render.stereo import Stereo

NO_BIAS = Stereo()
# Disparity error alone.
NOISE = Stereo(fattening=0.0, rounding=0.0, multipath=0.0, holes=(0.0, 0.0))
WALL = jnp.full((128, 128), 750.0)
# A square finger at 700 mm before nothing.
BLOCK = jnp.zeros((128, 128)).at[16:112, 16:112].set(700.0)
KEYS = jax.random.split(jax.random.key(0), 12)

# Compiled once for all tests.
fields = jax.jit(stereo.fields, static_argnums=1)
holes = jax.jit(stereo.holes)
round_corners, scatter = jax.jit(stereo.round_corners), jax.jit(stereo.scatter)


@pytest.fixture(scope="module")
def read():
    """Readings of a clean image, one for each key."""
    return jax.jit(jax.vmap(stereo.read, in_axes=(0, None, None)))


@pytest.fixture(scope="module")
def hands():
    """Clean pinhole frames of three hands, 0.65 to 0.85 m away."""
    template = load_template("hand_790")
    camera = cameras.Pinhole(jnp.full(2, 290.0), jnp.full(2, 63.5))

    @jax.jit
    def frame(angles, distance):
        turns = rotations_from_angles(template, angles)
        pose = Pose(turns, jnp.array([0.0, 60.0, distance]), jnp.zeros(14))
        vertices = articulate(template, pose).vertices
        drawn = rasterize(
            camera, vertices, template.faces, height=128, width=128, far=1e4
        ).depth
        return jnp.where(drawn < 1e4, drawn, 0.0)

    chosen = {"five count": 850.0, "fist": 650.0, "indextip": 750.0}
    return [frame(jnp.asarray(NAMED[name]), z) for name, z in chosen.items()]


def error_at(readings, shift):
    """Correlation of the error with that of the pixel `shift` columns further."""
    error = np.asarray(readings - WALL)
    return np.mean(error[..., shift:] * error[..., : 128 - shift]) / error.var()


def test_errors_are_alike_over_a_window_and_no_farther(read):
    readings = read(KEYS, WALL, NOISE)
    assert error_at(readings, 1) > 0.7
    assert error_at(readings, 2) > 0.4
    assert abs(error_at(readings, stereo.WINDOW + stereo.CELL)) < 0.06


def test_errors_of_the_training_camera_are_alike_over_no_pixels():
    def structured(key):
        kwargs = {"distance": 750.0, "pitch": 2.6, "far": 150.0}
        return sensor.structured_light(key, 0 * WALL, **kwargs)

    readings = jax.jit(jax.vmap(structured))(KEYS[:4]) + 750.0
    assert abs(error_at(readings, 1)) < 0.05


def test_none_of_the_training_noise_is_called():
    imported = {
        name
        for node in ast.walk(ast.parse(inspect.getsource(stereo)))
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in (getattr(node, "module", None), *(a.name for a in node.names))
    }
    assert not {name for name in imported if name and "sensor" in name}
    training = {f for _, f in inspect.getmembers(sensor, inspect.isfunction)}
    here = {f for _, f in inspect.getmembers(stereo, inspect.isfunction)}
    assert not {f for f in training & here if f.__module__ == sensor.__name__}


def test_fields_have_unit_variance_everywhere():
    draw = jax.jit(jax.vmap(lambda key: stereo.fields(key, (24, 31))))
    n = draw(jax.random.split(jax.random.key(1), 1500))
    np.testing.assert_allclose(n.std(axis=0), 1.0, atol=0.1)


@pytest.mark.parametrize("distance", [500.0, 750.0, 1000.0])
def test_error_of_depth_is_that_of_disparity_times_z_squared_over_fb(read, distance):
    readings = read(KEYS, jnp.full(WALL.shape, distance), NOISE)
    wanted = distance**2 * NOISE.disparity_noise / (NOISE.focal * NOISE.baseline)
    assert np.std(readings) == pytest.approx(wanted, rel=0.1)


def test_bias_is_what_remains_of_many_readings(read):
    biased = NOISE._replace(bias=2.5, bias_slope=0.01)
    for distance, wanted in ((750.0, 2.5), (650.0, 1.5)):
        readings = read(KEYS, jnp.full(WALL.shape, distance), biased)
        assert np.mean(readings) - distance == pytest.approx(wanted, abs=0.2)


def test_holes_take_two_to_eight_percent_of_any_hand(read, hands):
    for hand in hands:
        share = np.mean(np.asarray(read(KEYS, hand, NO_BIAS))[:, hand > 0] == 0, axis=1)
        assert share.min() > 0.02
        assert share.max() < 0.08


def test_holes_are_the_share_that_is_asked_for(hands):
    doubt = fields(jax.random.key(2), hands[0].shape)[0]
    for share in (0.02, 0.3):
        lost = holes(doubt, hands[0], share)[hands[0] > 0]
        assert lost.mean() == pytest.approx(share, abs=0.005)


def test_holes_are_blobs_and_gather_at_edges(read, hands):
    hand = np.asarray(hands[0])
    lost = (np.asarray(read(KEYS, hands[0], NO_BIAS)) == 0) & (hand > 0)
    both = hand[:, 1:] * hand[:, :-1] > 0
    pairs = (lost[..., 1:] & lost[..., :-1])[:, both].mean()
    # Holes that knew nothing of one another would be side by side by chance.
    assert pairs > 5 * lost[:, hand > 0].mean() ** 2
    edge = np.asarray(stereo.relief(hands[0], NO_BIAS)) > 0.9
    inside = (hand > 0) & ~edge
    assert lost[:, (hand > 0) & edge].mean() > 2 * lost[:, inside].mean()


def test_a_silhouette_grows_by_less_than_half_a_window(read):
    lossless = NO_BIAS._replace(holes=(0.0, 0.0))
    seen = np.asarray(read(KEYS, BLOCK, lossless)) > 0
    assert seen[:, 16:112, 16:112].all()
    assert 1.01 < seen.mean() / np.mean(BLOCK > 0) < 1.05
    reach = stereo.WINDOW // 2
    far = np.ones(BLOCK.shape, bool)
    far[16 - reach : 112 + reach, 16 - reach : 112 + reach] = False
    assert not seen[:, far].any()


def test_fattening_hides_what_lies_close_behind_an_edge():
    Z = jnp.full((9, 9), 750.0).at[:, :4].set(700.0)
    fatten = jax.jit(stereo.fatten)
    grown = fatten(jnp.zeros((9, 9)), Z, 1.0)
    np.testing.assert_array_equal(grown, Z.at[:, 4].set(700.0))
    gentle = Z.at[:, :4].set(740.0)
    np.testing.assert_array_equal(fatten(0 * Z, gentle, 2.0), gentle)


def test_folds_come_nearer_and_ridges_go_back():
    fold = 700.0 + 2.0 * jnp.abs(jnp.arange(-20.0, 21.0)) * jnp.ones((41, 1))
    ridge = 1400.0 - fold
    for Z, side in ((fold, 1.0), (ridge, -1.0)):
        change = round_corners(Z, NO_BIAS)
        # The mean of 2 |x| over five pixels is 2.4.
        assert change[20, 20] == pytest.approx(NO_BIAS.rounding * side * 2.4, abs=1e-3)
        assert abs(change[20, 10]) < 1e-3
    deep = round_corners(10 * fold, NO_BIAS)
    assert jnp.abs(deep).max() == NO_BIAS.rounding_bound


def test_hollows_are_read_too_far_and_no_more_than_bounded():
    flat = jnp.full((64, 64), 700.0)
    assert jnp.abs(scatter(flat, NO_BIAS)).max() < 1e-3
    hollow = flat.at[28:36, 28:36].add(10.0)
    change = scatter(hollow, NO_BIAS)
    assert 0.3 < change[32, 32] < 2.0
    deep = scatter(flat.at[28:36, 28:36].add(200.0), NO_BIAS)
    assert deep.max() == NO_BIAS.multipath_bound
    assert deep.min() >= 0.0


def test_nothing_stays_nothing_and_every_reading_is_near_the_surface(read, hands):
    assert not read(KEYS, 0 * WALL, NO_BIAS).any()
    for hand in hands:
        near, far = float(hand[hand > 0].min()), float(hand.max())
        readings = np.asarray(read(KEYS, hand, NO_BIAS))
        assert np.isfinite(readings).all()
        read_depths = readings[readings > 0]
        assert near - 15.0 < read_depths.min()
        assert read_depths.max() < far + 15.0


def test_a_perfect_camera_reads_the_truth(read, hands):
    perfect = NOISE._replace(disparity_noise=0.0)
    np.testing.assert_allclose(read(KEYS, hands[0], perfect)[0], hands[0], rtol=1e-5)


def test_same_key_same_reading(read, hands):
    one, other = (read(KEYS, hands[0], NO_BIAS) for _ in range(2))
    assert (one == other).all()
    assert (one[0] != one[1]).any()


def test_reading_of_a_batch_is_the_loop(hands):
    bias = jnp.array([-3.0, 0.0, 3.0])

    @jax.jit
    def one(key, Z, bias):
        return stereo.read(key, Z, Stereo(bias=bias))

    batch = jax.jit(jax.vmap(one))(KEYS[:3], jnp.stack(hands), bias)
    loop = jnp.stack([one(*args) for args in zip(KEYS[:3], hands, bias, strict=True)])
    # Rounding may decide about a hole that is as doubtful as the threshold.
    assert np.mean((batch > 0) != (loop > 0)) < 1e-3
    both = (batch > 0) & (loop > 0)
    np.testing.assert_allclose(batch[both], loop[both], atol=0.05)
