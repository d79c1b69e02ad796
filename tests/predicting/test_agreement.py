"""A hand agrees with its own depth, less with another place's, never with none."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.batch import FAR
from handjax.geometry import cameras, spheres
from handjax.predicting.agreement import agreement

CAMERA = cameras.orthographic_crop(300.0, 64)

judge = jax.jit(agreement)


@pytest.fixture(scope="module")
def own(hand, joints):
    middle = np.asarray(hand[0].centres).mean(axis=0)
    x, y = cameras.orthographic_axes(CAMERA, 64, 64)
    c, r = hand[0].centres - middle, hand[0].radii
    return spheres.ray_cast(x, y, c, r, FAR), c, r, jnp.asarray(joints - middle)


def test_a_hand_agrees_with_its_own_depth(own):
    D, c, r, x = own
    assert judge(D, CAMERA, c, r, x) == pytest.approx(1.0)


def test_it_agrees_less_the_farther_it_is_moved(own):
    D, c, r, x = own
    shifts = jnp.array([[0.0, 0.0, 0.0], [20.0, 0.0, 0.0], [60.0, 0.0, 0.0]])
    each = [float(judge(D, CAMERA, c + by, r, x + by)) for by in shifts]
    assert each[0] > each[1] + 0.05
    assert each[1] > each[2] + 0.05


def test_an_arm_behind_the_wrist_costs_nothing(own):
    D, c, r, x = own
    wrist = x[0]
    u, v = np.asarray(cameras.project(CAMERA, wrist)).round().astype(int)
    outwards = np.asarray(x[jnp.array([5, 9, 13, 17])].mean(axis=0) - wrist)
    for k in range(12, 26):  # pixels behind the wrist, away from the knuckles
        step = -outwards[:2] / np.linalg.norm(outwards[:2]) * k
        place = np.round([v + step[1], u + step[0]]).astype(int)
        if (place >= 0).all() and (place < 64).all():
            D = D.at[tuple(place)].set(wrist[2])
    assert judge(D, CAMERA, c, r, x) == pytest.approx(1.0)


def test_with_nothing_there_is_no_agreement(own):
    D, c, r, x = own
    nothing = jnp.full(D.shape, FAR)
    assert judge(nothing, CAMERA, c, r, x) == 0.0
    assert judge(D, CAMERA, c + 1000.0, r, x + 1000.0) == 0.0
