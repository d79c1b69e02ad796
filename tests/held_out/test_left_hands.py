"""Left hands in colour: turned over before the network, their joints turned back."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.batch import Source
from handjax.data.real import batches, records
from handjax.data.real.looks import Look
from handjax.data.real.survey import look_over
from handjax.evaluation import own
from handjax.methods import lift, pictures
from handjax.methods.lift import Given
from handjax.methods.method import Method
from handjax.training import make_examiner
from tests.data.real import toy

NOISE = np.random.default_rng(0)
IMAGE = NOISE.integers(0, 255, (48, 64, 3), np.uint8)
MIRROR = np.array([-1.0, 1.0, 1.0], np.float32)
LOOK = Look(
    "image", labels=("joints", "scale"), center="gt", pixels=64, joints="freihand"
)


def frames():
    """A right hand, its mirror image, and that as if it were of a right hand."""
    bent = toy.frame().joints + NOISE.normal(0.0, 15.0, (21, 3)).astype(np.float32)
    view = toy.view(image=IMAGE, depth=None)
    turned = view._replace(
        image=IMAGE[:, ::-1],
        centre=np.array([63.0 - view.centre[0], view.centre[1]], np.float32),
        hand=view.hand * MIRROR,
    )
    right = toy.frame(joints=bent, views=(view,))
    left = right._replace(joints=bent * MIRROR, views=(turned,), right=False)
    return right, left, left._replace(right=True)


def method():
    """21 points read off a picture by random weights, in pixels and depth."""
    readout = jnp.asarray(NOISE.normal(0.0, 0.02, (64 * 64 * 3, 21 * 3)), jnp.float32)

    def predict(params, state, batch, *, key, train):
        said = (pictures.picture(batch).reshape(-1, 64 * 64 * 3) - 0.5) @ readout
        u, v, d = jnp.moveaxis(said.reshape(-1, 21, 3), -1, 0)
        pixels = 31.5 + 16.0 * jnp.stack([u, v], axis=-1)
        given = Given(batch.labels.scale, batch.labels.root[:, 0])
        return jax.vmap(lift.lift)(pictures.camera_of(batch), pixels, d, given), state

    def joints(prediction, batch):
        return {"keypoints21": pictures.in_world(prediction, batch)}

    return Method(None, predict, {}, {}, None, own.joints_of(joints, "freihand"))


@pytest.fixture(scope="module")
def answers():
    """Joints as they are said in the camera of each frame."""
    stored = [records.make(one, toy.ABOUT, k) for k, one in enumerate(frames())]
    held = batches.collate([batches.hold(one, LOOK, NOISE) for one in stored])
    source = Source(lambda key, held: batches.as_batch(held, toy.ABOUT, LOOK), held)
    look = make_examiner(method(), source, own.truth_of("freihand"), 3)
    found = own.with_camera(
        look({}, {}, jax.random.key(0), 3), look_over(stored, "image")
    )
    return own.to_camera(found.predicted["freihand"], found.predicted[own.CAMERA])


def test_a_mirrored_picture_gives_the_mirrored_answer(answers):
    right, left, _ = answers
    assert np.ptp(right, axis=0).max() > 10.0
    np.testing.assert_allclose(left, right * MIRROR, atol=1e-3)


def test_a_left_hand_that_nobody_turns_over_gives_another_answer(answers):
    right, _, taken_for_right = answers
    assert np.abs(taken_for_right - right * MIRROR).max() > 1.0
    assert jnp.isfinite(taken_for_right).all()
