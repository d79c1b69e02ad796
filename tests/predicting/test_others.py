"""Things that may be other hands are told of, not passed over."""

import numpy as np
import pytest

from handjax.data.given.frames import FrameError
from handjax.predicting import looking, methods
from handjax.predicting.outputs import Row
from handjax.predicting.telling import line


def seer(agreement):
    """A method that sees the same in every frame."""
    seen = methods.Seen(np.zeros((21, 3)), np.zeros((4, 3)), agreement)
    return methods.Seer("mine", "", "depth", 0, np.zeros((2, 3), int), lambda *_: seen)


def test_hands_farther_away_are_counted(depth, draw, camera):
    behind = draw(280.0, 70.0, 1000.0)[1]
    both = np.where(depth > 0.0, depth, behind)

    def look(depth, box=None):
        seen = depth.astype(np.float32)
        hint = looking.Hint(box=box)
        return looking.in_depth(seer(0.9), seen, camera, ("right",), hint)

    assert look(both)[0].others == 1
    beside = np.roll(depth, 60, axis=1)
    near = np.where(depth > 0.0, depth, np.where(beside > 0.0, beside + 30.0, 0.0))
    with pytest.raises(FrameError, match="two things as large as a hand"):
        look(near)
    # Who draws a box around both has not said which.
    assert look(near, (0.0, 0.0, 160.0, 120.0))[0].others == 1


def test_who_reads_is_told_of_them():
    places = np.zeros((21, 3)), np.zeros((21, 2))
    row = Row("c", "f", 0, "right", 0.5, 0.8, 3.0, (), (), *places, others=2)
    assert line(row).endswith("; 2 more things as large as a hand, farther away")
    assert "more" not in line(row._replace(others=0))


def test_a_line_says_the_confidence_or_that_a_score_is_raw():
    places = np.zeros((21, 3)), np.zeros((21, 2))
    row = Row("c", "f", 0, "right", 0.5, 0.8, 3.0, (), (), *places)
    assert "confidence 0.50" in line(row)
    assert "raw score 0.80" in line(row._replace(confidence=None))
