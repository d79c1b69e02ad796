"""Steps sent together, and devices that share a batch, come to the same."""

import os
import subprocess
import sys

import jax
import numpy as np

import train
from handjax.training import devices
from tests.compiling import QUICK
from tests.train.toy import ROOT, evaluations, saved_params, toy


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
