"""The training loop, on a method so small that a run takes a second or two."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from ml_collections import ConfigDict

import train
from configs import wan_spheres
from handjax import training, weights
from handjax.batch import Batch, Labels, Views
from handjax.experiment import Experiment, assemble
from handjax.geometry.cameras import Orthographic
from handjax.methods.method import Method
from handjax.methods.wan_spheres import TERMS
from handjax.training import Checkpoints, configs, devices
from handjax.training.meter import Meter

ROOT = Path(train.__file__).parent

FRAMES = 4

# XLA compiles in half the time, for processes of their own.
QUICK = "--xla_backend_optimization_level=0"
TWO = "--xla_force_host_platform_device_count=2"


def toy_batch(key, size=FRAMES):
    """Centres drawn at random, shown as the 123 numbers of a depth picture."""
    centres = 40.0 * jax.random.normal(key, (size, 41, 3))
    shown = jnp.pad(centres.reshape(size, 123), ((0, 0), (0, 133))).reshape(-1, 16, 16)
    eye = jnp.broadcast_to(jnp.eye(4), (size, 1, 4, 4))
    camera = Orthographic(jnp.full((size, 1, 2), 0.05), jnp.full((size, 1, 2), 7.5))
    views = Views(
        shown[:, None], None, None, jnp.ones((size, 1), bool), camera, eye, eye
    )
    labels = Labels(
        joints=centres[:, :21], centres=centres, radii=jnp.full((size, 41), 8.0)
    )
    return Batch(views, None, labels)


def toy_method(breaks_at=1e9):
    """Centres read off the picture by a gain and a bias, with noise in training.

    From step `breaks_at` on, the term "bias" is NaN.
    """

    def init(key, batch):
        gain, bias = jax.random.normal(key, (2, 41, 3))
        return {"reader": {"gain": gain}, "bias": bias}, {"steps": jnp.zeros(())}

    def predict(params, state, batch, *, key, train):
        seen = batch.views.depth.reshape(-1, 256)[:, :123].reshape(-1, 41, 3)
        noise = train * jax.random.normal(key, seen.shape)
        centres = params["reader"]["gain"] * (seen + noise) + params["bias"]
        steps = state["steps"] + train
        return (centres, jnp.where(steps < breaks_at, 0.0, jnp.nan)), {"steps": steps}

    def square(prediction, batch, frozen):
        centres, fault = prediction
        error = jnp.mean((centres - batch.labels.centres) ** 2)
        return {"centres": error, "bias": jnp.mean(frozen["bias"] ** 2) + fault}

    def mixed(predictions, batches, frozen):
        pairs = zip(predictions, batches, strict=True)
        ours, more = (square(prediction, batch, frozen) for prediction, batch in pairs)
        return {"centres": ours["centres"] + more["centres"], "bias": ours["bias"]}

    def joints(prediction, batch):
        return {"centres41": prediction[0], "keypoints21": prediction[0][:, :21]}

    return Method(
        init=init,
        predict=predict,
        losses={"first": square, "second": mixed},
        trainable={"first": lambda path: True, "second": lambda path: "bias" in path},
        imagine=None,
        joints=joints,
    )


def toy_phase(name, sources, steps=6):
    terms = {"centres": 1.0, "bias": 0.1}
    return ConfigDict(
        {
            "name": name,
            "loss": name,
            "steps": steps,
            "weights": terms,
            "sources": sources,
            "optimizer": {},
        }
    )


def toy_config(**changes):
    both = (
        toy_phase("first", ("synthetic",)),
        toy_phase("second", ("synthetic", "more")),
    )
    optimizer = {
        "learning_rate": 0.1,
        "schedule": "cosine",
        "warmup": 0,
        "weight_decay": 1e-5,
        "clip": 1.0,
        "ema": 0.9,
    }
    page = {
        "method": "toy",
        "seed": 3,
        "batch_size": FRAMES,
        "phases": both,
        "optimizer": optimizer,
        "synthetic": {"center": "depth"},
        "evaluation": {"every": 4, "frames": 8, "batch_size": FRAMES},
    }
    return ConfigDict(page | changes)


def toy(config=None, **options):
    sources = {"synthetic": toy_batch, "more": toy_batch, "held_out": toy_batch}
    return Experiment(config or toy_config(), toy_method(**options), sources)


def entries(workdir):
    return [json.loads(line) for line in (workdir / "log.jsonl").open()]


def evaluations(workdir):
    return [entry for entry in entries(workdir) if "loss" not in entry]


def new_state():
    key = jax.random.key(0)
    return training.init_state(toy_method(), toy_batch(key), key)


def saved_params(workdir, phase=1):
    """Parameters of the latest checkpoint, taken in one of the phases."""
    phase = training.read_phases(toy_config(), toy_method())[phase]
    state = training.enter(new_state(), toy_method(), phase)
    with Checkpoints(workdir) as saved:
        return saved.restore(state).params


def same(left, right):
    """Whether two trees hold the same bits."""
    return jax.tree.all(jax.tree.map(np.array_equal, left, right))


@pytest.fixture(scope="module", autouse=True)
def compiled(tmp_path_factory):
    """Every program is compiled once, in whichever run or process it comes first."""
    folder = tmp_path_factory.mktemp("compiled")
    before = jax.config.jax_persistent_cache_min_compile_time_secs
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)
    yield folder
    jax.config.update("jax_compilation_cache_dir", None)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", before)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run of both phases."""
    workdir = tmp_path_factory.mktemp("finished")
    assert train.train(toy(), workdir) == 0
    return workdir


