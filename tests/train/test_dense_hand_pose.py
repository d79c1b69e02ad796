"""dense_hand_pose through train.py, with what it imagines and what it refines."""

import signal

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import train
from configs import dense_hand_pose as page
from handjax import experiment, training
from handjax.batch import Source
from handjax.evaluation.protocols import true_joints
from handjax.experiment import Experiment, assemble
from handjax.methods import dense_hand_pose
from handjax.methods.dense_hand_pose import LOSSES
from handjax.methods.dense_hand_pose.hand import place_all
from handjax.training.meter import Meter
from handjax.weights import from_run
from tests.methods.in_colour import (
    PIXELS,
    TEMPLATE,
    pictures_of,
    pinholes,
    two_cameras,
)
from tests.train.toy import entries


def scene():
    """Two hands in pictures of noise: drawing real ones takes long to compile."""
    room = dense_hand_pose.make_room(page.get_config("test"), TEMPLATE)
    h = jnp.tile(room.start, (2, 1))
    hands = place_all(TEMPLATE, h, pinholes(), PIXELS)
    made = pictures_of(hands.joints, hands.vertices, two_cameras())
    mask = made.views.image[..., 0] > 0.5
    return made._replace(views=made.views._replace(mask=mask))


def noise(size):
    assert size <= 2
    held = jax.tree.map(lambda x: x[:size], jax.jit(scene)())
    return Source(lambda key, held: held, held)


@pytest.fixture(scope="module")
def config():
    config = page.get_config("test").unlock()
    for settings in (config.synthetic.rgb, config.studio.rgb, config.real):
        settings.pixels = PIXELS
    # Every program takes long to compile, and this phase has all terms.
    config.phases = config.phases[2:3]
    config.phases[0].reuse = 1
    return config.lock()


@pytest.fixture(scope="module")
def made(config):
    method = dense_hand_pose.make(config, TEMPLATE)
    return Experiment(config, method, {"synthetic": noise})


@pytest.fixture(scope="module")
def run(made, tmp_path_factory):
    """The folder of a run that stopped half way and went on."""
    folder = tmp_path_factory.mktemp("dense")
    plain_add = Meter.add

    def add(meter, steps, metrics):
        plain_add(meter, steps, metrics)
        signal.raise_signal(signal.SIGTERM)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Meter, "add", add)
        assert train.train(made, folder) == 128 + signal.SIGTERM
    assert last_step(folder) == 1
    assert train.train(made, folder) == 0
    assert last_step(folder) == 4
    return folder


def last_step(folder):
    return entries(folder)[-1]["step"]


def test_every_term_is_weighed_and_finite(run):
    said = [entry for entry in entries(run) if "loss" in entry]
    last = {name for name in said[-1] if name.startswith("terms/")}
    assert last == {f"terms/{name}" for name in LOSSES["supervised"]}
    assert all(np.isfinite(said[-1][name]) for name in last)


def test_a_step_takes_in_what_is_imagined(made):
    (phase,) = training.read_phases(made.config, made.method)
    phase = phase._replace(imagine=True)
    source, key = noise(2), jax.random.key(0)

    def learn():
        batch = source.sample(key, source.held)
        state = training.init_state(made.method, batch, key)
        state = training.enter(state, made.method, phase)
        return training.make_step(made.method, phase, source).learn(state, key, batch)

    # Traced alone: it takes minutes to compile.
    _, metrics = jax.eval_shape(learn)
    assert {f"terms/{name}" for name in LOSSES["supervised"]} <= metrics.keys()


def test_a_finished_run_goes_no_further(run, made):
    before = (run / "log.jsonl").read_text()
    assert train.train(made, run) == 0
    assert (run / "log.jsonl").read_text() == before


def test_refined_estimates_stand_beside_the_others_with_their_masks(
    run, made, monkeypatch
):
    monkeypatch.setattr("handjax.weights.assemble", lambda config: made)
    found = from_run(run)
    cover = experiment.covering(made, lambda held: None)
    source = noise(2)
    look = training.make_examiner(
        made.method, source, true_joints, 2, cover=cover, refine=2
    )
    estimates = look(found.params, found.state, jax.random.key(0), 2)
    sets = {"keypoints21", "given21", "vertices", "given_vertices"}
    assert set(estimates.predicted) == sets | {f"{name}_refined" for name in sets}
    moved = estimates.predicted["given21_refined"] - estimates.predicted["given21"]
    assert 0.01 < np.abs(moved).max() < 200.0
    assert set(estimates.masks) == {"vertices", "vertices_refined"}
    for n in estimates.masks.values():
        np.testing.assert_array_equal(n.sum(axis=1), PIXELS**2)
        mask = np.asarray(source.held.views.mask)
        np.testing.assert_array_equal(n[:, 0] + n[:, 2], mask.sum(axis=(1, 2, 3)))


@pytest.mark.parametrize(
    "variant",
    [*page.SIZES, *(f"test,{row}" for row in page.ROWS), "test,mixed", "small,adapt"],
)
def test_every_variant_names_what_exists(variant):
    experiment = assemble(page.get_config(variant))
    phases = training.read_phases(experiment.config, experiment.method)
    assert all(set(phase.weights) <= set(LOSSES[phase.loss]) for phase in phases)
    assert all(set(phase.sources) <= experiment.sources.keys() for phase in phases)


def test_rows_are_nested_as_in_the_paper():
    config = {row: page.get_config(f"small,{row}") for row in page.ROWS}
    assert config["ours"].phases[-1].imagine
    assert not config["without_augmentation"].phases[-1].imagine
    assert not config["without_refiner"].model.refiner
    last = config["without_2d"]
    assert not last.model.refiner
    assert last.model.evidence == "features"
    assert all(phase.weights["heatmaps"] == 0.0 for phase in last.phases)
    assert config["without_shape"].phases[-1].weights["shape"] == 0.0
    assert config["constant"].phases[-1].weights["shape"] == 0.01
    assert config["constant"].model.gate == 0.0
    # The nested ones are measured without refinement.
    raw = [row for row, one in page.ROWS.items() if one.stands_in]
    assert raw == ["without_refinement", "without_refiner", "without_2d"]
    assert page.ROWS["without_refinement"].begins == "ours"


def test_a_real_dataset_takes_the_studios_place_in_a_mixture():
    phases = page.get_config("small,mixed,real").phases
    assert phases[-1].sources == ("synthetic", "real")
    assert dict(phases[-1].batch_sizes) == {"synthetic": 8, "real": 8}
