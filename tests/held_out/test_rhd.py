"""RHD: predictions over colour pictures, of left and right hands."""

import base64
import io
import json
import re

import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

import evaluate
from configs import dense_hand_pose
from handjax import weights
from handjax.experiment import Experiment
from handjax.hands.template import load_template
from handjax.methods.method import Method
from tests.data.test_rhd import pictures, root
from tests.held_out.commands import evaluated, labels, predictions, refused


@pytest.fixture
def evaluation(root, monkeypatch):
    """A folder with what was written of two methods, and the true joints."""
    monkeypatch.setenv("HANDJAX_CACHE", str(root / "cache"))
    truth, _ = labels("rhd", root, "evaluation")
    paths = [predictions(root / f"{n}.txt", truth, s) for n, s in (("a", 3), ("b", 15))]
    evaluated("rhd", root, "--predictions", *paths, "--align", "none")
    return root / "out"


def examples(out):
    """Frames of the page: title and picture."""
    text = (out / "report.html").read_text()
    (data,) = re.findall(
        r'<script[^>]*type="application/json"[^>]*>(.*?)</script', text, re.S
    )
    found = json.loads(data)["examples"]
    return {one["title"]: base64.b64decode(one["overlay"]) for one in found}, found


def test_the_page_shows_the_joints_of_every_method_over_the_picture(evaluation):
    shown, found = examples(evaluation)
    assert list(shown) == [
        "best",
        "first quartile",
        "median",
        "third quartile",
        "worst",
    ]
    for content in shown.values():
        picture = np.asarray(Image.open(io.BytesIO(content)))
        # The picture, the labels and two methods, two by two, 256 pixels each.
        assert 2 * 256 < min(picture.shape[:2]) <= max(picture.shape[:2]) < 600
    assert all(None not in one["predicted"] for one in found)
    assert found[0]["errors"][0] < found[0]["errors"][1]
    assert found[0]["name"].startswith("evaluation/0000")


def test_labels_are_drawn_on_the_hand_left_or_right(evaluation):
    with Image.open(evaluation / "predictions.png") as stored:
        sheet = np.asarray(stored.convert("RGB")).astype(int)
    column = slice(6, 6 + 256)
    rows = [slice(24 + k * (256 + 24), 24 + k * (256 + 24) + 256) for k in range(2)]
    plain, drawn = (sheet[row, column] for row in rows)
    marked = np.abs(plain - drawn).max(axis=-1) > 60
    # The template's skin is brown on grey: red is far above blue.
    hand = plain[..., 0] - plain[..., 2] > 25
    v, u = np.nonzero(marked)
    near = [
        hand[max(y - 8, 0) : y + 9, max(x - 8, 0) : x + 9].any()
        for y, x in zip(v, u, strict=True)
    ]
    assert marked.sum() > 500
    assert np.mean(near) > 0.97


def test_another_copy_than_was_stored_is_not_taken_for_it(root, evaluation, capsys):
    del evaluation
    other = root.parent / "another copy"
    other.mkdir()
    for place, wanted in (
        (other, f"was stored from {root.resolve()}, and --root is {other.resolve()}"),
        (root.parent / "nowhere", "home page"),
    ):
        words = ["--dataset", "rhd", "--root", place, "--out", root / "out"]
        said = refused(capsys, *words, "--predictions", root / "a.txt")
        assert wanted in said
        # One of both is the matter.
        assert ("home page" in said) == ("was stored from" not in said)
    # Who names no root gets what is stored.
    words = ["--dataset", "rhd", "--out", root / "out", "--align", "none"]
    assert evaluate.main([*map(str, words), "--predictions", str(root / "a.txt")]) == 0


def test_masks_of_a_method_that_draws_hands_are_measured(root, monkeypatch):
    monkeypatch.setenv("HANDJAX_CACHE", str(root / "cache"))
    config = dense_hand_pose.get_config("test")
    rest = load_template(config.template).vertices

    def joints(prediction, batch):
        """The true key points, and among them a hand that nobody posed."""
        true = batch.labels.joints
        where = true.mean(axis=1, keepdims=True)
        return {"keypoints21": true, "vertices": where + rest - rest.mean(axis=0)}

    def predict(params, state, batch, *, key, train):
        return jnp.zeros(()), state

    method = Method(None, predict, {}, {}, None, joints)
    found = weights.Weights(config, {}, {}, "nobody")
    monkeypatch.setattr(weights, "from_release", lambda name: found)
    made = Experiment(config, method, {})
    monkeypatch.setattr("handjax.experiment.assemble", lambda config: made)
    words = ("--weights", "nobody", "--center", "gt")
    notes = evaluated("rhd", root, *words)["notes"]
    (said,) = [note for note in notes if note.startswith("masks of vertices")]
    shares = [float(share) for share in re.findall(r"([0-9.]+) %", said)]
    iou, precision, recall, f1 = shares
    assert 5.0 < iou < 95.0
    assert iou < precision
    assert f1 == pytest.approx(2 * precision * recall / (precision + recall), abs=0.02)
