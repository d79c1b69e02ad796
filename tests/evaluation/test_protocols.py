"""What is counted, and that names and arrays agree."""

import jax.numpy as jnp
import numpy as np
import pytest

from handjax.batch import Labels
from handjax.data.real.names import reader
from handjax.evaluation.joint_sets import SCORED, SURFACES, from_keypoints, scored
from handjax.evaluation.protocols import (
    ALIGNED,
    JOINT_SETS,
    PROTOCOLS,
    true_joints,
)
from handjax.hands import spheres
from handjax.hands.skeleton import DATASETS, KEYPOINTS, NYU14_OF_36, to_dataset

NYU_FINGERS = ("F1", "F2", "F3", "F4", "TH")
OF_LABELS = {
    "nyu14": 14,
    "nyu14_denoised": 14,
    "centres41": 41,
    "keypoints21": 21,
    "given21": 21,
    "keypoints21_refined": 21,
    "given21_refined": 21,
    "laid21": 21,
}
REAL = [name for name, protocol in PROTOCOLS.items() if protocol.title]


def test_tips_are_the_outermost_joints_of_the_five_fingers():
    tips = {
        name: [joint_set.names[tip] for tip in joint_set.tips]
        for name, joint_set in JOINT_SETS.items()
    }
    assert all(tip.endswith("_distal_far") for tip in tips.pop("centres41"))
    for name in ("nyu14", "nyu14_denoised", "nyu12"):
        assert tips.pop(name) == [f"{finger}_KNU3_A" for finger in NYU_FINGERS]
    for names in tips.values():
        assert len(names) == 5
        assert all(tip.endswith("_tip") for tip in names)


def test_every_set_of_a_protocol_exists():
    known = {*JOINT_SETS, *SURFACES}
    assert all(set(one.sets) <= known for one in PROTOCOLS.values())
    assert all(one.align in ALIGNED for one in PROTOCOLS.values())


def test_a_surface_is_true_as_sampled_and_as_refined_where_it_is_known():
    vertices = jnp.ones((2, 5, 3))
    found = true_joints(
        Labels(vertices=vertices, vertices_valid=jnp.array([True, False]))
    )
    assert set(found) == set(SURFACES)
    for truth in found.values():
        np.testing.assert_array_equal(truth.joints, vertices)
        np.testing.assert_array_equal(truth.valid, [[True] * 5, [False] * 5])


def test_true_joints_are_as_many_as_their_names_and_nyu_takes_named_spheres():
    centres = jnp.arange(2 * 41 * 3, dtype=jnp.float32).reshape(2, 41, 3)
    found = true_joints(Labels(joints=jnp.zeros((2, 21, 3)), centres=centres))
    assert {name: truth.joints.shape[1] for name, truth in found.items()} == OF_LABELS
    assert all(len(JOINT_SETS[name].names) == n for name, n in OF_LABELS.items())
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


def test_a_datasets_own_joints_are_scored_as_its_protocol_says():
    own = jnp.arange(36 * 3, dtype=jnp.float32).reshape(1, 36, 3)
    found = true_joints(Labels(own=own), "nyu36")
    assert found.keys() == {"nyu14", "nyu14_denoised"}
    np.testing.assert_array_equal(found["nyu14"].joints, own[:, list(NYU14_OF_36)])
    assert true_joints(Labels(own=own)) == {}


@pytest.mark.parametrize("array", [np.asarray, jnp.asarray])
def test_stb_is_scored_at_the_wrist_twice_as_far_as_its_palm(array):
    joints = np.zeros((1, 21, 3), np.float32)
    ring = DATASETS["stb"].joints.index("ring_mcp")
    joints[0, ring], joints[0, 0] = (10.0, 0.0, 600.0), (10.0, 40.0, 610.0)
    valid = np.ones((1, 21), bool)
    moved, known = scored("stb", array(joints), array(valid))
    np.testing.assert_allclose(moved[0, 0], [10.0, 80.0, 620.0])
    np.testing.assert_array_equal(moved[0, 1:], joints[0, 1:])
    valid[0, ring] = False
    assert not scored("stb", array(joints), array(valid))[1][0, 0]
    assert known.all()


