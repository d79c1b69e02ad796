"""Steps sent together, and devices that share a batch, come to the same."""

import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import train
from handjax import training
from handjax.batch import Source
from handjax.training import devices
from tests.compiling import QUICK
from tests.train.toy import (
    ROOT,
    evaluations,
    saved_params,
    toy,
    toy_batch,
    toy_config,
    toy_method,
)

KEY = jax.random.key(2)


def test_steps_that_go_to_the_device_together_come_to_the_same_parameters(
    finished, tmp_path, monkeypatch
):
    monkeypatch.setattr(devices, "PER_DISPATCH", {"cpu": 4})
    assert train.train(toy(), tmp_path) == 0
    # Evaluations are every 4 steps, but the first phase ends after 6.
    assert devices.steps_per_dispatch(0, 0, 6, 4, 50) == 2
    close = jax.tree.map(
        lambda one, two: np.allclose(one, two, atol=1e-5),
        saved_params(tmp_path),
        saved_params(finished),
    )
    assert jax.tree.all(close)
    steps = [entry["step"] for entry in evaluations(tmp_path)]
    assert steps == [4, 6, 8, 12]


@pytest.mark.parametrize("together", [False, True])
def test_phases_share_what_draws_their_batches_unless_one_program_does_all(together):
    traced = []

    def sample(key, held):
        traced.append(1)
        return toy_batch(key)

    config = toy_config()
    method = toy_method()
    phase, source = training.read_phases(config, method)[0], Source(sample)
    state = training.init_state(method, toy_batch(KEY), KEY)
    ends = []
    for _ in range(2):
        draws = None if together else training.Draws(jax.jit(source.sample), phase)
        step = training.make_step(method, phase, source)
        steps = training.compile_step(step, None, draws=draws)
        begun = training.enter(jax.tree.map(jnp.copy, state), method, phase)
        ends.append(steps(begun, KEY, ())[0].params)
    assert len(traced) == (2 if together else 1)
    jax.tree.map(np.testing.assert_array_equal, *ends)


TWO = "--xla_force_host_platform_device_count=2"
TWO_DEVICES = """
import sys
from pathlib import Path
import jax
import train
from tests.train.toy import toy
assert jax.local_device_count() == 2
train.train(toy(), Path(sys.argv[1]))
"""


def test_two_devices_share_a_batch_and_come_to_the_same_parameters(finished, tmp_path):
    subprocess.run(
        [sys.executable, "-c", TWO_DEVICES, str(tmp_path)],
        cwd=ROOT,
        env=os.environ | {QUICK.upper(): "1", "XLA_FLAGS": TWO},
        check=True,
    )
    close = jax.tree.map(
        lambda one, two: np.allclose(one, two, atol=1e-4),
        saved_params(finished),
        saved_params(tmp_path),
    )
    assert jax.tree.all(close)
