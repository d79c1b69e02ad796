"""Generated frames to test on: what is shown of them, and which they are said to be."""

import argparse
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from configs import wan_spheres
from handjax import experiment
from handjax.batch import Batch, Labels, Views
from handjax.data import studio
from handjax.data.studio import colour
from handjax.evaluation.apart import FIGURES
from handjax.evaluation.predictions import FileError
from handjax.experiment import Experiment
from handjax.geometry.cameras import Pinhole
from handjax.hands.template import load_template
from handjax.held_out import generated
from handjax.methods.method import Method
from handjax.weights import Weights

CHOSEN = argparse.Namespace(
    dataset="studio", subject="B", amount="test", moments="test", frames=6
)


@pytest.fixture
def found():
    """Weights of a run that learns from the studio in colour."""
    config: Any = wan_spheres.get_config("test").unlock()
    config.studio.update({"modality": "rgb", "subject": "B", "amount": "test"})
    config.studio.rgb.pixels = 16
    config.evaluation.batch_size = 4
    return Weights(config, {}, {}, "nobody")


def take(stage, moments, seen, *, pixels, labels):
    """Moments as pictures as red as their number, in place of drawing them."""
    assert labels == ("joints", "scale")
    number = jnp.asarray(moments, jnp.float32)[:, None, None, None, None]
    eye = jnp.broadcast_to(jnp.eye(4), (len(moments), 1, 4, 4))
    views = Views(
        depth=None,
        image=jnp.broadcast_to(number, (len(moments), 1, pixels, pixels, 3)),
        mask=None,
        valid=jnp.ones((len(moments), 1), bool),
        camera=Pinhole(jnp.ones((len(moments), 1, 2)), jnp.ones((len(moments), 1, 2))),
        crop_from_camera=eye,
        camera_from_world=stage.cameras[seen],
    )
    joints = jnp.broadcast_to(number[:, 0, 0], (len(moments), 21, 3))
    return Batch(views, None, Labels(joints, jnp.ones((len(moments), 21), bool)))


def read(params, state, batch, *, key, train):
    """Where `take` has the key points, 5 mm too low."""
    del params, key, train
    assert batch.views.image.shape[1:] == (1, 16, 16, 3)
    joints = batch.views.image[:, 0, 0, 0, :][:, None] + jnp.array([0.0, 5.0, 0.0])
    return jnp.broadcast_to(joints, (len(joints), 21, 3)), state


READER = Method(
    init=lambda key, batch: ({}, {}),
    predict=read,
    losses={},
    trainable={},
    imagine=None,
    joints=lambda prediction, batch: {"keypoints21": prediction},
)


def test_a_method_on_colour_is_tested_on_pictures_in_their_order(found, monkeypatch):
    monkeypatch.setattr(colour, "take", take)
    monkeypatch.setattr(
        generated, "assemble", lambda config: Experiment(config, READER, {})
    )
    estimates = generated.estimate(found, CHOSEN)
    predicted, truth = (
        np.asarray(joints["keypoints21"])
        for joints in (estimates.predicted, estimates.truth)
    )
    np.testing.assert_allclose(
        np.linalg.norm(predicted - truth, axis=-1), 5.0, atol=1e-3
    )
    # Moment k stands at (k, k, k) of the world, a metre before its camera.
    far = np.linalg.norm(truth[:, 0], axis=-1)
    assert len(truth) == 6
    np.testing.assert_allclose(far, 1000.0, atol=10.0)
    assert estimates.depth is None
    assert estimates.surfaces is None


def test_a_surface_is_measured_beside_the_true_one_of_its_own_moment(
    found, monkeypatch
):
    """The true surface, 5 mm off: of another frame it would be far away."""
    test = studio.test_frames_in_colour("B", "test", 4, pixels=16)
    assert test.surface is not None
    true = np.concatenate([test.surface.pose(test.part(k)) for k in (0, 1)])
    off = jnp.asarray(true + np.array([0.0, 5.0, 0.0], np.float32))

    def joints(prediction, batch):
        moment = jnp.round(prediction[:, 0, 0]).astype(int)
        return {"keypoints21": prediction, "surface": off[moment]}

    faces = jnp.asarray(test.surface.faces)
    template = load_template(found.config.template)._replace(faces=faces)
    monkeypatch.setattr(colour, "take", take)
    monkeypatch.setattr(experiment, "load_template", lambda name: template)
    monkeypatch.setattr(
        generated,
        "assemble",
        lambda config: Experiment(config, READER._replace(joints=joints), {}),
    )
    measured = generated.estimate(found, CHOSEN).surfaces
    assert measured.keys() == set(FIGURES)
    for name in ("surface_to_truth_mm", "truth_to_surface_mm"):
        assert measured[name].shape == (6,)
        # What moved along its surface is nearer to it than 5 mm.
        assert (measured[name] > 1.0).all()
        assert (measured[name] < 5.0).all()
    assert (measured["normal_degrees"] < 45.0).all()


@pytest.mark.parametrize("modality", studio.MODALITIES)
def test_frames_are_said_to_be_of_the_studio_that_they_are_of(found, modality):
    found.config.studio.modality = modality
    label = {"depth": studio.label(), "rgb": colour.label()}[modality]
    facts, line = generated.describe(CHOSEN, found)
    assert facts["studio"] == label
    assert line.startswith(f"{label}, subject B, test")


def of_synthesis(**options):
    nothing = dict.fromkeys(
        ("seed", "center", "view", "subject", "amount", "noise", "surroundings")
    )
    known = {"dataset": "synthetic", "moments": None}
    return argparse.Namespace(**nothing | known | options)


@pytest.mark.parametrize(
    ("modality", "center", "said"),
    [
        ("depth", None, "crop centre from depth within"),
        ("depth", "gt", "crop centre from GROUND TRUTH within"),
        ("rgb", None, "crop centre from GROUND TRUTH within"),
    ],
)
def test_crops_on_the_truth_are_said_to_be(found, modality, center, said):
    found.config.synthetic.modality = modality
    chosen = of_synthesis(center=center)
    generated.settle(chosen, found)
    facts, line = generated.describe(chosen, found)
    assert said in line
    assert (facts["center"] == "gt") == ("TRUTH" in said)


def test_crops_in_colour_are_not_said_to_be_centred_by_depth(found):
    found.config.synthetic.modality = "rgb"
    with pytest.raises(FileError, match="around the true hand: leave it out"):
        generated.settle(of_synthesis(center="depth"), found)


def test_surroundings_are_of_depth(found):
    found.config.synthetic.modality = "rgb"
    with pytest.raises(FileError, match="--surroundings is of depth"):
        generated.settle(of_synthesis(surroundings=True), found)


@pytest.mark.parametrize("wanted", [True, False])
def test_what_is_asked_of_synthetic_frames_is_drawn_and_said(found, wanted):
    del found.config.synthetic["surroundings"]  # as in older releases
    found.config.lock()
    chosen = of_synthesis(surroundings=wanted, noise=False, view="wan2019")
    generated.settle(chosen, found)
    drawn = found.config.synthetic
    assert (drawn.surroundings, drawn.noise, drawn.view) == (wanted, False, "wan2019")
    said = generated.describe(chosen, found)[1]
    assert "wan2019 views" in said
    assert "noise off" in said
    assert ("arm" in said) == wanted
