"""Labels are hands before the camera; rows that say nothing are counted."""

import numpy as np
import pytest

from handjax.evaluation.mistakes import Case
from handjax.evaluation.mistakes.labels import check_labels
from handjax.evaluation.mistakes.rows import find_idle, find_repeated
from handjax.evaluation.predictions import FileError, Reading, from_camera
from handjax.evaluation.protocols import PROTOCOLS

NYU, RHD, TIPS = (PROTOCOLS[name] for name in ("nyu", "rhd", "dexter_object"))
RNG = np.random.default_rng(0)
TRUTH = RNG.uniform(-60.0, 60.0, (40, 14, 3)) + np.array([-30.0, 20.0, 700.0])
FILE = from_camera(TRUTH, "uvd", NYU.camera)
# Where its pixels, if they were mm, would be in the picture too.
AWAY = from_camera(TRUTH + np.array([-100.0, -80.0, 300.0]), "uvd", NYU.camera)
UVD, XYZ = Reading("uvd"), Reading("xyz")


def test_labels_of_hands_pass_in_every_form():
    check_labels(FILE, UVD, NYU)
    check_labels(TRUTH, XYZ, NYU)
    check_labels(TRUTH, XYZ, RHD)
    check_labels(TRUTH / 1000.0, Reading("xyz", 1000.0), RHD)
    some = np.where(RNG.random((40, 14, 1)) < 0.3, np.nan, FILE)
    check_labels(some, UVD, NYU)
    check_labels(np.full((3, 14, 3), np.nan), UVD, NYU)
    # Tips may touch.
    check_labels(TRUTH[:, :1] + RNG.normal(0.0, 5.0, (40, 5, 3)), XYZ, TIPS)


@pytest.mark.parametrize(
    ("numbers", "reading", "protocol", "said", "mend"),
    [
        (TRUTH, UVD, NYU, "outside", "--labels-format xyz"),
        (FILE, XYZ, NYU, "outside", "--labels-format uvd"),
        (AWAY, XYZ, NYU, "only pixels", "--labels-format uvd"),
        (FILE * [1, 1, 1e-3], UVD, NYU, "a depth of 0.69", "--labels-unit m"),
        (TRUTH / 1000.0, UVD, NYU, "0.69", "--labels-format xyz --labels-unit m"),
        (TRUTH / 1000.0, XYZ, RHD, "a depth of 0.69", "--labels-unit m"),
        (TRUTH / 10.0, XYZ, RHD, "a depth of 69", "--labels-unit cm"),
        (TRUTH * [1, 1, -1], XYZ, RHD, "a depth of -", "--labels-flip z"),
        (TRUTH - [0, 0, 700], XYZ, RHD, "a depth of", "in the camera's frame"),
        (TRUTH * [5, 5, 1], XYZ, RHD, "hands that span", "in the camera's frame"),
    ],
)
def test_labels_that_are_none_are_refused_with_what_they_are(
    numbers, reading, protocol, said, mend
):
    with pytest.raises(FileError, match="if read with") as refused:
        check_labels(numbers, reading, protocol)
    assert said in str(refused.value)
    assert mend in str(refused.value)


def test_rows_of_zeros_and_rows_that_come_again_are_counted():
    assert find_repeated(TRUTH) == []
    rows = TRUTH.copy()
    rows[3] = rows[7] = 0.0
    rows[5] = rows[6] = rows[20]
    zero, twice = find_repeated(rows)
    assert zero.cause == "has 2 rows that are all 0"
    assert twice.cause == "has 2 rows that are the same as another"
    assert [zero.certain, twice.certain] == [False, False]


def test_who_errs_more_than_the_mean_hand_is_told():
    truth = np.tile(TRUTH, (3, 1, 1)) + RNG.normal(0.0, 10.0, (120, 1, 1))
    valid = np.ones(truth.shape[:2], bool)
    for noise, wanted in ((1.0, 0), (80.0, 1)):
        numbers = truth + RNG.normal(0.0, noise, truth.shape)
        found = find_idle(Case(numbers, truth, valid, RHD, "none"), XYZ)
        assert len(found) == wanted


def test_of_few_frames_nobody_is_held_against_their_mean_hand():
    numbers = TRUTH + RNG.normal(0.0, 80.0, TRUTH.shape)
    valid = np.ones(TRUTH.shape[:2], bool)
    assert find_idle(Case(numbers, TRUTH, valid, RHD, "none"), XYZ) == []