def test_a_run_goes_through_every_phase(finished):
    with Checkpoints(finished) as saved:
        assert saved.latest == 12
    assert {entry["phase"] for entry in entries(finished)} == {"first", "second"}


def test_the_log_holds_every_term_the_gradient_norm_and_the_rate(finished):
    readings = [entry for entry in entries(finished) if "loss" in entry]
    wanted = {"terms/centres", "terms/bias", "gradient_norm", "learning_rate"}
    assert all(wanted <= reading.keys() for reading in readings)
    assert readings[0]["loss"] > readings[1]["loss"]
    assert readings[0]["loss"] == pytest.approx(
        readings[0]["terms/centres"] + 0.1 * readings[0]["terms/bias"], rel=1e-5
    )


def test_each_evaluation_leaves_figures_and_a_picture(finished):
    steps = [entry["step"] for entry in evaluations(finished)]
    pictures = sorted(path.name for path in (finished / "pictures").iterdir())
    assert steps == [4, 6, 8, 12]
    assert pictures == [f"step_{step:07}.png" for step in steps]


def test_only_the_latest_and_the_best_checkpoint_are_kept(tmp_path):
    state = new_state()
    with Checkpoints(tmp_path) as saved:
        for step, mean_mm in ((1, 9.0), (2, 5.0), (3, 7.0), (4, None)):
            saved.save(state._replace(step=jnp.int32(step)), mean_mm)
    with Checkpoints(tmp_path) as saved:
        assert (saved.best, saved.latest) == (2, 4)
    kept = {path.name for path in (tmp_path / "checkpoints").iterdir()}
    assert kept == {"2", "4"}


def test_a_phase_moves_only_what_is_trainable_in_it(finished, tmp_path):
    train.train(toy(toy_config(phases=toy_config().phases[:1])), tmp_path)
    before, after = saved_params(tmp_path, phase=0), saved_params(finished)
    assert same(before["reader"], after["reader"])
    assert not same(before["bias"], after["bias"])


def test_a_run_stopped_anywhere_goes_on_as_if_it_had_not_been(
    finished, tmp_path, monkeypatch, capsys
):
    stops, plain_add = [3, 6, 9], Meter.add

    def add(meter, steps, metrics):
        plain_add(meter, steps, metrics)
        if stops and stops[0] in steps:
            stops.pop(0)
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(Meter, "add", add)
    statuses = [train.train(toy(), tmp_path) for _ in range(4)]
    assert statuses == [128 + signal.SIGTERM] * 3 + [0]
    assert "stopped by SIGTERM; saved at step 3." in capsys.readouterr().out
    assert same(saved_params(tmp_path), saved_params(finished))


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


def test_a_term_that_is_nan_stops_the_run_and_spares_the_checkpoint(tmp_path):
    with pytest.raises(training.NotFiniteError, match="'bias' is nan at step 6"):
        train.train(toy(breaks_at=6), tmp_path)
    with Checkpoints(tmp_path) as saved:
        assert saved.latest == 4


def test_what_is_not_finite_is_never_saved():
    params = {"reader": {"gain": jnp.array([1.0, jnp.inf])}}
    with pytest.raises(training.NotFiniteError, match=r"'reader/gain'.*step 7"):
        training.check_finite(7, params)


COMMAND = [
    *(sys.executable, "train.py", "--config=configs/wan_spheres.py:test"),
    *("--config.phases[0].steps=30", "--config.evaluation.every=5"),
]


