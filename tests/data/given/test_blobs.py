"""The nearest thing of a hand's size is found; none, or two of them, is said."""

import numpy as np
import pytest

from handjax.data.given import blobs
from handjax.data.given.frames import FrameError


def thing(width_mm, height_mm, z, at=(0.0, 0.0), shape=(120, 160), f=147.0):
    """A flat rectangle that faces the camera, and nothing else."""
    rows, columns = np.indices(shape)
    x, y = (columns - 80.0) / f * z, (rows - 60.0) / f * z
    inside = (abs(x - at[0]) < width_mm / 2) & (abs(y - at[1]) < height_mm / 2)
    return np.where(inside, np.float32(z), np.float32(0.0))


def over(*frames):
    """Frames one before another: the nearest is seen."""
    stacked = np.stack(frames)
    near = np.where(stacked > 0.0, stacked, np.inf).min(axis=0)
    return np.where(np.isfinite(near), near, 0.0).astype(np.float32)


def test_a_drawn_hand_is_found_at_its_middle(depth, joints, camera):
    found = blobs.find(depth, camera)
    assert np.linalg.norm(found.centre - joints.mean(axis=0)) < 50.0
    assert blobs.SMALLEST < found.area < blobs.LARGEST


def test_area_and_place_are_those_of_a_known_rectangle(camera):
    found = blobs.find(thing(80.0, 120.0, 600.0, at=(40.0, -20.0)), camera)
    np.testing.assert_allclose(found.centre, [40.0, -20.0, 600.0], atol=5.0)
    assert found.area == pytest.approx(80.0 * 120.0, rel=0.1)
    assert found.nearest == 600.0


def test_a_wall_behind_is_not_the_hand(depth, camera):
    wall = np.full(depth.shape, 1200.0, np.float32)
    alone = blobs.find(depth, camera).centre
    np.testing.assert_allclose(blobs.find(over(depth, wall), camera).centre, alone)


def test_an_arm_that_leads_to_a_body_does_not_hide_the_hand(camera):
    hand = thing(90.0, 160.0, 600.0, at=(-60.0, -60.0))
    arm = [
        thing(60.0, 40.0, 600.0 + 8 * k, at=(-60.0, 30.0 + 20 * k)) for k in range(9)
    ]
    body = thing(900.0, 900.0, 690.0)
    found = blobs.find(over(hand, *arm, body), camera)
    assert np.linalg.norm(found.centre - [-60.0, -60.0, 600.0]) < 60.0


@pytest.mark.parametrize(
    "frame",
    [
        np.zeros((120, 160), np.float32),
        np.full((120, 160), 700.0, np.float32),  # a wall
        thing(30.0, 30.0, 600.0),  # too small
        thing(400.0, 400.0, 900.0),  # a body
        thing(100.0, 150.0, 1700.0),  # too far
        np.full((120, 160), np.nan, np.float32),
    ],
    ids=["nothing", "wall", "small", "large", "far", "nan"],
)
def test_no_hand_is_said(frame, camera):
    with pytest.raises(FrameError, match="no hand"):
        blobs.find(frame, camera)


def test_two_hands_equally_near_are_said_and_a_far_one_is_not_one(camera):
    first = thing(80.0, 120.0, 600.0, at=(-120.0, 0.0))
    near, far = (thing(80.0, 120.0, z, at=(150.0, 0.0)) for z in (680.0, 900.0))
    with pytest.raises(FrameError, match="two things as large as a hand"):
        blobs.find(over(first, near), camera)
    found = blobs.find(over(first, far), camera)
    assert found.nearest == 600.0


def test_fingers_before_their_palm_are_no_second_hand(camera):
    palm = thing(80.0, 90.0, 700.0, at=(0.0, 40.0))
    fingers = thing(40.0, 80.0, 660.0, at=(10.0, -40.0))
    assert len(blobs.blobs(over(palm, fingers), camera)) == 1
    found = blobs.find(over(palm, fingers), camera)
    assert found.area == pytest.approx(80.0 * 90.0 + 40.0 * 80.0, rel=0.2)
    # Two hands side by side are nearer to one another than the parts of one may be.
    side_by_side = thing(90.0, 170.0, 700.0, at=(110.0, 0.0))
    hand = thing(90.0, 170.0, 660.0)
    assert len(blobs.hands(over(hand, side_by_side), camera)) == 2


def test_labels_are_parted_by_steps_and_by_gaps():
    rows = np.array([[500, 510, 540, 0, 545], [0, 0, 0, 0, 550]], np.float32)
    labels, count = blobs.label(rows, 15.0)
    assert count == 3
    np.testing.assert_array_equal(labels > 0, rows > 0)
    assert labels[0, 0] == labels[0, 1] != labels[0, 2]
    assert labels[0, 4] == labels[1, 4] != labels[0, 2]


def test_large_frames_are_looked_at_as_small_ones_are(depth, camera):
    finer = np.kron(depth, np.ones((4, 4), np.float32))
    closer = camera._replace(focal=4 * camera.focal, centre=4 * camera.centre + 1.5)
    coarse = blobs.find(depth, camera).centre
    assert np.linalg.norm(blobs.find(finer, closer).centre - coarse) < 10.0
