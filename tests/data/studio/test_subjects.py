"""Subjects: closed hands of their own, outside the shape space, joints in the flesh."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.spatial import KDTree

from handjax.data.studio import people, subjects
from handjax.geometry.meshes import edges, face_normals, volume
from handjax.hands.skeleton import JOINT_PARENTS, POSED
from handjax.hands.template import LEVELS, load_template

EVERYBODY = pytest.mark.parametrize("name", subjects.SUBJECTS)


def winding(vertices, faces, points):
    """How often a closed mesh goes around each point.

    Source: Van Oosterom & Strackee, The solid angle of a plane triangle, 1983.
    """
    turns = []
    for point in points:
        a, b, c = np.moveaxis(vertices[faces] - point, 1, 0)
        x, y, z = (np.linalg.norm(v, axis=-1) for v in (a, b, c))
        dots = [np.sum(p * q, -1) for p, q in ((a, b), (b, c), (c, a))]
        below = x * y * z + dots[0] * z + dots[1] * x + dots[2] * y
        turns.append(np.arctan2(np.sum(a * np.cross(b, c), -1), below).sum())
    return np.array(turns) / (2.0 * np.pi)


def test_base_is_one_closed_surface_of_30_000_vertices_or_more():
    base = subjects.base()
    assert len(base.vertices) >= 30_000
    pairs = np.sort(base.faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=-1)
    assert np.all(np.unique(pairs, axis=0, return_counts=True)[1] == 2)
    assert len(base.vertices) - len(edges(base.faces)) + len(base.faces) == 2
    assert volume(jnp.asarray(base.vertices), jnp.asarray(base.faces)) > 250_000.0


@pytest.mark.parametrize("level", LEVELS)
def test_base_shares_nothing_with_the_template_but_the_surface(level):
    base, template = subjects.base(), load_template(level)
    assert len(template.faces) != len(base.faces)
    hand = np.asarray(template.vertices)[template.vertices[:, 1] < 0.0]
    apart = KDTree(base.vertices).query(hand)[0]
    assert np.mean(apart < 0.01) < 0.001
    assert np.percentile(apart, 99) < 1.6


def test_weights_are_shares_of_four_bones():
    base = subjects.base()
    np.testing.assert_allclose(base.weight_values.sum(-1), 1.0)
    np.testing.assert_allclose(base.weights.sum(-1), 1.0)
    assert np.all(base.weight_values >= 0.0)
    assert np.count_nonzero(base.weights, axis=-1).max() == 4


@EVERYBODY
def test_subjects_lie_three_to_six_mm_from_the_shape_space(name):
    subject = subjects.load_subject(name)
    of_shape = subjects.residual(subject)
    assert 3.0 < of_shape < 6.0
    assert 2.0 < subjects.residual(subject, pose=True) < of_shape


def test_the_mean_hand_lies_in_the_shape_space():
    mean = subjects.load_subject("A", shape=False)
    np.testing.assert_allclose(mean.vertices, subjects.base().vertices, atol=1e-4)
    assert subjects.residual(mean) < 1e-3


@EVERYBODY
def test_two_or_three_coefficients_are_two_to_three_standard_deviations_out(name):
    sizes = np.abs(list(people.PEOPLE[name].shape.values()))
    assert 1 <= np.sum(sizes >= 2.0) <= 3
    assert np.linalg.norm(sizes) >= 2.0
    assert np.max(sizes) <= 3.0


@EVERYBODY
def test_joints_and_spheres_lie_within_the_skin_as_deep_as_in_the_mean_hand(name):
    mean, subject = subjects.load_subject("A", shape=False), subjects.load_subject(name)
    joints = np.asarray(subject.joints[: len(POSED)], np.float64)
    points = np.concatenate([joints, np.asarray(subject.sphere_centres)])
    skin = np.asarray(subject.vertices, np.float64)
    np.testing.assert_allclose(winding(skin, subject.faces, points), 1.0, atol=1e-3)
    depth = [
        KDTree(np.asarray(s.vertices)).query(np.asarray(s.joints))[0]
        for s in (mean, subject)
    ]
    # Of a thin hand and a thick one.
    assert np.all(depth[1][1:17] > 0.6 * depth[0][1:17])
    # Tips lie on the skin.
    assert np.all(depth[1][17:] < 1.0)


@EVERYBODY
def test_the_warp_folds_no_skin(name):
    mean, subject = subjects.load_subject("A", shape=False), subjects.load_subject(name)
    before, after = (face_normals(s.vertices, s.faces) for s in (mean, subject))
    assert jnp.mean(jnp.sum(before * after, -1) < 0.3) < 2e-4


@EVERYBODY
def test_spheres_are_as_thick_as_the_flesh_around_them(name):
    mean, subject = subjects.load_subject("A", shape=False), subjects.load_subject(name)
    depth = [
        KDTree(np.asarray(s.vertices)).query(np.asarray(s.sphere_centres))[0]
        for s in (mean, subject)
    ]
    left = (subject.sphere_radii - depth[1]) - (mean.sphere_radii - depth[0])
    assert np.sqrt(np.mean(left**2)) < 1.5
    assert np.all(subject.flesh_radii <= subject.sphere_radii)


def test_axes_stay_orthonormal_and_twist_follows_the_bone():
    mean, subject = subjects.load_subject("A", shape=False), subjects.load_subject("C")
    np.testing.assert_allclose(
        subject.axes @ jnp.swapaxes(subject.axes, 1, 2),
        np.broadcast_to(np.eye(3), (17, 3, 3)),
        atol=1e-5,
    )
    index = POSED.index("little_dip")
    tip = JOINT_PARENTS.index(index)
    bone = subject.joints[tip] - subject.joints[index]
    rest = mean.joints[tip] - mean.joints[index]
    # As far from its bone as the mean hand's axis is from its own.
    off = [
        axes[index, 2] @ b / jnp.linalg.norm(b)
        for axes, b in ((subject.axes, bone), (mean.axes, rest))
    ]
    np.testing.assert_allclose(*off, atol=1e-5)


def test_the_wrist_is_the_origin_and_leaves_have_one_shape_for_all():
    everybody = [subjects.load_subject(name) for name in subjects.SUBJECTS]
    for subject in everybody:
        np.testing.assert_allclose(subject.joints[0], 0.0, atol=1e-5)
        assert jax.tree.map(jnp.shape, subject) == jax.tree.map(jnp.shape, everybody[0])


def test_unknown_subjects_are_refused_by_naming_the_four():
    with pytest.raises(ValueError, match="'E'; choose one of A, B, C, D"):
        subjects.load_subject("E")
