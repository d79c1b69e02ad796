"""Each thing a camera does, by the property that defines it."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.render import backgrounds, photograph

KEY = jax.random.key(0)
SCENE = 0.1 + 0.8 * jax.image.resize(
    jax.random.uniform(jax.random.key(5), (4, 5, 3)), (20, 28, 3), "linear"
)

# Compiled once for all tests.
jpeg = jax.jit(photograph.jpeg)
blur_of_motion = jax.jit(photograph.blur_of_motion, static_argnames="pixels")


def test_encoding_has_the_values_of_the_standard_and_an_inverse():
    linear = jnp.array([0.0, 0.0031308, 0.214041, 1.0, 2.0, -1.0])
    expected = [0.0, 0.040450, 0.5, 1.0, 1.0, 0.0]
    np.testing.assert_allclose(photograph.encode(linear), expected, atol=1e-4)
    x = jnp.linspace(0.0, 1.0, 65)
    np.testing.assert_allclose(photograph.decode(photograph.encode(x)), x, atol=1e-5)


def test_encoding_has_finite_slopes_at_black_and_beyond():
    slope = jax.jit(jax.vmap(jax.grad(photograph.encode)))
    slopes = slope(jnp.array([-0.1, 0.0, 1e-9, 1.5]))
    assert jnp.isfinite(slopes).all()


def test_exposure_multiplies_all_by_one_factor():
    ratio = np.asarray(photograph.expose(KEY, SCENE) / SCENE)
    assert np.ptp(ratio) < 1e-5
    np.testing.assert_allclose(photograph.expose(KEY, SCENE, stops=0.0), SCENE)


def test_a_tint_multiplies_each_channel_by_one_factor():
    ratio = np.asarray(photograph.tint(KEY, SCENE) / SCENE)
    assert np.ptp(ratio, axis=(0, 1)).max() < 1e-5
    assert ratio[0, 0, 0] * ratio[0, 0, 2] == pytest.approx(1.0, rel=1e-5)


def test_jitter_of_colour_keeps_the_mean_and_leaves_grey_grey():
    grey = jnp.repeat(SCENE[..., :1], 3, axis=-1)
    got = photograph.jitter_colour(KEY, grey)
    assert float(got.mean()) == pytest.approx(float(grey.mean()), rel=1e-5)
    assert np.ptp(np.asarray(got), axis=-1).max() < 1e-5
    np.testing.assert_allclose(
        photograph.jitter_colour(KEY, SCENE, amount=0.0), SCENE, atol=1e-6
    )


def test_motion_blurs_a_point_along_a_line_and_keeps_its_light():
    point = jnp.zeros((21, 21, 3)).at[10, 10].set(1.0)
    lengths = []
    for seed in range(6):
        blurred = blur_of_motion(jax.random.key(seed), point, pixels=8.0)
        light = np.asarray(blurred[..., 0], np.float64)
        assert light.sum() == pytest.approx(1.0, rel=1e-5)
        at = np.stack(np.mgrid[:21, :21], -1) - 10.0
        np.testing.assert_allclose(np.einsum("hw,hwi->i", light, at), 0.0, atol=1e-4)
        # Bilinear cutting alone spreads by a quarter of a squared pixel at most.
        spread = np.linalg.eigvalsh(np.einsum("hw,hwi,hwj->ij", light, at, at))
        assert spread[0] < 0.26
        lengths.append(spread[1])
    assert max(lengths) > 1.5


def test_motion_leaves_a_flat_picture_alone():
    flat = jnp.full((9, 9, 3), 0.4)
    np.testing.assert_allclose(blur_of_motion(KEY, flat), flat, rtol=1e-5)


def test_noise_is_unbiased_and_as_large_as_it_says():
    flat = jnp.full((128, 128, 3), 0.36)
    got = photograph.sensor_noise(KEY, flat, shot=0.05, read=0.04)
    expected = np.sqrt(0.05**2 * 0.36 + 0.04**2)
    assert float(got.mean()) == pytest.approx(0.36, abs=4 * expected / 221)
    assert float(got.std()) == pytest.approx(expected, rel=0.03)


def test_the_best_quality_changes_a_picture_by_about_a_byte_and_a_low_one_by_more():
    def change(quality):
        return float(jnp.abs(jpeg(SCENE, quality) - SCENE).max())

    assert change(100.0) < 2.5 / 255.0
    assert change(100.0) < change(75.0) < change(10.0)


def test_compression_is_that_of_pillow():
    image = pytest.importorskip("PIL.Image")
    import io

    grey = np.uint8(255 * np.repeat(np.asarray(SCENE[:16, :24, :1]), 3, axis=-1))
    file = io.BytesIO()
    image.fromarray(grey).save(file, "JPEG", quality=50, subsampling=0)
    expected = np.asarray(image.open(file), np.float32) / 255.0
    got = jpeg(jnp.asarray(grey, jnp.float32) / 255.0, 50.0)
    np.testing.assert_allclose(got, expected, atol=2.5 / 255.0)


def test_a_flat_block_survives_any_quality():
    # 0.5 of 255 less 128 is -0.5: a mean within half a step of the first frequency.
    flat = jnp.full((8, 8, 3), 128.0 / 255.0)
    np.testing.assert_allclose(jpeg(flat, 5.0), flat, atol=1e-5)


def test_compression_has_about_the_slope_of_doing_nothing():
    slope = jax.jit(jax.grad(lambda x: jpeg(x, 60.0).sum()))(SCENE[:16, :16])
    np.testing.assert_allclose(slope, 1.0, atol=1e-3)


def test_backgrounds_are_colours_and_differ_from_key_to_key():
    draw = jax.jit(lambda key: backgrounds.procedural(key, height=12, width=10))
    one, other = draw(KEY), draw(jax.random.key(1))
    assert one.shape == (12, 10, 3)
    for picture in (one, other):
        assert picture.min() >= 0.0
        assert picture.max() <= 1.0
    assert (one == draw(KEY)).all()
    assert jnp.abs(one - other).mean() > 0.01


def test_a_bank_gives_windows_of_its_own_pictures():
    ramp = jnp.tile(jnp.linspace(0.0, 1.0, 16)[None, :, None], (12, 1, 3))
    bank = jnp.stack([ramp, 0.0 * ramp + 0.5])
    draw = jax.jit(
        jax.vmap(lambda key: backgrounds.from_bank(key, bank, height=6, width=8))
    )
    got = np.asarray(draw(jax.random.split(KEY, 24)))
    flat = np.ptp(got, axis=(1, 2, 3)) < 1e-5
    assert 0 < flat.sum() < 24
    np.testing.assert_allclose(got[flat], 0.5, atol=1e-5)
    steps = np.diff(got[~flat][..., 0], axis=2)
    rising, falling = (steps > -1e-6).all((1, 2)), (steps < 1e-6).all((1, 2))
    assert (rising | falling).all()
    assert rising.any()
    assert falling.any()


def test_a_window_of_a_bank_stands_upright_whether_it_is_bytes_or_light():
    # Bright above, dark below.
    ramp = jnp.tile(jnp.linspace(1.0, 0.0, 33)[:, None, None], (1, 20, 3))
    kept = backgrounds.as_bytes(ramp)
    assert kept.dtype == jnp.uint8
    np.testing.assert_allclose(backgrounds.as_light(kept), ramp, atol=4e-3)
    for key in jax.random.split(KEY, 8):
        draw = partial(backgrounds.from_bank, key, height=9, width=7)
        light, coarse = draw(ramp[None]), draw(kept[None])
        assert (jnp.diff(light[..., 0], axis=0) < 0.0).all()
        np.testing.assert_allclose(light[:, :1] + 0.0 * light, light, atol=1e-6)
        np.testing.assert_allclose(coarse, light, atol=4e-3)
