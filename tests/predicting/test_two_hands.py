"""One hand is one hand however it is seen; of two nobody is picked unasked."""

import numpy as np
import pytest

from handjax.data.given.frames import FrameError
from handjax.predicting import pyramid, two_hands
from handjax.predicting.pyramid import Peaks

WIDTH = 200


def peaks(u, score):
    """A hand of 30 pixels around (u, 50)."""
    uv = np.array([u, 50.0]) + np.linspace(-15.0, 15.0, 21)[:, None]
    return Peaks(pyramid.around(uv), score, uv, score)


def mirrored(u, score):
    return two_hands.back(peaks(u, score), WIDTH)


def test_a_hand_seen_as_right_and_as_left_is_one():
    places = {"right": [peaks(60.0, 0.6)], "left": [mirrored(62.0, 0.7)]}
    assert two_hands.refuse(places, WIDTH, None) == places


def test_what_is_mirrored_twice_is_as_it_was():
    one = peaks(60.0, 0.6)
    again = two_hands.back(mirrored(60.0, 0.6), WIDTH)
    np.testing.assert_allclose(again.uv, one.uv)
    np.testing.assert_allclose(again.box, one.box)


@pytest.mark.parametrize(
    "places",
    [
        {"right": [peaks(60.0, 0.7), peaks(150.0, 0.6)]},
        {"right": [peaks(60.0, 0.6)], "left": [mirrored(150.0, 0.7)]},
    ],
)
def test_two_hands_are_refused_with_their_places(places):
    with pytest.raises(FrameError, match="two hands, around") as told:
        two_hands.refuse(places, WIDTH, None)
    assert "(60, 50)" in str(told.value)
    assert "(150, 50)" in str(told.value)
    assert "--box" in str(told.value)


def test_of_two_the_one_is_meant_that_was_followed():
    places = {"right": [peaks(60.0, 0.9)], "left": [mirrored(150.0, 0.7)]}
    found = two_hands.refuse(places, WIDTH, peaks(148.0, 1.0).uv)
    assert list(found) == ["left"]


def test_what_is_not_believed_is_no_hand_and_no_second_one():
    low = pyramid.THRESHOLD - 0.1
    with pytest.raises(FrameError, match=r"no hand: heat-maps score 0\.40"):
        two_hands.refuse({"right": [peaks(60.0, low)]}, WIDTH, None)
    places = {"right": [peaks(60.0, 0.6)], "left": [mirrored(150.0, low)]}
    assert list(two_hands.refuse(places, WIDTH, None)) == ["right"]


def test_all_hands_of_a_picture_are_listed_each_once(monkeypatch):
    def look_again(picture, boxes):
        middles = [left + edge / 2 for left, _, edge in boxes]
        tried = [(u, min((60, 150), key=lambda at, u=u: abs(at - u))) for u in middles]
        return [peaks(float(at), 0.9 - 0.01 * abs(at - u)) for u, at in tried]

    monkeypatch.setattr(pyramid, "look_again", look_again)
    monkeypatch.setattr(pyramid, "look", look_again)
    found = pyramid.find(np.zeros((100, WIDTH, 3), np.uint8))
    assert sorted(round(one.uv.mean(axis=0)[0]) for one in found) == [60, 150]
    assert found[0].score >= found[1].score