def start_training(workdir, compiled):
    """The real thing in a process of its own."""
    settings = {
        "JAX_COMPILATION_CACHE_DIR": str(compiled),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0.1",
        "XLA_FLAGS": QUICK,
    }
    command = [*COMMAND, "--workdir", str(workdir)]
    return subprocess.Popen(
        command, cwd=ROOT, env=os.environ | settings, stdout=subprocess.PIPE, text=True
    )


def end(process):
    """Exit status and what was printed."""
    said, _ = process.communicate(timeout=300)
    return process.returncode, said


def whole_checkpoint(workdir):
    """All of the latest checkpoint: what evaluation reads, and what going on needs."""
    experiment = assemble(configs.read(workdir / configs.FILE))
    phase = training.read_phases(experiment.config, experiment.method)[0]

    def blank(key):
        batch = experiment.sources["synthetic"](key)
        state = training.init_state(experiment.method, batch, key)
        return training.enter(state, experiment.method, phase)

    with Checkpoints(workdir) as saved:
        return saved.restore(jax.eval_shape(lambda: blank(jax.random.key(0))))


@pytest.fixture(scope="module")
def straight(tmp_path_factory, compiled):
    """The folder of a real run that nobody stopped."""
    folder = tmp_path_factory.mktemp("straight")
    status, said = end(start_training(folder, compiled))
    assert status == 0
    assert "python evaluate.py" in said
    return folder


def whole(folder):
    """The checkpoints that are not still being written."""
    return [path for path in folder.glob("*") if path.name.isdigit()]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_wan_spheres_killed_and_started_again_ends_with_the_same_bits(
    tmp_path, compiled, straight, how
):
    first = start_training(tmp_path, compiled)
    # A checkpoint has its number for a name once it is whole.
    while first.poll() is None and not list(whole(tmp_path / "checkpoints")):
        time.sleep(0.05)
    first.send_signal(how)
    status, said = end(first)
    if how is signal.SIGTERM:
        assert status == 128 + signal.SIGTERM
        assert "stopped by SIGTERM" in said
    else:
        assert status == -signal.SIGKILL
    status, said = end(start_training(tmp_path, compiled))
    assert status == 0
    assert "going on from step" in said
    ours, theirs = whole_checkpoint(tmp_path), whole_checkpoint(straight)
    assert ours.step == theirs.step == 30
    assert same(ours, theirs)
    steps = [entry["step"] for entry in evaluations(tmp_path)]
    assert steps == sorted(set(steps))


TWO_DEVICES = """
import runpy, sys
from pathlib import Path
test = runpy.run_path("tests/test_train.py")
assert test["jax"].local_device_count() == 2
test["train"].train(test["toy"](), Path(sys.argv[1]))
"""


def test_two_devices_share_a_batch_and_come_to_the_same_parameters(finished, tmp_path):
    subprocess.run(
        [sys.executable, "-c", TWO_DEVICES, str(tmp_path)],
        cwd=ROOT,
        env=os.environ | {"XLA_FLAGS": f"{QUICK} {TWO}"},
        check=True,
    )
    close = jax.tree.map(
        lambda one, two: np.allclose(one, two, atol=1e-4),
        saved_params(finished),
        saved_params(tmp_path),
    )
    assert jax.tree.all(close)


