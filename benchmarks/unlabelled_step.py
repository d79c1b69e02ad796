"""Where the time of a self-supervised training step goes.

    PYTHONPATH=. python benchmarks/unlabelled_step.py --variant small --amount tiny

Prints the seconds of a whole step, and what it is quicker by without each of its parts,
in one run. Parts share work: their sum is not the whole.
"""

import argparse
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import timing

from configs import wan_spheres
from handjax import training
from handjax.data import studio
from handjax.experiment import assemble, join
from handjax.training import Phase

TERMS = {
    "nine renders (model to data)": ("model_to_data",),
    "nine point sets (data to model)": ("data_to_model",),
    "consistency": ("consistency",),
    "pose prior": ("prior",),
    "bone lengths and collision": ("bone_length", "collision"),
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
    key = jax.random.key(0)
    both = join(sources, phase.sources)
    real, synthetic = jax.jit(both.sample)(key, both.held)
    state = training.init_state(method, synthetic, key)

    def timed(weights: Mapping[str, float], names: tuple[str, ...]):
        part = phase._replace(
            weights=dict(weights), sources={n: phase.sources[n] for n in names}
        )
        return _step(method, part, join(sources, part.sources), state, key)

    every = phase.weights
    calls = {"whole step": timed(every, ("studio", "synthetic"))}
    for title, terms in TERMS.items():
        rest = {name: w for name, w in every.items() if name not in terms}
        calls[f"- {title}"] = timed(rest, ("studio", "synthetic"))
    unlabelled = {name: w for name, w in every.items() if name != "coordinates_l1"}
    unlabelled = {
        k: w for k, w in unlabelled.items() if k not in ("heatmaps", "depthmaps")
    }
    calls["- synthesis and what is learnt from it"] = timed(unlabelled, ("studio",))
    network = jax.jit(jax.grad(lambda p: _sum(method, p, (real, synthetic), key)))
    calls["network alone, forward and back"] = lambda: network(state.params)
    seconds = timing.fastest(calls, repeats=10)
    whole = seconds["whole step"]
    counts = ", ".join(f"{n} {name}" for name, n in phase.sources.items())
    print(f"{jax.default_backend()}, {chosen.variant}: {counts}, three views")
    for title, taken in seconds.items():
        own = whole - taken if title.startswith("- ") else taken
        print(f"{title.removeprefix('- '):40}{1e3 * own:8.1f} ms{own / whole:7.0%}")


def _step(method, phase: Phase, source, state, key):
    state = training.enter(state, method, phase)
    step = jax.jit(training.make_step(method, phase, source))
    return lambda: step(state, key, source.held)


def _sum(method, params, batches, key):
    """Something that depends on every centre."""
    total = jnp.zeros(())
    for batch in batches:
        found, _ = method.predict(params, {}, batch, key=key, train=True)
        total += jnp.sum(jnp.square(found.centres))
    return total


if __name__ == "__main__":
    main()
