"""The 41 spheres: who they are, how well they fit, what they carry."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.hands import poses, spheres
from handjax.hands.articulate import (
    Pose,
    articulate,
    keypoints,
    rest_pose,
    rotations_from_angles,
)
from handjax.hands.build import fit_spheres, released_spheres
from handjax.hands.build.sphere_surfaces import (
    directions,
    distances,
    outside,
    pose_surfaces,
    union_samples,
)
from handjax.hands.skeleton import DATASETS, JOINTS, NYU14_OF_36, POSED
from handjax.hands.template import load_template


@pytest.fixture(scope="module")
def template():
    return load_template("hand_1721")


@pytest.fixture(scope="module")
def surfaces(template):
    return pose_surfaces(template, np.stack([np.zeros((17, 3)), poses.NAMED["fist"]]))


@pytest.fixture(scope="module")
def origin(template):
    return fit_spheres.start(template)


def test_spheres_are_named_carried_and_parted_in_the_released_order():
    assert len(spheres.NAMES) == len(set(spheres.NAMES)) == 41
    assert spheres.NAMES[11] == "index_proximal_far"
    assert spheres.NAMES[34] == "little_distal_near"
    assert spheres.NAMES[36] == "thumb_metacarpal_near"
    for k, name in enumerate(spheres.NAMES[spheres.PALM :], spheres.PALM):
        near, far = spheres.bone(k)
        assert near.split("_")[0] == far.split("_")[0] == name.split("_")[0]
        assert POSED[spheres.CARRIERS[k]] == near
    assert spheres.bone(33) == ("little_dip", "little_tip")
    np.testing.assert_array_equal(np.bincount(spheres.PARTS), [11, 6, 6, 6, 6, 6])


def test_pairs_are_of_different_parts():
    one, other = spheres.PARTS[spheres.PAIRS].T
    assert (one != other).all()
    assert len(spheres.PAIRS) == 11 * 30 + 10 * 36


def test_the_14_joints_of_nyu_are_14_of_its_36():
    assert tuple(spheres.NYU36[k] for k in NYU14_OF_36) == spheres.NYU14
    centres = jnp.arange(123.0).reshape(41, 3)
    wanted = spheres.nyu36(centres)[jnp.array(NYU14_OF_36)]
    np.testing.assert_array_equal(spheres.nyu14(centres), wanted)


def test_spheres_that_carry_a_key_point_of_nyu_lie_near_that_joint(template):
    carried = zip(spheres.NYU36, DATASETS["nyu36"].keypoints, strict=True)
    for sphere, name in carried:
        if name is not None:
            joint = template.joints[JOINTS.index(name)]
            off = jnp.linalg.norm(template.sphere_centres[sphere] - joint)
            assert off < 9.0, (spheres.NAMES[sphere], off)


def test_nyu_carriers_stay_near_their_released_place(template, origin):
    off = np.linalg.norm(template.sphere_centres - origin.c, axis=-1)
    assert off[list(spheres.NYU14)].max() < 3.0


def test_released_fractions_are_those_of_the_table():
    assert released_spheres.fraction(12) == pytest.approx(0.033, abs=0.003)
    assert released_spheres.fraction(14) == pytest.approx(0.0, abs=0.04)
    assert 0.6 < released_spheres.fraction(33) < 0.8
    # Its carrier lies 17.04 mm to one side, seen from the middle of the hand.
    joints = {"index_mcp": np.array([1.0, 0, 0]), "little_mcp": np.array([-1.0, 0, 0])}
    at = {name: np.zeros(3) for name in JOINTS} | joints
    centres, radii = released_spheres.start(at)
    scale = 2.0 / np.linalg.norm(
        released_spheres.ORIGINS[0, 0] - released_spheres.ORIGINS[3, 0]
    )
    # In the palm, the side of the thumb is +x and the wrist +y.
    np.testing.assert_allclose(
        centres[1] - centres[0], [35.38 * scale, 0.0, 0.0], atol=1e-9
    )
    assert radii[0] == pytest.approx(20.0 * 58.0 / 80.0 * scale)


def test_surface_and_union_are_within_3_mm_of_one_another(template):
    """Measured on the finest level, whose vertices stand close enough together."""
    angles = np.stack([np.zeros((17, 3)), poses.NAMED["fist"]])
    surfaces = pose_surfaces(load_template("hand_12553"), angles)
    apart = distances(surfaces, template.sphere_centres, template.sphere_radii)
    assert apart.max() < 3.0


@pytest.mark.parametrize("sign", [-2.0, 2.0])
def test_spheres_follow_every_shape_component(template, sign):
    """Two standard deviations out they fit the surface nearly as well as at rest."""
    move = jax.jit(articulate)
    for s in range(template.shape_joints.shape[0]):
        shape = jnp.zeros(template.shape_joints.shape[0]).at[s].set(sign)
        hand = move(template, rest_pose(template)._replace(shape=shape))
        away = outside(hand.vertices, hand.centres, hand.radii)
        assert jnp.mean(jnp.abs(away)) < 2.5, s
        assert (hand.radii > 3.0).all()


def test_keypoints_from_spheres_commutes_with_motion(template):
    c = template.sphere_centres
    R, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))
    t = jnp.array([10.0, -200.0, 700.0])
    moved = spheres.keypoints_from_spheres(c @ R.T + t)
    np.testing.assert_allclose(
        moved, spheres.keypoints_from_spheres(c) @ R.T + t, atol=2e-3
    )


def test_keypoints_from_spheres_are_within_2_mm_of_the_joints_on_average(template):
    def sample(key):
        bend, form = jax.random.split(key)
        vectors = rotations_from_angles(template, poses.sample_angles(bend))
        hand = articulate(
            template, Pose(vectors, jnp.zeros(3), poses.sample_shape(form))
        )
        return spheres.keypoints_from_spheres(hand.centres) - keypoints(hand)

    each = jax.jit(jax.vmap(sample))
    off = each(jax.random.split(jax.random.key(7), 300))
    off = jnp.linalg.norm(off, axis=-1)
    assert off.mean() < 1.5
    assert off.mean(0).max() < 3.0


def test_outside_is_the_signed_distance_to_the_union():
    c, r = jnp.array([[0.0, 0, 0], [3.0, 0, 0]]), jnp.array([1.0, 2.0])
    p = jnp.array([[-3.0, 0, 0], [8.0, 0, 0], [3.0, 0.5, 0]])
    np.testing.assert_allclose(outside(p, c, r), [2.0, 3.0, -1.5], atol=1e-4)
    gradient = jax.grad(lambda p: outside(p, c, r).sum())(c)
    assert jnp.isfinite(gradient).all()


def test_union_samples_leave_out_what_another_sphere_swallows():
    c, r = np.array([[0.0, 0, 0], [0.5, 0, 0]]), np.array([0.4, 2.0])
    q, share = union_samples(c, r, directions(50))
    assert share[0].sum() == 0.0
    assert share.sum() == pytest.approx(1.0)
    np.testing.assert_allclose(np.linalg.norm(q[1] - c[1], axis=-1), 2.0, rtol=1e-6)


def test_fitting_lowers_its_loss_and_shape_is_followed(
    template, surfaces, origin, monkeypatch
):
    monkeypatch.setattr(fit_spheres, "STEPS", 30)
    monkeypatch.setattr(fit_spheres, "POSES_A_STEP", 1)
    fit = fit_spheres.fit_rest(surfaces, origin)
    before, after = (
        fit_spheres.loss(f, origin, surfaces, fit_spheres.match(surfaces, f))
        for f in (origin, fit)
    )
    assert after < 0.7 * before
    dc, dr = fit_spheres.follow_shape(template, fit)
    # The first component enlarges the hand about the wrist.
    ratio = dc[0] / np.asarray(fit.c)
    big = np.abs(np.asarray(fit.c)) > 40.0
    np.testing.assert_allclose(ratio[big], np.median(ratio[big]), rtol=0.35)
    assert (dr[0] > 0.0).all()
