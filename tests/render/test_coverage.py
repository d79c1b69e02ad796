"""Looks of a pixel: the nearest is kept, and the share that sees anything."""

import jax.numpy as jnp
import numpy as np

from handjax.render import coverage
from handjax.render.rasterize import Rendering

FAR = 9.0
# Two rows of looks for one row of two pixels; 9 and -1 where nothing is seen.
DEPTH = jnp.array([[9.0, 5.0, 9.0, 9.0], [4.0, 9.0, 9.0, 9.0]])
FACE = jnp.array([[-1, 7, -1, -1], [3, -1, -1, -1]])


def test_the_nearest_look_is_kept_and_the_share_is_of_all():
    weights = jnp.stack([DEPTH, 2.0 * DEPTH, 3.0 * DEPTH], axis=-1)
    drawn = Rendering(DEPTH, FACE, weights)
    kept, share = coverage.merged(drawn, 2)
    np.testing.assert_array_equal(kept.depth, [[4.0, FAR]])
    np.testing.assert_array_equal(kept.face, [[3, -1]])
    np.testing.assert_array_equal(kept.barycentrics[0, 0], [4.0, 8.0, 12.0])
    np.testing.assert_array_equal(share, [[0.5, 0.0]])


def test_one_look_is_the_picture_itself():
    drawn = Rendering(DEPTH, FACE, jnp.ones((2, 4, 3)))
    kept, share = coverage.merged(drawn, 1)
    for got, given in zip(kept, drawn, strict=True):
        np.testing.assert_array_equal(got, given)
    np.testing.assert_array_equal(share, FACE >= 0)
