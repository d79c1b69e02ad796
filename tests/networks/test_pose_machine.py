"""Convolutional pose machine: sizes, stages that see the maps before them."""

import jax
import jax.numpy as jnp
import numpy as np

from handjax.networks.pose_machine import PoseMachine, folded, resized

SMALL = PoseMachine(
    3, 4, (4, 8), (1, 1), fold=2, stages=2, width=4, reach=3, layers=1, hidden=4
)
IMAGE = jax.random.uniform(jax.random.key(0), (2, 16, 16, 3))


def test_every_stage_has_maps_of_the_wanted_size():
    params = SMALL.init(jax.random.key(0), IMAGE)
    maps = SMALL.apply(params, IMAGE)
    assert [h.shape for h in maps] == [(2, 4, 4, 3)] * 2
    # A picture of another size is resized.
    larger = SMALL.apply(params, jnp.ones((2, 20, 20, 3)))
    assert larger[-1].shape == (2, 4, 4, 3)


def test_later_stages_see_the_maps_before_them():
    params = SMALL.init(jax.random.key(0), IMAGE)
    # The first stage's last layer makes its maps alone.
    names = sorted(params["params"])
    assert names.count("Dense_1") == 1
    moved = jax.tree.map(jnp.copy, params)
    moved["params"]["Dense_1"]["bias"] += jnp.array([1.0, 0.0, 0.0])
    before, after = (SMALL.apply(p, IMAGE) for p in (params, moved))
    np.testing.assert_allclose(after[0][..., 0], before[0][..., 0] + 1.0, rtol=1e-5)
    np.testing.assert_array_equal(after[0][..., 1:], before[0][..., 1:])
    assert jnp.abs(after[1] - before[1]).max() > 1e-4


def test_patches_become_pixels_and_nothing_is_lost():
    found = folded(IMAGE, 4)
    assert found.shape == (2, 4, 4, 48)
    np.testing.assert_array_equal(
        found[1, 2, 3].reshape(4, 4, 3), IMAGE[1, 8:12, 12:16]
    )
    assert resized(IMAGE, 16) is IMAGE


def test_bfloat16_stays_within():
    net = SMALL.clone(dtype=jnp.bfloat16)
    params = net.init(jax.random.key(0), IMAGE)
    assert all(leaf.dtype == jnp.float32 for leaf in jax.tree.leaves(params))
    assert all(h.dtype == jnp.float32 for h in net.apply(params, IMAGE))
