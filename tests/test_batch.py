"""The shapes that every source gives and every method receives."""

import jax
import jax.numpy as jnp

from handjax.batch import Batch, Labels
from handjax.data.crop import views_from_frame
from handjax.geometry.cameras import Pinhole


def test_labels_that_are_not_given_are_none():
    assert all(label is None for label in Labels())


def test_what_is_none_vanishes_from_the_tree():
    views = views_from_frame(
        jnp.full((8, 8), 700.0), Pinhole(jnp.full(2, 8.0), jnp.full(2, 3.5)), pixels=8
    )
    batch = Batch(views, None, Labels(joints=jnp.zeros((1, 21, 3))))
    leaves = jax.tree.leaves(batch)
    assert len(leaves) == 8
    assert all(leaf.shape[0] == 1 for leaf in leaves)
