"""Training draws from a prepared dataset, and goes on in the middle of an epoch."""

import signal
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import train
from configs import common, wan_spheres
from handjax import training
from handjax.batch import Source
from handjax.data.real import loading, names, store
from handjax.experiment import Experiment, assemble, join
from handjax.training import configs, devices
from handjax.training.meter import Meter
from tests.data.real import toy as small
from tests.train.toy import same, saved_params, toy_config, toy_phase, toy_source
from tests.train.toy import toy_method as plain_method


@pytest.fixture
def config(tmp_path, monkeypatch):
    """Seven frames of a dataset of which each step draws four."""
    about = small.ABOUT._replace(frames={"train": 7})
    reader = small.reader(about=about)
    monkeypatch.setattr(names, "reader", lambda name: reader)
    store.prepare(reader, tmp_path, data_dir=tmp_path / "stores")
    settings = common.real()
    settings.data_dir = str(tmp_path / "stores")
    settings.views, settings.labels = 1, ("joints",)
    phases = toy_phase("first", ("real",)), toy_phase("second", ("synthetic", "real"))
    return toy_config(phases=phases, real=settings)


def method():
    """Bias alone, moved towards the joints that a batch has; depth moves it too."""
    plain = plain_method()

    def predict(params, state, batch, *, key, train):
        shade = jnp.mean(batch.views.depth, axis=(1, 2, 3))
        gain, bias = params["reader"]["gain"], params["bias"]
        return 1e-3 * shade[:, None, None] * gain + bias, state

    def square(params, prediction, batch):
        error = jnp.mean((prediction[:, :21] - batch.labels.joints) ** 2)
        return {"centres": 1e-3 * error, "bias": jnp.mean(params["bias"] ** 2)}

    def mixed(params, predictions, drawn):
        pairs = zip(predictions, drawn, strict=True)
        parts = [square(params, prediction, batch) for prediction, batch in pairs]
        return jax.tree.map(jnp.add, *parts)

    def joints(prediction, batch):
        return {"centres41": prediction, "keypoints21": prediction[:, :21]}

    losses = {"first": square, "second": mixed}
    return plain._replace(predict=predict, losses=losses, joints=joints)


def experiment(config):
    real = partial(loading.source, config.real, seed=config.seed)
    return Experiment(config, method(), {"synthetic": toy_source, "real": real})


def test_a_run_on_a_dataset_stopped_anywhere_goes_on_as_if_it_had_not_been(
    config, tmp_path, monkeypatch
):
    assert train.train(experiment(config), tmp_path / "straight") == 0
    stops, plain_add = [2, 9], Meter.add

    def add(meter, steps, metrics):
        plain_add(meter, steps, metrics)
        if stops and stops[0] in steps:
            stops.pop(0)
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(Meter, "add", add)
    folder = tmp_path / "stopped"
    statuses = [train.train(experiment(config), folder) for _ in range(3)]
    assert statuses == [128 + signal.SIGTERM] * 2 + [0]
    assert same(saved_params(folder), saved_params(tmp_path / "straight"))


def test_another_seed_draws_other_frames(config):
    first, other = (
        loading.source(config.real, 4, seed=seed).feed(0)["depth"] for seed in (0, 1)
    )
    assert not np.array_equal(first, other)


def test_a_dataset_that_is_missing_is_missed_before_the_first_step(config, tmp_path):
    config.real.data_dir = str(tmp_path / "nowhere")
    with pytest.raises(loading.DatasetError, match="--root"):
        train.train(experiment(config), tmp_path / "run")


def test_each_step_is_fed_with_its_own_and_one_step_goes_at_a_time(monkeypatch):
    fed = Source(lambda key, held: held, feed=lambda step: np.full(2, step))
    kept = Source(lambda key, held: held, np.zeros(2))
    both = join({"fed": lambda n: fed, "kept": lambda n: kept}, {"fed": 2, "kept": 2})
    assert [x.tolist() for x in both.feed(3)] == [[3, 3], [0, 0]]
    assert join({"kept": lambda n: kept}, {"kept": 2}).feed is None
    monkeypatch.setattr(devices, "PER_DISPATCH", {"cpu": 10})
    assert devices.steps_per_dispatch(0, 100) == 10
    assert devices.steps_per_dispatch(0, 100, singly=True) == 1


@pytest.mark.parametrize(
    ("field", "value", "answer"),
    [
        ("name", "nuy", "'nyu'"),
        ("sees", "colour", "'image'"),
        ("center", "palm", "'depth', 'gt'"),
        ("labels", ("centres",), "'joints'"),
    ],
)
def test_what_no_dataset_has_is_refused_at_once(field, value, answer):
    page = wan_spheres.get_config("test,real").unlock()
    page.real[field] = value
    with pytest.raises(configs.ConfigError, match=rf"real\.{field}.*{answer}"):
        assemble(page)


def test_a_config_may_draw_from_a_dataset_where_others_draw_from_the_studio():
    page = wan_spheres.get_config("test,real")
    made = assemble(page)
    phases = training.read_phases(page, made.method)
    assert phases[-1].sources == {"real": 2, "synthetic": 2}
    assert set(phases[-1].sources) <= made.sources.keys()
