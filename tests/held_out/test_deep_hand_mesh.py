"""DeepHandMesh: joints after the wrist and the knuckles are brought together."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from handjax.evaluation.protocols import PROTOCOLS
from tests.data.test_deep_hand_mesh import drawn, shots, whole
from tests.held_out.commands import evaluated, labels, predictions

ANCHORS = ["wrist", "index_mcp", "middle_mcp", "ring_mcp", "little_mcp"]


def test_hands_are_held_by_the_wrist_and_four_knuckles():
    protocol = PROTOCOLS["deep_hand_mesh"]
    names = protocol.joints.names
    assert [names[k] for k in protocol.anchors] == ANCHORS


@pytest.mark.parametrize("split", ["rom", "left"])
def test_what_turns_and_moves_a_hand_is_forgiven(whole, split, tmp_path, monkeypatch):
    monkeypatch.setenv("HANDJAX_CACHE", str(tmp_path / "cache"))
    truth, valid = labels("deep_hand_mesh", whole, split)
    turn = Rotation.from_rotvec([0.3, -0.5, 0.2]).as_matrix()
    bent = truth.copy()
    tip = PROTOCOLS["deep_hand_mesh"].joints.names.index("middle_tip")
    bent[:, tip] += [0.0, 21.0, 0.0]
    path = predictions(tmp_path / "ours.npz", bent @ turn.T + [50.0, 0.0, 90.0], 0.0)
    words = ("--subset", split, "--predictions", path)
    found = evaluated("deep_hand_mesh", whole, *words, out=tmp_path / "out")
    # One joint of those that are known is 21 mm away; the thumb's base is not known.
    assert valid.sum() == 20
    assert found["mean_mm"] == pytest.approx(21.0 / 20, abs=1e-3)
    assert found["per_joint_mm"]["middle_tip"] == pytest.approx(21.0, abs=1e-3)
    assert found["align"] == "rigid"
    assert found["aligned_mm"]["root"] > 20.0
