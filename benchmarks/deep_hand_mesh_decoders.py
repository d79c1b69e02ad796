"""How near trained decoders come to a subject's hand, were every angle right.

    PYTHONPATH=. python benchmarks/deep_hand_mesh_decoders.py RUN [RUN ...] \\
        [--subject A] [--amount tiny] [--frames 300]

An encoder that both share hides what decoders differ by. Here the angles of every test
moment go down against its true key points, through each run's own decoder, from what
its encoder says, until they fit as well as they can; then key points and surface are
measured as by `evaluate.py`. Labels are read, so these are no estimates; they say what
each decoder could do with a perfect encoder. Beside each mean is its ratio to that of
the last RUN, which comes first.
"""

import argparse
import sys
from collections.abc import Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from absl import logging
from jaxtyping import Array

from handjax import weights
from handjax.batch import Batch
from handjax.data import studio
from handjax.evaluation import metrics
from handjax.experiment import assemble, judge_in_studio
from handjax.hands.template import load_template
from handjax.methods.deep_hand_mesh import estimate

AT_ONCE, STEPS, RATE = 20, 400, 2e-2
"""Moments, steps of the descent, and radians a step."""


def fitted(
    params: Any, state: Any, batch: Batch, *, key: Any, train: bool, room: estimate.Room
) -> tuple[estimate.Prediction, Any]:
    """A prediction whose angles fit the true key points."""
    first, _ = estimate.predict(params, state, batch, key=key, train=train, room=room)
    six = jnp.zeros((len(first.theta), 6)) + jnp.array([1.0, 0, 0, 0, 1.0, 0])
    true = batch.labels.joints
    assert true is not None  # test moments have them

    def cost(theta: Array) -> Array:
        found = estimate.pose(params, theta, six, batch, room).laid
        # A distance of 0 has no slope.
        return jnp.sum(jnp.sqrt(jnp.sum(jnp.square(found - true), axis=-1) + 1e-4))

    rule = optax.adam(optax.cosine_decay_schedule(RATE, STEPS))

    def step(carry: Any, _: None) -> tuple[Any, None]:
        theta, moments = carry
        updates, moments = rule.update(jax.grad(cost)(theta), moments)
        return (optax.apply_updates(theta, updates), moments), None

    start = (first.theta, rule.init(first.theta))
    (theta, _), _ = jax.lax.scan(step, start, length=STEPS)
    return estimate.pose(params, theta, six, batch, room), state


def measure(run: str, subject: str, amount: str, frames: int) -> Mapping[str, Any]:
    """Errors of each frame by name: key points, mm, and what is told of surfaces.

    Raises:
        ValueError: the run is another method's.
    """
    found = weights.find(run)
    config = found.config
    if config.method != "deep_hand_mesh":
        raise ValueError(f"{found.origin} is {config.method}, no deep_hand_mesh")
    with config.unlocked():
        config.evaluation.batch_size = AT_ONCE
    experiment = assemble(config)
    room = estimate.make_room(config, load_template(config.template))
    method = experiment.method._replace(predict=partial(fitted, room=room))
    pixels = config.studio.rgb.pixels
    test = studio.test_frames_in_colour(subject, amount, AT_ONCE, pixels=pixels)
    examiner = judge_in_studio(experiment._replace(method=method), test)
    seen = examiner(
        found.params, found.state, jax.random.key(0), min(frames, test.count)
    )
    errors = metrics.joint_errors(seen.predicted["laid21"], seen.truth["laid21"])
    return {"laid21": errors.mean(axis=1)} | dict(seen.surfaces or {})


def main() -> int:
    """Print each run's means and ratios; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", nargs="+", metavar="RUN")
    parser.add_argument("--subject", default="A")
    parser.add_argument("--amount", default="tiny")
    parser.add_argument("--frames", type=int, default=300)
    chosen = parser.parse_args()
    # Orbax warns of what is meant: that it will only read.
    logging.set_verbosity(logging.ERROR)
    last = None
    for run in reversed(chosen.runs):
        try:
            found = measure(run, chosen.subject, chosen.amount, chosen.frames)
        except (weights.MissingError, ValueError) as wrong:
            print(wrong, file=sys.stderr)
            return 2
        means = {name: float(np.mean(values)) for name, values in found.items()}
        last = last or means
        print(run)
        for name, mean in means.items():
            print(f"    {name:24}{mean:8.2f}{mean / last[name]:8.2f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
