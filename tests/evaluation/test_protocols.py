"""What is counted, and that names and arrays agree."""

import jax.numpy as jnp
import numpy as np

from handjax.batch import Labels
from handjax.evaluation.protocols import JOINT_SETS, PROTOCOLS, true_joints
from handjax.hands import spheres

NYU_FINGERS = ("F1", "F2", "F3", "F4", "TH")


def test_tips_are_the_outermost_joints_of_the_five_fingers():
    tips = {
        name: [joint_set.names[tip] for tip in joint_set.tips]
        for name, joint_set in JOINT_SETS.items()
    }
    assert all(tip.endswith("_distal_far") for tip in tips["centres41"])
    assert tips["nyu14"] == [f"{finger}_KNU3_A" for finger in NYU_FINGERS]
    assert all(tip.endswith("_tip") for tip in tips["keypoints21"])


def test_every_set_of_a_protocol_exists():
    assert all(set(one.sets) <= JOINT_SETS.keys() for one in PROTOCOLS.values())


def test_true_joints_are_as_many_as_their_names_and_nyu_takes_named_spheres():
    centres = jnp.arange(2 * 41 * 3, dtype=jnp.float32).reshape(2, 41, 3)
    found = true_joints(Labels(joints=jnp.zeros((2, 21, 3)), centres=centres))
    assert {name: truth.joints.shape[1] for name, truth in found.items()} == {
        name: len(joint_set.names) for name, joint_set in JOINT_SETS.items()
    }
    # F4 is NYU's index finger, KNU3_A its tip.
    place = JOINT_SETS["nyu14"].names.index("F4_KNU3_A")
    sphere = spheres.NAMES.index("index_distal_far")
    np.testing.assert_array_equal(found["nyu14"].joints[:, place], centres[:, sphere])


def test_joints_that_a_source_does_not_label_are_not_valid():
    valid = jnp.arange(21) < 20
    labels = Labels(joints=jnp.zeros((1, 21, 3)), joints_valid=valid[None])
    np.testing.assert_array_equal(true_joints(labels)["keypoints21"].valid, valid[None])
    assert true_joints(labels._replace(joints_valid=None))["keypoints21"].valid.all()


def test_sets_without_labels_are_not_there():
    assert true_joints(Labels()) == {}
    protocol = PROTOCOLS["synthetic"]
    assert protocol.counted({"keypoints21": 0, "nyu14": 0}) == ["nyu14", "keypoints21"]
