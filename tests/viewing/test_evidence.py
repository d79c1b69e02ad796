"""Refinement goes downhill from a perturbed hand, on either side, and comes home."""

import jax
import numpy as np
import pytest

from handjax.data.given.frames import FrameError
from handjax.viewing import evidence, state

STEPS = 40


def perturbed(hand):
    rng = np.random.default_rng(0)
    angles = hand.angles + 0.12 * rng.normal(size=hand.angles.shape)
    angles[:, 1:] = hand.angles[:, 1:]
    return hand._replace(angles=angles, place=np.add(hand.place, [8.0, -6.0, 10.0]))


def off(stage, a, b):
    return np.linalg.norm(stage(a).joints - stage(b).joints, axis=-1).mean()


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("kind", ["depth", "key points"])
def test_every_step_is_shown_and_the_last_is_the_best(
    template, stage, open_hand, depths, camera, kind, side
):
    true = open_hand._replace(side=side)
    start = perturbed(true)
    if kind == "depth":
        frame = depths[0 if side == "right" else 1]
        known = evidence.of_depth(template, start, frame, camera)
    else:
        known = evidence.of_keypoints(start, np.array(stage(true).joints, np.float64))
    steps = list(evidence.descend(template, start, known, STEPS))
    assert [step.number for step in steps] == list(range(STEPS + 1))
    energies = [step.energy for step in steps]
    assert energies[-1] == min(energies)
    assert energies[-1] < 0.7 * energies[0]
    assert off(stage, steps[0].state, start) < 0.05
    assert {step.state.side for step in steps} == {side}
    assert off(stage, steps[-1].state, true) < 0.6 * off(stage, start, true)


def test_variables_are_the_hand_in_another_frame(template, stage, open_hand):
    turned = open_hand._replace(place=np.array([120.0, -40.0, 500.0]))
    camera_from_fit = np.eye(4)
    camera_from_fit[:3, :3] = np.array(
        [[0.0, 0.6, 0.8], [1.0, 0.0, 0.0], [0.0, 0.8, -0.6]]
    )
    camera_from_fit[:3, 3] = 10.0, 20.0, 300.0
    variables = evidence.to_variables(template, turned, camera_from_fit)
    batch = jax.tree.map(lambda leaf: leaf[None], variables)
    again = evidence.from_variables(template, camera_from_fit, "right", batch)
    np.testing.assert_allclose(again.place, turned.place, atol=1e-2)
    np.testing.assert_allclose(again.angles, turned.angles, atol=1e-4)
    assert off(stage, again, turned) < 0.01


def test_key_points_that_are_unknown_do_not_count(template, stage, open_hand):
    y = np.array(stage(open_hand).joints, np.float64)
    y[4] = np.nan
    known = evidence.of_keypoints(open_hand, y)
    (first, *_) = evidence.descend(template, open_hand, known, 1)
    assert np.isfinite(first.energy)
    assert off(stage, first.state, open_hand) < 0.05


def test_depth_without_a_hand_is_refused(template, open_hand, depths, camera):
    away = open_hand._replace(place=np.add(open_hand.place, [0.0, 0.0, 700.0]))
    with pytest.raises(FrameError, match="next to no depth"):
        evidence.of_depth(template, away, depths[0], camera)


def test_the_hand_at_rest_is_a_place_to_begin(template, stage):
    rest = state.rest(template)
    y = np.array(stage(state.named(rest, "fist")).joints, np.float64)
    known = evidence.of_keypoints(rest, y)
    *_, best = evidence.descend(template, rest, known, STEPS)
    fist = state.named(rest, "fist")
    assert off(stage, best.state, fist) < 0.5 * off(stage, rest, fist)
