"""Train a method on hands.

    python train.py --config=configs/wan_spheres.py
    python train.py --config=configs/wan_spheres.py:small --workdir runs/small --seed 1
    python train.py --config=... --config.optimizer.learning_rate=3e-4
    python train.py --config=... --init runs/other      (or a released weight's name)

The same command again goes on where the last one stopped. In --workdir: config.json,
log.jsonl, checkpoints/ (latest and best), pictures/, tensorboard/. A config is a Python
file, and is run: take only those that you have read.
"""

import sys
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from absl import app, flags, logging
from jaxtyping import Array, Key
from ml_collections import ConfigDict, config_flags

from handjax import training, visualize, weights
from handjax.batch import FAR, Source
from handjax.data import synthetic
from handjax.data.real import loading
from handjax.evaluation import metrics, protocols
from handjax.experiment import Experiment, assemble, example, join, watch
from handjax.networks.stored import StoredError
from handjax.training import Phase, TrainState, configs
from handjax.training.arguments import default_workdir, parse

CONFIG = config_flags.DEFINE_config_file("config", None, "A page of configs/.")
WORKDIR = flags.DEFINE_string("workdir", None, "Default: runs/ and the config's name.")
SEED = flags.DEFINE_integer("seed", None, "Instead of the config's own.")
INIT = flags.DEFINE_string("init", None, "A run's folder or a release to start from.")

# Steps between readings of the device: each waits for it.
LOG_EVERY = 50
# Held-out frames in the picture of each evaluation.
SHOWN = 8
PROTOCOL = protocols.PROTOCOLS["synthetic"]


class Run(NamedTuple):
    """What stays the same from the first step to the last, and the tools at hand."""

    experiment: Experiment
    workdir: Path
    phases: tuple[Phase, ...]
    key: Key[Array, ""]
    mesh: Any
    saved: training.Checkpoints
    log: training.Log
    interrupt: training.Interrupt
    examiner: training.Examiner
    joined: dict[Any, Source]

    def source(self, phase: Phase) -> Source:
        """What a phase draws from; the same object where the phases draw the same."""
        sizes = tuple(phase.sources.items())
        if sizes not in self.joined:
            self.joined[sizes] = join(self.experiment.sources, phase.sources, self.mesh)
        return self.joined[sizes]


def train(experiment: Experiment, workdir: Path, init: str | None = None) -> int:
    """Train from the start, or from where the last call stopped.

    Args:
        experiment: what is trained, on what.
        workdir: of this run alone.
        init: where other parameters come from, for a run that has none of its own.

    Returns:
        exit status: 0 when all steps are done, 128 + signal when stopped by one.

    Raises:
        ConfigError: if the config asks for what cannot be, or is not that of the run
            in this folder.
        DatasetError: if it asks for a real dataset that is not there.
        StoredError: if it names a file of weights that can't be used.
        NotFiniteError: naming the loss term that became NaN, and when.
    """
    config, method = experiment.config, experiment.method
    phases = training.read_phases(config, method)
    if "real" in config and any("real" in phase.sources for phase in phases):
        # What is not there is better missed now than after the phases before it.
        loading.require(config.real)
    with (
        training.Alone(workdir),
        training.Checkpoints(workdir) as saved,
        training.Log(workdir, phases[-1].last, since=saved.latest or 0) as log,
        training.Interrupt() as interrupt,
    ):
        configs.claim(workdir, config, begun=saved.latest is not None)
        root = jax.random.key(config.seed)
        key = jax.random.fold_in(root, training.TRAINING)
        mesh = training.make_mesh(*(n for p in phases for n in p.sources.values()))
        examiner = watch(experiment)
        run = Run(
            experiment, workdir, phases, key, mesh, saved, log, interrupt, examiner, {}
        )
        state = start(run, init)
        for phase in phases:
            if int(state.step) < phase.last and not interrupt.received:
                state = run_phase(run, state, phase)
    return conclude(run)


def start(run: Run, init: str | None) -> TrainState:
    """The state of the latest checkpoint, or a new one."""
    method = run.experiment.method
    if run.saved.latest is None:
        return training.replicate(begin(run, init), run.mesh)
    if init:
        run.log.say(f"--init {init} was for the start; the run has its own by now")
    phase = training.phase_at(run.phases, run.saved.latest)
    blank = jax.eval_shape(lambda: training.enter(fresh(run), method, phase))
    run.log.say(f"going on from step {run.saved.latest} in {run.workdir}")
    return training.replicate(run.saved.restore(blank), run.mesh)


def begin(run: Run, init: str | None) -> TrainState:
    """The state before the first step, with other parameters where asked for."""
    config = run.experiment.config
    if config.get("needs_init") and not init:
        raise configs.ConfigError(
            "this config trains only what comes last; say with --init which run or "
            "release has been through what comes before"
        )
    found = weights.find(init) if init else None
    state = jax.jit(lambda: fresh(run))()
    state = with_given(run, state)
    if found is None:
        return state
    brought, enters = found.params, run.experiment.method.begin
    if enters is not None:
        # What the first phase makes of the others need not be there.
        brought = enters(run.phases[0].loss, brought, shown=None)
    params, taken = weights.carry_over(brought, state.params)
    kept, _ = weights.carry_over(found.state, state.state)
    if not taken:
        raise weights.MissingError(f"no parameter of {found.origin} fits this method's")
    total = len(jax.tree.leaves(params))
    if config.get("needs_init") and taken < total:
        raise configs.ConfigError(
            f"{found.origin} has {taken} of the {total} parameter arrays of this "
            "config, which trains none of the others; is its model the same?"
        )
    run.log.say(f"{taken} of {total} parameter arrays from {found.origin}")
    ema = jax.tree.map(jnp.copy, params)
    return state._replace(params=params, state=kept, ema=ema)


