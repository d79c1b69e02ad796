"""A session without a page: frames, the hand that is laid on them, and its way down."""

import numpy as np
import pytest

from handjax.data.given.frames import FrameError
from handjax.viewing import evidence, originals, results
from handjax.viewing.session import DEPTH, KEYPOINTS, Session


@pytest.fixture(scope="module")
def session(template, predicted, originals_folder):
    found = results.open_folder(predicted)
    read = originals.open_frames([originals_folder], "mm")
    return Session(template, results=found, read=read)


def test_a_frame_brings_its_hand_its_side_and_its_picture(session, depths):
    for place, side in ((1, "left"), (0, "right")):
        session.show(place)
        assert session.state.side == side
        apart = session.scene().joints - session.frame.joints
        assert np.linalg.norm(apart, axis=-1).mean() < 2.0
        np.testing.assert_array_equal(session.pixels, depths[place])
        assert session.against() == (DEPTH, KEYPOINTS)


def test_a_moved_hand_is_refined_back_to_its_frame(session):
    session.show(1)
    laid = session.state
    session.state = laid._replace(place=np.add(laid.place, [10.0, -8.0, 12.0]))
    before = np.linalg.norm(session.scene().joints - session.frame.joints, axis=-1)
    energies = [step.energy for step in session.refine(DEPTH, 40)]
    after = np.linalg.norm(session.scene().joints - session.frame.joints, axis=-1)
    assert energies[-1] < energies[0]
    assert after.mean() < 0.6 * before.mean()
    session.reset()
    np.testing.assert_allclose(session.state.place, laid.place, atol=1e-4)


def test_the_picture_shows_the_frame_beside_the_hand(session):
    session.show(0)
    with_frame = session.picture(session.state, session.scene())
    session.pixels = None
    alone = session.picture(session.state, session.scene())
    assert with_frame.shape[0] == 2 * alone.shape[0]


def test_a_hand_alone_is_compared_with_what_was_kept(template):
    session = Session(template)
    assert session.against() == ()
    with pytest.raises(FrameError, match="there is no depth"):
        list(session.refine(DEPTH))
    session.take_pose("claws")
    session.keep()
    assert session.against() == (DEPTH, KEYPOINTS)
    assert (session.target.depth > 0.0).sum() > 3000
    kept = session.scene().joints
    session.random_pose()
    assert not np.allclose(session.scene().joints, kept, atol=1.0)
    np.testing.assert_array_equal(session.target.joints, kept)
    session.reset()
    assert not session.state.angles.any()


def test_a_hand_is_not_laid_on_joints_that_are_no_key_points(session):
    frame = session.frame._replace(keypoints=np.full((21, 3), np.nan))
    assert session.laid(frame) is None


def test_places_of_all_frames_are_within_reach_of_the_sliders(session, open_hand):
    places = session.places()
    xs = sorted(places[:, 0])
    assert xs[0] == pytest.approx(open_hand.place[0], abs=2.0)
    assert xs[-1] == pytest.approx(-open_hand.place[0], abs=2.0)
    assert evidence.STEPS > 0
