"""Alignments undo what was done to the truth, agree with slow ones, and never break."""

import numpy as np
import pytest
from scipy.linalg import orthogonal_procrustes
from scipy.spatial.transform import Rotation

from handjax.evaluation import aligned, metrics

RNG = np.random.default_rng(0)
TRUTH = RNG.normal(0.0, 40.0, (6, 14, 3)) + np.array([20.0, -10.0, 700.0])
PREDICTED = TRUTH + RNG.normal(0.0, 8.0, TRUTH.shape)


def moved(points, *, scale=1.0):
    """Each frame turned and shifted its own way, and scaled."""
    rng = np.random.default_rng(1)
    R = Rotation.random(len(points), rng=rng).as_matrix()
    return scale * points @ R.swapaxes(1, 2) + rng.normal(
        0.0, 200.0, (len(points), 1, 3)
    )


def rms(x, y):
    return np.sqrt(np.mean(np.sum((x - y) ** 2, axis=-1), axis=1))


def align_slowly(x, y, *, reflections):
    """One frame by Procrustes as FreiHAND's public code describes it."""
    x_mean, y_mean = x.mean(axis=0), y.mean(axis=0)
    x, y = x - x_mean, y - y_mean
    R, total = orthogonal_procrustes(y, x)
    if not reflections and np.linalg.det(R) < 0:
        # Of all mirror images, giving up the least axis costs least.
        U, sigma, Vt = np.linalg.svd(y.T @ x)
        R, total = U @ np.diag([1.0, 1.0, -1.0]) @ Vt, sigma @ [1.0, 1.0, -1.0]
    return total / np.sum(x**2) * x @ R.T + y_mean


@pytest.mark.parametrize("reflections", [False, True])
@pytest.mark.parametrize("mirror", [1.0, -1.0])
def test_procrustes_is_that_of_a_loop_over_frames(mirror, reflections):
    x = moved(PREDICTED * np.array([mirror, 1.0, 1.0]), scale=0.7)
    slow = [
        align_slowly(*frames, reflections=reflections)
        for frames in zip(x, TRUTH, strict=True)
    ]
    found = aligned.procrustes(x, TRUTH, reflections=reflections)
    np.testing.assert_allclose(found, slow, atol=1e-9)


def test_a_similarity_of_the_truth_is_undone():
    np.testing.assert_allclose(
        aligned.procrustes(moved(TRUTH, scale=3.0), TRUTH), TRUTH, atol=1e-9
    )


def test_a_mirrored_hand_is_only_forgiven_where_reflections_are_asked_for():
    x = TRUTH * np.array([-1.0, 1.0, 1.0])
    assert rms(aligned.procrustes(x, TRUTH), TRUTH).min() > 5.0
    assert rms(aligned.procrustes(x, TRUTH, reflections=True), TRUTH).max() < 1e-9


def test_rigid_turns_as_scipy_does_and_does_not_scale():
    x = moved(PREDICTED, scale=1.2)
    found = aligned.rigid(x, TRUTH)
    for one, before, y in zip(found, x, TRUTH, strict=True):
        R, _ = Rotation.align_vectors(y - y.mean(axis=0), before - before.mean(axis=0))
        slow = R.apply(before - before.mean(axis=0)) + y.mean(axis=0)
        np.testing.assert_allclose(one, slow, atol=1e-6)


def test_no_other_scale_or_turn_is_better():
    best = aligned.fit(PREDICTED, TRUTH)
    least = rms(aligned.apply(best, PREDICTED), TRUTH)
    for vector in 0.05 * np.random.default_rng(2).normal(size=(10, 3)):
        turn = Rotation.from_rotvec(vector).as_matrix() @ best.rotation
        for other in (
            best._replace(rotation=turn),
            best._replace(scale=best.scale * 1.02),
        ):
            gap = TRUTH.mean(axis=1) - aligned.apply(other, PREDICTED).mean(axis=1)
            other = other._replace(translation=other.translation + gap)
            assert (rms(aligned.apply(other, PREDICTED), TRUTH) > least).all()


def test_joints_whose_truth_is_unknown_do_not_align():
    valid = np.ones(TRUTH.shape[:2], bool)
    valid[:, 3] = False
    wild, unknown = moved(PREDICTED), TRUTH.copy()
    wild[:, 3], unknown[:, 3] = 1e5, np.nan
    kept = np.delete(np.arange(14), 3)
    alone = aligned.procrustes(wild[:, kept], TRUTH[:, kept])
    for found in (
        aligned.procrustes(wild, TRUTH, valid),
        aligned.procrustes(wild, unknown),
    ):
        np.testing.assert_allclose(found[:, kept], alone, atol=1e-9)


