"""What the released weights have learnt."""

import jax
import jax.numpy as jnp
import pytest

from handjax import weights
from handjax.hands.template import load_template
from handjax.methods.dense_hand_pose import make_room


@pytest.fixture(scope="module")
def released():
    return weights.from_release("dense_hand_pose")


def test_features_tell_pictures_apart(released):
    """Trained by Eq. 2 as printed they had shrunk to the same few numbers."""
    room = make_room(released.config, load_template(released.config.template))
    shown = jax.random.uniform(jax.random.key(0), (4, 1, 1, 3))
    shown = jnp.broadcast_to(shown, (4, room.pixels, room.pixels, 3))
    F = jax.jit(room.networks.features.apply)(released.params["features"], shown)
    assert jnp.var(F, axis=0).mean() > 1e-3
