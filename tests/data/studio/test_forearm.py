"""The arm: closed, as long as an arm, without a gap however the wrist bends."""

import jax.numpy as jnp
import numpy as np
import pytest

from handjax.data.studio.forearm import AROUND, LENGTH, pose_forearm
from handjax.data.studio.subjects import SUBJECTS, load_subject
from handjax.geometry import rotations
from handjax.geometry.meshes import edges, volume

EVERYBODY = pytest.mark.parametrize("name", SUBJECTS)
SLEEVES = {"A": True, "B": False, "C": False, "D": True}


def breadth(vertices, y, *, within=5.0):
    """Width and depth of an arm at a distance from the wrist, mm."""
    near = np.abs(vertices[:, 1] - y) < within
    return np.ptp(vertices[near], axis=0)[[0, 2]]


@EVERYBODY
def test_the_arm_is_one_closed_surface_of_one_to_three_thousand_vertices(name):
    subject = load_subject(name)
    vertices, faces = subject.forearm_vertices, subject.forearm_faces
    assert 1000 <= len(vertices) <= 3000
    pairs = np.sort(np.asarray(faces)[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), -1)
    assert np.all(np.unique(pairs, axis=0, return_counts=True)[1] == 2)
    assert len(vertices) - len(edges(faces)) + len(faces) == 2
    assert volume(vertices, faces) > 3e5


@EVERYBODY
def test_the_arm_goes_260_mm_from_the_wrist_and_swells(name):
    vertices = np.asarray(load_subject(name).forearm_vertices)
    assert LENGTH <= vertices[:, 1].max() < LENGTH + 20.0
    assert np.all(breadth(vertices, 180.0) > 1.2 * breadth(vertices, 5.0))


@EVERYBODY
def test_sleeves_begin_25_to_50_mm_from_the_wrist_after_bare_skin(name):
    subject = load_subject(name)
    cloth = np.asarray(subject.forearm_cloth) > 0.5
    assert cloth.any() == SLEEVES[name]
    if cloth.any():
        begin = subject.forearm_vertices[cloth, 1].min()
        assert 25.0 < begin < 50.0
        skin = breadth(np.asarray(subject.forearm_vertices)[~cloth], begin - 6.0)
        assert np.all(breadth(subject.forearm_vertices[cloth], begin + 10.0) > skin + 6)


@EVERYBODY
@pytest.mark.parametrize("shape", [True, False])
@pytest.mark.parametrize("axis", [(1.0, 0.0, 0.0), (-1.0, 0.0, 0.0), (0.7, 0.0, 0.7)])
def test_the_bent_arm_s_end_stays_in_the_hand(name, shape, axis):
    subject = load_subject(name, shape=shape)
    bend = rotations.matrix_from_axis_angle(jnp.deg2rad(60.0) * jnp.array(axis))
    arm = np.asarray(pose_forearm(subject, bend, jnp.zeros(3)))
    # The pole of the arm's ball.
    pole = arm[-2]
    hand = np.asarray(subject.vertices)
    ahead = np.abs(hand[:, 1] - pole[1]) < 3.0
    low, high = hand[ahead].min(0), hand[ahead].max(0)
    assert np.all(pole > low - 3.0)
    assert np.all(pole < high + 3.0)


@EVERYBODY
def test_the_straight_arm_takes_up_where_the_hand_ends(name):
    subject = load_subject(name)
    # Past the thumb's ball.
    hand = breadth(np.asarray(subject.vertices), 3.0, within=1.5)
    arm = breadth(np.asarray(subject.forearm_vertices), 3.0)
    assert np.all(np.abs(arm - hand) < 0.08 * hand)


def test_the_arm_is_turned_about_the_wrist():
    subject = load_subject("B")
    R = rotations.matrix_from_axis_angle(jnp.array([0.0, 0.0, 0.5 * jnp.pi]))
    wrist = jnp.array([10.0, 20.0, 600.0])
    far = pose_forearm(subject, R, wrist)[-1]
    # A quarter turn about z takes +y, along the arm, to -x.
    assert far[0] < wrist[0] - LENGTH
    assert len(subject.forearm_vertices) % AROUND == 2
