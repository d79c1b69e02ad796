"""Pictures of frames with a hand and without one go into one video."""

import numpy as np

from handjax.predicting.overlay import blank, sheet
from handjax.visualize import PAPER


def test_a_frame_without_a_hand_is_as_large_as_one_with_a_hand(
    hand, joints, depth, template, camera
):
    vertices, faces = np.asarray(hand[0].vertices), np.asarray(template.faces)
    colour = np.repeat((depth[..., None] > 0.0) * np.uint8(200), 3, axis=-1)
    for pixels in (depth, colour, np.zeros_like(depth)):
        drawn = sheet(pixels, camera, vertices, faces, joints)
        without = blank(pixels)
        assert (without.shape, without.dtype) == (drawn.shape, drawn.dtype)
        # Nothing is drawn over what is not there.
        middle = without[without.shape[0] // 2, without.shape[1] // 2]
        np.testing.assert_array_equal(middle, PAPER)
