"""Where a user points is where is looked; a left hand is a mirrored right one."""

import jax.numpy as jnp
import numpy as np
import pytest

from handjax.data.given.frames import FrameError
from handjax.geometry import cameras
from handjax.predicting import looking, pyramid
from handjax.predicting.looking import Hint
from handjax.predicting.methods import Seen, Seer

CAMERA = cameras.Pinhole(jnp.array([90.0, 95.0]), jnp.array([42.0, 30.0]))
UV = np.stack([np.linspace(50.0, 58.0, 21), np.linspace(20.0, 32.0, 21)], axis=-1)
"""Key points of a hand in a picture, right of its middle."""


@pytest.fixture
def picture():
    """A bright spot at each key point, or where these are mirrored, is seen as them."""
    frame = np.zeros((64, 96, 3), np.uint8)
    frame[20:33, 50:59] = 200
    return frame


@pytest.fixture
def seer(monkeypatch):
    """Heat-maps that stand where the picture is bright; a network that says what rays
    the crop's camera has there."""

    def look_again(picture, boxes):
        row, column = np.nonzero(picture[..., 0])
        place = np.array([column.mean(), row.mean()])
        uv = UV - UV.mean(axis=0)
        if column.mean() < picture.shape[1] / 2:
            uv = uv * [-1.0, 1.0]
        return [pyramid.Peaks(box, 0.9, uv + place, 0.9) for box in boxes]

    def look(views, uv):
        camera = cameras.Pinhole(*(leaf[0, 0] for leaf in views.camera))
        x = np.asarray(cameras.unproject(camera, uv, jnp.full(21, 500.0)))
        return Seen(x, x[:5])

    monkeypatch.setattr(pyramid, "look_again", look_again)
    return Seer("drawn", "nowhere", "image", 64, None, look)


@pytest.mark.parametrize("side", looking.SIDES)
@pytest.mark.parametrize("known", ["box", "before"])
def test_a_hand_is_where_the_picture_has_it(seer, picture, side, known):
    hint = Hint(box=(48.0, 18.0, 14.0, 18.0)) if known == "box" else Hint(before=UV)
    (found,) = looking.in_colour(seer, picture, CAMERA, [side], hint)
    assert found.side == side
    x = jnp.asarray(found.joints, jnp.float32)
    np.testing.assert_allclose(cameras.project(CAMERA, x), UV, atol=1e-3)
    np.testing.assert_allclose(found.vertices, found.joints[:5])


@pytest.mark.parametrize("side", looking.SIDES)
@pytest.mark.parametrize(
    "box", [(96.0, 0.0, 20.0, 20.0), (-30.0, 0.0, 20.0, 20.0), (0.0, 64.0, 9.0, 9.0)]
)
def test_a_box_beyond_the_picture_is_refused(seer, picture, side, box):
    with pytest.raises(FrameError, match="beyond the picture of 96 x 64"):
        looking.in_colour(seer, picture, CAMERA, [side], Hint(box=box))


def test_of_a_box_what_is_in_the_picture_counts(seer, picture, monkeypatch):
    looked, again = [], pyramid.look_again

    def noted(picture, boxes):
        looked.extend(boxes)
        return again(picture, boxes)

    monkeypatch.setattr(pyramid, "look_again", noted)
    hint = Hint(box=(-1e9, -1e9, 2e9, 2e9))
    looking.in_colour(seer, picture, CAMERA, ["right"], hint)
    assert max(box[2] for box in looked) == pytest.approx(96 * pyramid.ROOM)
