"""No pixel is wrong: all levels of the hand, four sizes, random scenes, both cameras.

`benchmarks/exactness.py` judges every level at every size.
"""

import jax.numpy as jnp
import numpy as np
import pytest

from handjax.render.rasterize import rasterize
from tests.render.scenes import (
    CAMERAS,
    FAR,
    as_arrays,
    render,
    soup,
    square_cameras,
    turned_hand,
)
from tests.render.verdict import judge

SIZES = {"hand_790": 256, "hand_1000": 128, "hand_1721": 64, "hand_12553": 32}


@pytest.mark.parametrize("kind", ["orthographic", "perspective"])
@pytest.mark.parametrize(("level", "pixels"), SIZES.items())
def test_no_pixel_of_a_hand_is_wrong(level, pixels, kind):
    mesh = turned_hand(level, seed=pixels)
    camera, vertices = as_arrays(square_cameras(pixels)[kind], mesh.vertices)
    size = {"height": pixels, "width": pixels, "far": 900.0}
    picture = rasterize(camera, vertices, jnp.asarray(mesh.faces), cull=True, **size)
    wrong, undecided = judge(camera, mesh.vertices, mesh.faces, 900.0, picture)
    assert wrong.sum() == 0
    assert np.mean(picture.face >= 0) > 0.1
    assert undecided.mean() < 0.02


@CAMERAS
def test_no_pixel_of_a_random_scene_is_wrong_and_what_is_wrong_is_found(camera):
    for seed in range(8):
        mesh = soup(seed)
        vertices = np.float32(mesh.vertices)
        picture = render(*as_arrays(camera, vertices), jnp.asarray(mesh.faces))
        wrong, undecided = judge(camera, vertices, mesh.faces, FAR, picture)
        assert wrong.sum() == 0
        seen = np.asarray(picture.face) >= 0
        nearer = picture._replace(depth=picture.depth - 1.0)
        empty = picture._replace(face=jnp.full_like(picture.face, -1))
        assert judge(camera, vertices, mesh.faces, FAR, nearer).wrong[seen].mean() > 0.9
        lost = judge(camera, vertices, mesh.faces, FAR, empty).wrong
        np.testing.assert_array_equal(lost | undecided, seen | undecided)
