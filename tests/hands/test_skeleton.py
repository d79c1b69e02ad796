"""Joints by name: the tree, and every dataset's order."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.hands import skeleton
from handjax.hands.skeleton import (
    DATASETS,
    FINGERS,
    JOINT_PARENTS,
    JOINTS,
    KEYPOINT_PARENTS,
    KEYPOINTS,
    POSED,
    TIPS,
    from_dataset,
    to_dataset,
)

COUNTS = {
    "own": 21,
    "nyu36": 36,
    "nyu14": 14,
    "icvl": 16,
    "msra15": 21,
    "stb": 21,
    "rhd": 21,
    "freihand": 21,
    "interhand": 21,
    "mano": 21,
    "mediapipe": 21,
    "dexter_object": 5,
    "ho3d": 21,
    "dexycb": 21,
    "deep_hand_mesh": 21,
}
# Places read off each dataset's own documentation.
PLACES = [
    ("nyu36", 0, "F1_KNU3_A", None),
    ("nyu36", 3, "F1_KNU2_B", "little_pip"),
    ("nyu36", 27, "TH_KNU2_B", "thumb_mcp"),
    ("nyu36", 32, "PALM_3", None),
    ("nyu14", 7, "F4_KNU2_B", "index_pip"),
    ("nyu14", 13, "PALM_3", None),
    ("icvl", 0, "palm", None),
    ("icvl", 3, "thumb_tip", "thumb_tip"),
    ("icvl", 4, "index_root", "index_pip"),
    ("msra15", 4, "index_tip", "index_tip"),
    ("msra15", 17, "thumb_cmc", "thumb_cmc"),
    ("stb", 0, "palm", None),
    ("stb", 1, "little_mcp", "little_mcp"),
    ("stb", 20, "thumb_tip", "thumb_tip"),
    ("rhd", 1, "thumb_tip", "thumb_tip"),
    ("rhd", 8, "index_mcp", "index_mcp"),
    ("freihand", 4, "thumb_tip", "thumb_tip"),
    ("interhand", 0, "r_thumb4", "thumb_tip"),
    ("interhand", 20, "r_wrist", "wrist"),
    ("mano", 1, "index1", "index_mcp"),
    ("mano", 7, "pinky1", "little_mcp"),
    ("mano", 13, "thumb1", "thumb_cmc"),
    ("mano", 16, "thumb_tip", "thumb_tip"),
    ("mediapipe", 17, "PINKY_MCP", "little_mcp"),
    ("dexter_object", 4, "little_tip", "little_tip"),
    ("ho3d", 13, "thumb1", "thumb_cmc"),
    ("ho3d", 20, "pinky_tip", "little_tip"),
    ("dexycb", 2, "thumb_pip", "thumb_mcp"),
    ("dexycb", 17, "little_mcp", "little_mcp"),
    ("deep_hand_mesh", 0, "b_r_thumb_null", "thumb_tip"),
    ("deep_hand_mesh", 7, "b_r_index1", "index_mcp"),
    ("deep_hand_mesh", 20, "b_r_wrist", "wrist"),
]


def test_parents_come_before_their_children():
    for parents in (JOINT_PARENTS, KEYPOINT_PARENTS):
        assert parents[0] == -1
        assert all(0 <= parent < child for child, parent in enumerate(parents) if child)


def test_trees_run_along_the_fingers():
    for finger in FINGERS:
        chain = skeleton.chain(finger)
        for near, far in itertools.pairwise(chain):
            assert JOINTS[JOINT_PARENTS[JOINTS.index(far)]] == near
            assert KEYPOINTS[KEYPOINT_PARENTS[KEYPOINTS.index(far)]] == near


def test_keypoints_are_the_joints_without_the_carpal_one():
    assert set(KEYPOINTS) == set(JOINTS) - {"thumb_carpal"}
    assert tuple(JOINTS[k] for k in skeleton.KEYPOINT_JOINTS) == KEYPOINTS
    assert (*POSED, *TIPS) == JOINTS


def test_every_dataset_has_as_many_joints_as_its_paper_says():
    assert {name: len(dataset.joints) for name, dataset in DATASETS.items()} == COUNTS
    for dataset in DATASETS.values():
        assert len(dataset.keypoints) == len(dataset.joints) == len(set(dataset.joints))


@pytest.mark.parametrize(("name", "place", "joint", "keypoint"), PLACES)
def test_joints_are_called_and_mean_what_the_dataset_says(name, place, joint, keypoint):
    assert DATASETS[name].joints[place] == joint
    assert DATASETS[name].keypoints[place] == keypoint


@pytest.mark.parametrize("name", DATASETS)
def test_there_and_back_keeps_every_joint_that_is_a_key_point(name):
    keypoints = jax.random.normal(jax.random.key(0), (21, 3))
    joints, given = to_dataset(name, keypoints)
    back, valid = from_dataset(name, joints)
    np.testing.assert_allclose(back[valid], keypoints[valid], atol=1e-6)
    assert joints.shape == (COUNTS[name], 3)
    assert np.all(back[~valid] == 0.0)
    assert np.all(joints[~given] == 0.0)
    if COUNTS[name] == 21:
        assert given.all()
        assert valid.all()


def test_stb_wrist_is_as_far_beyond_the_palm_as_the_ring_knuckle():
    joints = jax.random.normal(jax.random.key(1), (21, 3))
    ring = DATASETS["stb"].joints.index("ring_mcp")
    keypoints, _ = from_dataset("stb", joints)
    wanted = joints[ring] + 2.0 * (joints[0] - joints[ring])
    np.testing.assert_allclose(keypoints[0], wanted, atol=1e-6)


def test_joints_that_are_no_key_point_may_be_anything():
    joints = jnp.ones((16, 3)).at[0].set(jnp.nan)
    keypoints, valid = jax.jit(from_dataset, static_argnums=0)("icvl", joints)
    assert jnp.isfinite(keypoints).all()
    assert valid.sum() == 15


def test_unknown_dataset_is_refused_with_those_known():
    with pytest.raises(ValueError, match=r"nyu36, nyu14, icvl.*got 'nyu'"):
        from_dataset("nyu", jnp.zeros((36, 3)))
