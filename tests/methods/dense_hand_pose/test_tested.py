"""Refinement of estimates against what the networks say."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.batch import Labels
from handjax.methods.dense_hand_pose import estimate, hand, tested
from tests.methods.in_colour import PIXELS


@pytest.fixture(scope="module")
def disturbed(truth, h, batch, room, params):
    """Hands that are off, beside evidence that is true."""
    noise = jnp.zeros(63).at[:45].set(0.15).at[55:62].set(0.1)
    off = h + noise * jax.random.normal(jax.random.key(2), h.shape)
    look = jax.jit(room.networks.features.apply)
    F = look(params["features"], batch.views.image[:, 0])
    place = jax.jit(lambda h: estimate.placed(h, batch, room))
    return truth._replace(h=off, features=F, **place(off))


def apart(prediction, hands):
    """Mean distance from true key points, mm, and in the picture."""
    space = jnp.linalg.norm(prediction.own_joints - hands.joints, axis=-1).mean(-1)
    flat = [x[..., :2] / x[..., 2:] for x in (prediction.own_joints, hands.joints)]
    return space, jnp.linalg.norm(180.0 * (flat[0] - flat[1]), axis=-1).mean(-1)


def test_true_evidence_brings_key_points_nearer(
    method, params, disturbed, batch, hands
):
    found = method.refine(params, disturbed, batch, steps=40)
    space, pixels = apart(found, hands)
    space_before, pixels_before = apart(disturbed, hands)
    assert (pixels < 0.5 * pixels_before).all()
    assert space.mean() < space_before.mean()
    # What is given is given to the refined hand, too.
    wrist = found.joints[:, 0, 2]
    np.testing.assert_allclose(wrist, batch.labels.root[:, 0], rtol=1e-3)


def test_no_label_is_among_the_evidence(params, disturbed, batch, room):
    look = jax.jit(
        lambda b: tested.evidence_of(params, disturbed, b, most=15.0, room=room)
    )
    blind = batch._replace(labels=Labels(), views=batch.views._replace(mask=None))
    with_it, without = look(batch), look(blind)
    assert jax.tree.all(jax.tree.map(jnp.array_equal, with_it, without))
    evidence, given = without
    true = hand.in_pixels(disturbed.seen[-1], PIXELS)
    np.testing.assert_array_equal(evidence.keypoints, true)
    assert evidence.mask is None
    assert given.share.shape == (2,)
