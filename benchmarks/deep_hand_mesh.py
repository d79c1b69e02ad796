"""What deep_hand_mesh costs: encoder and decoder alone, and one step of training.

    PYTHONPATH=. python benchmarks/deep_hand_mesh.py [--variant small] [--batches 2 4 8]

Prints frames a second at batch 1: of the encoder, picture to angles; of the decoder,
codes of identity and pose to skinned vertices, with the identity's networks and with
constants in their place, as in a release; and of all that is predicted.

Then, by batch size, seconds of a training step, with what is drawn for it ahead and
learnt from again as in training; which share of it drawing that takes alone, and which
drawing the mesh in every target view to compare depth, forward and back; and memory:
what XLA means to have in use at once, in the program that learns or in the one that
draws, and what was in use at most when a process of its own had compiled both and taken
a few steps. On a CPU that is the whole process, else the device's memory.
"""

import argparse
import multiprocessing
import resource
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import jax
import timing
from jax import Array

from configs import deep_hand_mesh as page
from handjax import training
from handjax.batch import Batch
from handjax.experiment import assemble, join
from handjax.hands.template import load_template
from handjax.methods.deep_hand_mesh import decoder, estimate, pose_vector, supervision

MIB = 2**20
STATUS = Path("/proc/self/status")


def main() -> None:
    """Read the command line, measure, and print two tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--variant", default="", help="of configs/deep_hand_mesh.py")
    parser.add_argument("--batches", type=int, nargs="*", default=(2, 4, 8))
    parser.add_argument("--repeats", type=int, default=10)
    chosen = parser.parse_args()
    rates, title = alone(frames, chosen.variant, chosen.repeats)
    print(f"{title}\n\n{'batch 1':28}{'frames/s':>10}")
    for name, rate in rates.items():
        print(f"{name:28}{rate:10.1f}")
    print(f"\n{'':8}{'a step':>9}{'batch':>8}{'depth':>8}{'XLA':>9}{'in use':>9}")
    print(f"{'batch':8}{'s':>9}{'drawn':>8}{'drawn':>8}{'MiB':>9}{'MiB':>9}")
    for size in chosen.batches:
        taken, mebibytes = alone(step, chosen.variant, size, chosen.repeats)
        whole, *shares = taken.values()
        parts = "".join(f"{share / whole:8.0%}" for share in shares)
        used = "".join(f"{amount:9,.0f}" for amount in mebibytes)
        print(f"{size:<8}{whole:9.2f}{parts}{used}")


def alone(function: Callable[..., Any], *given: Any) -> Any:
    """A function's result in a process of its own, whose memory is nobody else's."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, given)


def frames(variant: str, repeats: int) -> tuple[dict[str, float], str]:
    """Frames a second at batch 1, and a line on what they are of."""
    config = page.get_config(variant)
    method, sources = assemble(config)[1:]
    room = estimate.make_room(config, load_template(config.template))
    source = sources["studio"](1)
    batch = jax.jit(source.sample)(jax.random.key(0), source.held)
    params, _ = jax.jit(method.init)(jax.random.key(1), batch)
    folded = estimate.fold(params, room)

    @jax.jit
    def encode(params: Any, batch: Batch) -> Any:
        seen = estimate.picture(batch, room.shrink)
        return room.encoder.apply(params["encoder"], seen)

    decode = jax.jit(partial(skinned, room=room))
    whole = jax.jit(partial(method.predict, key=None, train=False))
    theta = encode(params, batch)[0]
    calls = {
        "encoder": partial(encode, params, batch),
        "decoder": partial(decode, params["decoder"], theta),
        "decoder, identity folded": partial(decode, folded["decoder"], theta),
        "all of predict, folded": partial(whole, folded, {}, batch),
    }
    seconds = timing.fastest(calls, repeats=repeats)
    pixels, count = config.studio.rgb.pixels, len(room.template.vertices)
    line = f"{backend()}: {pixels} x {pixels} pixels, {config.model.encoder} encoder, "
    rates = {name: 1.0 / taken for name, taken in seconds.items()}
    return rates, f"{line}{count:,} vertices, {config.studio.rgb.targets} target views"


def skinned(params: Any, theta: Array, *, room: estimate.Room) -> Array:
    """Vertices of poses, by skinning once: only losses want the zero pose too."""
    t = room.template
    identity, dM = estimate.refinement(params, theta, room)

    def one(theta: Array, dM: Array) -> Array:
        R = pose_vector.local_rotations(t, theta)
        return decoder.skin(t, decoder.refine(t, identity, dM), R).vertices

    return jax.vmap(one)(theta, dM)


def step(variant: str, size: int, repeats: int) -> tuple[dict[str, float], list[float]]:
    """Seconds of a training step, of drawing its batch and of its depths; MiB."""
    # A program that is read from a cache was not compiled, which takes memory too.
    jax.config.update("jax_enable_compilation_cache", False)
    training.keep_freed()
    config = page.get_config(variant)
    config.batch_size = size
    method, sources = assemble(config)[1:]
    phases = training.read_phases(config, method)
    phase = next(phase for phase in phases if phase.loss == "weak")
    source = join(sources, phase.sources)
    one, key = training.make_step(method, phase, source), jax.random.key(0)
    # What was compiled ahead is what these call from then on.
    make = jax.jit(one.sample)
    compiled = make.lower(key, source.held).compile()
    draws = training.Draws(make, phase, source.feed is None)
    batch = make(key, source.held)
    state = training.enter(training.init_state(method, batch, key), method, phase)
    learn = jax.jit(one.learn, donate_argnums=0).lower(state, key, batch).compile()
    kept = [state]

    def steps() -> Any:
        """As many as a batch is drawn for."""
        for _ in range(phase.reuse):
            seen = draws(int(kept[0].step), key, source.held)
            kept[0], measured = learn(kept[0], key, seen)
        return measured

    for _ in range(2):
        jax.block_until_ready(steps())
    used = [max(map(planned, (learn, compiled))), in_use()]
    found, _ = method.predict(kept[0].params, {}, batch, key=key, train=True)
    faces = load_template(config.template).faces
    of_depth = partial(supervision.depth_error, faces=faces, targets=batch.targets)
    slope = jax.jit(jax.value_and_grad(of_depth))
    calls = {
        "steps": steps,
        "batch": partial(make, key, source.held),
        "depth": partial(slope, found.placed.vertices),
    }
    seconds = timing.fastest(calls, repeats=repeats)
    seconds["steps"] /= phase.reuse
    seconds["batch"] /= phase.reuse
    return seconds, used


def planned(program: Any) -> float:
    """MiB that XLA means to have in use at once; what stands twice counts once."""
    memory = program.memory_analysis()
    total = memory.temp_size_in_bytes + memory.argument_size_in_bytes
    return (total + memory.output_size_in_bytes - memory.alias_size_in_bytes) / MIB


def in_use() -> float:
    """MiB that were in use at most: of the device, or of this process on a CPU."""
    counted = jax.local_devices()[0].memory_stats()
    if counted:
        return counted["peak_bytes_in_use"] / MIB
    if STATUS.exists():
        # On Linux `getrusage` has the peak of whoever started this process in it.
        peak = next(x for x in STATUS.read_text().splitlines() if "VmHWM" in x)
        return int(peak.split()[1]) / 2**10
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (MIB if sys.platform == "darwin" else 2**10)


def backend() -> str:
    """The device's name, or how many cores there are."""
    device = jax.local_devices()[0]
    if device.platform == "cpu":
        return f"cpu, {multiprocessing.cpu_count()} cores"
    return device.device_kind


if __name__ == "__main__":
    main()
