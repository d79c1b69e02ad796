"""Anybody's joints lie where the stored picture shows them."""

import numpy as np
import pytest

from handjax.data.real import records
from handjax.evaluation.joint_sets import JOINT_SETS
from handjax.evaluation.protocols import PROTOCOLS
from handjax.visualize import overlays_sheet
from handjax.visualize.overlays import colours_of, parents_of
from tests.data.real import toy

SETS = [one.sets[0] for one in PROTOCOLS.values() if one.title]


@pytest.mark.parametrize("name", SETS)
def test_bones_lead_away_from_one_joint(name):
    parents, names = parents_of(name), JOINT_SETS[name].names
    if name == "dexter_object":
        assert parents == [-1] * 5
        return
    assert parents.count(-1) == 1
    assert names[parents.index(-1)] in ("wrist", "palm", "PALM_3")
    for tip in JOINT_SETS[name].tips:
        assert tip not in parents


@pytest.mark.parametrize("name", SETS)
def test_fingers_have_five_colours_and_the_palm_none_of_them(name):
    tips = [tuple(colour) for colour in colours_of(name)[list(JOINT_SETS[name].tips)]]
    assert len(set(tips)) == 5
    grey = np.ptp(colours_of(name).astype(int), axis=1) < 20
    palm = [
        n.split("_")[0] in ("wrist", "palm", "PALM") for n in JOINT_SETS[name].names
    ]
    assert grey.tolist() == palm


@pytest.mark.parametrize("right", [True, False])
def test_a_joint_is_drawn_where_the_camera_saw_it(right):
    """At the ball of the toy's picture, which is nowhere near its middle."""
    about, frame = toy.ABOUT, toy.frame(right=right)
    record = records.make(frame, about, 0)
    joints = np.full((1, 21, 3), np.nan)
    # The ball's middle is at pixel (30, 20), 480 mm away.
    joints[0, 4] = (*((np.array([30.0, 20.0]) - toy.CENTRE) / toy.FOCAL * 480.0), 480.0)
    sheet = overlays_sheet([record, record], {"a": joints.repeat(2, 0)}, "freihand")
    height = 256 + 24
    plain, drawn = (sheet[6 + k * height :][:256, 6:262].astype(int) for k in range(2))
    marked = np.argwhere(np.abs(plain - drawn).max(axis=-1) > 40)
    ball = np.argwhere(plain.min(axis=-1) < 200)
    assert len(marked) > 20
    np.testing.assert_allclose(marked.mean(axis=0), ball.mean(axis=0), atol=8.0)


def test_a_hand_that_nobody_predicts_is_drawn_alone():
    record = records.make(toy.frame(), toy.ABOUT, 0)
    nothing = np.full((1, 21, 3), np.nan)
    sheet = overlays_sheet([record], {"a": nothing, "b": nothing}, "freihand")
    assert sheet.shape[0] > 2 * 256
    assert sheet.shape[1] > 2 * 256
