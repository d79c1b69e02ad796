"""A search finds the hand, the same each time and in the mirror."""

import os
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax import fitting
from handjax.fitting import energy
from handjax.geometry import transforms
from handjax.hands import spheres

# A folder with NYU's first test frame and labels, for whoever has them.
REAL = Path(os.environ.get("HANDJAX_REAL", "nowhere"))


def error(hand, truth):
    difference = spheres.nyu14(hand.centres) - spheres.nyu14(truth.centres)
    return float(jnp.linalg.norm(difference, axis=-1).mean())


def test_an_open_hand_is_found_from_depth_alone(found, truth):
    assert error(found.hand, truth) < 12.0
    assert found.energy == pytest.approx(
        sum(energy.WEIGHTS[name] * value for name, value in found.terms.items()),
        rel=1e-3,
    )


def test_transforms_take_the_resting_joints_to_the_camera(found, template):
    R = found.hand.transforms[:, :3, :3]
    eye = jnp.broadcast_to(jnp.eye(3), R.shape)
    np.testing.assert_allclose(R @ R.transpose(0, 2, 1), eye, atol=1e-3)
    posed = template.joints[: len(R)]
    posed = jax.vmap(transforms.apply)(found.hand.transforms, posed)
    # The fitted hand is not of the mean shape.
    gap = jnp.linalg.norm(posed - found.hand.joints[: len(R)], axis=-1)
    assert gap.max() < 40.0


def test_the_same_seed_finds_the_same_hand(found, template, depth, camera, schedule):
    again = fitting.fit(template, depth, camera, seed=0, schedule=schedule)
    np.testing.assert_array_equal(again.hand.joints, found.hand.joints)


def test_a_left_hand_is_the_right_one_in_the_mirror(
    found, template, depth, camera, schedule
):
    width = depth.shape[1]
    mirrored = camera._replace(centre=jnp.array([width - 1 - 80.0, 60.0]))
    left = fitting.fit(
        template, depth[:, ::-1], mirrored, seed=0, left=True, schedule=schedule
    )
    flip = jnp.array([-1.0, 1.0, 1.0])
    np.testing.assert_allclose(left.hand.joints, found.hand.joints * flip, atol=1.0)


def test_an_empty_frame_is_refused(template, camera):
    with pytest.raises(fitting.FrameError):
        fitting.fit(template, np.zeros((120, 160)), camera)


@pytest.mark.skipif(not REAL.is_dir(), reason="HANDJAX_REAL names no folder")
def test_a_real_hand_is_found(template):
    depth = fitting.read_depth(REAL / "nyu" / "depth_1_0000001.png")
    u, v, d = (
        np.loadtxt(REAL / "nyu" / "nyu_test_groundtruth_label.txt")[0].reshape(14, 3).T
    )
    camera = fitting.parse_camera("nyu")
    f, c = np.asarray(camera.focal), np.asarray(camera.centre)
    truth = np.stack([(u - c[0]) * d / f[0], (v - c[1]) * d / f[1], d], axis=-1)
    found = fitting.fit(template, depth, camera)
    wrong = np.linalg.norm(spheres.nyu14(found.hand.centres) - truth, axis=-1)
    assert wrong.mean() < 14.0
