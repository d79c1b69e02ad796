"""What the released weights know of the studio's subject A."""

import numpy as np
import pytest

from handjax import weights
from handjax.data.studio.subjects import load_subject
from handjax.hands.skeleton import JOINT_PARENTS
from handjax.hands.template import load_template


@pytest.fixture(scope="module")
def released():
    return weights.from_release("deep_hand_mesh")


def test_bones_have_the_subjects_lengths(released):
    template = load_template(released.config.template)
    true, usual = (
        np.asarray(hand.joints)
        for hand in (load_subject(released.config.studio.subject), template)
    )
    changed = np.asarray(released.params["decoder"]["constants"]["skeleton"])
    parents = np.array(JOINT_PARENTS)[1:]
    found = usual[1:] - usual[parents] + changed[1:]
    lengths = np.linalg.norm(true[1:] - true[parents], axis=-1)
    away, before = (
        np.abs(np.linalg.norm(bones, axis=-1) - lengths).mean()
        for bones in (found, usual[1:] - usual[parents])
    )
    # 0.6 mm on average, 4.7 of the template's.
    assert away < 0.8
    assert before > 3.0


def test_the_identity_is_constants(released):
    """Three numbers a joint and a vertex, see [moon2020] Sec. 5."""
    constants = released.params["decoder"]["constants"]
    vertices = len(load_template(released.config.template).vertices)
    assert constants["skeleton"].shape == (22, 3)
    assert constants["vertices"].shape == (vertices, 3)
    assert set(released.params["decoder"]) == {"constants", "pose"}
