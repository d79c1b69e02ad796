"""Angles by name are what anatomy calls so, from poses and from key points."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.hands import angles
from handjax.hands.angles import NAMES
from handjax.hands.articulate import articulate, keypoints
from handjax.hands.poses import NAMED
from handjax.hands.skeleton import FINGERS, KEYPOINTS
from handjax.hands.template import load_template, mirror

HAND = load_template("hand_790")


@jax.jit
def points(degrees):
    return keypoints(articulate(HAND, angles.pose_of_angles(HAND, degrees, clip=False)))


def one(name, degrees):
    """All angles 0 but one."""
    return jnp.zeros(len(NAMES)).at[NAMES.index(name)].set(degrees)


def bone(joints, name, end):
    x = np.asarray(joints, float)
    d = x[KEYPOINTS.index(end)] - x[KEYPOINTS.index(name)]
    return d / np.linalg.norm(d)


def test_there_are_as_many_angles_as_a_hand_can_move():
    assert len(NAMES) == len(set(NAMES)) == 30
    assert {"thumb_cmc_twist", "index_mcp_abduction", "little_dip_flexion"} <= {*NAMES}
    assert "index_pip_abduction" not in NAMES


@pytest.mark.parametrize("finger", FINGERS[1:])
def test_flexion_closes_towards_the_palm_by_so_many_degrees(finger):
    rest, bent = points(jnp.zeros(30)), points(one(f"{finger}_pip_flexion", 60.0))
    before, after = (bone(x, f"{finger}_pip", f"{finger}_dip") for x in (rest, bent))
    assert np.rad2deg(np.arccos(before @ after)) == pytest.approx(60.0, abs=0.05)
    assert after[2] < before[2] - 0.5  # the palm looks along -z


@pytest.mark.parametrize("finger", FINGERS[1:])
def test_abduction_leads_to_the_thumbs_side(finger):
    rest, moved = points(jnp.zeros(30)), points(one(f"{finger}_mcp_abduction", 10.0))
    before, after = (bone(x, f"{finger}_mcp", f"{finger}_pip") for x in (rest, moved))
    assert np.rad2deg(np.arccos(before @ after)) == pytest.approx(10.0, abs=0.05)
    assert after[0] > before[0] + 0.1


def test_twist_turns_the_pad_to_the_thumbs_side():
    bend = one("index_pip_flexion", 90.0)
    plain, turned = points(bend), points(bend + one("index_mcp_twist", 8.0))
    before, after = (bone(x, "index_pip", "index_dip") for x in (plain, turned))
    # What bends goes where the pad looks.
    assert after[0] > before[0] + 0.1


def test_at_zero_straight_fingers_are_straight_and_side_by_side():
    # The flat hand is so far from it.
    flat = angles.limits(HAND) - angles.limits(HAND, zero="straight")
    joints = points(flat[:, 0])
    for finger in FINGERS[1:]:
        first, second, third = (
            bone(joints, f"{finger}_{a}", f"{finger}_{b}")
            for a, b in (("mcp", "pip"), ("pip", "dip"), ("dip", "tip"))
        )
        np.testing.assert_allclose(first, [0.0, -1.0, 0.0], atol=0.02)
        np.testing.assert_allclose(second, first, atol=0.02)
        np.testing.assert_allclose(third, second, atol=0.02)
    np.testing.assert_allclose(angles.spreads(jnp.zeros(30)), 0.0)


def test_the_flat_hand_is_bent_and_fanned_as_anatomy_has_it():
    pose = angles.pose_of_angles(HAND, jnp.zeros(30))
    found = dict(
        zip(NAMES, angles.angles_of_pose(HAND, pose, zero="straight"), strict=True)
    )
    for name, degrees in (("mcp", 4.0), ("pip", 5.0), ("dip", 4.0)):
        assert found[f"middle_{name}_flexion"] == pytest.approx(degrees, abs=0.1)
    fan = [float(found[f"{f}_mcp_abduction"]) for f in FINGERS[1:]]
    np.testing.assert_allclose(fan, [9.0, 1.0, -5.0, -12.0], atol=0.1)
    every = jnp.stack([found[name] for name in NAMES])
    np.testing.assert_allclose(angles.spreads(every), [8.0, 6.0, 7.0], atol=0.2)


@pytest.mark.parametrize("zero", angles.ZEROS)
def test_angles_come_back_from_a_pose_and_limits_count_from_the_same_zero(zero):
    low, high = np.asarray(angles.limits(HAND, zero=zero)).T
    wanted = low + np.random.default_rng(0).uniform(size=30) * (high - low)
    pose = angles.pose_of_angles(HAND, wanted, zero=zero)
    found = angles.angles_of_pose(HAND, pose, zero=zero)
    np.testing.assert_allclose(found, wanted, atol=0.01)
    beyond = angles.pose_of_angles(HAND, high + 20.0, zero=zero)
    found = angles.angles_of_pose(HAND, beyond, zero=zero)
    np.testing.assert_allclose(found, high, atol=0.05)


def test_key_points_tell_the_angles_of_either_hand():
    every = jnp.rad2deg(jnp.asarray(NAMED["finger spread relaxed"]))
    wanted = every[angles.MOVED, angles.ABOUT]
    joints = np.asarray(points(wanted))
    bends = [k for k, name in enumerate(NAMES) if name[:5] != "thumb" and "x" in name]
    right = angles.angles_of_joints(HAND, joints, noise=0.25)
    left = angles.angles_of_joints(
        mirror(HAND), joints * np.array([-1.0, 1.0, 1.0]), noise=0.25
    )
    for found in (right, left):
        assert found.residual < 0.5
        off = np.abs(found.angles - wanted)[np.array(bends)]
        assert off.mean() < 1.5
    np.testing.assert_allclose(right.angles, left.angles, atol=0.2)


def test_what_zero_may_be_is_said():
    # Types say it first where they are checked.
    with pytest.raises(Exception, match=r"rest.*straight"):
        angles.limits(HAND, zero="flat")
