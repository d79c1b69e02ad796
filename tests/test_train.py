"""The training loop, on a method so small that a run takes a second."""

import json

import jax
import jax.numpy as jnp
import pytest
from ml_collections import ConfigDict

import train
from handjax.batch import Batch, Labels, Views
from handjax.experiment import Experiment
from handjax.geometry.cameras import Orthographic
from handjax.methods.method import Method
from handjax.training.checkpoints import Checkpoints

FRAMES = 4


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


def toy_method(broken_after=None):
    """Centres read off the picture by a learned gain and a bias, with some noise."""

    def init(key, batch):
        gain, bias = jax.random.normal(key, (2, 41, 3))
        return {"reader": {"gain": gain}, "bias": bias}, {"steps": jnp.zeros(())}

    def predict(params, state, batch, *, key, train):
        seen = batch.views.depth.reshape(-1, 256)[:, :123].reshape(-1, 41, 3)
        noise = train * jax.random.normal(key, seen.shape)
        prediction = params["reader"]["gain"] * (seen + noise) + params["bias"]
        return prediction, {"steps": state["steps"] + train}

    def square(prediction, batch, frozen):
        error = jnp.mean((prediction - batch.labels.centres) ** 2)
        bias = jnp.mean(prediction) ** 2
        if broken_after is not None:
            bias = jnp.where(error < broken_after, jnp.nan, bias)
        return {"centres": error, "bias": bias}

    def mixed(predictions, batches, frozen):
        terms = [
            square(p, b, frozen) for p, b in zip(predictions, batches, strict=True)
        ]
        return jax.tree.map(lambda a, b: a + b, *terms)

    def joints(prediction, batch):
        return {"centres41": prediction, "keypoints21": prediction[:, :21]}

    def bias_alone(path):
        return path == ("bias",)

    return Method(
        init=init,
        predict=predict,
        losses={"first": square, "second": mixed},
        trainable={"first": lambda path: True, "second": bias_alone},
        imagine=None,
        joints=joints,
    )


def toy_config():
    weights = {"centres": 1.0, "bias": 0.1}
    phase = {"steps": 6, "weights": weights}
    return ConfigDict(
        {
            "method": "toy",
            "seed": 3,
            "batch_size": FRAMES,
            "phases": (
                ConfigDict(phase | {"name": "first", "sources": ("synthetic",)}),
                ConfigDict(
                    phase | {"name": "second", "sources": ("synthetic", "more")}
                ),
            ),
            "optimizer": {
                "learning_rate": 0.1,
                "schedule": "cosine",
                "warmup": 0,
                "weight_decay": 1e-5,
                "clip": 1.0,
                "ema": 0.9,
            },
            "evaluation": {"every": 4, "frames": 8, "batch_size": FRAMES},
        }
    )


def toy(config=None, **options):
    sources = {"synthetic": toy_batch, "more": toy_batch, "held_out": toy_batch}
    return Experiment(config or toy_config(), toy_method(**options), sources)


def entries(workdir):
    return [json.loads(line) for line in (workdir / "log.jsonl").open()]


def params_of(workdir, experiment):
    """Parameters of the latest checkpoint."""
    shapes = jax.eval_shape(
        lambda: experiment.method.init(jax.random.key(0), toy_batch(jax.random.key(0)))
    )
    with Checkpoints(workdir) as saved:
        ema, _ = saved.restore_model(*shapes, saved.latest)
        return saved.latest, ema


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run of both phases."""
    workdir = tmp_path_factory.mktemp("finished")
    assert train.train(toy(), workdir) == 0
    return workdir


def test_a_run_takes_every_step_of_every_phase(finished):
    assert params_of(finished, toy())[0] == 12
    assert {entry["phase"] for entry in entries(finished)} == {"first", "second"}


def test_the_log_holds_every_term_the_gradient_norm_and_the_rate(finished):
    readings = [entry for entry in entries(finished) if "loss" in entry]
    wanted = {"terms/centres", "terms/bias", "gradient_norm", "learning_rate"}
    assert all(wanted <= reading.keys() for reading in readings)
    assert readings[0]["loss"] > readings[1]["loss"]


def test_each_evaluation_leaves_figures_and_a_picture(finished):
    steps = [entry["step"] for entry in entries(finished) if "loss" not in entry]
    pictures = sorted(path.name for path in (finished / "pictures").iterdir())
    assert steps == [4, 6, 8, 12]
    assert pictures == [f"step_{step:07}.png" for step in steps]


def test_the_best_checkpoint_is_kept_beside_the_latest(finished):
    errors = {
        entry["step"]: entry["eval/centres41_mean_mm"]
        for entry in entries(finished)
        if "loss" not in entry
    }
    with Checkpoints(finished) as saved:
        assert saved.best == min(errors, key=errors.get)
        assert saved.latest == 12


def test_the_second_phase_moves_only_what_is_trainable_in_it(finished, tmp_path):
    config = toy_config()
    config.phases = config.phases[:1]
    train.train(toy(config), tmp_path)
    _, after_first = params_of(tmp_path, toy())
    _, after_second = params_of(finished, toy())
    print(after_first, after_second)
