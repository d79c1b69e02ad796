"""A run that is stopped or killed goes on to the same bits."""

import os
import signal
import subprocess
import sys
import time

import jax
import pytest

import train
from handjax import training
from handjax.experiment import assemble
from handjax.training import Checkpoints, configs
from handjax.training.meter import Meter
from tests.compiling import QUICK
from tests.train.toy import (
    ROOT,
    evaluations,
    same,
    saved_params,
    toy,
    toy_config,
)


@pytest.mark.parametrize("reuse", [1, 2])
def test_a_run_stopped_anywhere_goes_on_as_if_it_had_not_been(
    reuse, finished, tmp_path, monkeypatch, capsys
):
    config = toy_config()
    for phase in config.phases:
        phase.reuse = reuse
    if reuse > 1:
        finished = tmp_path / "whole"
        assert train.train(toy(config), finished) == 0
    workdir = tmp_path / "stopped"
    stops, plain_add = [3, 6, 9], Meter.add

    def add(meter, steps, metrics):
        plain_add(meter, steps, metrics)
        if stops and stops[0] in steps:
            stops.pop(0)
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(Meter, "add", add)
    statuses = [train.train(toy(config), workdir) for _ in range(4)]
    assert statuses == [128 + signal.SIGTERM] * 3 + [0]
    assert "stopped by SIGTERM; saved at step 3." in capsys.readouterr().out
    assert same(saved_params(workdir), saved_params(finished))


COMMAND = [
    *(
        sys.executable,
        "train.py",
        "--config=configs/wan_spheres.py:test,synthetic,adapt",
        "--config.needs_init=False",
    ),
    *("--config.phases[0].steps=20", "--config.evaluation.every=5"),
    "--config.evaluation.frames=4",
]


def start_training(workdir):
    """The real thing in a process of its own."""
    command = [*COMMAND, "--workdir", str(workdir)]
    settings = os.environ | {QUICK.upper(): "1"}
    return subprocess.Popen(
        command, cwd=ROOT, env=settings, stdout=subprocess.PIPE, text=True
    )


def end(process):
    """Exit status and what was printed."""
    said, _ = process.communicate(timeout=900)
    return process.returncode, said


def whole_checkpoint(workdir):
    """All of the latest checkpoint: what evaluation reads, and what going on needs."""
    experiment = assemble(configs.read(workdir / configs.FILE))
    phase = training.read_phases(experiment.config, experiment.method)[0]

    def blank(key):
        batch = experiment.sources["synthetic"](1).sample(key, ())
        state = training.init_state(experiment.method, batch, key)
        return training.enter(state, experiment.method, phase)

    with Checkpoints(workdir) as saved:
        return saved.restore(jax.eval_shape(lambda: blank(jax.random.key(0))))


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    """The folder of a real run that nobody stopped."""
    folder = tmp_path_factory.mktemp("straight")
    status, said = end(start_training(folder))
    assert status == 0
    assert "python evaluate.py" in said
    return folder


def latest(folder):
    """The latest checkpoint that is not still being written, 0 if there is none."""
    # A checkpoint has its number for a name once it is whole.
    found = [int(path.name) for path in folder.glob("*") if path.name.isdigit()]
    return max(found, default=0)


def start_and_send(how, workdir):
    """Exit status and what was printed, after a signal at the next checkpoint."""
    saved = workdir / "checkpoints"
    before, process = latest(saved), start_training(workdir)
    while process.poll() is None and latest(saved) == before:
        time.sleep(0.05)
    process.send_signal(how)
    return end(process)


def test_wan_spheres_killed_and_stopped_and_started_again_ends_with_the_same_bits(
    tmp_path, straight
):
    status, _ = start_and_send(signal.SIGKILL, tmp_path)
    assert status == -signal.SIGKILL
    status, said = start_and_send(signal.SIGTERM, tmp_path)
    assert status == 128 + signal.SIGTERM
    assert "going on from step" in said
    assert "stopped by SIGTERM" in said
    status, said = end(start_training(tmp_path))
    assert status == 0
    assert "going on from step" in said
    ours, theirs = whole_checkpoint(tmp_path), whole_checkpoint(straight)
    assert ours.step == theirs.step == 20
    assert same(ours, theirs)
    steps = [entry["step"] for entry in evaluations(tmp_path)]
    assert steps == sorted(set(steps))
