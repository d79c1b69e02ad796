"""Generated frames to test on: what is shown of them, and which they are said to be."""

import argparse
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from configs import wan_spheres
from handjax.batch import Batch, Labels, Views
from handjax.data import studio
from handjax.data.studio import colour
from handjax.evaluation.predictions import FileError
from handjax.experiment import Experiment
from handjax.geometry.cameras import Pinhole
from handjax.held_out import generated
from handjax.methods.method import Method
from handjax.weights import Weights

CHOSEN = argparse.Namespace(dataset="studio", subject="B", amount="test", frames=6)


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
    assert labels == ("joints",)
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


@pytest.mark.parametrize("modality", studio.MODALITIES)
def test_frames_are_said_to_be_of_the_studio_that_they_are_of(found, modality):
    found.config.studio.modality = modality
    label = {"depth": studio.label(), "rgb": colour.label()}[modality]
    facts, line = generated.describe(CHOSEN, found)
    assert facts["studio"] == label
    assert line.startswith(f"{label}, subject B, test")


def of_synthesis(**options):
    nothing = dict.fromkeys(("seed", "center", "view", "subject", "amount", "noise"))
    return argparse.Namespace(**nothing | {"dataset": "synthetic"} | options)


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