def test_key_points_are_scored_in_every_datasets_order():
    keypoints = np.random.default_rng(0).normal(size=(2, 21, 3)).astype(np.float32)
    for name in ("msra15", "rhd", "freihand", "ho3d", "dexter_object"):
        found = from_keypoints(name, jnp.asarray(keypoints))
        wanted = [to_dataset(name, jnp.asarray(one))[0] for one in keypoints]
        np.testing.assert_allclose(found, np.stack(wanted))
    wrist = from_keypoints("stb", jnp.asarray(keypoints))[:, 0]
    np.testing.assert_allclose(wrist, keypoints[:, 0], atol=1e-6)


def test_icvls_palm_is_stood_in_for_halfway_from_wrist_to_middle_knuckle():
    keypoints = np.random.default_rng(0).normal(size=(1, 21, 3)).astype(np.float32)
    palm = from_keypoints("icvl", jnp.asarray(keypoints))[0, 0]
    middle = KEYPOINTS.index("middle_mcp")
    np.testing.assert_allclose(palm, (keypoints[0, 0] + keypoints[0, middle]) / 2)


def test_subsets_follow_one_another_and_fill_the_test_set():
    for name in REAL:
        ends = [0]
        for subset in PROTOCOLS[name].subsets:
            assert subset.first == ends[-1] < subset.last
            ends.append(subset.last)
        assert ends[-1] in (0, PROTOCOLS[name].frames)


def test_the_numbers_of_the_field():
    # Source: the public evaluations of NYU, ICVL and MSRA15.
    nyu, icvl, msra = (PROTOCOLS[name] for name in ("nyu", "icvl", "msra15"))
    assert [len(JOINT_SETS[name].names) for name in nyu.sets] == [14, 12]
    assert [subset[1:] for subset in nyu.subsets] == [
        (0, 2440, 300.0),
        (2440, 8252, 250.0),
    ]
    assert [s.last - s.first for s in icvl.subsets] == [702, 894]
    assert msra.frames == 76375
    assert [subset.cube for subset in msra.subsets][::4] == [200.0, 180.0, 150.0]
    assert nyu.camera is not None
    assert nyu.camera.focal == (588.03, 587.07)


def test_the_twelve_joints_leave_out_the_wrists_two():
    nyu12 = JOINT_SETS["nyu12"]
    whole = JOINT_SETS["nyu14"].names
    assert tuple(whole[row] for row in nyu12.rows) == nyu12.names
    assert set(whole) - set(nyu12.names) == {"PALM_1", "PALM_2"}


def test_bones_join_joints_of_their_set_into_one_tree():
    for name in REAL:
        joints = PROTOCOLS[name].joints
        if name == "dexter_object":
            assert joints.bones == ()
            continue
        ends = {end for bone in joints.bones for end in bone}
        assert ends == set(range(len(joints.names)))
        assert len(joints.bones) == len(joints.names) - 1


def test_what_holds_a_hand_when_it_is_aligned_is_its_wrist_and_middle_finger():
    for name in ("stb", "rhd", "freihand"):
        protocol = PROTOCOLS[name]
        names = protocol.joints.names
        assert names[protocol.root] == "wrist"
        bone = [names[end] for end in protocol.bone]
        assert bone == ["middle_mcp", "middle_pip"]


def test_readers_know_the_splits_that_are_tested_on():
    for name in REAL:
        about, protocol = reader(name).ABOUT, PROTOCOLS[name]
        assert about.frames.keys() >= set(protocol.splits)
        assert protocol.sets[0] == SCORED.get(about.joints, about.joints)
        if protocol.frames:
            frames = sum(about.frames[split] for split in protocol.tested())
            assert frames in (protocol.frames, 0) or name == "msra15"


def test_one_split_is_tested_unless_subsets_are_splits():
    assert PROTOCOLS["nyu"].tested("subject 1") == ("test",)
    assert PROTOCOLS["dexycb"].tested() == ("s0_test",)
    assert PROTOCOLS["dexycb"].tested("s3_test") == ("s3_test",)
    assert PROTOCOLS["stb"].tested("B1Random") == ("test",)
    assert PROTOCOLS["msra15"].tested() == tuple(f"P{k}" for k in range(9))
    assert PROTOCOLS["msra15"].tested("P3") == ("P3",)
