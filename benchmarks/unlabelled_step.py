"""Where the time of a self-supervised training step goes.

    PYTHONPATH=. python benchmarks/unlabelled_step.py --variant small --amount tiny

Prints the seconds of a whole step and of each of its parts alone, forward and back, in
one run. The step has more to do than its parts, and shares some of it between them.
"""

import argparse
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import timing

from configs import wan_spheres
from handjax import training
from handjax.data import studio
from handjax.experiment import assemble, join
from handjax.hands.template import load_template
from handjax.methods.wan_spheres import LABELLED, labelled_terms, unlabelled_terms

PARTS = {
    "nine renders (model to data)": ("model_to_data",),
    "nine point sets (data to model)": ("data_to_model",),
    "consistency": ("consistency",),
    "pose prior": ("prior",),
    "bone lengths and collision": ("bone_length", "collision"),
    "labels of synthetic hands": LABELLED,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--variant", default="small", help="of configs/wan_spheres.py")
    parser.add_argument("--amount", choices=studio.AMOUNTS, default="tiny")
    chosen = parser.parse_args()
    training.keep_freed()
    config = wan_spheres.get_config(f"{chosen.variant},adapt")
    config.studio.amount = chosen.amount
    method, sources = assemble(config)[1:]
    phase = training.read_phases(config, method)[0]
    key, both = jax.random.key(0), join(sources, phase.sources)
    make = jax.jit(both.sample)
    batches = make(key, both.held)
    state = training.init_state(method, batches[1], key)
    state = training.enter(state, method, phase)
    step = jax.jit(training.make_step(method, phase, both))
    learn = jax.jit(jax.grad(lambda p: _sum(method, p, batches, key)))
    template = load_template(config.template)
    known = labelled_terms(config.model)
    known |= unlabelled_terms(state.params, config.model, template)
    calls = {
        "whole step": lambda: step(state, key, both.held),
        "frames drawn, hands made": lambda: make(key, both.held),
        "network": lambda: learn(state.params),
    }
    predictions = training.step.predict(method, state.params, {}, batches, key)[0]
    for title, names in PARTS.items():
        weights = {name: phase.weights.get(name, 0.0) for name in names}
        terms = [known[name] for name, weight in weights.items() if weight]
        which = int(names == LABELLED)
        calls[title] = _alone(terms, predictions[which], batches[which])
    seconds = timing.fastest(calls, repeats=20)
    whole = seconds["whole step"]
    counts = ", ".join(f"{n} {name}" for name, n in phase.sources.items())
    print(f"{jax.default_backend()}, {chosen.variant}: {counts}, three views")
    for title, taken in seconds.items():
        print(f"{title:40}{1e3 * taken:8.1f} ms{taken / whole:7.0%}")


def _alone(terms: Sequence[Callable], prediction: Any, batch: Any) -> Callable:
    """Some terms and their gradient to the centres, for a prediction that is there."""

    def total(centres, prediction, batch):
        found = prediction._replace(centres=centres)
        return sum(term(found, batch) for term in terms)

    slope = jax.jit(jax.value_and_grad(total))
    return lambda: slope(prediction.centres, prediction, batch)


def _sum(method, params, batches, key):
    """Something that depends on every centre."""
    total = jnp.zeros(())
    for batch in batches:
        found, _ = method.predict(params, {}, batch, key=key, train=True)
        total += jnp.sum(jnp.square(found.centres))
    return total


if __name__ == "__main__":
    main()
