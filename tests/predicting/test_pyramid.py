"""Squares cover a picture; where there is nothing to see no hand is found."""

import numpy as np
import pytest

from handjax.data.given.frames import FrameError
from handjax.predicting import pyramid


@pytest.mark.parametrize(("height", "width"), [(120, 160), (200, 90)])
def test_squares_of_every_size_cover_the_picture_and_a_fourth_beyond(height, width):
    boxes = np.array(list(pyramid.squares(height, width)))
    edges = np.unique(boxes[:, 2])
    assert edges.max() == min(height, width)
    assert pyramid.SMALLEST <= edges.min() / min(height, width) < 0.34
    np.testing.assert_allclose(edges[1:] / edges[:-1], pyramid.RATIO)
    for edge in edges:
        left, top = boxes[boxes[:, 2] == edge, :2].T
        for start, side in ((left, width), (top, height)):
            steps = np.unique(start)
            assert steps[0] == pytest.approx(-edge / 4)
            assert steps[-1] + edge == pytest.approx(side + edge / 4)
            assert np.diff(steps).max() <= edge / pyramid.STRIDE + 1e-9


def test_the_square_around_points_has_room_and_their_middle():
    left, top, edge = pyramid.around(np.array([[10.0, 20.0], [30.0, 24.0]]))
    assert edge == pytest.approx(20.0 * pyramid.ROOM)
    # Pixel 20 reaches from 20 to 21 where squares are measured from corners.
    assert (left + edge / 2, top + edge / 2) == pytest.approx((20.5, 22.5))


def test_nothing_to_see_scores_low_and_is_no_hand():
    grey = np.full((64, 64, 3), 130, np.uint8)
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    boxes = [(0.0, 0.0, 64.0), (8.0, 8.0, 40.0)]
    for picture in (grey, noise):
        for seen in pyramid.look_again(picture, boxes):
            assert seen.score < seen.height
            with pytest.raises(FrameError, match="no hand"):
                pyramid.require(seen)


def test_squares_are_seen_alike_alone_and_among_many():
    rng = np.random.default_rng(1)
    picture = rng.integers(0, 255, (80, 80, 3), dtype=np.uint8)
    boxes = [(float(k), 0.0, 50.0) for k in range(pyramid.BATCH + 2)]
    many = pyramid.look(picture, boxes)
    assert len(many) == len(boxes)
    (alone,) = pyramid.look(picture, boxes[-1:])
    assert alone.height == pytest.approx(many[-1].height, abs=1e-5)
    np.testing.assert_allclose(alone.uv, many[-1].uv, atol=1e-2)
