import jax.numpy as jnp
import numpy as np
import pytest

from handjax.networks.shuffle import shuffle, unshuffle


def test_a_patch_becomes_the_channels_of_one_pixel():
    x = jnp.arange(16.0).reshape(1, 4, 4, 1)
    found = unshuffle(x)
    assert found.shape == (1, 2, 2, 4)
    np.testing.assert_array_equal(found[0, 0, 1], [2, 3, 6, 7])


@pytest.mark.parametrize("factor", [2, 3])
def test_shuffling_brings_back_what_was_unshuffled(factor):
    x = jnp.asarray(np.random.default_rng(0).normal(size=(2, 6, 12, 5)))
    np.testing.assert_array_equal(shuffle(unshuffle(x, factor), factor), x)


def test_what_has_no_whole_patches_is_refused():
    with pytest.raises(ValueError, match="5 x 4"):
        unshuffle(jnp.zeros((1, 5, 4, 1)))
    with pytest.raises(ValueError, match="6 channels"):
        shuffle(jnp.zeros((1, 2, 2, 6)))