def with_given(run: Run, state: TrainState) -> TrainState:
    """The state with what a file of the user's gives."""
    given = run.experiment.method.given
    if given is None:
        return state
    params, said = given(state.params)
    run.log.say(said)
    return state._replace(params=params, ema=jax.tree.map(jnp.copy, params))


def fresh(run: Run) -> TrainState:
    """The state before the first step, at random."""
    root = jax.random.key(run.experiment.config.seed)
    _, key = jax.random.split(jax.random.fold_in(root, training.START))
    blank = jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), example(run.experiment))
    return training.init_state(run.experiment.method, blank, key)


def run_phase(run: Run, state: TrainState, phase: Phase) -> TrainState:
    """Take the steps of a phase that are still to be taken."""
    source = run.source(phase)
    first, every = int(state.step), phase.every
    fed, marks = source.feed is not None, (first, phase.first, phase.last, every)
    count = training.steps_per_dispatch(
        *marks, LOG_EVERY, singly=fed or phase.reuse > 1
    )
    step = training.make_step(run.experiment.method, phase, source)
    draws = training.Draws(jax.jit(step.sample), phase, not fed, run.mesh)
    together = step.blind and phase.reuse == 1
    steps = training.compile_step(step, run.mesh, count, None if together else draws)
    if first == phase.first:
        state = training.enter(state, run.experiment.method, phase, show(run, phase))
    run.log.say(f"{phase.name}: compiling, then steps {first + 1} to {phase.last}")
    meter = training.Meter(sum(phase.sources.values()))
    for number in range(first + count, phase.last + 1, count):
        held = source.feed(number - count) if source.feed else source.held
        state, measured = steps(state, run.key, held)
        meter.add(range(number - count + 1, number + 1), measured)
        examined = number % every == 0 or number == phase.last
        if number % LOG_EVERY == 0 or examined or run.interrupt.received:
            run.log.train(number, phase.name, meter.read())
        if examined:
            examine(run, state, phase, number)
            meter.rest()
        if run.interrupt.received:
            save(run, state, number)
            break
    return state


def show(run: Run, phase: Phase) -> Any:
    """What a phase begins by looking at."""
    if not phase.shown:
        return None
    source = join(run.experiment.sources, {phase.shown: 1})
    return jax.jit(source.sample)(run.key, source.held)


def examine(run: Run, state: TrainState, phase: Phase, number: int) -> None:
    """Measure frames, draw some of them, keep a checkpoint."""
    config = run.experiment.config
    key = jax.random.fold_in(jax.random.key(0), training.VALIDATION)
    found = run.examiner(state.ema, state.state, key, config.evaluation.frames)
    names = PROTOCOL.counted(found.truth)
    errors = metrics.errors_by_set(found.predicted, found.truth, found.valid, names)
    learnt = config.evaluation.get("source", "synthetic") == "studio"
    centre = "_true_centre" if synthetic.stands_on_truth(config.synthetic) else ""
    how = "_learnt" if learnt else centre
    figures = {f"{k}_mean_mm{how}": metrics.mean(e) for k, e in errors.items()}
    run.log.evaluate(number, phase.name, figures, learnt=learnt)
    draw(run, found, next(iter(errors.values())), number)
    save(run, state, number, (next(iter(figures.values())), phase))


def draw(run: Run, found: training.Estimates, errors: Any, number: int) -> None:
    """Leave a picture of the first frames measured, if it was kept what was seen."""
    if found.depth is None and found.image is None:
        return
    frames = range(min(SHOWN, len(errors)))
    headings = [f"{metrics.mean(errors[frame][None]):.1f} mm" for frame in frames]
    picture = visualize.estimates_sheet(found, frames, far=FAR, headings=headings)
    visualize.save_png(run.workdir / "pictures" / f"step_{number:07}.png", picture)


def save(run: Run, state: TrainState, number: int, measured: tuple = ()) -> None:
    """Keep a checkpoint, unless something in it is not finite."""
    training.check_finite(number, state._asdict())
    run.saved.save(state, *measured)


def conclude(run: Run) -> int:
    """Say how it ended and what to do next."""
    latest = run.saved.latest
    if run.interrupt.received and latest != run.phases[-1].last:
        where = "nothing to save yet" if latest is None else f"saved at step {latest}"
        print(
            f"stopped by {run.interrupt.received.name}; {where}. "
            "The same command goes on from there."
        )
        return 128 + run.interrupt.received
    seen = "synthetic"
    if "studio" in run.phases[-1].sources:
        seen = f"studio --subject {run.experiment.config.studio.subject}"
    if "real" in run.phases[-1].sources:
        seen = f"{run.experiment.config.real.name} --root PATH"
    print(
        f"done: {run.phases[-1].last} steps in {run.workdir}; best at step "
        f"{run.saved.best}. Next: python evaluate.py --dataset {seen} "
        f"--workdir {run.workdir} --out {run.workdir}/evaluation"
    )
    return 0


def main(_: list[str]) -> None:
    """Read the command line, train, end with what it says."""
    logging.set_verbosity(logging.WARNING)
    training.keep_freed()
    config = ConfigDict(CONFIG.value)
    if SEED.value is not None:
        config.seed = SEED.value
    workdir = Path(WORKDIR.value or default_workdir())
    try:
        sys.exit(train(assemble(config), workdir, INIT.value))
    except training.NotFiniteError as wrong:
        sys.exit(f"stopped: {wrong}. Checkpoints in {workdir} are from before that.")
    except (
        configs.ConfigError,
        weights.MissingError,
        StoredError,
        *loading.FAULTS,
    ) as wrong:
        print(wrong, file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    flags.mark_flag_as_required("config")
    app.run(main, flags_parser=parse)
