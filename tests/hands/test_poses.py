"""Named poses look like their names, samples cover them, limits hold."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats
from scipy.spatial import KDTree

from handjax.geometry.precision import einsum
from handjax.hands import poses
from handjax.hands.anatomy import joint_limits
from handjax.hands.articulate import Pose, posed_transforms, rotations_from_angles
from handjax.hands.skeleton import FINGERS, JOINT_PARENTS, JOINTS, POSED
from handjax.hands.template import load_template

NAMES = """neutral relaxed, neutral rigid, good luck, fake gun, star trek,
star trek extended thumb, thumb up relaxed, thumb up normal, thumb up rigid,
thumb tuck normal, thumb tuck rigid, aokay, aokay upright, surfer, rocker,
rocker front, rocker back, fist, fist rigid, alligator closed, one count, two count,
three count, four count, five count, indextip, middletip, ringtip, pinkytip, palm up,
finger spread relaxed, finger spread normal, finger spread rigid, capisce, claws,
peacock, cup, shakespeareyorick, dinosaur, middle finger"""
SAMPLES = 20000
LONG = ("index", "middle", "ring", "little")


@pytest.fixture(scope="module")
def template():
    return load_template("hand_790")


@pytest.fixture(scope="module")
def joints_of(template):
    """Joints, mm, of a batch of angles."""

    def joints(angles):
        pose = Pose(rotations_from_angles(template, angles), jnp.zeros(3), jnp.zeros(1))
        T = posed_transforms(template.joints, pose)
        T = T[jnp.array((*range(len(POSED)), *JOINT_PARENTS[len(POSED) :]))]
        return einsum("jab,jb->ja", T[:, :3, :3], template.joints) + T[:, :3, 3]

    jitted = jax.jit(jax.vmap(joints))
    return lambda angles: np.asarray(jitted(jnp.asarray(angles, jnp.float32)))


@pytest.fixture(scope="module")
def named(joints_of):
    angles = np.stack(list(poses.NAMED.values()))
    return dict(zip(poses.NAMED, joints_of(angles), strict=True))


@pytest.fixture(scope="module")
def samples():
    keys = jax.random.split(jax.random.key(0), SAMPLES)
    sample = jax.jit(jax.vmap(poses.sample_angles))
    return np.asarray(sample(keys))


@pytest.fixture(scope="module")
def clash(template):
    return jax.jit(jax.vmap(lambda angles: poses.clash(template, angles)))


def at(joints, name):
    return joints[JOINTS.index(name)]


def gap(joints, one, other):
    return np.linalg.norm(at(joints, one) - at(joints, other))


def reach(joints, finger):
    """How far a finger's tip is from the wrist, over the joints' own distances."""
    return gap(joints, f"{finger}_tip", "wrist") / gap(joints, f"{finger}_mcp", "wrist")


def straight(joints):
    """Which of the long fingers reach out."""
    return tuple(finger for finger in LONG if reach(joints, finger) > 1.8)


def test_the_forty_poses_have_the_papers_names():
    assert list(poses.NAMED) == NAMES.replace("\n", " ").split(", ")
    assert len(poses.NAMED) == 40


@pytest.mark.parametrize("name", poses.NAMED)
def test_named_poses_are_within_limits(name):
    assert np.max(poses.limits_violation(jnp.asarray(poses.NAMED[name]))) < 1e-6


def test_named_poses_hardly_clash(clash):
    angles = jnp.stack([jnp.asarray(angles) for angles in poses.NAMED.values()])
    assert np.max(clash(angles)) < 20.0


@pytest.mark.parametrize(
    ("name", "fingers"),
    [
        ("fist", ()),
        ("thumb up normal", ()),
        ("thumb tuck rigid", ()),
        ("one count", ("index",)),
        ("two count", ("index", "middle")),
        ("three count", ("index", "middle", "ring")),
        ("four count", LONG),
        ("five count", LONG),
        ("rocker", ("index", "little")),
        ("surfer", ("little",)),
        ("middle finger", ("middle",)),
        ("fake gun", ("index", "middle")),
        ("good luck", ("index", "middle")),
        ("star trek", LONG),
        ("aokay", ("middle", "ring", "little")),
    ],
)
def test_named_poses_stretch_the_right_fingers(named, name, fingers):
    assert straight(named[name]) == fingers


@pytest.mark.parametrize(
    ("name", "finger"),
    [
        ("indextip", "index"),
        ("aokay", "index"),
        ("peacock", "index"),
        ("middletip", "middle"),
        ("ringtip", "ring"),
        ("pinkytip", "little"),
    ],
)
def test_thumb_meets_the_finger_of_the_name(named, name, finger):
    gaps = {f: gap(named[name], "thumb_tip", f"{f}_tip") for f in LONG}
    assert min(gaps, key=gaps.__getitem__) == finger
    assert gaps[finger] < 26.0


def test_capisce_gathers_all_tips(named):
    tips = np.stack([at(named["capisce"], f"{finger}_tip") for finger in FINGERS])
    assert np.linalg.norm(tips - tips.mean(0), axis=-1).max() < 26.0


def test_good_luck_crosses_index_and_middle(named):
    joints = named["good luck"]
    assert at(joints, "index_mcp")[0] > at(joints, "middle_mcp")[0]
    assert at(joints, "index_tip")[0] < at(joints, "middle_tip")[0]


def test_star_trek_parts_middle_and_ring(named):
    joints = named["star trek"]
    parted = gap(joints, "middle_tip", "ring_tip")
    assert parted > gap(joints, "index_tip", "middle_tip") + 10.0
    assert parted > gap(joints, "ring_tip", "little_tip") + 10.0


def test_thumb_is_up_in_thumb_up_and_inside_in_thumb_tuck(named):
    assert at(named["thumb up normal"], "thumb_tip")[0] > 85.0
    for name in ("thumb tuck normal", "thumb tuck rigid", "four count"):
        assert at(named[name], "thumb_tip")[0] < 12.0


def test_violation_is_the_distance_to_the_range():
    limits = joint_limits()
    angles = jnp.asarray(limits[..., 1] + 0.25)
    np.testing.assert_allclose(poses.limits_violation(angles), 0.25, atol=1e-6)
    angles = jnp.asarray(limits[..., 0] - 0.5)
    np.testing.assert_allclose(poses.limits_violation(angles), 0.5, atol=1e-6)
    loose = jnp.full((17, 3, 2), jnp.array([-10.0, 10.0]))
    assert jnp.max(poses.limits_violation(angles, loose)) == 0.0
    gradient = jax.grad(lambda a: poses.limits_violation(a).sum())(angles)
    np.testing.assert_array_equal(gradient, -1.0)


def test_samples_are_within_limits_and_the_wrist_is_straight(samples):
    assert np.isfinite(samples).all()
    low, high = np.moveaxis(joint_limits(), -1, 0)
    assert (samples >= low - 1e-6).all()
    assert (samples <= high + 1e-6).all()
    assert (samples[:, 0] == 0.0).all()


def test_some_sample_is_within_4_mm_of_every_named_pose(samples, named, joints_of):
    """All joints of the hand at once, thumb and fingers."""
    tree = KDTree(joints_of(samples).reshape(SAMPLES, -1))
    wanted = np.stack(list(named.values())).reshape(len(named), -1)
    _, nearest = tree.query(wanted)
    off = joints_of(samples[nearest]) - wanted.reshape(len(named), -1, 3)
    assert np.linalg.norm(off, axis=-1).max() < 4.0


@pytest.mark.parametrize("finger", FINGERS)
def test_some_sample_is_near_whatever_lies_between_named_poses(
    samples, joints_of, finger
):
    """Halfway between any two, every finger by itself within 8 mm, on average 2."""
    bank = np.stack(list(poses.NAMED.values()))
    one, other = np.triu_indices(len(bank))
    wanted = joints_of((bank[one] + bank[other]) / 2.0)
    own = [k for k, name in enumerate(JOINTS) if name.startswith(finger)]
    have = joints_of(samples)[:, own]
    _, nearest = KDTree(have.reshape(SAMPLES, -1)).query(
        wanted[:, own].reshape(len(one), -1)
    )
    off = np.linalg.norm(have[nearest] - wanted[:, own], axis=-1).max(-1)
    assert off.max() < 8.0
    assert off.mean() < 2.0


def test_fingers_close_and_open_in_every_combination(samples):
    knuckles = np.array([POSED.index(f"{finger}_mcp") for finger in LONG])
    bent = samples[:, knuckles, 0] + samples[:, knuckles + 1, 0]
    thumb = samples[:, POSED.index("thumb_cmc"), 0] > np.deg2rad(15.0)
    closed, opened = bent > np.deg2rad(110.0), bent < np.deg2rad(50.0)
    for combination in range(32):
        bits = [bool(combination >> k & 1) for k in range(5)]
        hit = thumb == bits[4]
        for k in range(4):
            hit &= closed[:, k] if bits[k] else opened[:, k]
        assert hit.sum() >= 20, bits


def test_taking_the_better_of_two_leaves_fewer_clashes(template, clash, samples):
    keys = jax.random.split(jax.random.key(1), 1000)
    each = jax.vmap(lambda key: poses.sample_angles(key, template))
    sample = jax.jit(each)
    better = np.asarray(sample(keys))
    np.testing.assert_array_equal(better, sample(keys))
    assert np.mean(clash(better)) < 0.5 * np.mean(clash(samples[:1000]))
    assert np.mean(clash(better) > 30.0) < 0.01


def test_shapes_fit_the_built_in_hand_and_stay_bounded(template):
    shape = poses.sample_shape(jax.random.key(0))
    assert shape.shape == template.shape_joints.shape[:1]
    many = poses.sample_shape(jax.random.key(0), components=10000)
    assert np.abs(many).max() <= poses.SHAPE_BOUND
    assert abs(np.std(many) - 1.0) < 0.1


def views(kind):
    keys = jax.random.split(jax.random.key(2), 4000)
    sample = jax.vmap(lambda key: poses.sample_view(key, kind=kind))
    return np.asarray(jax.jit(sample)(keys))


@pytest.mark.parametrize("kind", poses.VIEWS)
def test_views_are_rotations(kind):
    R = views(kind)
    eye = np.broadcast_to(np.eye(3), R.shape)
    np.testing.assert_allclose(R @ R.transpose(0, 2, 1), eye, atol=1e-5)
    np.testing.assert_allclose(np.linalg.det(R), 1.0, atol=1e-5)


def test_haar_views_have_no_preferred_direction():
    np.testing.assert_allclose(views("haar").mean(0), 0.0, atol=0.05)


def test_views_of_wan2019_are_uniform_in_each_of_their_three_turns():
    """R = Rz Rx Ry: y about the fingers, x across the palm, z in the picture."""
    R = views("wan2019")
    fingers = -R[:, :, 1]
    assert fingers[:, 2].max() < 1e-5
    # Half a turn about the line across: arcsin folds [0, pi] onto [0, pi / 2].
    across = np.arcsin(np.clip(-fingers[:, 2], 0.0, 1.0)) / (np.pi / 2)
    # Where fingers point in the picture, and where the camera stands around them.
    picture = np.arctan2(fingers[:, 1], fingers[:, 0]) / (2 * np.pi) + 0.5
    about = np.arctan2(R[:, 2, 0], R[:, 2, 2]) / (2 * np.pi) + 0.5
    for turn in (across, picture, about):
        assert stats.kstest(turn, "uniform").pvalue > 0.01


def test_unknown_view_is_refused():
    with pytest.raises(ValueError, match="'haar' or 'wan2019', got 'frontal'"):
        poses.sample_view(jax.random.key(0), kind="frontal")