@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("known", [1, 2])
def test_with_fewer_than_three_joints_a_frame_is_only_moved(known, scaled):
    valid = np.arange(14) < known + np.zeros((6, 1))
    found = aligned.fit(PREDICTED, TRUTH, valid, scaled=scaled)
    np.testing.assert_array_equal(found.rotation, np.broadcast_to(np.eye(3), (6, 3, 3)))
    assert (found.scale == 1.0).all()
    means = (p[:, :known].mean(axis=1) for p in (TRUTH, PREDICTED))
    np.testing.assert_allclose(found.translation, next(means) - next(means))


def test_a_frame_without_known_joints_stays_as_it_was():
    x = aligned.procrustes(PREDICTED, TRUTH, np.zeros(TRUTH.shape[:2], bool))
    np.testing.assert_array_equal(x, PREDICTED)


def test_joints_that_coincide_are_moved_to_the_mean_of_the_truth():
    point = np.full_like(TRUTH, 700.1)
    middle = np.broadcast_to(TRUTH.mean(axis=1, keepdims=True), TRUTH.shape)
    np.testing.assert_allclose(aligned.procrustes(point, TRUTH), middle, atol=1e-9)
    found = aligned.fit(PREDICTED, point)
    assert (found.scale == 1.0).all()
    np.testing.assert_array_equal(found.rotation[0], np.eye(3))


def test_joints_on_a_line_are_aligned_along_it():
    line = np.linspace(-1.0, 1.0, 14)[:, None] * np.array([[30.0, 40.0, 0.0]])
    x = np.broadcast_to(line, TRUTH.shape)
    np.testing.assert_allclose(aligned.procrustes(moved(x, scale=2.0), x), x, atol=1e-9)


def test_a_frame_with_a_prediction_that_is_no_number_spoils_no_other():
    x = PREDICTED.copy()
    x[2, 5] = np.nan
    errors = metrics.joint_errors(aligned.procrustes(x, TRUTH), TRUTH)
    assert errors[2, 5] == np.inf
    rest = np.delete(np.arange(6), 2)
    whole = metrics.joint_errors(aligned.procrustes(PREDICTED, TRUTH), TRUTH)
    np.testing.assert_array_equal(errors[rest], whole[rest])


def test_root_relative_takes_the_root_to_the_origin():
    about = aligned.root_relative(TRUTH, 3)
    np.testing.assert_array_equal(about[:, 3], 0.0)
    np.testing.assert_allclose(about[:, 5], TRUTH[:, 5] - TRUTH[:, 3])


def test_without_a_known_root_there_is_no_relative_truth():
    valid = np.ones(TRUTH.shape[:2], bool)
    valid[0, 3] = False
    about = aligned.root_relative(TRUTH, 3, valid)
    assert np.isnan(about[0]).all()
    assert np.isfinite(about[1:]).all()


def test_a_bone_gets_the_length_it_is_told_and_the_root_stays():
    x = np.array([[[0.0, 0.0, 500.0], [0.0, 20.0, 500.0], [0.0, 20.0, 530.0]]])
    found = aligned.scaled_to(x, np.array([60.0]), bone=(1, 2), root=0)
    assert found[0].tolist() == [
        [0.0, 0.0, 500.0],
        [0.0, 40.0, 500.0],
        [0.0, 40.0, 560.0],
    ]
    assert aligned.bone_length(found, (1, 2)).tolist() == [60.0]


@pytest.mark.parametrize("length", [np.nan, 0.0, -5.0])
def test_a_bone_without_a_known_length_leaves_the_scale(length):
    lengths = np.full(6, length)
    found = aligned.scaled_to(PREDICTED, lengths, bone=(1, 2), root=0)
    np.testing.assert_allclose(found, PREDICTED)
    found = aligned.scaled_to(PREDICTED, np.full(6, 30.0), bone=(1, 1), root=0)
    np.testing.assert_allclose(found, PREDICTED)


def test_the_fitted_scale_is_that_of_least_squares():
    found = aligned.scaled_to_fit(PREDICTED, TRUTH, root=2)
    for one, x, y in zip(found, PREDICTED, TRUTH, strict=True):
        x, y = x - x[2], y - y[2]
        s = np.linalg.lstsq(x.reshape(-1, 1), y.ravel())[0]
        np.testing.assert_allclose(one - one[2], s * x, atol=1e-9)


def test_a_fitted_scale_is_never_negative_and_is_one_where_nothing_tells_it():
    inside_out = aligned.scaled_to_fit(-TRUTH, TRUTH, root=2)
    np.testing.assert_allclose(inside_out, np.repeat(-TRUTH[:, 2, None], 14, axis=1))
    valid = np.ones(TRUTH.shape[:2], bool)
    valid[:, 2] = False
    found = aligned.scaled_to_fit(PREDICTED, TRUTH, root=2, valid=valid)
    np.testing.assert_allclose(found, PREDICTED)
