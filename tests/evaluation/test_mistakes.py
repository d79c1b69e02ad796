"""Mistakes are named, with the option that mends them; honest files have none."""

import numpy as np
import pytest

from handjax.evaluation.mistakes import Case, diagnose
from handjax.evaluation.mistakes.order import best_order, costs
from handjax.evaluation.predictions import Reading, from_camera, to_camera
from handjax.evaluation.protocols import PROTOCOLS

FRAMES = 240
PROTOCOL = PROTOCOLS["icvl"]
CAMERA = PROTOCOL.camera
RNG = np.random.default_rng(0)
UVD, XYZ = Reading("uvd"), Reading("xyz")


def hands(joints):
    """A hand of `joints` joints that moves and bends smoothly, mm."""
    t = np.linspace(0.0, 12.0, FRAMES)[:, None, None]
    rest = RNG.uniform(-70.0, 70.0, (joints, 3))
    bend = 15.0 * np.sin(t + RNG.uniform(0, 6, (joints, 3)))
    way = np.concatenate([60 * np.sin(t), 90 * np.cos(t / 2), 30 * np.sin(t / 3)], -1)
    return rest + bend + way + [80.0, 60.0, 400.0]


TRUTH = hands(16)
XYZ_FILE = TRUTH + RNG.normal(0.0, 5.0, TRUTH.shape)
UVD_FILE = from_camera(XYZ_FILE, "uvd", CAMERA)
ORDER = (4, 14, 0, 2, 5, 7, 10, 6, 13, 11, 3, 1, 9, 12, 8, 15)


def find(numbers, reading, dataset="icvl", align=None, truth=TRUTH):
    protocol = PROTOCOLS[dataset]
    valid = np.isfinite(truth).all(axis=-1)
    case = Case(numbers, truth, valid, protocol, align or protocol.align)
    return diagnose(case, reading)


def only(found):
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("noise", [1.0, 5.0, 12.0])
def test_an_honest_file_has_none(noise):
    joints = TRUTH + RNG.normal(0.0, noise, TRUTH.shape)
    assert find(joints, XYZ) == []
    assert find(from_camera(joints, "uvd", CAMERA), UVD) == []


@pytest.mark.parametrize("align", ["root", "scale", "procrustes"])
def test_an_honest_file_has_none_when_it_is_aligned(align):
    assert find(1.3 * XYZ_FILE + [20.0, 30.0, -50.0], XYZ, align=align) == []


def test_a_bad_method_is_not_a_mistake():
    # The mean hand where the hand is, and the same for every joint.
    mean = TRUTH.mean(axis=1, keepdims=True)
    assert find(mean + (TRUTH - mean).mean(axis=0), XYZ) == []
    assert find(np.broadcast_to(mean, TRUTH.shape), XYZ) == []


@pytest.mark.parametrize(
    ("numbers", "reading", "cause", "mend"),
    [
        (UVD_FILE, XYZ, "holds uvd, not xyz", "--format uvd"),
        (XYZ_FILE, UVD, "holds xyz, not uvd", "--format xyz"),
        (XYZ_FILE / 1000, XYZ, "is in m, not mm", "--format xyz --unit m"),
        (XYZ_FILE / 10, XYZ, "is in cm, not mm", "--format xyz --unit cm"),
        (UVD_FILE * [1, 1, 1e-3], UVD, "is in m, not mm", "--format uvd --unit m"),
        (XYZ_FILE, Reading("xyz", 1000.0), "is in mm, not m", "--format xyz"),
        (XYZ_FILE * [1, -1, 1], XYZ, "has y pointing up", "--flip y"),
        (XYZ_FILE * [-1, 1, 1], XYZ, "is mirrored in x", "--flip x"),
        (XYZ_FILE * [1, 1, -1], XYZ, "has z pointing backwards", "--flip z"),
        (XYZ_FILE * [1, -1, -1], XYZ, "as OpenGL does", "--flip yz"),
        (XYZ_FILE, Reading("xyz", flip="y"), "needs no --flip y", "--format xyz"),
        (UVD_FILE * [1, -1, 1] + [0, 240, 0], UVD, "has y pointing up", "--flip y"),
        (UVD_FILE[..., [1, 0, 2]], UVD, "first two numbers exchanged", "--axes yxz"),
        (XYZ_FILE / 1000 * [1, -1, -1], UVD, "holds xyz, not uvd and is in m", "yz"),
    ],
)
def test_numbers_that_mean_something_else_are_recognised(numbers, reading, cause, mend):
    found = only(find(numbers, reading))
    assert found.certain
    assert cause in found.cause
    assert found.mend.endswith(mend)


