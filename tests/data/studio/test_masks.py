"""Which pixels of captured frames show the hand, against the spheres of the truth."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.batch import FAR
from handjax.data import studio
from handjax.data.studio import frames
from handjax.geometry import cameras, transforms

FRAMES = 6


@pytest.fixture(scope="module")
def held_out(cache):
    """The first test frames of C with masks, as the first camera sees them."""
    frames.load("C", "test", "test")
    test = studio.test_frames("C", "test", FRAMES, masks=True)
    return test.source.sample(jax.random.key(0), test.part(0))


def beyond(batch, frame):
    """How far each pixel's point is from the nearest sphere, mm; which pixels exist."""
    views = jax.tree.map(lambda leaf: leaf[frame, 0], batch.views)
    v, u = jnp.mgrid[: views.depth.shape[0], : views.depth.shape[1]]
    uv = jnp.stack([u, v], axis=-1).reshape(-1, 2).astype(jnp.float32)
    points = cameras.unproject(views.camera, uv, views.depth.ravel())
    place = transforms.compose(views.crop_from_camera, views.camera_from_world)
    centres = transforms.apply(place, batch.labels.centres[frame])
    away = np.linalg.norm(np.asarray(points)[:, None] - np.asarray(centres), axis=-1)
    return np.min(away - np.asarray(batch.labels.radii[frame]), axis=-1)


def test_what_is_masked_was_seen(held_out):
    views = held_out.views
    assert not np.any(views.mask & (views.depth >= FAR))
    share = views.mask.sum((-1, -2)) / (views.depth < FAR).sum((-1, -2))
    assert np.all((share > 0.3) & (share <= 1.0))


def test_pixels_of_the_mask_lie_on_spheres_of_the_hand(held_out):
    for frame in range(FRAMES):
        mask = np.asarray(held_out.views.mask[frame, 0]).ravel()
        assert np.quantile(beyond(held_out, frame)[mask], 0.95) < 12.0


def test_the_arm_and_the_hand_part_at_the_wrist(held_out):
    away = np.stack([beyond(held_out, frame) for frame in range(FRAMES)])
    seen = np.asarray(held_out.views.depth < FAR).reshape(FRAMES, -1)
    mask = np.asarray(held_out.views.mask).reshape(FRAMES, -1)
    fingers = seen & (away < 2.0)
    arm = seen & (away > 30.0)
    assert arm.sum() > 100
    assert mask[arm].mean() < 0.02
    assert mask[fingers].mean() > 0.9
