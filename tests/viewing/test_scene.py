"""What a browser skins is our surface; a left hand is a right one in a mirror."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.geometry import rotations
from handjax.hands.articulate import articulate, keypoints
from handjax.viewing import scene, state

FLIP = np.array([-1.0, 1.0, 1.0])
POSE = jax.jit(state.pose_of)
MATRICES = jax.jit(jax.vmap(rotations.matrix_from_quaternion))


def skinned(hand, weights):
    """As three.js does it: quaternions, the four largest weights, brought to sum 1."""
    kept = np.argsort(weights, axis=1)[:, -4:]
    w = np.take_along_axis(weights, kept, axis=1)
    w = w / w.sum(axis=1, keepdims=True)
    R = np.asarray(MATRICES(jnp.asarray(hand.turns)))
    moved = np.einsum("bij,vj->vbi", R, hand.unposed) + hand.shifts
    return np.einsum("vk,vki->vi", w, moved[np.arange(len(w))[:, None], kept])


@pytest.mark.parametrize("side", ["right", "left"])
def test_a_browser_skins_the_surface_that_we_have(template, stage, open_hand, side):
    fist = state.named(open_hand, "fist")
    for posed in (open_hand, fist):
        hand = stage(posed._replace(side=side))
        seen = skinned(hand, np.asarray(template.weights))
        off = np.linalg.norm(seen - hand.vertices, axis=-1)
        assert off.mean() < 0.05
        assert off.max() < 1.5


def test_a_scene_is_the_articulated_hand(template, stage, open_hand):
    pose = POSE(template, *state.numbers(open_hand))
    wanted, hand = jax.jit(articulate)(template, pose), stage(open_hand)
    np.testing.assert_allclose(hand.vertices, wanted.vertices, atol=1e-3)
    np.testing.assert_allclose(hand.joints, keypoints(wanted), atol=1e-3)
    np.testing.assert_allclose(hand.joints[0], open_hand.place, atol=1e-3)


def test_a_left_hand_is_the_mirror_image_and_still_looks_outwards(
    template, stage, open_hand
):
    right, left = (stage(open_hand._replace(side=s)) for s in ("right", "left"))
    for name in ("vertices", "joints", "centres"):
        mirrored = getattr(right, name) * FLIP
        np.testing.assert_allclose(getattr(left, name), mirrored, atol=1e-3)
    volumes = []
    for side, hand in (("right", right), ("left", left)):
        a, b, c = (
            hand.vertices[scene.faces_of(template, side)[:, k]] for k in range(3)
        )
        volumes.append(np.sum(a * np.cross(b, c)) / 6.0)
    assert volumes[0] > 0.0
    assert volumes[1] == pytest.approx(volumes[0], rel=1e-3)


def test_at_rest_the_hand_stands_upright_and_shows_its_palm(template, stage):
    joints = dict(zip(scene_names(), stage(state.rest(template)).joints, strict=True))
    up = joints["wrist"] - joints["middle_tip"]
    assert up[1] > 150.0  # y is down
    assert joints["thumb_tip"][0] > joints["little_tip"][0] + 50.0


def scene_names():
    from handjax.hands.skeleton import KEYPOINTS

    return KEYPOINTS


def test_a_pose_comes_back_as_the_numbers_that_made_it(template, open_hand):
    pose = POSE(template, *state.numbers(open_hand))
    again = state.from_pose(template, pose)
    np.testing.assert_allclose(again.angles, open_hand.angles, atol=1e-4)
    np.testing.assert_allclose(again.place, open_hand.place, atol=1e-3)
    np.testing.assert_allclose(again.shape, open_hand.shape, atol=1e-6)


def test_drawn_hands_are_others_each_time_and_stay_where_they_are(template, open_hand):
    a, b = (state.random_pose(open_hand, template, seed) for seed in (1, 2))
    assert not np.allclose(a.angles, b.angles)
    np.testing.assert_array_equal(a.angles[0], open_hand.angles[0])
    np.testing.assert_array_equal(a.place, open_hand.place)
    assert np.abs(state.random_shape(open_hand, 3).shape).max() > 0.1


def test_lines_lead_only_between_points_that_are_known():
    here, there = np.zeros((3, 3)), np.full((3, 3), 2.0)
    there[1] = np.nan
    lines = scene.between(here, there)
    assert lines.shape == (2, 2, 3)
    assert scene.distance(lines) == pytest.approx(12.0**0.5)
    assert np.isnan(scene.distance(lines[:0]))
    assert len(scene.bones(there, ((0, 1), (0, 2)))) == 1