def test_shuffled_joints_are_recognised_and_their_order_mends_them():
    shuffled = XYZ_FILE[:, ORDER]
    found = only(find(shuffled, XYZ))
    assert found.certain
    assert "has 15 joints in another order" in found.cause
    order = tuple(map(int, found.mend.split("--order ")[1].split(",")))
    assert find(shuffled, XYZ._replace(order=order)) == []
    np.testing.assert_array_equal(
        to_camera(shuffled, Reading("xyz", order=order), None), XYZ_FILE
    )


def test_shuffled_joints_with_y_up_are_recognised_together():
    found = find((XYZ_FILE * [1, -1, 1])[:, ORDER], XYZ)
    mends = found[-1].mend
    assert "--flip y" in mends
    assert "--order" in mends
    assert all(one.certain for one in found)


def test_two_joints_in_each_others_place_are_named():
    found = only(find(XYZ_FILE[:, [1, 0, *range(2, 16)]], XYZ))
    assert "2 joints in another order (palm, thumb_root)" in found.cause
    assert "--order 1,0,2" in found.mend


def test_an_order_that_was_given_in_vain_is_taken_back():
    reading = XYZ._replace(order=(1, 0, *range(2, 16)))
    assert only(find(XYZ_FILE, reading)).mend == "read it with --format xyz"


@pytest.mark.parametrize(("late", "said"), [(1, "1 frame earlier"), (-2, "2 frames l")])
def test_frames_that_are_late_or_early_are_told_but_not_refused(late, said):
    rows = np.clip(np.arange(FRAMES) - late, 0, FRAMES - 1)
    found = only(find(TRUTH[rows] + RNG.normal(0.0, 2.0, TRUTH.shape), XYZ))
    assert said in found.cause
    assert f"--shift {-late}" in found.mend


@pytest.mark.parametrize("late", [1, 3, 12, 20])
def test_an_honest_tracker_that_lags_is_only_warned_however_exact(late):
    rows = np.clip(np.arange(FRAMES) - late, 0, FRAMES - 1)
    found = only(find(TRUTH[rows] + 0.01 * np.sin(TRUTH), XYZ))
    assert not found.certain
    assert f"--shift {-late}" in found.mend


def test_no_shift_is_found_where_nothing_is_labelled():
    truth = np.full_like(TRUTH, np.nan)
    truth[0], truth[-1] = TRUTH[0], TRUTH[-1]
    assert find(XYZ_FILE, XYZ, truth=truth) == []


def test_the_labels_themselves_are_told():
    found = only(find(TRUTH, XYZ))
    assert (found.cause, found.certain) == ("equals the labels", False)


def test_joints_about_a_root_or_within_a_crop_are_refused():
    about = XYZ_FILE - XYZ_FILE.mean(axis=1, keepdims=True)
    assert "about a root" in only(find(about, XYZ)).cause
    assert "as of a crop" in only(find(about / 150, XYZ)).cause
    assert find(about, XYZ, align="root") == []


def test_a_palm_in_the_wrists_place_is_recognised():
    truth = hands(21)
    # The ring finger's knuckle is STB's joint 5; the palm lies between.
    file = truth.copy()
    file[:, 0] = (truth[:, 0] + truth[:, 5]) / 2
    found = find(file + RNG.normal(0.0, 2.0, truth.shape), XYZ, "stb", truth=truth)
    assert "begins with the palm" in found[0].cause
    assert "--palm" in found[0].mend


def test_joints_without_labels_disturb_nothing():
    truth = TRUTH.copy()
    truth[:, 3] = np.nan
    truth[::7] = np.nan
    assert find(XYZ_FILE, XYZ, truth=truth) == []
    found = only(find(XYZ_FILE[:, [0, 2, 1, *range(3, 16)]], XYZ, truth=truth))
    assert "(thumb_root, thumb_mid)" in found.cause


def test_costs_are_mean_distances_and_the_best_order_has_the_least_sum():
    truth = np.array([[[0.0, 0, 0], [10, 0, 0]], [[0, 0, 0], [20, 0, 0]]])
    c = costs(truth[:, ::-1], truth)
    assert c.tolist() == [[15.0, 0.0], [0.0, 15.0]]
    assert best_order(c).tolist() == [1, 0]
