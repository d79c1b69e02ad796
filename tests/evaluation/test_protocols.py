"""What is counted, and that names and arrays agree."""

import jax.numpy as jnp
import numpy as np

from handjax.batch import Labels
from handjax.evaluation.protocols import JOINT_SETS, PROTOCOLS, true_joints
from handjax.hands import spheres


def test_tips_are_the_outermost_joints_of_the_five_fingers():
    tips = {
        name: [joint_set.names[tip] for tip in joint_set.tips]
        for name, joint_set in JOINT_SETS.items()
    }
    for name in ("nyu14", "centres41"):
        assert all(tip.endswith("_distal_far") for tip in tips[name])
        assert len(set(tips[name])) == 5
    assert all(tip.endswith("_tip") for tip in tips["keypoints21"])


def test_every_set_of_a_protocol_exists():
    assert all(set(one.sets) <= JOINT_SETS.keys() for one in PROTOCOLS.values())


def test_true_joints_are_as_many_as_their_names_and_nyu_takes_named_spheres():
    centres = jnp.arange(2 * 41 * 3, dtype=jnp.float32).reshape(2, 41, 3)
    found = true_joints(Labels(joints=jnp.zeros((2, 21, 3)), centres=centres))
    assert {name: joints.shape[1] for name, joints in found.items()} == {
        name: len(joint_set.names) for name, joint_set in JOINT_SETS.items()
    }
    place = JOINT_SETS["nyu14"].names.index("index_distal_far")
    sphere = spheres.NAMES.index("index_distal_far")
    np.testing.assert_array_equal(found["nyu14"][:, place], centres[:, sphere])


def test_sets_without_labels_are_not_there():
    assert true_joints(Labels()) == {}
    protocol = PROTOCOLS["synthetic"]
    assert protocol.counted({"keypoints21": 0, "nyu14": 0}) == ["nyu14", "keypoints21"]
