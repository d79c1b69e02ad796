"""Eq. (5) against loops over texels, and what it does not see."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.batch import Views
from handjax.geometry import cameras, transforms
from handjax.hands.template import load_template
from handjax.methods.deep_hand_mesh import texture

RANDOM = np.random.default_rng(0)
T, TRUE = (RANDOM.uniform(size=(16, 24, 3)).astype(np.float32) for _ in range(2))
SEEN, KNOWN = (RANDOM.uniform(size=(16, 24)) < 0.8 for _ in range(2))
ncc = jax.jit(texture.ncc)
error = jax.jit(texture.texture_error)


def by_hand(T, seen):
    """Blur, then patch by patch: less the mean, over the deviation."""
    T = np.asarray(T, np.float64)
    soft, out = np.zeros_like(T), np.zeros_like(T)
    for i, j in np.argwhere(seen):
        rows, columns = slice(max(i - 1, 0), i + 2), slice(max(j - 1, 0), j + 2)
        soft[i, j] = T[rows, columns][seen[rows, columns]].mean(0)
    for i in range(0, T.shape[0], 8):
        for j in range(0, T.shape[1], 8):
            here = np.zeros_like(seen)
            here[i : i + 8, j : j + 8] = seen[i : i + 8, j : j + 8]
            if here.any():
                centred = soft[here] - soft[here].mean(0)
                spread = np.sqrt((centred**2).mean(0) + texture.FLAT**2)
                out[here] = centred / spread
    return out


def test_patches_lose_their_mean_and_their_deviation():
    seen = SEEN.copy()
    seen[:8, :8] = False
    np.testing.assert_allclose(ncc(T, seen), by_hand(T, seen), atol=1e-4)


def test_textures_are_compared_where_both_are_known():
    both = SEEN & KNOWN
    away = np.abs(by_hand(T, both) - by_hand(TRUE, both))[both].mean()
    valid = jnp.array([[True, False]])
    found, seen = jnp.stack([T, T * np.nan])[None], jnp.stack([SEEN, SEEN])[None]
    got = error(found, seen, TRUE, KNOWN, valid)
    assert got == pytest.approx(away, rel=1e-4)
    assert away > 0.5


def test_light_of_a_patch_has_no_say():
    # The blur would mix patches at their rims.
    inner = np.kron(np.ones((2, 3)), np.pad(np.ones((6, 6)), 1)).astype(bool)
    gain = np.kron([[0.4, 0.7, 1.0], [0.9, 0.6, 0.8]], np.ones((8, 8)))[..., None]
    lit = (T * gain + 0.1).astype(np.float32)
    np.testing.assert_allclose(ncc(lit, inner), ncc(T, inner), atol=0.05)
    flat = np.full_like(T, 0.3)
    np.testing.assert_allclose(ncc(flat, inner), 0.0, atol=1e-3)


@pytest.mark.parametrize("seen", [0.0, 1.0], ids=["nothing seen", "all seen"])
@pytest.mark.parametrize("colours", [np.full_like(T, 0.5), T], ids=["flat", "rich"])
def test_slopes_are_finite_on_flat_patches_and_where_nothing_is_seen(seen, colours):
    seen = jnp.full((1, 1, *SEEN.shape), seen > 0.5)
    valid = jnp.ones((1, 1), bool)
    value, slope = jax.jit(jax.value_and_grad(texture.texture_error))(
        jnp.asarray(colours)[None, None], seen, TRUE, KNOWN, valid
    )
    assert jnp.isfinite(value)
    assert jnp.all(jnp.isfinite(slope))


def test_a_texture_of_broken_patches_is_refused():
    with pytest.raises(ValueError, match="multiples of 8"):
        texture.ncc(jnp.zeros((12, 16, 3)), jnp.ones((12, 16), bool))


def test_views_are_merged_by_weight_and_shrunk_over_what_is_known():
    found = jnp.stack([jnp.full((2, 4, 1), 1.0), jnp.full((2, 4, 1), 4.0)])
    weights = jnp.array([[[2.0, 0, 0, 0], [0, 0, 0, 0]], [[1.0, 1, 0, 0], [0] * 4]])
    merged, known = texture.merge(found, weights)
    np.testing.assert_allclose(merged[0, :, 0], [2.0, 4.0, 0.0, 0.0])
    np.testing.assert_array_equal(known, [[1, 1, 0, 0], [0] * 4])
    small, known = texture.shrink(merged, known, 2)
    np.testing.assert_allclose(small[..., 0], [[3.0, 0.0]])
    np.testing.assert_array_equal(known, [[True, False]])


@pytest.fixture(scope="module")
def hand():
    return load_template("hand_790")


@pytest.fixture(scope="module")
def views(hand):
    """Two pictures of a hand that grow brighter to the right; the second is none."""
    ramp = jnp.linspace(0.0, 1.0, 32) * jnp.ones((32, 1))
    camera = cameras.orthographic_crop(220.0, 32)
    rig = transforms.make(jnp.eye(3), jnp.array([0.0, 90.0, 0.0]))

    def twice(x):
        return jnp.stack([x, x])[None]

    return Views(
        depth=None,
        image=twice(jnp.stack([ramp] * 3, -1)).at[0, 1].set(jnp.nan),
        mask=None,
        valid=jnp.array([[True, False]]),
        camera=jax.tree.map(twice, camera),
        crop_from_camera=twice(jnp.eye(4)),
        camera_from_world=twice(rig),
    )


def test_a_texture_is_read_where_the_mesh_lies_and_pulls_it_there(hand, views):
    vertices = hand.vertices[None]

    def brightness(vertices):
        found, weights = texture.unwrap(vertices, views, hand, texels=16)
        seen = weights > 0.0
        return jnp.sum(jnp.where(seen[..., None], found, 0.0)), (found, seen)

    step = jax.jit(jax.value_and_grad(brightness, has_aux=True))
    (_, (found, seen)), slope = step(vertices)
    assert found.shape == (1, 2, 16, 16, 3)
    assert 10 < jnp.sum(seen[0, 0]) < 200
    assert not jnp.any(seen[0, 1])
    # One pixel to the right is 220 / 32 mm, and a thirty-first brighter.
    rise = jnp.sum(slope[0, :, 0])
    wanted = 3 * jnp.sum(seen[0, 0]) * 32 / 220 / 31
    assert rise == pytest.approx(float(wanted), rel=0.02)
    assert jnp.all(jnp.isfinite(slope))


def test_views_without_pictures_are_refused(hand, views):
    with pytest.raises(ValueError, match="pictures"):
        texture.unwrap(hand.vertices[None], views._replace(image=None), hand)
