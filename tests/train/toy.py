"""A method so small that a run takes a second or two, and how its runs are read."""

import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

import train
from handjax import training
from handjax.batch import Batch, Labels, Source, Views
from handjax.experiment import Experiment
from handjax.geometry.cameras import Orthographic
from handjax.methods.method import Method
from handjax.training import Checkpoints

ROOT = Path(train.__file__).parent

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


def toy_source(size):
    """Such centres, and something held on the device that they don't depend on."""

    def sample(key, held):
        return toy_batch(key, size)._replace(targets=None) if held.size else None

    return Source(sample, jnp.zeros(3))


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

    def square(params, prediction, batch):
        centres, fault = prediction
        error = jnp.mean((centres - batch.labels.centres) ** 2)
        return {"centres": error, "bias": jnp.mean(params["bias"] ** 2) + fault}

    def mixed(params, predictions, batches):
        pairs = zip(predictions, batches, strict=True)
        ours, more = (square(params, prediction, batch) for prediction, batch in pairs)
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
            "batch_sizes": {},
            "optimizer": {},
            "every": 0,
            "keep": "best",
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
    sources = {"synthetic": toy_source, "more": toy_source}
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
