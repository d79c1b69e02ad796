"""Starts are plausible hands, and variations of the best of them."""

import jax
import jax.numpy as jnp
import numpy as np

from handjax.fitting import model, starts
from handjax.geometry import rotations


def test_the_same_seed_draws_the_same_plausible_hands(template, gathered):
    one, two = (
        starts.draw(np.random.default_rng(3), template, gathered[0], 64)
        for _ in range(2)
    )
    jax.tree.map(np.testing.assert_array_equal, one, two)
    limits = np.asarray(template.limits)
    assert (one.angles >= limits[..., 0] - 1e-5).all()
    assert (one.angles <= limits[..., 1] + 1e-5).all()
    place = model.STRIDE * one.place
    assert (jnp.abs(place) < 100.0).all()


def test_most_hands_have_their_forearm_where_one_leaves_the_crop(template, gathered):
    arm = jnp.array([0.0, -140.0, 20.0])
    seen = gathered[0]._replace(arm=arm, has_arm=jnp.float32(1.0))
    drawn = starts.draw(np.random.default_rng(0), template, seen, 256)
    R = jax.vmap(rotations.matrix_from_six)(drawn.six)
    # The forearm is at +y of the rest frame.
    towards = R[:, :, 1] @ (arm / jnp.linalg.norm(arm))
    assert jnp.mean(towards > 0.7) > 0.6
    assert jnp.mean(towards < 0.0) > 0.02


def test_variations_keep_their_parents_and_change_two_fingers_of_the_others(
    template, gathered
):
    rng = np.random.default_rng(1)
    parents = starts.draw(rng, template, gathered[0], 4)
    children = starts.vary(rng, parents, 12)
    kept = jax.tree.map(lambda leaf: leaf[:4], children)
    jax.tree.map(np.testing.assert_array_equal, kept, parents)
    np.testing.assert_array_equal(children.place[4:8], parents.place)
    differs = np.asarray((children.angles[4:8] != parents.angles).any(axis=-1))
    for hand in differs:
        assert not hand[0]
        assert len(set(starts.FINGER_OF[hand])) <= 2
