"""Motion: smooth, within what a hand can do, and all that the paper lists is in it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.data.studio import motion, tracks
from handjax.data.studio.gestures import GESTURES
from handjax.hands import skeleton
from handjax.hands.anatomy import joint_limits
from handjax.hands.articulate import Pose, articulate, rotations_from_angles
from handjax.hands.poses import NAMED
from handjax.hands.skeleton import FINGERS
from handjax.hands.template import load_template

FRAMES = 6000
KEY = jax.random.key(3)
MAKERS = {"training": motion.training, "test": motion.gestures}
PAPER = """five count, five countdown, fingertip touch, relaxed wave, fist wave,
prom wave, palm down wave, index finger wave, palmer wave, snap, finger wave,
finger walk, cash money, snap all"""


@pytest.fixture(scope="module", params=MAKERS)
def moves(request):
    return MAKERS[request.param](KEY, FRAMES)


@pytest.fixture(scope="module")
def gestures():
    """Test motion, one gesture after the other."""
    whole = motion.gestures(KEY, 300 * len(GESTURES))
    parts = zip(*(np.split(part, len(GESTURES)) for part in whole), strict=True)
    return dict(zip(GESTURES, map(motion.Motion._make, parts), strict=True))


@pytest.fixture(scope="module")
def hand():
    """The built-in hand, and the centres of its spheres for a batch of angles."""
    template = load_template("hand_790")

    def centres(angles):
        turns = rotations_from_angles(template, angles)
        return articulate(template, Pose(turns, jnp.zeros(3), jnp.zeros(14))).centres

    jitted = jax.jit(jax.vmap(centres))
    return template, lambda angles: np.asarray(jitted(jnp.asarray(angles)))


def angle(R):
    """Angle of rotations, degrees."""
    cosine = (np.trace(R, axis1=-2, axis2=-1) - 1.0) / 2.0
    return np.rad2deg(np.arccos(np.clip(cosine, -1.0, 1.0)))


def between(one, other):
    """Angle between rotations, degrees."""
    return angle(np.einsum("fji,fjk->fik", one, other))


def degrees(angles, joint, axis=0):
    return np.rad2deg(angles[:, skeleton.POSED.index(joint), axis])


def test_no_joint_jumps_between_frames(moves):
    speed = np.rad2deg(np.abs(np.diff(moves.angles, axis=0))) * tracks.RATE
    assert speed.max() < 900.0
    assert np.median(speed[:, 1:, 0]) < 60.0


def test_neither_hand_nor_forearm_nor_place_jumps(moves):
    for turned in (moves.world_from_hand, moves.world_from_forearm):
        speed = between(turned[1:], turned[:-1]) * tracks.RATE
        assert speed.max() < 600.0
        assert np.median(speed) < 120.0
    step = np.linalg.norm(np.diff(moves.wrist, axis=0), axis=-1) * tracks.RATE
    assert step.max() < 600.0


def test_joints_stay_within_their_limits_and_the_wrist_is_elsewhere(moves):
    low, high = np.moveaxis(joint_limits(), -1, 0)
    assert (moves.angles > low - 1e-5).all()
    assert (moves.angles < high + 1e-5).all()
    assert not moves.angles[:, 0].any()


def test_rotations_are_rotations(moves):
    for R in (moves.world_from_hand, moves.world_from_forearm):
        eye = np.broadcast_to(np.eye(3), R.shape)
        np.testing.assert_allclose(R @ R.swapaxes(1, 2), eye, atol=1e-5)
        np.testing.assert_allclose(np.linalg.det(R), 1.0, atol=1e-5)


def test_the_wrist_bends_far_but_never_beyond_sixty_degrees(moves):
    bend = between(moves.world_from_forearm, moves.world_from_hand)
    assert 45.0 < bend.max() < 60.1
    hand_in_arm = np.einsum(
        "fji,fj->fi", moves.world_from_forearm, -moves.world_from_hand[:, :, 1]
    )
    aside = np.rad2deg(np.arcsin(hand_in_arm[:, 0]))
    assert 15.0 < np.abs(aside).max() < 25.1


def test_the_forearm_comes_from_below(moves):
    down = moves.world_from_forearm[:, 1, 1]
    lean = np.rad2deg(np.arccos(np.clip(down, -1.0, 1.0)))
    assert 30.0 < lean.max() < 50.1


def test_palms_edges_and_backs_turn_to_the_camera(moves):
    towards = moves.world_from_hand[:, 2, 2]
    assert np.mean(towards > 0.7) > 0.1
    assert np.mean(np.abs(towards) < 0.3) > 0.1
    assert np.mean(towards < -0.4) > 0.05


def test_the_wrist_stays_in_the_volume(moves):
    assert np.abs(moves.wrist).max() < motion.VOLUME + 1e-3
    assert np.ptp(moves.wrist, axis=0).min() > motion.VOLUME


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_same_key_same_motion(make):
    one, other = make(KEY, 200), make(KEY, 200)
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)
    assert (one.angles != make(jax.random.key(4), 200).angles).any()


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
@pytest.mark.parametrize("frames", [1, 12, 31])
def test_few_frames_are_a_motion_too(make, frames):
    made = make(KEY, frames)
    assert {len(part) for part in made} == {frames}
    assert all(np.isfinite(part).all() for part in made)


def test_one_round_of_training_visits_every_pose():
    angles = motion.training(KEY, FRAMES).angles
    for name, pose in NAMED.items():
        away = np.sqrt(np.mean(np.rad2deg(angles - pose)[:, 1:] ** 2, axis=(1, 2)))
        assert away.min() < 5.0, name


def test_gestures_are_those_of_the_paper():
    assert list(GESTURES) == [name.strip() for name in PAPER.split(",")]


def test_every_gesture_passes_through_its_key_poses(gestures):
    for name, part in gestures.items():
        for key in GESTURES[name].keys:
            away = np.rad2deg(part.angles - key.angles)[:, 1:]
            assert np.sqrt(np.mean(away**2, axis=(1, 2))).min() < 5.0, name


def test_fingers_touch_in_a_fifth_of_the_test_frames(hand):
    template, centres = hand
    rest, radii = map(np.asarray, (template.sphere_centres, template.sphere_radii))
    touching = motion.touching(centres(motion.gestures(KEY, 1000).angles), radii, rest)
    assert 0.2 < touching.mean() < 0.9


@pytest.mark.parametrize(
    ("name", "touches"),
    [("indextip", True), ("fist", True), ("neutral relaxed", False),
     ("finger spread rigid", False), ("claws", False)],
)  # fmt: skip
def test_touching_is_what_the_name_of_a_pose_says(hand, name, touches):
    template, centres = hand
    rest, radii = map(np.asarray, (template.sphere_centres, template.sphere_radii))
    assert motion.touching(centres(NAMED[name][None]), radii, rest).all() == touches


def test_counting_extends_one_finger_more_each_time():
    extended = [
        sum(key.angles[skeleton.POSED.index(f"{f}_pip"), 0] < 0.5 for f in FINGERS[1:])
        for key in GESTURES["five count"].keys
    ]
    assert extended == [1, 2, 3, 4, 4]
    down = [key.angles for key in GESTURES["five countdown"].keys]
    up = [key.angles for key in GESTURES["five count"].keys]
    np.testing.assert_array_equal(np.stack(down), np.stack(up[::-1]))


def test_palms_look_down_where_the_gesture_says_so(gestures):
    for name in ("relaxed wave", "palm down wave", "finger wave", "finger walk"):
        # The palm looks along -z of the hand, down is +y of the world.
        down = -gestures[name].world_from_hand[30:, 1, 2]
        assert np.median(down) > 0.8, name


def test_index_finger_waves_from_side_to_side_with_the_wrist(gestures):
    part = gestures["index finger wave"]
    bend = np.einsum("fji,fjk->fik", part.world_from_forearm, part.world_from_hand)
    aside = np.rad2deg(np.arctan2(bend[30:, 0, 0], bend[30:, 1, 0]))
    assert np.ptp(aside) > 30.0


def test_neighbours_follow_a_finger_and_come_back():
    still = np.zeros((90, 17, 3))
    moved = still.copy()
    moved[30:, skeleton.POSED.index("ring_mcp"), 0] = 1.0
    got = tracks.follow(np.random.default_rng(0), moved)
    for neighbour in ("middle_mcp", "little_mcp"):
        drawn = got[:, skeleton.POSED.index(neighbour), 0]
        assert not drawn[:30].any()
        assert 0.05 < drawn[30] < 0.2
        assert abs(drawn[-1]) < 0.01
    assert not got[:, skeleton.POSED.index("index_mcp"), 0].any()
    assert got[-1, skeleton.POSED.index("ring_mcp"), 0] == pytest.approx(1.0, abs=0.01)


def test_fingers_that_move_together_do_not_draw_one_another():
    angles = np.zeros((60, 17, 3))
    for finger in FINGERS[1:]:
        angles[20:, skeleton.POSED.index(f"{finger}_pip"), 0] = 1.0
    got = tracks.follow(np.random.default_rng(0), angles)
    np.testing.assert_allclose(got, angles, atol=1e-12)


def test_tremor_is_half_a_degree_at_ten_hertz():
    shake = np.rad2deg(tracks.tremor(np.random.default_rng(0), 3000))
    assert shake[..., 0].std() == pytest.approx(0.5, rel=0.05)
    power = np.abs(np.fft.rfft(shake[:, 5, 0])) ** 2
    frequency = np.fft.rfftfreq(3000, 1.0 / tracks.RATE)
    assert power[(frequency < 7.9) | (frequency > 12.1)].sum() < 1e-6 * power.sum()


def test_fingers_are_late_by_their_own_time_but_never_early():
    times = np.array([0.0, 0.5, 1.0, 1.5])
    closing = np.zeros((4, 17, 3))
    closing[2:] = 1.0
    at = np.linspace(0.0, 2.0, 2001)
    played = tracks.play_fingers(
        np.random.default_rng(0), tracks.Track(times, closing), at
    )
    begins = at[np.argmax(played[:, 1:, 0] > 1e-4, axis=0)]
    assert begins.min() >= 0.5
    assert begins.max() < 0.5 + tracks.LAG + 0.02
    assert len(np.unique(begins)) == len(FINGERS)
