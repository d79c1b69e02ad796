"""Each slider moves what its name says, and nothing else."""

import numpy as np
import pytest

from handjax.hands.skeleton import FINGERS, KEYPOINTS, POSED
from handjax.viewing import sliders, state


@pytest.fixture(scope="module")
def made(template):
    return sliders.of(template, np.array([state.PLACE]))


@pytest.fixture
def some(open_hand):
    return open_hand


def find(made, folder, label):
    return next(s for s in made if s.folder == folder and s.label.startswith(label))


def test_every_slider_reads_what_it_moved(made, some):
    for slider in made:
        for value in (slider.low, slider.high, 0.5 * (slider.low + slider.high)):
            moved = slider.move(some, value)
            assert slider.read(moved) == pytest.approx(value, abs=1e-6), slider.label
            assert slider.shown(moved) == pytest.approx(value, abs=slider.step)


def test_moving_a_slider_leaves_the_hand_it_was_given_alone(made, some):
    before = [leaf.copy() for leaf in some[:3]]
    for slider in made:
        slider.move(some, slider.high)
    for leaf, was in zip(some, before, strict=False):
        np.testing.assert_array_equal(leaf, was)


def test_every_label_has_a_unit_and_no_two_of_a_folder_are_alike(made):
    assert all(s.label.endswith((", °", ", mm", ", σ", ", %")) for s in made)
    names = [(s.folder, s.label) for s in made]
    assert len(set(names)) == len(names)


def test_joints_that_cannot_turn_have_no_slider(made, template):
    movable = np.asarray(template.limits[..., 1] > template.limits[..., 0])[1:].sum()
    fingers = [s for s in made if "finger" in s.folder or s.folder == "Thumb"]
    compound = [
        s for s in fingers if s.label.endswith("%") or s.folder == "All fingers"
    ]
    assert len(fingers) - len(compound) == movable
    assert not any("PIP spread" in s.label for s in made)


def test_flexion_closes_each_finger(made, template, stage):
    still = state.rest(template)
    for finger in FINGERS[1:]:
        folder = f"{finger.capitalize()} finger"
        moved = find(made, folder, "flexion").move(still, 90.0)
        changed = np.unique(np.nonzero(moved.angles != still.angles)[0])
        assert {POSED[k].split("_")[0] for k in changed} == {finger}
        tip, wrist = (KEYPOINTS.index(n) for n in (f"{finger}_tip", "wrist"))
        far, near = (
            np.linalg.norm(hand.joints[tip] - hand.joints[wrist])
            for hand in (stage(still), stage(moved))
        )
        assert near < 0.75 * far


def test_spread_carries_the_fingers_apart(made, template, stage):
    still = state.rest(template)
    moved = find(made, "All fingers", "spread").move(still, 20.0)
    tips = [KEYPOINTS.index(f"{f}_tip") for f in ("index", "little")]
    apart = [
        np.linalg.norm(np.subtract(*hand.joints[tips]))
        for hand in (stage(still), stage(moved))
    ]
    assert apart[1] > apart[0] + 20.0


def test_x_is_that_of_the_hand_as_it_stands_on_either_side(made, some, stage):
    slider = find(made, "Whole hand", "x right")
    for side in ("right", "left"):
        moved = slider.move(some._replace(side=side), 42.0)
        assert stage(moved).joints[0, 0] == pytest.approx(42.0, abs=1e-3)


def test_shape_components_have_the_names_that_they_were_made_by(made, template):
    labels = [s.label for s in made if s.folder == "Shape"]
    assert len(labels) == len(template.shape_joints)
    assert labels[:2] == ["size, σ", "finger length, σ"]


def test_a_number_is_news_only_if_the_slider_would_show_another(made, some):
    slider = find(made, "Index finger", "MCP flexion")
    shown = slider.shown(some)
    assert not slider.differs(some, shown)
    assert slider.differs(some, shown + 1.0)
