"""A clip's side is decided by its frames together, and its motion is smoothed."""

import jax.numpy as jnp
import numpy as np
import pytest

from handjax.data.given.frames import FrameError
from handjax.geometry.cameras import Pinhole
from handjax.predicting import smoothing
from handjax.predicting.looking import Found, Hint
from handjax.predicting.sessions import DECIDED, Session

AHEAD = np.tile([0.0, 0.0, 500.0], (21, 1))
CAMERA = Pinhole(jnp.array([147.0, 147.0]), jnp.array([80.0, 60.0]))


class Eyes:
    """Sees what it was told, and notes for which sides it was asked."""

    def __init__(self, *confidences):
        self.confidences, self.asked, self.hints = list(confidences), [], []

    def __call__(self, pixels, camera, sides, hint):
        self.asked.append(list(sides))
        self.hints.append(hint)
        sure = self.confidences.pop(0)
        if sure is None:
            raise FrameError("no hand")
        x = float(pixels[0, 0]) + AHEAD
        return [Found(side, x, x[:4], sure[side]) for side in sides]


def frames(*values):
    return [np.full((2, 2), value) for value in values]


def test_loose_frames_are_judged_one_by_one():
    eyes = Eyes({"right": 0.9, "left": 0.5}, {"right": 0.2, "left": 0.3})
    session = Session(eyes, ("right", "left"), Hint(), ordered=False, fps=None)
    found = [session.see(frame, CAMERA).side for frame in frames(0, 0)]
    assert found == ["right", "left"]
    assert eyes.hints[1].before is None


def test_a_clip_has_one_side_which_is_soon_no_longer_asked_for():
    sure = [{"right": 0.9, "left": 0.5}] + 9 * [{"right": 0.5, "left": 0.55}]
    eyes = Eyes(*sure)
    session = Session(eyes, ("right", "left"), Hint(), ordered=True, fps=None)
    found = [session.see(frame, CAMERA).side for frame in frames(*range(8))]
    assert set(found) == {"right"}
    assert eyes.asked == DECIDED * [["right", "left"]] + (8 - DECIDED) * [["right"]]


def test_the_next_frame_knows_where_the_hand_was():
    eyes = Eyes(*3 * [{"right": 0.9}])
    session = Session(eyes, ("right",), Hint(), ordered=True, fps=None)
    for frame in frames(0, 50):
        session.see(frame, CAMERA)
    np.testing.assert_allclose(eyes.hints[1].before, np.tile([80.0, 60.0], (21, 1)))
    session.skip()
    session.see(frames(0)[0], CAMERA)
    assert eyes.hints[2].before is None


def test_points_are_smoothed_and_a_lost_frame_is_time_that_went_by():
    eyes = Eyes({"right": 1.0}, {"right": 1.0}, None, {"right": 1.0})
    session = Session(eyes, ("right",), Hint(), ordered=True, fps=30.0)
    first, second = (session.see(f, CAMERA).joints for f in frames(0, 9))
    with pytest.raises(FrameError):
        session.see(frames(0)[0], CAMERA)
    session.skip()
    last = session.see(frames(30)[0], CAMERA)
    raw = [x + AHEAD for x in (0.0, 9.0, 30.0)]
    settings = smoothing.Settings()
    memory = smoothing.step(smoothing.begin(raw[0]), raw[1], 1 / 30, settings)
    np.testing.assert_allclose(first, raw[0])
    np.testing.assert_allclose(second, memory.position)
    memory = smoothing.step(memory, raw[2], 3 / 30, settings)
    np.testing.assert_allclose(last.joints, memory.position)
    np.testing.assert_allclose(last.vertices, memory.position[:4])


def test_frames_that_know_when_they_were_taken_are_smoothed_by_that():
    eyes = Eyes(*[{"right": 1.0}] * 3)
    session = Session(eyes, ("right",), Hint(), ordered=True, fps=30.0)
    times = (0.5, 0.7, 0.7)
    for frame, at in zip(frames(0, 9, 12), times, strict=True):
        last = session.see(frame, CAMERA, at)
    settings = smoothing.Settings()
    raw = [x + AHEAD for x in (0.0, 9.0, 12.0)]
    memory = smoothing.step(smoothing.begin(raw[0]), raw[1], 0.2, settings)
    # Two of one time are a thousandth of a second apart.
    memory = smoothing.step(memory, raw[2], 1e-3, settings)
    np.testing.assert_allclose(last.joints, memory.position, atol=1e-6)


def test_key_points_that_are_kept_do_not_keep_the_surface():
    eyes = Eyes({"right": 1.0}, {"right": 1.0})
    session = Session(eyes, ("right",), Hint(), ordered=True, fps=30.0)
    for frame in frames(0, 9):
        assert session.see(frame, CAMERA).joints.base is None


def test_another_side_is_another_hand():
    eyes = Eyes({"right": 0.9, "left": 0.1}, {"right": 0.1, "left": 0.99})
    session = Session(eyes, ("right", "left"), Hint(), ordered=True, fps=30.0)
    session.see(frames(0)[0], CAMERA)
    turned = session.see(frames(40)[0], CAMERA)
    assert turned.side == "left"
    np.testing.assert_array_equal(turned.joints[0], [40.0, 40.0, 540.0])


def test_a_hand_that_is_not_to_be_relied_on_is_not_said_and_does_not_smooth():
    class Doubts(Eyes):
        def __call__(self, *given):
            found = super().__call__(*given)
            return [one._replace(confidence=one.score) for one in found]

    eyes = Doubts({"right": 0.9}, {"right": 0.05}, {"right": 0.9})
    session = Session(eyes, ("right",), Hint(), ordered=True, fps=30.0, least=0.1)
    session.see(frames(0)[0], CAMERA)
    with pytest.raises(FrameError, match=r"0\.05, below --min-confidence 0\.1"):
        session.see(frames(200)[0], CAMERA)
    last = session.see(frames(3)[0], CAMERA)
    assert eyes.hints[2].before is None
    memory = smoothing.begin(AHEAD)
    memory = smoothing.step(memory, 3.0 + AHEAD, 2 / 30, smoothing.Settings())
    np.testing.assert_allclose(last.joints, memory.position)


def test_without_a_calibration_nothing_is_refused():
    session = Session(
        Eyes({"right": 0.01}), ("right",), Hint(), ordered=False, fps=None, least=0.9
    )
    assert session.see(frames(0)[0], CAMERA).confidence is None