PAGE = "--config=configs/wan_spheres.py:test"


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        ([PAGE, "--config.optimizer.learning_rat=1"], 'Did you mean "learning_rate"'),
        ([PAGE, "--config.optimizer.learning_rate=fast"], "could not convert"),
        ([PAGE, "--config.phases[3].steps=1"], "beyond the end"),
        (["--config=configs/wan_spheres.py:huge"], "'huge'"),
        (["--config=configs/nobody.py"], "no config at 'configs/nobody.py'"),
        ([PAGE, "--workdri=x"], "workdri"),
    ],
)
def test_a_wrong_argument_is_answered_in_a_line(arguments, answer, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    # Which fields are overridden, config_flags reads here.
    monkeypatch.setattr(sys, "argv", ["train.py", *arguments])
    with pytest.raises(SystemExit) as ending:
        train.parse(sys.argv)
    assert ending.value.code == 2
    said = capsys.readouterr().err
    assert answer in said
    assert said.count("\n") == 1


def test_the_working_folder_is_named_after_the_config(monkeypatch):
    monkeypatch.chdir(ROOT)
    train.parse(["train.py", PAGE])
    assert train.default_workdir() == Path("runs/wan_spheres_test")


def test_another_config_is_refused_in_a_folder_with_a_run(finished):
    with pytest.raises(configs.ConfigError, match="seed: 4, 3"):
        train.train(toy(toy_config(seed=4)), finished)


@pytest.mark.parametrize(
    ("field", "value", "answer"),
    [
        ("template", "hand_7", "hand_790"),
        ("method", "nobody", "wan_spheres"),
        ("synthetic.center", "dept", "'depth', 'gt'"),
        ("synthetic.view", "front", "'haar', 'wan2019'"),
        ("evaluation.every", 0, "1 or more"),
        ("evaluation.frames", 0, "1 or more"),
        ("batch_size", -1, "1 or more"),
        ("phases", (), "needs one phase"),
        ("model.dtype", "float8", "bfloat16"),
        ("model.normalisation", "soft", "softmax"),
        ("model.stacks", 0, "1 or more"),
        ("model.widths", (8,) * 6, "1 to 5"),
    ],
)
def test_what_could_only_fail_later_is_refused_at_once(field, value, answer):
    config = wan_spheres.get_config("test").unlock()
    config.update_from_flattened_dict({field: value})
    with pytest.raises(configs.ConfigError, match=answer):
        assemble(config)


@pytest.mark.parametrize("variant", ["", "small", "paper", "test"])
def test_every_variant_names_what_exists(variant):
    experiment = assemble(wan_spheres.get_config(variant))
    phases = training.read_phases(experiment.config, experiment.method)
    assert all(set(phase.weights) <= TERMS.keys() for phase in phases)
    assert phases[0].optimizer.learning_rate > 0


def test_a_phase_may_have_an_optimiser_of_its_own():
    config = toy_config()
    config.phases[1].optimizer = {"learning_rate": 0.5}
    first, second = training.read_phases(config, toy_method())
    assert (first.optimizer.learning_rate, second.optimizer.learning_rate) == (0.1, 0.5)
    config.phases[1].optimizer = {"learning_rat": 0.5}
    with pytest.raises(configs.ConfigError, match="learning_rat"):
        training.read_phases(config, toy_method())


def test_an_unknown_phase_is_refused_with_the_known_ones(tmp_path):
    config = toy_config(phases=(toy_phase("third", ("synthetic",)),))
    with pytest.raises(configs.ConfigError, match=r"'third'.*\['first', 'second'\]"):
        train.train(toy(config), tmp_path)


def test_an_unknown_source_is_refused_with_the_known_ones(tmp_path):
    config = toy_config(phases=(toy_phase("first", ("real",)),))
    with pytest.raises(configs.ConfigError, match=r"\['real'\].*'synthetic'"):
        train.train(toy(config), tmp_path)


def test_init_takes_the_parameters_that_fit():
    ours = {"reader": {"gain": jnp.zeros(3)}, "bias": jnp.zeros(2)}
    found = {"reader": {"gain": jnp.ones(3)}, "bias": jnp.ones(5), "more": jnp.ones(1)}
    params, taken = weights.carry_over(found, ours)
    assert taken == 1
    assert same(params, {"reader": {"gain": jnp.ones(3)}, "bias": jnp.zeros(2)})


def test_init_refuses_weights_of_which_nothing_fits(tmp_path, monkeypatch):
    alien = weights.Weights(toy_config(), {"other": jnp.ones(3)}, {}, "an alien run")
    monkeypatch.setattr(weights, "find", lambda name: alien)
    with pytest.raises(weights.MissingError, match="no parameter of an alien run"):
        train.train(toy(), tmp_path, init="alien")


def test_init_starts_from_the_parameters_and_the_state_of_another_run(
    finished, tmp_path, monkeypatch
):
    params, state = jax.device_get((saved_params(finished), {"steps": jnp.full((), 7)}))
    other = weights.Weights(toy_config(), params, state, "another run")
    monkeypatch.setattr(weights, "find", lambda name: other)
    config = toy_config(phases=(toy_phase("second", ("synthetic", "more"), steps=1),))
    assert train.train(toy(config), tmp_path, init="other") == 0
    with Checkpoints(tmp_path) as saved:
        phase = training.read_phases(config, toy_method())[0]
        state = saved.restore(training.enter(new_state(), toy_method(), phase))
    # The second phase leaves the reader alone, and predicts twice a step.
    assert same(state.params["reader"], params["reader"])
    assert state.state["steps"] == 9


def test_init_is_left_aside_where_a_run_goes_on(finished, capsys):
    assert train.train(toy(), finished, init="other") == 0
    assert "--init other was for the start" in capsys.readouterr().out


def test_a_folder_is_one_process_s(tmp_path):
    with (
        training.Alone(tmp_path),
        pytest.raises(configs.ConfigError, match="another process"),
    ):
        train.train(toy(), tmp_path)


def test_a_workdir_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(configs.ConfigError, match="can't be written to"):
        train.train(toy(), tmp_path / "file")
