"""Arrays are points whatever the order of their axes."""

from itertools import permutations

import numpy as np
import pytest

from handjax.evaluation.predictions.shapes import as_points

RNG = np.random.default_rng(0)
HANDS = RNG.uniform(-60.0, 60.0, (50, 14, 3)) + np.array([200.0, 150.0, 700.0])
BOTH = {14, 36}


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_every_order_of_axes_is_turned_back(order):
    np.testing.assert_array_equal(as_points(HANDS.transpose(order), BOTH), HANDS)


@pytest.mark.parametrize(
    "array",
    [
        HANDS.reshape(50, -1),
        HANDS.reshape(50, -1).T,
        HANDS.transpose(0, 2, 1).reshape(50, -1),
        HANDS.transpose(2, 1, 0).reshape(-1, 50),
        HANDS.reshape(-1, 3),
        HANDS.reshape(-1, 3).T,
        HANDS[:, None],
        HANDS[None],
        HANDS[..., None],
        np.stack([HANDS, -HANDS, HANDS]),
    ],
)
def test_axes_that_are_one_or_one_too_many_are_told(array):
    np.testing.assert_array_equal(as_points(array, BOTH), HANDS)


def test_a_choice_that_lengths_leave_is_made_for_the_usual_order():
    for frames in (3, 14):
        some = HANDS[:frames]
        np.testing.assert_array_equal(as_points(some, BOTH), some)
        np.testing.assert_array_equal(as_points(some.reshape(frames, -1), BOTH), some)
    # 42 frames of 42 numbers, of a hand that does not move.
    still = np.repeat(HANDS[:1], 42, axis=0)
    np.testing.assert_array_equal(as_points(still.reshape(42, -1), BOTH), still)
    # Three joints are known to nobody but here.
    np.testing.assert_array_equal(as_points(HANDS[:, :3], {3}), HANDS[:, :3])


def test_one_frame_is_points_too():
    np.testing.assert_array_equal(as_points(HANDS[0], BOTH), HANDS[:1])
    np.testing.assert_array_equal(as_points(HANDS[:1], BOTH), HANDS[:1])


def test_hands_about_their_root_are_read_in_the_usual_order():
    about = HANDS - HANDS[:, :1]
    np.testing.assert_array_equal(as_points(about.reshape(50, -1), BOTH), about)


def test_joints_that_nobody_knows_are_left_for_others_to_refuse():
    assert as_points(np.ones((50, 48)), BOTH).shape == (50, 16, 3)
    assert as_points(np.ones((50, 16, 3)), BOTH).shape == (50, 16, 3)
    assert as_points(np.ones((16, 50, 3)), BOTH).shape == (16, 50, 3)
    assert as_points(np.ones((3, 16, 50)), BOTH).shape == (50, 16, 3)
    assert as_points(np.ones((8252, 3)), BOTH).shape == (8252, 1, 3)


def test_what_holds_no_points_is_none():
    for array in (np.ones((5, 4)), np.ones(42), np.zeros((0, 14, 3)), np.array("a")):
        assert as_points(array, BOTH) is None
