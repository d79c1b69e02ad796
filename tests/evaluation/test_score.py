"""Joints into errors, as protocols bring them to the truth."""

import numpy as np
import pytest

from handjax.evaluation import metrics
from handjax.evaluation.matching import Span
from handjax.evaluation.protocols import PROTOCOLS
from handjax.evaluation.score import brought, mean_hand, measure, score

RNG = np.random.default_rng(0)
TRUTH = RNG.normal(0.0, 40.0, (7, 21, 3)) + np.array([0.0, 0.0, 700.0])
VALID = np.ones((7, 21), bool)
RHD = PROTOCOLS["rhd"]


def means(predicted, protocol=RHD, valid=VALID):
    return {
        how: metrics.mean(measure(predicted, TRUTH, valid, protocol, how))
        for how in ("none", "root", "scale", "procrustes")
    }


def test_what_is_given_is_forgiven_and_nothing_else():
    about = TRUTH - TRUTH[:, :1]
    turn = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    moved, scaled, turned = (
        TRUTH + np.array([5.0, 0.0, 0.0]),
        1.2 * about,
        about @ turn.T,
    )
    assert means(moved)["none"] == pytest.approx(5.0)
    assert means(moved)["root"] == pytest.approx(0.0, abs=1e-9)
    assert means(scaled)["root"] > 5.0
    assert means(scaled)["scale"] == pytest.approx(0.0, abs=1e-9)
    assert means(turned)["scale"] > 20.0
    assert means(turned)["procrustes"] == pytest.approx(0.0, abs=1e-9)
    assert means(TRUTH * [-1.0, 1.0, 1.0])["procrustes"] > 20.0


def test_scale_is_a_bones_or_fits_all_where_the_protocol_names_none():
    about = TRUTH - TRUTH[:, :1]
    longer = about.copy()
    first, last = RHD.bone
    # A finger's bone that is twice as long halves the whole hand.
    longer[:, last] = about[:, first] + 2.0 * (about[:, last] - about[:, first])
    assert means(longer)["scale"] > 20.0
    fitted = means(longer, RHD._replace(bone=None))["scale"]
    assert fitted < means(longer)["scale"] / 2


def test_a_frame_without_its_root_counts_nowhere_where_the_root_is_given():
    valid = VALID.copy()
    valid[2, RHD.root] = False
    e = measure(TRUTH + 1.0, TRUTH, valid, RHD, "root")
    assert np.isnan(e[2]).all()
    assert not np.isnan(measure(TRUTH + 1.0, TRUTH, valid, RHD, "none")[2, 1:]).any()


def test_a_protocol_without_a_root_refuses_to_align_by_it():
    with pytest.raises(ValueError, match="wants a dataset with a root joint"):
        measure(TRUTH, TRUTH, VALID, RHD._replace(root=None), "root")


def test_twelve_joints_are_some_of_fourteen():
    truth = RNG.normal(0.0, 40.0, (3, 14, 3))
    predicted = truth + RNG.normal(0.0, 5.0, truth.shape)
    nyu, known = PROTOCOLS["nyu"], np.ones((3, 14), bool)
    found = score("x", Span(0, 3), predicted, truth, known, nyu, align="none")
    assert list(found.errors) == ["nyu14", "nyu12"]
    np.testing.assert_array_equal(
        found.errors["nyu12"], np.delete(found.errors["nyu14"], [11, 12], axis=1)
    )
    assert list(found.aligned) == ["none", "root", "scale", "procrustes"]
    assert found.aligned["none"] == metrics.mean(found.errors["nyu14"])


def test_the_mean_hand_knows_where_a_hand_is_and_nothing_of_its_pose():
    rest = RNG.normal(0.0, 40.0, (21, 3))
    hands = np.stack(
        [rest + np.array([10.0, 0.0, 600.0]), rest + np.array([-50.0, 20.0, 800.0])]
    )
    valid = np.ones((2, 21), bool)
    np.testing.assert_allclose(mean_hand(hands, valid), hands)
    bent = hands.copy()
    bent[0, 8] += 30.0
    assert metrics.mean(metrics.joint_errors(mean_hand(bent, valid), bent)) > 0.5


def test_the_mean_hand_takes_frames_without_labels():
    valid = VALID.copy()
    valid[0] = False
    truth = np.where(valid[..., None], TRUTH, np.nan)
    found = mean_hand(truth, valid)
    assert np.isfinite(found[1:]).all()


def test_what_is_measured_is_the_distance_of_what_is_brought_to_the_truth():
    predicted = 1.1 * (TRUTH - 400.0) + RNG.normal(0.0, 5.0, TRUTH.shape)
    held = RHD._replace(anchors=(0, 5, 9, 13, 17))
    for how in ("none", "root", "scale", "rigid", "procrustes"):
        args = TRUTH, VALID, held, how
        moved = brought(predicted, *args)
        e = np.linalg.norm(moved - TRUTH, axis=-1)
        np.testing.assert_allclose(measure(predicted, *args), e)
        if how in ("root", "scale"):
            np.testing.assert_allclose(moved[:, RHD.root], TRUTH[:, RHD.root])


def test_a_rigid_map_leaves_the_scale_and_listens_to_its_anchors_alone():
    held = RHD._replace(anchors=(0, 5, 9, 13, 17))
    others = np.delete(np.arange(21), held.anchors)
    wrong = TRUTH.copy()
    wrong[:, others] += RNG.normal(0.0, 40.0, (7, 16, 3))
    turned = wrong[..., [1, 2, 0]] + 50.0
    e = measure(turned, TRUTH, VALID, held, "rigid")
    np.testing.assert_allclose(e[:, list(held.anchors)], 0.0, atol=1e-6)
    np.testing.assert_allclose(e, np.linalg.norm(wrong - TRUTH, axis=-1), atol=1e-6)
    assert means(1.2 * TRUTH, held)["scale"] < 1e-6
    assert measure(1.2 * TRUTH, TRUTH, VALID, held, "rigid").mean() > 5.0
    with pytest.raises(ValueError, match="wants a dataset with anchors"):
        measure(TRUTH, TRUTH, VALID, RHD, "rigid")
