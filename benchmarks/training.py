"""Hands a second: made alone, read by the network, trained on.

    PYTHONPATH=. python benchmarks/training.py
    PYTHONPATH=. python benchmarks/training.py --variant small
    PYTHONPATH=. python benchmarks/training.py --give-back

Prints samples a second of each stage of one configuration in one run.
"""

import argparse

import jax
import timing

from configs import wan_spheres
from handjax import training
from handjax.experiment import assemble, join


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--variant", default="", help="of configs/wan_spheres.py")
    parser.add_argument(
        "--give-back",
        action="store_true",
        help="let the C library give memory back between steps, as it would",
    )
    chosen = parser.parse_args()
    if not chosen.give_back:
        training.keep_freed()
    config = wan_spheres.get_config(chosen.variant)
    method, sources = assemble(config)[1:]
    phases = training.read_phases(config, method)
    phase = next(phase for phase in phases if phase.loss == "supervised")
    source = join(sources, phase.sources)
    key, held = jax.random.key(0), source.held
    make = jax.jit(source.sample)
    batch = make(key, held)
    state = training.enter(training.init_state(method, batch, key), method, phase)

    step = jax.jit(training.make_step(method, phase, source))
    predict = jax.jit(
        lambda params, batch: method.predict(params, {}, batch, key=key, train=False)
    )
    calls = {
        "synthesis": lambda: make(key, held),
        "prediction": lambda: predict(state.params, batch),
        "training step, synthesis in it": lambda: step(state, key, held),
    }
    seconds = timing.fastest(calls, repeats=20)
    count = sum(leaf.size for leaf in jax.tree.leaves(state.params))
    print(f"{jax.default_backend()}, batch {config.batch_size}, {count:,} parameters")
    for name, taken in seconds.items():
        print(f"{name:32}{config.batch_size / taken:9.0f} samples/s")


if __name__ == "__main__":
    main()
