"""Pictures show the hand where the camera sees it."""

import numpy as np
import pytest

from handjax.viewing import pictures, scene, state
from handjax.viewing.pictures import EDGE, FAR, Window


@pytest.fixture(scope="module")
def seen(template, stage):
    hand = stage(state.rest(template))
    return hand, scene.faces_of(template, "right")


def test_the_usual_camera_sees_the_whole_hand_at_rest(seen):
    hand, faces = seen
    depth = pictures.look(pictures.usual(), hand.vertices, faces)
    hit = depth < FAR
    assert 0.05 < hit.mean() < 0.5
    border = np.concatenate([hit[0], hit[-1], hit[:, 0], hit[:, -1]])
    assert not border.any()
    assert depth[hit].min() >= hand.vertices[:, 2].min() - 0.1
    assert depth[hit].max() <= hand.vertices[:, 2].max() + 0.1
    assert pictures.told(depth).startswith(f"depth, {depth[hit].min():.0f} to ")


def test_a_window_around_a_hand_holds_it_with_a_margin(seen, camera):
    hand, faces = seen
    eye = pictures.around(camera, (160, 120), np.asarray(hand.joints, np.float64))
    hit = pictures.look(eye, hand.vertices, faces) < FAR
    rows, columns = np.nonzero(hit)
    assert min(rows.min(), columns.min()) > 0
    assert max(rows.max(), columns.max()) < EDGE - 1
    assert np.ptp(rows) > 0.5 * EDGE


def test_frame_and_hand_over_it_fall_together(seen, camera, template):
    hand, faces = seen
    eye = pictures.around(camera, (160, 120), np.asarray(hand.joints, np.float64))
    frame = pictures.frame_of(eye, hand.vertices, faces)
    shown = pictures.of_frame(frame, eye, float(np.median(hand.vertices[:, 2])))
    there = np.any(shown != np.array(pictures.PAPER), axis=-1)
    hit = pictures.look(eye, hand.vertices, faces) < FAR
    # Pixels of the frame are two of the picture.
    assert (there & hit).sum() / (there | hit).sum() > 0.9


def test_a_part_of_a_picture_in_colour_is_cut_where_the_window_is():
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[10:20, 30:40] = 255
    eye = pictures.usual()._replace(window=Window(30.0, 10.0, 10.0))
    assert pictures.of_frame(pixels, eye, 0.0)[12:-12, 12:-12].min() > 250


def test_without_a_hand_in_sight_it_says_so(seen):
    hand, faces = seen
    away = hand.vertices + np.array([5000.0, 0.0, 0.0])
    depth = pictures.look(pictures.usual(), away, faces)
    assert pictures.told(depth) == "depth: no hand in sight"
    assert (pictures.of_mask(depth) == pictures.PAPER).all()


def test_a_sheet_with_a_frame_is_twice_as_high(seen):
    hand, faces = seen
    eye = pictures.usual()
    alone = pictures.sheet(eye, hand.vertices, faces)
    beside = pictures.sheet(eye, hand.vertices, faces, np.full((320, 320), 600.0))
    assert beside.shape[0] == 2 * alone.shape[0]
    assert beside.shape[1] == alone.shape[1]
