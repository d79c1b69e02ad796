"""Estimates that are drawn anew stand behind the other batches."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax import training
from handjax.batch import Source
from handjax.training import configs
from handjax.training.step import imagine
from tests.train.toy import toy_batch, toy_config, toy_method

KEY = jax.random.key(4)


def imagining():
    """A method whose imagination shows its estimates, disturbed by its key."""

    def drawn(key, prediction, batch):
        noise = jax.random.normal(key, prediction[0].shape)
        labels = batch.labels._replace(centres=prediction[0] + noise)
        return batch._replace(labels=labels)

    def predict(params, state, batch, *, key, train):
        return (batch.labels.centres, jax.random.normal(key, (4, 41, 3))), state

    return toy_method()._replace(imagine=drawn, predict=predict)


def test_the_first_sources_estimates_come_last():
    first, second = toy_batch(jax.random.key(0)), toy_batch(jax.random.key(1))
    method = imagining()
    given = tuple((batch.labels.centres, None) for batch in (first, second))
    predictions, batches, _ = imagine(method, {}, {}, given, (first, second), KEY)
    assert len(predictions) == len(batches) == 3
    assert batches[:2] == (first, second)
    noise = np.asarray(batches[2].labels.centres - first.labels.centres)
    assert 0.9 < noise.std() < 1.1
    np.testing.assert_array_equal(predictions[2][0], batches[2].labels.centres)
    # What is drawn and what predicts it are disturbed apart.
    assert abs(np.corrcoef(noise.ravel(), predictions[2][1].ravel())[0, 1]) < 0.2


def test_a_single_source_gets_a_second():
    first = toy_batch(jax.random.key(0))
    given = first.labels.centres, None
    predictions, batches, _ = imagine(imagining(), {}, {}, given, first, KEY)
    assert len(predictions) == len(batches) == 2
    assert batches[0] is first


def test_a_step_learns_from_what_was_imagined():
    config = toy_config().unlock()
    config.phases = config.phases[1:]
    config.phases[0].sources = ("synthetic",)
    config.phases[0].imagine = True
    method = toy_method()._replace(imagine=lambda key, prediction, batch: batch)
    phase = training.read_phases(config, method)
    source = Source(lambda key, held: toy_batch(key))
    state = training.init_state(method, source.sample(KEY, ()), KEY)
    state = training.enter(state, method, phase[0])
    _, metrics = training.make_step(method, phase[0], source)(state, KEY, ())
    # The toy's second loss refuses to be given anything but two of each.
    assert jnp.isfinite(metrics["loss"])


def test_who_does_not_imagine_is_not_asked_to():
    config = toy_config().unlock()
    config.phases[0].imagine = True
    with pytest.raises(configs.ConfigError, match="'first' wants estimates drawn anew"):
        training.read_phases(config, toy_method())
